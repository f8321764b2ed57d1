/** Every answer that is not the thing asked for, as problem+json: refusals, bad input, the framework's own errors, bugs. */
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { App } from './app-types.ts'
import { type ProblemCode, problem, Refused, sendProblem } from './problem.ts'

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
    const errors = error.validation.flatMap(({ instancePath, message = 'is not valid', params: { keys } }) => {
      // of an unknown field the path is its own, not that of the object around it
      const at = Array.isArray(keys)
        ? keys.map((key) => `${instancePath === '/' ? '' : instancePath}/${key}`)
        : [instancePath]
      return at.map((pointer) => ({ path: fieldPath(pointer) || (error.validationContext ?? 'body'), message }))
    })
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

/** Bytes that are no HTTP, a header too large, a request that takes too long: there is no request yet to answer through. */
export function answerBrokenHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const body = JSON.stringify(problem('validation', { errors: [{ path: 'request', message: 'is not valid HTTP' }] }))
  const head = `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
  if (socket.writable) socket.write(`HTTP/1.1 400 Bad Request\r\n${head}\r\n\r\n${body}`)
  socket.destroy(error)
}

export function answerErrors(app: App): void {
  app.setErrorHandler<FastifyError>(answer)
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'not-found'))
}
