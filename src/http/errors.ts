/** Every answer that is not the thing asked for, as problem+json: refusals, bad input, the framework's own errors, bugs. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { App } from './app-types.ts'
import { type ProblemCode, Refused, sendProblem } from './problem.ts'

const BY_STATUS: Record<number, ProblemCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  413: 'too-large',
  415: 'unsupported-media-type',
  429: 'rate-limited',
  503: 'unavailable',
}

/** `/visits/0/claims/1/role` → `visits[0].claims[1].role`. */
export const fieldPath = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part), '')

function answer(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Refused) return sendProblem(reply, error.code, error.members)
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((v) => ({
      path: fieldPath(v.instancePath) || (error.validationContext ?? 'body'),
      message: v.message ?? 'is not valid',
    }))
    return sendProblem(reply, 'validation', { errors })
  }
  const status = error.statusCode ?? 500
  const code = BY_STATUS[status]
  if (code) return sendProblem(reply, code)
  if (status >= 400 && status < 500)
    return sendProblem(reply, 'validation', { errors: [{ path: 'body', message: error.message }] })
  request.log.error({ err: error }, 'unexpected')
  return sendProblem(reply, 'internal')
}

/** Errors that arise before routing: a URL that cannot be decoded, a parameter that is too long. */
export const answerFrameworkError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
  answer(error, request, reply)
}

export function answerErrors(app: App): void {
  app.setErrorHandler<FastifyError>(answer)
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'not-found'))
}
