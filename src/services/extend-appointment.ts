/**
 * A visit lasts longer than booked: a fact, never refused (domain.md §3). Its claims grow where there is room; what has claimed the time
 * already is marked `running-late`, wherever it is. One transaction.
 */
import { type Tx, transact } from '../db/client.ts'
import { type Appointment, isLive } from '../domain/appointment.ts'
import { turnoverMinutes } from '../domain/booked-claims.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import type { AppointmentId, ClinicianId } from '../domain/ids.ts'
import { visitOf } from '../domain/program.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addMinutes, type Instant } from '../domain/time.ts'
import * as appointmentClaims from '../repositories/appointment-claims.ts'
import * as appointments from '../repositories/appointments.ts'
import * as claims from '../repositories/claims.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as overruns from '../repositories/overruns.ts'
import type { Deps } from './deps.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { tellAppointments } from './tell-appointments.ts'

/** `affected`: what has to wait now, by start. */
export type Extended = { readonly appointment: Appointment; readonly affected: Appointment[] }

/** Refuses `invalid-transition` for a visit that is over or is not going to take place. */
export function extendAppointment(
  { db, now }: Deps,
  caller: Caller,
  id: AppointmentId,
  minutes: number,
): Promise<Result<Extended, Refusal>> {
  return transact(db, async (tx) => {
    const seen = await appointments.visibleById(tx, caller, id)
    if (!seen) return err(notFound)
    const locked = await lockEnrolment(tx, seen.enrolmentId)
    const target = locked.booked.find((a) => a.id === id)
    if (!target) return err(notFound)
    if (isStale(caller, target)) return err(stale)
    if (!isLive(target.status) && target.status !== 'needs-replanning')
      return err({ code: 'invalid-transition', from: target.status, to: 'in-progress' })
    const until = addMinutes(target.end, minutes)
    const late = await grow(tx, locked, target, until, now())
    await overruns.endLater(tx, id, { from: target.end, to: until }, now())
    const [appointment] = await appointments.byIds(tx, [id])
    if (!appointment) return err(notFound)
    const marked = await appointments.byIds(tx, late)
    await tellAppointments(tx, caller, [
      { appointment, action: 'extend' },
      ...marked.map((one) => ({ appointment: one, action: 'flag', event: 'appointment.running-late' as const })),
    ])
    return ok({ appointment, affected: marked.sort((a, b) => a.start - b.start) })
  })
}

/** → the appointments that have to wait */
async function grow(
  tx: Tx,
  { enrolment, program }: LockedEnrolment,
  target: Appointment,
  until: Instant,
  at: Instant,
): Promise<AppointmentId[]> {
  const longer = await lastingLonger(tx, target, until, visitOf(program, target.visitKey))
  await claims.lock(
    tx,
    longer.map(({ resourceId }) => resourceId),
    enrolment.patientId,
  )
  const patient = { id: enrolment.patientId, from: target.start, until }
  const waiting = await appointmentClaims.inTheWay(tx, target.id, longer, patient)
  await appointmentClaims.lengthen(tx, target.id, longer)
  await appointmentClaims.lengthenPatientTime(tx, target.id, until)
  const marked = await overruns.markLate(
    tx,
    waiting.map(({ id }) => id),
    at,
  )
  return marked.map(({ id }) => id as AppointmentId)
}

/** Who would have stayed until the end, and the room, with its turnover. */
async function lastingLonger(
  tx: Tx,
  { end, participants, roomId }: Appointment,
  until: Instant,
  template: Parameters<typeof turnoverMinutes>[0] | undefined,
): Promise<appointmentClaims.Longer[]> {
  const staying = participants.filter((p) => p.end === end)
  const ids: ClinicianId[] = staying.map((p) => p.clinicianId)
  const supervision = new Map((await clinicians.withLicences(tx, ids)).map((c) => [c.id as string, c.supervisionId]))
  const people = staying.map((p) => ({
    resourceId: (p.shared ? supervision.get(p.clinicianId) : undefined) ?? p.clinicianId,
    until,
  }))
  const room =
    roomId === null ? [] : [{ resourceId: roomId, until: addMinutes(until, template ? turnoverMinutes(template) : 0) }]
  return [...people, ...room]
}
