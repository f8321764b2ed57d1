/** Keeping extra shifts: a clinician's opens the clinician, a room's the room, a clinic's its rooms, closures and holidays or not. */
import { readSnapshot } from '../db/client.ts'
import type { ExtraShift } from '../domain/availability.ts'
import type { Caller } from '../domain/caller.ts'
import { ExtraShiftId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { resourceOf } from '../domain/subject.ts'
import * as audit from '../repositories/audit.ts'
import * as extraShifts from '../repositories/extra-shifts.ts'
import { atClinic, type ChangeMode, changeAvailability, type Outcome, onConflictOf } from './change-availability.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'

export type StoredExtraShift = extraShifts.StoredExtraShift

export const listExtraShifts = (
  { db }: Deps,
  caller: Caller,
  page: extraShifts.ExtraShiftPage,
): Promise<Result<StoredExtraShift[], Refusal>> =>
  readSnapshot(db, async (tx) => ok(await extraShifts.list(tx, caller, page)))

/** Refuses `shift-conflict` when the clinician is then elsewhere, or could not get here in time. */
export function addExtraShift(
  deps: Deps,
  caller: Caller,
  draft: Omit<ExtraShift, 'id'>,
  mode: ChangeMode,
): Promise<Result<Outcome<StoredExtraShift>, Refusal>> {
  return changeAvailability(deps, mode, async (tx) => {
    if (draft.end <= draft.start) return err(invalid('end', 'must be after start'))
    const place = await atClinic(tx, caller, draft.subject, draft.clinicId)
    if (!place.ok) return place
    const extra = { ...draft, id: ExtraShiftId.parse(deps.newId()), timeZone: place.value.zone }
    await extraShifts.insert(tx, extra)
    const settled = await reExpand(tx, deps.now(), [resourceOf(extra.subject)], {
      onConflict: onConflictOf(mode),
      caller,
      clashesAt: extra.clinicId,
    })
    if (!settled.ok) return settled
    await audit.record(tx, caller, [{ action: 'create', resourceType: 'extra-shift', resourceId: extra.id }])
    return ok({ thing: extra, settled: settled.value })
  })
}

export function removeExtraShift(
  deps: Deps,
  caller: Caller,
  id: ExtraShiftId,
  mode: ChangeMode,
): Promise<Result<Outcome<null>, Refusal>> {
  return changeAvailability(deps, mode, async (tx) => {
    const before = await extraShifts.lock(tx, caller, id)
    if (!before) return err(notFound)
    await extraShifts.remove(tx, id)
    const settled = await reExpand(tx, deps.now(), [resourceOf(before.subject)], {
      onConflict: onConflictOf(mode),
      caller,
    })
    if (!settled.ok) return settled
    await audit.record(tx, caller, [{ action: 'delete', resourceType: 'extra-shift', resourceId: id }])
    return ok({ thing: null, settled: settled.value })
  })
}
