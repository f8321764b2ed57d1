/**
 * Moves a group session to another time, room or staff, with everybody who sits in it, or not at all: room, people and each member's own time
 * are claimed anew, and a visit of a program is judged again for each. What was flagged is scheduled again. Locks: patients, enrolments, session,
 * resources. Whoever waits for a seat goes on waiting (contract.md §5).
 */
import { type Tx, transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import type { Clinic } from '../domain/clinic.ts'
import { facilitatorsOf, GROUP_VISIT, type GroupMember, type GroupSession, isOver } from '../domain/group-session.ts'
import type { GroupShape } from '../domain/group-staffing.ts'
import type { AppointmentId, ClinicianId, GroupSessionId, PatientId, RoomId } from '../domain/ids.ts'
import { visitOf } from '../domain/program.ts'
import { type Conflict, invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type Instant, minutesBetween } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as claims from '../repositories/claims.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as groupVisits from '../repositories/group-visits.ts'
import type { Deps } from './deps.ts'
import { noteMembers, type ReadGroup } from './group-sessions.ts'
import { placedIn } from './join-group-visit.ts'
import { judgeGates, judgePlaces } from './judge-booking.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { isMovable } from './offer-slots.ts'
import { placeOf } from './schedule-group.ts'
import { judgeOccurrences, staffGroup } from './staff-group.ts'
import { storeAppointments, tellOfBookings } from './store-bookings.ts'
import { takeClaims } from './take-claims.ts'
import { tellOfGroups } from './tell-groups.ts'
import { mapViolations } from './violations.ts'

export type GroupMove = {
  readonly start: Instant
  /** Absent: those that it has. */
  readonly roomId: RoomId | undefined
  readonly facilitatorIds: readonly ClinicianId[] | undefined
  /** Who takes the visit's other parts; absent: whoever has them, or somebody else where they cannot. */
  readonly participants: readonly Named[] | undefined
}
type Named = { readonly as: string; readonly clinicianId: ClinicianId }

/** Refuses what scheduling it there and joining it would be refused for, and `invalid-transition` when it is cancelled or over. */
export const moveGroup = (
  deps: Deps,
  caller: Caller,
  id: GroupSessionId,
  wish: GroupMove,
): Promise<Result<ReadGroup, Refusal>> =>
  mapViolations(() => transact(deps.db, (tx) => move(tx, deps, caller, id, wish)))

async function move(
  tx: Tx,
  { now }: Deps,
  caller: Caller,
  id: GroupSessionId,
  wish: GroupMove,
): Promise<Result<ReadGroup, Refusal>> {
  if (!(await groups.visibleById(tx, caller, id))) return err(notFound)
  const enrolments = new Map<AppointmentId, LockedEnrolment>()
  await lockMembers(tx, await seatedIn(tx, id), enrolments)
  const session = await groups.lockVisible(tx, caller, id)
  if (!session) return err(notFound)
  if (isStale(caller, session)) return err(stale)
  if (session.status === 'cancelled' || isOver(session, now()))
    return err({ code: 'invalid-transition', from: isOver(session, now()) ? 'over' : session.status, to: 'scheduled' })
  if (wish.start < now()) return err(invalid('start', 'is in the past'))
  const seated = await seatedIn(tx, id)
  // whoever sat down while the others were locked; out of order, which at worst is a deadlock and tried again
  await lockMembers(tx, seated, enrolments)

  await groups.releaseClaims(tx, id)
  await members.freeTime(tx, id)
  const staffed = await staffAnew(tx, caller, session, wish)
  if (!staffed.ok) return staffed
  const { moved, wishes } = staffed.value
  const own = seated.filter(({ appointmentId }) => appointmentId === null)
  const elsewhere = await takenElsewhere(tx, moved, own)
  if (elsewhere.length > 0) return err({ code: 'resource-taken', conflicts: elsewhere })
  await groups.move(tx, moved, now())
  await groups.insertClaims(
    tx,
    wishes.map((claim) => ({ ...claim, sessionId: id })),
  )
  for (const { patientId } of own) await members.takeTime(tx, moved, patientId, GROUP_VISIT)
  await members.touch(tx, id, patientsOf(own), now())
  for (const member of seated) {
    const visit = member.appointmentId && enrolments.get(member.appointmentId)
    const refused = visit ? await moveVisit(tx, caller, visit, moved, member, now()) : undefined
    if (refused) return err(refused)
  }
  await noteMembers(tx, caller, session, seated, 'reschedule')
  await tellOfGroups(tx, [
    { type: 'group-session.rescheduled', session: moved },
    ...own.map(({ patientId }) => ({ type: 'group-session.seat-moved' as const, session: moved, patientId })),
  ])
  const after = await groups.byId(tx, id)
  const present = (await members.ofSession(tx, id)).filter(({ status }) => status === 'seated' || status === 'waiting')
  return after ? ok({ session: after, members: present }) : err(notFound)
}

const seatedIn = async (tx: Tx, id: GroupSessionId): Promise<GroupMember[]> =>
  (await members.ofSession(tx, id)).filter(({ status }) => status === 'seated')
const patientsOf = (list: readonly GroupMember[]): PatientId[] => list.map(({ patientId }) => patientId)

/** Adds the enrolments of those whose seat is a visit. */
async function lockMembers(
  tx: Tx,
  seated: readonly GroupMember[],
  enrolments: Map<AppointmentId, LockedEnrolment>,
): Promise<void> {
  await groupVisits.lockPatients(tx, patientsOf(seated))
  const visits = seated.flatMap(({ appointmentId }) =>
    appointmentId && !enrolments.has(appointmentId) ? [appointmentId] : [],
  )
  const found = await appointments.byIds(tx, visits)
  for (const visit of found.sort((a, b) => (a.enrolmentId < b.enrolmentId ? -1 : 1)))
    enrolments.set(visit.id, await lockEnrolment(tx, visit.enrolmentId))
}

type Judged = Awaited<ReturnType<typeof judgeOccurrences>>['fitting'][number]
type Moved = { readonly moved: GroupSession; readonly wishes: Judged['wishes'] }

/** Where it will be and who will be there; other parts of a visit stay with whoever has them, where they can. */
async function staffAnew(
  tx: Tx,
  caller: Caller,
  session: GroupSession,
  { start, roomId = session.roomId, facilitatorIds = facilitatorsOf(session), participants }: GroupMove,
): Promise<Result<Moved, Refusal>> {
  const { clinicId, seats, programKey, visitKey, staff } = session
  const others = staff.filter(({ clinicianId }) => !facilitatorsOf(session).includes(clinicianId))
  const kept = [...new Map(others.map(({ as, clinicianId }) => [as, { as, clinicianId }])).values()]
  const named = (list: readonly Named[]) => ({
    ...{ clinicId, roomId, seats, facilitatorIds, participants: list },
    minutes: minutesBetween(session.start, session.end),
    visit: programKey !== null && visitKey !== null ? { programKey, visitKey } : undefined,
  })
  const tries = participants ? [participants] : kept.length > 0 ? [kept, []] : [[]]
  let last: Refusal | undefined
  for (const list of tries) {
    const place = await placeOf(tx, caller, named(list))
    if (!place.ok) return place
    const found = await judged(tx, session, place.value, roomId, start)
    if (found.ok) return found
    last = found.error
  }
  return err(last ?? notFound)
}

async function judged(
  tx: Tx,
  session: GroupSession,
  { clinic, shape }: { readonly clinic: Clinic; readonly shape: GroupShape },
  roomId: RoomId,
  start: Instant,
): Promise<Result<Moved, Refusal>> {
  const staffed = await staffGroup(tx, clinic, shape, roomId, [start])
  if (!staffed.ok) return staffed
  const planned = staffed.value.map(({ end, staff, wishes }) => ({
    session: { ...session, start, end, roomId, staff, status: 'scheduled' as const },
    wishes,
  }))
  const { fitting, refusal } = await judgeOccurrences(tx, planned, clinic)
  const [one] = fitting
  if (refusal || !one) return err(refusal ?? notFound)
  return ok({ moved: one.session, wishes: one.wishes })
}

async function takenElsewhere(tx: Tx, moved: GroupSession, own: readonly GroupMember[]): Promise<Conflict[]> {
  const { start, end, timeZone } = moved
  const time = { visitKey: GROUP_VISIT, start, end }
  const found: Conflict[] = []
  for (const { patientId } of own) {
    await members.deleteExpiredTime(tx, patientId)
    const [taken] = await claims.patientTaken(tx, patientId, [time])
    if (taken) found.push({ ...time, kind: 'patient', id: patientId, timeZone })
  }
  return found
}

/** One member's visit goes along; → why it cannot. */
async function moveVisit(
  tx: Tx,
  caller: Caller,
  locked: LockedEnrolment,
  moved: GroupSession,
  { appointmentId: id, patientId, seat }: GroupMember,
  at: Instant,
): Promise<Refusal | undefined> {
  const standing = locked.booked.find((a) => a.id === id)
  const visit = standing && visitOf(locked.program, standing.visitKey)
  if (!visit || seat === null) throw new Error('a seat whose visit its program does not know')
  if (!isMovable(standing)) return { code: 'invalid-transition', from: standing.status, to: 'booked' }
  const placed = placedIn(moved, visit.step, visit.key)
  const judging = { ...locked, visits: [placed], setAside: [] }
  const refused = (await judgeGates(tx, judging)) ?? (await judgePlaces(tx, judging))
  if (refused) return refused
  await storeAppointments(tx, locked, [{ id: standing.id, visit: placed, moves: true }], { itineraryId: null, at })
  const taken = await takeClaims(tx, {
    patientId,
    enrolmentId: locked.enrolment.id,
    visits: [placed],
    owner: { appointmentOf: new Map([[visit.key, standing.id]]) },
    replaces: [standing.id],
    ignoreLimit: true,
  })
  if (!taken.ok) return taken.error
  // the seat went with the time that was claimed until now
  await groupVisits.seatAgain(tx, moved.id, standing.id, seat, at)
  await tellOfBookings(tx, caller, await appointments.byIds(tx, [standing.id]), new Set([standing.id]))
  return undefined
}
