/** A seat in a group that is a program's visit books that visit: judged like any other, claiming only the patient's own time (contract.md §5). */
import { type Tx, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { type GroupMember, type GroupSession, isOver } from '../domain/group-session.ts'
import { AppointmentId, type EnrolmentId, type GroupSessionId, type PatientId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { visitOf } from '../domain/program.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as patients from '../repositories/patients.ts'
import type { Deps } from './deps.ts'
import { judgeGates, judgePlaces } from './judge-booking.ts'
import { lockEnrolment } from './lock-enrolment.ts'
import { isMovable, standingOf } from './offer-slots.ts'
import { storeAppointments, tellOfBookings } from './store-bookings.ts'
import { takeClaims } from './take-claims.ts'
import { tellOfGroups } from './tell-groups.ts'
import { mapViolations } from './violations.ts'

/** Of the patient's enrolment in the session's program. Refuses `full`, and whatever would refuse the visit. */
export const joinGroupVisit = (
  deps: Deps,
  caller: Caller,
  id: GroupSessionId,
  patientId: PatientId,
): Promise<Result<GroupMember, Refusal>> =>
  mapViolations(() => transact(deps.db, (tx) => join(tx, deps, caller, id, patientId)))

async function join(
  tx: Tx,
  { now, newId }: Deps,
  caller: Caller,
  id: GroupSessionId,
  patientId: PatientId,
): Promise<Result<GroupMember, Refusal>> {
  const seen = await groups.visibleById(tx, caller, id)
  const patient = seen && (await patients.visibleById(tx, caller, patientId))
  if (!patient) return err(notFound)
  const enrolmentId = await enrolmentIn(tx, seen, patientId)
  if (!enrolmentId) return err({ code: 'invalid-transition', from: 'not-enrolled', to: 'seated' })
  const locked = await lockEnrolment(tx, enrolmentId)
  const session = await groups.lockVisible(tx, caller, id)
  if (!session) return err(notFound)
  const { enrolment, program, booked } = locked
  if (isOver(session, now()) || session.status !== 'scheduled')
    return err({ code: 'invalid-transition', from: isOver(session, now()) ? 'over' : session.status, to: 'seated' })
  const visit = visitOf(program, session.visitKey ?? '')
  const standing = visit && standingOf(visit, booked)
  if (!visit?.group || (standing && (standing.status === 'booked' || !isMovable(standing))))
    return err({ code: 'already-booked', detail: `${session.visitKey} is booked already` })
  const seat = await members.freeSeat(tx, session)
  if (seat === null) return err({ code: 'full' })
  const placed = placedIn(session, visit.step, visit.key)
  const judged = { ...locked, visits: [placed], setAside: [] }
  const refused = (await judgeGates(tx, judged)) ?? (await judgePlaces(tx, judged))
  if (refused) return err(refused)
  const appointmentId = standing?.id ?? AppointmentId.parse(newId())
  const placing = { id: appointmentId, visit: placed, moves: standing !== undefined }
  await storeAppointments(tx, locked, [placing], { itineraryId: null, at: now() })
  const taken = await takeClaims(tx, {
    patientId,
    enrolmentId: enrolment.id,
    visits: [placed],
    owner: { appointmentOf: new Map([[visit.key, appointmentId]]) },
    replaces: standing ? [standing.id] : [],
    ignoreLimit: true,
  })
  if (!taken.ok) return taken
  await members.put(tx, session, { patientId, seat, appointmentId, newId: newId(), at: now() })
  await groups.touch(tx, id, now())
  await audit.record(tx, caller, [
    { action: 'create', resourceType: 'group-seat', resourceId: id, patientId, fieldClasses: ['schedule'] },
  ])
  const after = await appointments.byIds(tx, [appointmentId])
  await tellOfBookings(tx, caller, after, new Set(standing ? [appointmentId] : []))
  await tellOfGroups(tx, [{ type: 'group-session.seat-taken', session, patientId }])
  const member = await members.ofPatient(tx, id, patientId)
  return member ? ok(member) : err(notFound)
}

/** The patient's open enrolment that has this visit and may come to this clinic. */
async function enrolmentIn(
  tx: Tx,
  { programKey, clinicId }: GroupSession,
  patientId: PatientId,
): Promise<EnrolmentId | undefined> {
  const found = await enrolments.underWayOf(tx, patientId)
  return found.find(
    ({ program, status, allowedClinicIds }) =>
      program.key === programKey && status === 'open' && allowedClinicIds.includes(clinicId),
  )?.id
}

/** Its people and room are the session's own: the visit claims none of them. */
export const placedIn = (session: GroupSession, step: PlacedVisit['step'], visitKey: string): PlacedVisit => ({
  visitKey,
  step,
  start: session.start,
  end: session.end,
  timeZone: session.timeZone,
  clinicId: session.clinicId,
  roomId: session.roomId,
  modality: 'in-person',
  participants: [...session.staff],
  claims: [],
})
