/** How an itinerary meets what the enrolment has booked already. Pure: the bookings are read under the enrolment's lock. */
import { type Appointment, isFixedPoint } from '../domain/appointment.ts'
import type { Itinerary } from '../domain/itinerary.ts'
import type { Refusal } from '../domain/refusal.ts'

/** A visit that is booked or done by now, or one whose start has passed: the itinerary can no longer be taken. */
export function standsInTheWay(
  itinerary: Pick<Itinerary, 'visits'>,
  booked: readonly Appointment[],
  now: number,
): Refusal | undefined {
  const fixed = new Set(booked.filter((a) => isFixedPoint(a.status)).map((a) => a.visitKey))
  const already = itinerary.visits.find((v) => fixed.has(v.visitKey))
  if (already) return { code: 'already-booked', detail: `${already.visitKey} is booked already` }
  const late = itinerary.visits.find((v) => v.start < now)
  return late && { code: 'hold-expired', detail: `the start of ${late.visitKey} has passed` }
}

/** Appointments that wait to be replanned and that the itinerary places anew: they move, they are not booked twice. */
export const replacedBy = (itinerary: Pick<Itinerary, 'visits'>, booked: readonly Appointment[]): Appointment[] =>
  booked.filter((a) => a.status === 'needs-replanning' && itinerary.visits.some((v) => v.visitKey === a.visitKey))
