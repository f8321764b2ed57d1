/** One subject's free and busy time in a window: shifts or opening hours without what is claimed (contract.md §3). */
import { readSnapshot } from '../db/client.ts'
import type { Shift, Subject } from '../domain/availability.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicId } from '../domain/ids.ts'
import { type Interval, intersect, subtract } from '../domain/interval.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Instant, ZoneId } from '../domain/time.ts'
import { shiftsWithin } from '../repositories/availability.ts'
import { type Busy, busyWithin } from '../repositories/busy.ts'
import * as clinics from '../repositories/clinics.ts'
import { knownSubjects } from './change-availability.ts'
import type { Deps } from './deps.ts'

/** Clipped to the window, by start. `timeZone` is the clinic's, for a clinician that of the window's first shift. */
export type FreeBusy = {
  readonly timeZone: ZoneId
  readonly free: readonly Shift[]
  readonly busy: readonly Busy[]
  readonly zones: ReadonlyMap<ClinicId, ZoneId>
}

export function readAvailability(
  { db }: Deps,
  caller: Caller,
  subject: Subject,
  window: Interval<Instant>,
): Promise<Result<FreeBusy, Refusal>> {
  return readSnapshot(db, async (tx) => {
    const known = await knownSubjects(tx, caller, [subject])
    if (!known.ok) return known
    const ids = known.value.map(({ resourceId }) => resourceId)
    const shifts = (await shiftsWithin(tx, ids, window)).sort((a, b) => a.start - b.start)
    const busy = (await Promise.all(ids.map((id) => busyWithin(tx, id, window)))).flat()
    const clinicIds = [...new Set([...shifts, ...busy].map(({ clinicId }) => clinicId))]
    const zones = new Map((await clinics.byIds(tx, clinicIds)).map(({ id, timeZone }) => [id, timeZone]))
    const free = clinicIds.flatMap((clinicId) =>
      intersect(
        subtract(
          shifts.filter((shift) => shift.clinicId === clinicId),
          busy,
        ),
        [window],
      ).map((span) => ({ ...span, clinicId })),
    )
    const first = shifts[0] && zones.get(shifts[0].clinicId)
    return ok({
      timeZone: first ?? known.value[0]?.zone ?? ('Etc/UTC' as ZoneId),
      free: free.sort((a, b) => a.start - b.start),
      busy: busy.flatMap(({ start, end, ...rest }) =>
        intersect([{ start, end }], [window]).map((s) => ({ ...s, ...rest })),
      ),
      zones,
    })
  })
}
