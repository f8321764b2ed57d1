/** Bearer tokens: made here, shown once, stored as a hash. The administrator's own comes from the configuration. */
import { transact } from '../db/client.ts'
import type { Role, Scope, User } from '../domain/caller.ts'
import { type ClinicId, type ClinicianId, UserId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as tokens from '../repositories/tokens.ts'
import * as users from '../repositories/users.ts'
import type { Deps } from './deps.ts'
import { hashToken, newToken } from './token-hash.ts'

export type TokenWish = {
  /** Needed for a new user; with `userId` it must be that user's. */
  role?: Role
  clinicIds?: readonly ClinicId[]
  clinicianId?: ClinicianId | null
  scopes?: readonly Scope[]
  /** A token for this user; without it a user is made from the rest. */
  userId?: UserId
  displayName?: string
  expiresAt?: Instant | null
}

/** The token's text: nobody can read it again. Refuses `not-found` for an unknown user, clinic or clinician. */
export function createToken({ db, newId, now }: Deps, wish: TokenWish): Promise<Result<string, Refusal>> {
  return transact(db, async (tx) => {
    let user: User | undefined
    if (wish.userId) {
      user = await users.lock(tx, wish.userId)
      if (!user) return err(notFound)
      if (wish.role !== undefined && wish.role !== user.role) return err(invalid('role', `the user is a ${user.role}`))
    } else {
      if (wish.role === undefined) return err(invalid('role', 'is needed for a new user'))
      user = userOf({ ...wish, role: wish.role }, UserId.parse(newId()))
      if (user.role === 'clinician' && user.clinicianId === null)
        return err(invalid('clinicianId', 'a clinician’s token names the clinician'))
      if (user.clinicianId !== null && !(await clinicians.exist(tx, [user.clinicianId]))) return err(notFound)
      if (!(await clinics.exist(tx, user.clinicIds))) return err(notFound)
      await users.insert(tx, user, now())
    }
    const [id, text] = [newId(), newToken()]
    await tokens.insert(tx, {
      id,
      userId: user.id,
      hash: hashToken(text),
      createdAt: now(),
      expiresAt: wish.expiresAt ?? null,
    })
    await audit.record(tx, audit.SYSTEM, [{ action: 'create', resourceType: 'token', resourceId: id }])
    return ok(text)
  })
}

const userOf = (wish: TokenWish & { role: Role }, id: UserId): User => ({
  id,
  displayName: wish.displayName ?? wish.role,
  role: wish.role,
  clinicIds: [...(wish.clinicIds ?? [])],
  clinicianId: wish.clinicianId ?? null,
  scopes: [...(wish.scopes ?? [])],
  active: true,
  revision: 1,
})

/** Every installation has this user, and knows it by the token of its configuration. */
const ADMINISTRATOR = UserId.parse('00000000-0000-7000-8000-000000000001')

/** From now on `text`, and no earlier one, is the administrator's token. */
export function ensureAdmin({ db, newId, now }: Deps, text: string): Promise<Result<void, Refusal>> {
  return transact(db, async (tx) => {
    await users.upsert(tx, userOf({ role: 'admin', displayName: 'Administrator' }, ADMINISTRATOR), now())
    await tokens.replaceAll(tx, { id: newId(), userId: ADMINISTRATOR, hash: hashToken(text), createdAt: now() })
    return ok(undefined)
  })
}
