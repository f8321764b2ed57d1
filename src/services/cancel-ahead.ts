/** Cancels all that is still ahead of an enrolment and lets go what is held: what withdrawing, pausing and closing share. Under the enrolment's lock. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import { HOUR, type Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import type * as audit from '../repositories/audit.ts'
import * as bookings from '../repositories/bookings.ts'
import * as claims from '../repositories/claims.ts'
import * as clinics from '../repositories/clinics.ts'
import * as itineraries from '../repositories/itineraries.ts'
import { tellAppointments } from './tell-appointments.ts'

export type CancelReason = {
  readonly by: 'patient' | 'clinic'
  readonly reason: string | null
  readonly reasonCode: string
}

/** A visit under way goes on; these have not begun. */
const AHEAD: readonly Appointment['status'][] = ['booked', 'arrived', 'needs-replanning']
export const isAhead = ({ status }: Pick<Appointment, 'status'>): boolean => AHEAD.includes(status)

/** `ahead`: of the enrolment's appointments those to cancel. */
export async function cancelAhead(
  tx: Tx,
  actor: audit.Actor,
  id: EnrolmentId,
  ahead: readonly Appointment[],
  why: CancelReason,
  at: Instant,
): Promise<void> {
  await releaseHoldOf(tx, id)
  if (ahead.length === 0) return
  const ids = ahead.map((a) => a.id)
  await claims.release(tx, { appointmentIds: ids })
  const places = await clinics.byIds(tx, [...new Set(ahead.map((a) => a.clinicId))])
  const notice = new Map(places.map((clinic) => [clinic.id, clinic.policy.lateCancelHours * HOUR]))
  await bookings.end(
    tx,
    ahead.map(({ id: one, start, clinicId }) => ({
      id: one,
      status: 'cancelled',
      cancellation: { ...why, late: start - at < (notice.get(clinicId) ?? 0) },
      voidedBy: null,
    })),
    at,
  )
  const cancelled = await appointments.byIds(tx, ids)
  await tellAppointments(
    tx,
    actor,
    cancelled.map((appointment) => ({ appointment, action: 'cancel', event: 'appointment.cancelled' })),
  )
}

export async function releaseHoldOf(tx: Tx, id: EnrolmentId): Promise<void> {
  const hold = await itineraries.liveHold(tx, id)
  if (!hold) return
  await claims.release(tx, { itineraryIds: [hold.id] })
  await itineraries.setStatus(tx, [hold.id], 'released')
}
