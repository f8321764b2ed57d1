/** `Idempotency-Key` on every POST (contract.md §2): 2xx, 409 and 422 are stored and given again; anything else is not. */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { answerOnce } from '../services/answer-once.ts'
import type { Deps } from '../services/deps.ts'
import type { App } from './app-types.ts'
import { orRefuse, PROBLEMS, problem, Refused } from './problem.ts'
import { sealed, unsealed } from './sealed-answer.ts'

const MAX_KEY_LENGTH = 255

/** Wraps the handler of every POST; without the header nothing changes. */
export function answerRetriesOnce(app: App, deps: Deps): void {
  app.addHook('onRoute', (route) => {
    if (route.method !== 'POST' || route.config?.access === 'public') return
    const handler = route.handler
    route.handler = async function (request, reply) {
      const key = request.headers['idempotency-key']
      if (key === undefined) return handler.call(this, request, reply)
      if (typeof key !== 'string' || key.length < 1 || key.length > MAX_KEY_LENGTH)
        throw new Refused('validation', {
          errors: [{ path: 'Idempotency-Key', message: `1 to ${MAX_KEY_LENGTH} characters` }],
        })
      const secret = route.config?.secretAnswer === true
      const answer = orRefuse(
        await answerOnce(deps, request.caller, key, fingerprint(request), async () => {
          const made = await storable(handler.bind(this), request, reply)
          return secret ? { ...made, body: sealed(request, made.body) } : made
        }),
      )
      const body = secret ? unsealed(request, answer.body) : answer.body
      if (body === undefined) throw new Refused('idempotency-key-reused')
      if (answer.replayed) reply.header('idempotent-replayed', 'true')
      return reply
        .code(answer.status)
        .type(answer.contentType)
        .serializer((text: unknown) => text as string)
        .send(body)
    } as RouteHandlerMethod
  })
}

/** Method, full path and body as validated: the same wish in other white space is the same request. */
const fingerprint = (request: FastifyRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([request.method, request.url, request.body ?? null]))
    .digest()

async function storable(handler: RouteHandlerMethod, request: FastifyRequest, reply: FastifyReply) {
  reply.code(200)
  try {
    const payload = await (handler as (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>)(
      request,
      reply,
    )
    const body = reply.serialize(payload)
    return { status: reply.statusCode, contentType: 'application/json; charset=utf-8', body: String(body) }
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown
    const { status } = PROBLEMS[thrown.code]
    if (status !== 409 && status !== 422) throw thrown
    return {
      status,
      contentType: 'application/problem+json',
      body: JSON.stringify(problem(thrown.code, thrown.members)),
    }
  }
}
