/** The cookie of a browser's session, and whether a request comes from a page of ours: what stands between a session and another site. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../services/deps.ts'
import type { SignedIn } from '../services/sign-in.ts'
import { publicUrl } from './public-url.ts'

const NAME = 'throughline_session'
const SECRET = /^[\w-]{20,200}$/

/** Undefined for a cookie that cannot be one of ours. */
export function sessionSecret({ cookies }: FastifyRequest): string | undefined {
  const value = cookies[NAME]
  return value !== undefined && SECRET.test(value) ? value : undefined
}

const attributes = (deps: Deps, request: FastifyRequest) =>
  ({
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: publicUrl(deps, request).startsWith('https:'),
  }) as const

export const setSession = (deps: Deps, request: FastifyRequest, reply: FastifyReply, session: SignedIn) =>
  reply.setCookie(NAME, session.secret, { ...attributes(deps, request), expires: new Date(session.expiresAt) })

export const clearSession = (deps: Deps, request: FastifyRequest, reply: FastifyReply) =>
  reply.clearCookie(NAME, attributes(deps, request))

/** Browsers tell where a request comes from; `unsaid` is what holds of one that does not (no browser of today). */
export function sameOrigin(deps: Deps, request: FastifyRequest, { unsaid }: { unsaid: boolean }): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { origin } = request.headers
  if (origin === undefined) return unsaid
  return URL.canParse(origin) && new URL(origin).origin === new URL(publicUrl(deps, request)).origin
}
