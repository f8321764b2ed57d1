/** From the hash of a token or a session to its caller. Asked on every request, so that a revocation acts on the next one. */
import { ask, transact } from '../db/client.ts'
import { type Caller, Role, Scope } from '../domain/caller.ts'
import { ClinicId, ClinicianId, UserId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { MINUTE } from '../domain/time.ts'
import * as sessions from '../repositories/sessions.ts'
import * as tokens from '../repositories/tokens.ts'
import type { Deps } from './deps.ts'

/** A use is recorded at most once a minute: a write per request would buy nothing. */
const TOUCH_EVERY = MINUTE

/** What is handed to a client: a bearer token, or a browser's session that stands for one. */
export type Credential = { readonly kind: 'token' | 'session'; readonly hash: Buffer }

const FINDERS = { token: tokens.findLive, session: sessions.findLive } as const

export async function identify(
  { db, now }: Deps,
  { kind, hash }: Credential,
  request: Pick<Caller, 'purpose' | 'requestId' | 'ifMatch'>,
): Promise<Result<Caller, Refusal>> {
  const asked = await ask(db, () => FINDERS[kind](db, hash, now()))
  if (!asked.ok) return asked
  const known = asked.value
  if (!known) return err({ code: 'unauthenticated' })
  if ((known.lastUsedAt ?? 0) < now() - TOUCH_EVERY) {
    const touched = await transact(db, async (tx) => ok(await tokens.touch(tx, known.tokenId, now())))
    if (!touched.ok) return touched
  }
  const { user } = known
  const role = Role.parse(user.role)
  return ok({
    userId: UserId.parse(user.id),
    role,
    clinicIds:
      role === 'scheduler' || (role === 'integration' && user.clinicIds.length > 0)
        ? user.clinicIds.map((id) => ClinicId.parse(id))
        : null,
    clinicianId: user.clinicianId === null ? null : ClinicianId.parse(user.clinicianId),
    scopes: user.scopes.map((s) => Scope.parse(s)),
    tokenId: known.tokenId,
    ...request,
  })
}
