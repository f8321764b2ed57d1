/** How stored shifts become freshly expanded ones from now on: what to remove, what to add. Pure. Past time is never rewritten (architecture.md §2). */
import type { Shift } from './availability.ts'
import type { ClinicId } from './ids.ts'
import type { Instant } from './time.ts'

/** One row of availability. */
export type HeldShift = Shift & { readonly resourceId: string }
export type Replacement = { readonly remove: HeldShift[]; readonly add: HeldShift[]; readonly after: HeldShift[] }

const keyOf = (s: HeldShift): string => `${s.resourceId} ${s.clinicId} ${s.start} ${s.end}`
const placeOf = (s: { resourceId: string; clinicId: ClinicId }): string => `${s.resourceId} ${s.clinicId}`

/**
 * `current`: the stored rows that end after `now`; `fresh`: the new shifts, none before `now`. A row under way keeps its past: it is cut
 * at `now`, or joined to the fresh shift that goes on from there. What stays the same is in neither list; `after` is all that is stored then.
 */
export function replaceFrom(now: Instant, current: readonly HeldShift[], fresh: readonly HeldShift[]): Replacement {
  const underWay = new Map(current.filter((row) => row.start < now).map((row) => [placeOf(row), row]))
  const after: HeldShift[] = fresh.map((shift) => {
    const begun = shift.start === now ? underWay.get(placeOf(shift)) : undefined
    if (!begun) return shift
    underWay.delete(placeOf(shift))
    return { ...shift, start: begun.start }
  })
  after.push(...[...underWay.values()].map((row) => ({ ...row, end: now })))
  const [before, wanted] = [new Set(current.map(keyOf)), new Set(after.map(keyOf))]
  return {
    remove: current.filter((row) => !wanted.has(keyOf(row))),
    add: after.filter((row) => !before.has(keyOf(row))),
    after,
  }
}
