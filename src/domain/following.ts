/** The visits that hang on one by lags, directly or through others: what may have to move with it. Pure. */
import { type Appointment, isFixedPoint } from './appointment.ts'
import type { Program } from './program.ts'

/**
 * Appointments after `moved`, in the order of the template, that have not begun. One that waits to be replanned is left out while a visit
 * that it follows has no date: nothing would say where it belongs.
 */
export function followingOf(
  program: Program,
  moved: Pick<Appointment, 'id' | 'visitKey'>,
  booked: readonly Appointment[],
): Appointment[] {
  const dated = new Set(booked.filter((a) => isFixedPoint(a.status) || a.id === moved.id).map((a) => a.visitKey))
  const reached = new Set([moved.visitKey])
  const found: Appointment[] = []
  // as many rounds as visits: templates list visits in any order
  for (const _ of program.visits)
    for (const visit of program.visits) {
      if (reached.has(visit.key) || !visit.after.some((lag) => reached.has(lag.visit))) continue
      reached.add(visit.key)
      const standing = booked.find((a) => a.visitKey === visit.key && a.status === 'booked')
      const waiting = booked.find((a) => a.visitKey === visit.key && a.status === 'needs-replanning')
      if (standing) found.push(standing)
      else if (waiting && visit.after.every((lag) => dated.has(lag.visit))) {
        dated.add(visit.key)
        found.push(waiting)
      }
    }
  return found
}
