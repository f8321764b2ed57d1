/** Bearer tokens, browser sessions, and the role × route table: each route declares who may call it; an undeclared one does not register. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Caller } from '../domain/caller.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, type Result } from '../domain/result.ts'
import type { Deps } from '../services/deps.ts'
import { type Credential, identify } from '../services/identify.ts'
import { hashToken } from '../services/token-hash.ts'
import type { App } from './app-types.ts'
import { asksForPage } from './page-reply.ts'
import { orRefuse, Refused } from './problem.ts'
import { sameOrigin, sessionSecret } from './session-cookie.ts'
import { Text } from './wire.ts'

/** Routes of plugins (reference page, its assets) that carry no declaration of their own. */
const PLUGIN_ROUTES = /^\/docs(\/|$)/

const Purpose = Text(80)

export function guardAccess(app: App, deps: Deps): void {
  app.decorateRequest('caller')
  app.addHook('onRoute', (route) => {
    if (!route.config?.access && !PLUGIN_ROUTES.test(route.url))
      throw new Error(`${route.method} ${route.url} declares no access`)
  })
  app.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access
    if (request.is404 || !access || access === 'public') return
    const known = await knownCaller(deps, request)
    const leads = access.page === 'only' || (access.page === 'also' && asksForPage(request))
    if (!known.ok && known.error.code === 'unauthenticated' && leads)
      return reply.redirect(`/sign-in?next=${encodeURIComponent(request.url)}`, 303)
    request.caller = orRefuse(known)
    const { role, scopes } = request.caller
    const scoped = role !== 'integration' || (access.scope !== undefined && scopes.includes(access.scope))
    if (!access.roles.includes(role) || !scoped) throw new Refused('forbidden')
  })
}

async function knownCaller(deps: Deps, request: FastifyRequest): Promise<Result<Caller, Refusal>> {
  const credential = credentialOf(deps, request)
  if (!credential) return err({ code: 'unauthenticated' })
  const purpose = request.headers['x-purpose']
  const read = purpose === undefined ? null : z.safeParse(Purpose, purpose)
  if (read && !read.success)
    throw new Refused('validation', { errors: [{ path: 'X-Purpose', message: 'at most 80 characters' }] })
  const ifMatch = request.headers['if-match'] ?? null
  return identify(deps, credential, { purpose: read?.data ?? null, requestId: request.id, ifMatch })
}

/** A browser's session counts for reading, and for a change only from a page of ours. A bearer token, good or not, is what counts beside it. */
function credentialOf(deps: Deps, request: FastifyRequest): Credential | undefined {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const token = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1]
    return token === undefined ? undefined : { kind: 'token', hash: hashToken(token) }
  }
  const secret = sessionSecret(request)
  if (secret === undefined) return undefined
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if (!reads && !sameOrigin(deps, request, { unsaid: false })) throw new Refused('forbidden')
  return { kind: 'session', hash: hashToken(secret) }
}
