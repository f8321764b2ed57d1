/** People sign in with a token, or once with a link, and get a session for their browser; what is handed out is stored as a hash. */
import { type Tx, transact } from '../db/client.ts'
import { Role } from '../domain/caller.ts'
import { UserId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { HOUR, type Instant, MINUTE } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as sessions from '../repositories/sessions.ts'
import * as tokens from '../repositories/tokens.ts'
import type { Deps } from './deps.ts'
import { hashToken, newToken } from './token-hash.ts'

/** A working day. */
const SESSION_LASTS = 12 * HOUR
const LINK_LASTS = 15 * MINUTE

/** The session's secret, for a cookie. */
export type SignedIn = { readonly secret: string; readonly expiresAt: Instant }
const unauthenticated = err({ code: 'unauthenticated' } as const)

/** Refuses `unauthenticated` for a token that is not live, or a program's. */
export const signIn = ({ db, now }: Deps, token: string, requestId: string): Promise<Result<SignedIn, Refusal>> =>
  transact<SignedIn>(db, async (tx) => {
    const known = await tokens.findLive(tx, hashToken(token), now())
    return known && known.user.role !== 'integration' ? ok(await begun(tx, known, now(), requestId)) : unauthenticated
  })

/** Once, and within its time. */
export const signInByLink = ({ db, now }: Deps, code: string, requestId: string): Promise<Result<SignedIn, Refusal>> =>
  transact<SignedIn>(db, async (tx) => {
    const tokenId = await sessions.useLink(tx, hashToken(code), now())
    const known = tokenId === undefined ? undefined : await tokens.findLiveById(tx, tokenId, now())
    return known ? ok(await begun(tx, known, now(), requestId)) : unauthenticated
  })

/** A code that signs in once as the holder of the token; one made before is not good any more. */
export const makeSignInLink = ({ db, now }: Deps, token: string): Promise<Result<string, Refusal>> =>
  transact<string>(db, async (tx) => {
    const known = await tokens.findLive(tx, hashToken(token), now())
    if (!known) return unauthenticated
    const code = newToken()
    await sessions.replaceLink(tx, {
      hash: hashToken(code),
      tokenId: known.tokenId,
      createdAt: now(),
      expiresAt: (now() + LINK_LASTS) as Instant,
    })
    return ok(code)
  })

/** Ends the session; one that has ended already is no error. */
export const signOut = ({ db, now }: Deps, secret: string): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    await sessions.revoke(tx, hashToken(secret), now())
    return ok(undefined)
  })

async function begun(tx: Tx, { tokenId, user }: tokens.KnownToken, at: Instant, requestId: string): Promise<SignedIn> {
  const [secret, expiresAt] = [newToken(), (at + SESSION_LASTS) as Instant]
  await sessions.insert(tx, { hash: hashToken(secret), tokenId, createdAt: at, expiresAt })
  const actor = { userId: UserId.parse(user.id), role: Role.parse(user.role), purpose: null, requestId }
  await audit.record(tx, actor, [{ action: 'sign-in', resourceType: 'user', resourceId: user.id }])
  return { secret, expiresAt }
}
