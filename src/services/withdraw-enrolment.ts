/** Ends an enrolment before its time: what is still ahead is cancelled, what is held is let go, all at once (contract.md §4). */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { isUnderWay } from '../domain/enrolment.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { HOUR, type Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as bookings from '../repositories/bookings.ts'
import * as claims from '../repositories/claims.ts'
import * as clinics from '../repositories/clinics.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import * as itineraries from '../repositories/itineraries.ts'
import type { Deps } from './deps.ts'
import type { PlacedEnrolment } from './enrolments.ts'
import { lockEnrolment } from './lock-enrolment.ts'
import { tellAppointments } from './tell-appointments.ts'

/** A visit under way goes on; these have not begun. */
const AHEAD: readonly Appointment['status'][] = ['booked', 'arrived', 'needs-replanning']

/** Refuses `invalid-transition` when it has ended already. */
export function withdrawEnrolment(
  { db, now }: Deps,
  caller: Caller,
  id: EnrolmentId,
  reason: string | null,
): Promise<Result<PlacedEnrolment, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await enrolments.visibleById(tx, caller, id))) return err(notFound)
    const { enrolment, booked } = await lockEnrolment(tx, id)
    if (isStale(caller, enrolment)) return err(stale)
    if (!isUnderWay(enrolment)) return err({ code: 'invalid-transition', from: enrolment.status, to: 'withdrawn' })
    const at = now()
    const { patientId, clinicId } = enrolment
    const hold = await itineraries.liveHold(tx, id)
    const ahead = booked.filter((a) => AHEAD.includes(a.status))
    await claims.release(tx, { itineraryIds: hold ? [hold.id] : [], appointmentIds: ahead.map((a) => a.id) })
    if (hold) await itineraries.setStatus(tx, [hold.id], 'released')
    await cancelAll(tx, caller, ahead, reason, at)
    const after = await enrolments.update(tx, { ...enrolment, status: 'withdrawn', endedAt: at, endReason: reason })
    await audit.record(tx, caller, [
      {
        action: 'withdraw',
        resourceType: 'enrolment',
        resourceId: id,
        patientId,
        revision: after.revision,
        fieldClasses: ['program'],
      },
    ])
    await events.append(tx, [
      { type: 'enrolment.withdrawn', enrolmentId: id, clinicId, subject: { enrolmentId: id, patientId } },
    ])
    const [home] = await clinics.byIds(tx, [clinicId])
    if (!home) throw new Error('an enrolment without its clinic')
    return ok({ ...after, timeZone: home.timeZone })
  })
}

async function cancelAll(
  tx: Tx,
  caller: Caller,
  ahead: readonly Appointment[],
  reason: string | null,
  at: Instant,
): Promise<void> {
  const places = await clinics.byIds(tx, [...new Set(ahead.map((a) => a.clinicId))])
  const notice = new Map(places.map((clinic) => [clinic.id, clinic.policy.lateCancelHours * HOUR]))
  await bookings.end(
    tx,
    ahead.map(({ id, start, clinicId }) => ({
      id,
      status: 'cancelled',
      cancellation: {
        by: 'patient',
        reason,
        reasonCode: 'withdrawn',
        late: start - at < (notice.get(clinicId) ?? 0),
      },
      voidedBy: null,
    })),
    at,
  )
  const cancelled = await appointments.byIds(
    tx,
    ahead.map(({ id }) => id),
  )
  await tellAppointments(
    tx,
    caller,
    cancelled.map((appointment) => ({ appointment, action: 'cancel', event: 'appointment.cancelled' })),
  )
}
