/** Keeping absences and closures. Bookings inside refuse one, unless they are to be flagged or given to others (contract.md §3). */
import { readSnapshot } from '../db/client.ts'
import type { TimeOff } from '../domain/availability.ts'
import type { Caller } from '../domain/caller.ts'
import { TimeOffId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { resourceOf } from '../domain/subject.ts'
import * as audit from '../repositories/audit.ts'
import * as timeOff from '../repositories/time-off.ts'
import {
  type ChangeMode,
  changeAvailability,
  knownSubjects,
  type Outcome,
  onConflictOf,
} from './change-availability.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'

export type StoredTimeOff = timeOff.StoredTimeOff
/** `scope` absent: `all`. */
export type TimeOffDraft = Omit<TimeOff, 'id' | 'scope'> & { readonly scope: TimeOff['scope'] | undefined }

export const listTimeOff = (
  { db }: Deps,
  caller: Caller,
  page: timeOff.TimeOffPage,
): Promise<Result<StoredTimeOff[], Refusal>> => readSnapshot(db, async (tx) => ok(await timeOff.list(tx, caller, page)))

export function addTimeOff(
  deps: Deps,
  caller: Caller,
  draft: TimeOffDraft,
  mode: ChangeMode,
): Promise<Result<Outcome<StoredTimeOff>, Refusal>> {
  return changeAvailability(deps, mode, async (tx) => {
    if (draft.end <= draft.start) return err(invalid('end', 'must be after start'))
    const known = await knownSubjects(tx, caller, draft.subjects)
    if (!known.ok) return known
    if (draft.scope === 'premises' && known.value.some(({ kind }) => kind !== 'clinic'))
      return err(invalid('scope', 'premises is for clinics only'))
    const zone = known.value[0]?.zone
    if (zone === undefined) return err(notFound)
    const off = { ...draft, scope: draft.scope ?? 'all', id: TimeOffId.parse(deps.newId()), timeZone: zone }
    await timeOff.insert(tx, off)
    const ids = off.subjects.map(resourceOf)
    const settled = await reExpand(tx, deps.now(), ids, { onConflict: onConflictOf(mode), caller })
    if (!settled.ok) return settled
    await audit.record(tx, caller, [{ action: 'create', resourceType: 'time-off', resourceId: off.id }])
    return ok({ thing: off, settled: settled.value })
  })
}

/** Time off given back to several subjects takes a caller who sees them all. */
export function removeTimeOff(
  deps: Deps,
  caller: Caller,
  id: TimeOffId,
  mode: ChangeMode,
): Promise<Result<Outcome<null>, Refusal>> {
  return changeAvailability(deps, mode, async (tx) => {
    const before = await timeOff.lock(tx, caller, id)
    if (!before) return err(notFound)
    const known = await knownSubjects(tx, caller, before.subjects)
    if (!known.ok) return known
    await timeOff.remove(tx, id)
    const ids = before.subjects.map(resourceOf)
    const settled = await reExpand(tx, deps.now(), ids, { onConflict: onConflictOf(mode), caller })
    if (!settled.ok) return settled
    await audit.record(tx, caller, [{ action: 'delete', resourceType: 'time-off', resourceId: id }])
    return ok({ thing: null, settled: settled.value })
  })
}
