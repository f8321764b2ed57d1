/**
 * Cancels an appointment. A lost dose voids its integration and flags what comes later for replanning; flagged visits keep their claims
 * until they are replanned (contract.md §5). One transaction; what is freed is free at once.
 */
import { type Tx, transact } from '../db/client.ts'
import { type Appointment, isLive } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { cascadeOf } from '../domain/cascade.ts'
import type { AppointmentId } from '../domain/ids.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { HOUR, toWire } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as bookings from '../repositories/bookings.ts'
import * as claims from '../repositories/claims.ts'
import * as clinics from '../repositories/clinics.ts'
import * as events from '../repositories/events.ts'
import type { Deps } from './deps.ts'
import { lockEnrolment } from './lock-enrolment.ts'

export type CancelWish = { by: 'patient' | 'clinic'; reason: string | null; reasonCode: string | null }

export function cancelAppointment(
  { db, now }: Deps,
  caller: Caller,
  id: AppointmentId,
  wish: CancelWish,
): Promise<Result<Appointment, Refusal>> {
  return transact(db, async (tx) => {
    const seen = await appointments.visibleById(tx, caller, id)
    if (!seen) return err(notFound)
    const { booked, program } = await lockEnrolment(tx, seen.enrolmentId)
    const target = booked.find((a) => a.id === id)
    if (!target) return err(notFound)
    if (isStale(caller, target)) return err(stale)
    if (
      !(isLive(target.status) || target.status === 'needs-replanning') ||
      target.status === 'in-progress' ||
      target.status === 'recovering'
    )
      return err({ code: 'invalid-transition', from: target.status, to: 'cancelled' })
    const [clinic] = await clinics.byIds(tx, [target.clinicId])
    const notice = (clinic?.policy.lateCancelHours ?? 0) * HOUR
    const { voided, flagged } = cascadeOf(program, target, booked)
    const cancellation = { ...wish, late: target.start - now() < notice }
    await claims.release(tx, { appointmentIds: [id, ...voided.map((a) => a.id)] })
    await bookings.end(
      tx,
      [
        { id, status: 'cancelled', cancellation, voidedBy: null },
        ...voided.map((a) => ({
          id: a.id,
          status: 'cancelled' as const,
          cancellation: { ...cancellation, late: false },
          voidedBy: id,
        })),
        ...flagged.map((a) => ({ id: a.id, status: 'needs-replanning' as const, cancellation: null, voidedBy: null })),
      ],
      now(),
    )
    const changed = await appointments.byIds(tx, [id, ...voided.map((a) => a.id), ...flagged.map((a) => a.id)])
    await tell(tx, caller, changed)
    const after = changed.find((a) => a.id === id)
    return after ? ok(after) : err(notFound)
  })
}

async function tell(tx: Tx, caller: Caller, changed: readonly Appointment[]): Promise<void> {
  const ended = (a: Appointment) => a.status === 'cancelled'
  await audit.record(
    tx,
    caller,
    changed.map((a) => ({
      action: ended(a) ? 'cancel' : 'flag',
      resourceType: 'appointment',
      resourceId: a.id,
      revision: a.revision,
      patientId: a.patientId,
      fieldClasses: ['schedule'],
    })),
  )
  await events.append(
    tx,
    changed.map((a) => ({
      type: ended(a) ? ('appointment.cancelled' as const) : ('appointment.needs-replanning' as const),
      enrolmentId: a.enrolmentId,
      clinicId: a.clinicId,
      subject: {
        appointmentId: a.id,
        patientId: a.patientId,
        start: toWire(a.start, a.timeZone),
        end: toWire(a.end, a.timeZone),
      },
    })),
  )
}
