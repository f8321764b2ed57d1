/** One person works at one clinic at a time, with time to travel between (domain.md §2). Pure. Travel is in minutes. */
import type { Shift } from './availability.ts'
import type { ClinicId } from './ids.ts'
import { dayOf, type Instant, minutesBetween, type ZoneId } from './time.ts'

/** Two shifts of one person at different clinics, with `short` minutes too few between them; Infinity where no travel time is known. */
export type ShiftClash = { readonly first: Shift; readonly second: Shift; readonly short: number }

/**
 * Shifts of one person that overlap across clinics or leave less than the travel time between. `travel` gives minutes, undefined between
 * clinics that share nobody: those clash whenever they fall on one day of the first clinic. Any order in; by start out.
 */
export function overlapAcrossClinics(
  shifts: readonly Shift[],
  travel: (from: ClinicId, to: ClinicId) => number | undefined,
  zoneOf: (clinic: ClinicId) => ZoneId,
): ShiftClash[] {
  const sorted = shifts.toSorted((a, b) => a.start - b.start)
  return sorted.flatMap((first, i) => {
    const zone = zoneOf(first.clinicId)
    const clashes: ShiftClash[] = []
    for (const second of sorted.slice(i + 1)) {
      // Nobody travels for more than a day: later shifts cannot clash.
      if (minutesBetween(first.end, second.start) > 24 * 60) break
      if (second.clinicId === first.clinicId) continue
      const between = minutesBetween(first.end, second.start)
      const known = travel(first.clinicId, second.clinicId)
      const sameDay = between < 0 || dayOf(first.end, zone) === dayOf(second.start, zone)
      const short = (known ?? (sameDay ? Infinity : 0)) - between
      if (short > 0) clashes.push({ first, second, short })
    }
    return clashes
  })
}

/** Clashing stored rules leave one clinic at a time: whichever shift starts first keeps its time. Sorted, disjoint. */
export function oneClinicAtATime(shifts: readonly Shift[]): Shift[] {
  const out: Shift[] = []
  let free = Number.NEGATIVE_INFINITY
  for (const shift of shifts.toSorted((a, b) => a.start - b.start)) {
    const start = shift.start > free ? shift.start : (free as Instant)
    if (start < shift.end) out.push({ clinicId: shift.clinicId, start, end: shift.end })
    free = Math.max(free, shift.end)
  }
  return out
}
