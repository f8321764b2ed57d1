/** Keeping users: list, add, change. What a change takes away acts on the user's next request. */

import type { Tx } from '../db/client.ts'
import { readSnapshot, transact } from '../db/client.ts'
import { type Caller, isStale, type User } from '../domain/caller.ts'
import { UserId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as users from '../repositories/users.ts'
import type { Deps } from './deps.ts'

export type UserDraft = Pick<User, 'displayName' | 'role' | 'clinicIds' | 'clinicianId' | 'scopes' | 'active'>

export const listUsers = (
  { db }: Deps,
  page: { limit: number; after: string | undefined },
): Promise<Result<User[], Refusal>> => readSnapshot(db, async (tx) => ok(await users.list(tx, page)))

export function addUser({ db, newId, now }: Deps, caller: Caller, draft: UserDraft): Promise<Result<User, Refusal>> {
  return transact(db, async (tx) => {
    const fits = await references(tx, draft)
    if (!fits.ok) return fits
    const user: User = { ...draft, id: UserId.parse(newId()), revision: 1 }
    await users.insert(tx, user, now())
    await audit.record(tx, caller, [{ action: 'create', resourceType: 'user', resourceId: user.id, revision: 1 }])
    return ok(user)
  })
}

export function changeUser(
  { db }: Deps,
  caller: Caller,
  id: UserId,
  change: Partial<UserDraft>,
): Promise<Result<User, Refusal>> {
  return transact(db, async (tx) => {
    const before = await users.lock(tx, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const wish = { ...before, ...change }
    const fits = await references(tx, wish)
    if (!fits.ok) return fits
    const after = await users.update(tx, wish)
    await audit.record(tx, caller, [
      { action: 'update', resourceType: 'user', resourceId: id, revision: after.revision },
    ])
    return ok(after)
  })
}

/** Clinics and clinician must exist; a clinician's user must say who it is. */
async function references(tx: Tx, draft: UserDraft): Promise<Result<void, Refusal>> {
  if (draft.role === 'clinician' && draft.clinicianId === null)
    return err(invalid('clinicianId', 'a clinician’s user names the clinician'))
  if (draft.clinicianId !== null && !(await clinicians.exist(tx, [draft.clinicianId]))) return err(notFound)
  return (await clinics.exist(tx, draft.clinicIds)) ? ok(undefined) : err(notFound)
}
