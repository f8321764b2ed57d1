/** Bearer tokens and the role × route table: each route declares who may call it; an undeclared one does not register. */
import { z } from 'zod'
import type { Deps } from '../services/deps.ts'
import { identify } from '../services/identify.ts'
import { hashToken } from '../services/token-hash.ts'
import type { App } from './app-types.ts'
import { orRefuse, Refused } from './problem.ts'
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
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access
    if (request.is404 || !access || access === 'public') return
    const token = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]
    if (!token) throw new Refused('unauthenticated')
    const purpose = request.headers['x-purpose']
    const read = purpose === undefined ? null : z.safeParse(Purpose, purpose)
    if (read && !read.success)
      throw new Refused('validation', { errors: [{ path: 'X-Purpose', message: 'at most 80 characters' }] })
    request.caller = orRefuse(
      await identify(deps, hashToken(token), {
        purpose: read?.data ?? null,
        requestId: request.id,
        ifMatch: request.headers['if-match'] ?? null,
      }),
    )
    const { role, scopes } = request.caller
    const scoped = role !== 'integration' || (access.scope !== undefined && scopes.includes(access.scope))
    if (!access.roles.includes(role) || !scoped) throw new Refused('forbidden')
  })
}
