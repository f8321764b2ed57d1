/**
 * Joining a group session, waiting for a seat, and leaving: what one member does concerns no other, except that a seat given back goes to
 * whoever waits longest and is free then. Locks: patient, session. The database counts the seats (contract.md §5).
 */
import { readSnapshot, type Tx, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { GROUP_VISIT, type GroupMember, type GroupSession, isOver } from '../domain/group-session.ts'
import type { GroupSessionId, PatientId } from '../domain/ids.ts'
import { type Conflict, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as claims from '../repositories/claims.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as patients from '../repositories/patients.ts'
import { cancelAppointment } from './cancel-appointment.ts'
import type { Deps } from './deps.ts'
import { joinGroupVisit } from './join-group-visit.ts'
import { tellOfGroups } from './tell-groups.ts'
import { mapViolations } from './violations.ts'

export type SeatWish = {
  readonly patientId: PatientId /** For want of a seat, wait for one. */
  readonly wait: boolean
}

/** Refuses `full`, `already-booked`, `resource-taken` when the patient is elsewhere then, `invalid-transition` when it is over. */
export async function joinGroup(
  deps: Deps,
  caller: Caller,
  id: GroupSessionId,
  wish: SeatWish,
): Promise<Result<GroupMember, Refusal>> {
  const session = await readSnapshot(deps.db, async (tx) => ok(await groups.visibleById(tx, caller, id)))
  if (!session.ok) return session
  return session.value?.programKey ? joinGroupVisit(deps, caller, id, wish.patientId) : joinOwn(deps, caller, id, wish)
}

const joinOwn = (
  { db, now, newId }: Deps,
  caller: Caller,
  id: GroupSessionId,
  { patientId, wait }: SeatWish,
): Promise<Result<GroupMember, Refusal>> =>
  mapViolations(() =>
    transact(db, async (tx) => {
      const found = await locked(tx, caller, id, patientId)
      if (!found) return err(notFound)
      const { session, member } = found
      const closed = closedFor(session, now(), wait ? 'waiting' : 'seated')
      if (closed) return err(closed)
      if (member?.status === 'seated' || (member?.status === 'waiting' && wait))
        return err({ code: 'already-booked', detail: `the patient is ${member.status} already` })
      const seat = await members.freeSeat(tx, session)
      if (seat === null && !wait) return err({ code: 'full' })
      if (seat !== null) {
        await members.deleteExpiredTime(tx, patientId)
        const elsewhere = await takenElsewhere(tx, session, patientId)
        if (elsewhere) return err({ code: 'resource-taken', conflicts: [elsewhere] })
        await members.takeTime(tx, session, patientId, GROUP_VISIT)
      }
      await members.put(tx, session, { patientId, seat, newId: newId(), at: now() })
      await groups.touch(tx, id, now())
      await note(tx, caller, session, patientId, 'create')
      if (seat !== null) await tellOfGroups(tx, [{ type: 'group-session.seat-taken', session, patientId }])
      const after = await members.ofPatient(tx, id, patientId)
      return after ? ok(after) : err(notFound)
    }),
  )

/** A visit that somebody leaves is cancelled, with what that takes along; its seat goes with it. */
export async function leaveGroup(
  deps: Deps,
  caller: Caller,
  id: GroupSessionId,
  patientId: PatientId,
): Promise<Result<void, Refusal>> {
  const member = await readSnapshot(deps.db, async (tx) =>
    ok((await groups.visibleById(tx, caller, id)) && (await members.ofPatient(tx, id, patientId))),
  )
  if (!member.ok) return member
  const visit = member.value?.status === 'seated' ? member.value.appointmentId : null
  if (!visit) return leaveOwn(deps, caller, id, patientId)
  const cancelled = await cancelAppointment(deps, caller, visit, { by: 'patient', reason: null, reasonCode: null })
  return cancelled.ok ? ok(undefined) : cancelled
}

const leaveOwn = (
  { db, now, newId }: Deps,
  caller: Caller,
  id: GroupSessionId,
  patientId: PatientId,
): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    const found = await locked(tx, caller, id, patientId)
    const status = found?.member?.status
    if (!found || (status !== 'seated' && status !== 'waiting')) return err(notFound)
    const { session } = found
    const closed = isOver(session, now()) ? closedFor(session, now(), 'left') : undefined
    if (closed) return err(closed)
    await members.remove(tx, id, [patientId], 'left', now())
    await members.freeTime(tx, id, [patientId])
    await groups.touch(tx, id, now())
    await note(tx, caller, session, patientId, 'cancel')
    if (status === 'seated') {
      await tellOfGroups(tx, [{ type: 'group-session.seat-released', session, patientId }])
      await seatNext(tx, caller, session, { newId: newId(), at: now() })
    }
    return ok(undefined)
  })

async function locked(tx: Tx, caller: Caller, id: GroupSessionId, patientId: PatientId) {
  const patient = await patients.lockVisible(tx, caller, patientId)
  const session = patient && (await groups.lockVisible(tx, caller, id))
  return session && { session, member: await members.ofPatient(tx, id, patientId) }
}

const closedFor = (session: GroupSession, now: Instant, to: string): Refusal | undefined =>
  isOver(session, now)
    ? { code: 'invalid-transition', from: 'over', to }
    : session.status === 'scheduled'
      ? undefined
      : { code: 'invalid-transition', from: session.status, to }

async function takenElsewhere(tx: Tx, session: GroupSession, patientId: PatientId): Promise<Conflict | undefined> {
  const { start, end, timeZone } = session
  const time = { visitKey: GROUP_VISIT, start, end }
  const [taken] = await claims.patientTaken(tx, patientId, [time])
  return taken ? { ...time, kind: 'patient', id: patientId, timeZone } : undefined
}

/** The first in the queue who is not elsewhere then; whoever is keeps their place in it. */
async function seatNext(
  tx: Tx,
  caller: Caller,
  session: GroupSession,
  { newId, at }: { newId: string; at: Instant },
): Promise<void> {
  const queue = (await members.ofSession(tx, session.id)).filter(({ status }) => status === 'waiting')
  const seat = session.status === 'scheduled' ? await members.freeSeat(tx, session) : null
  if (seat === null) return
  for (const { patientId } of queue) {
    await members.deleteExpiredTime(tx, patientId)
    if (await takenElsewhere(tx, session, patientId)) continue
    // booked elsewhere at this very moment, unseen until now: the next one, then
    const free = await mapViolations(() =>
      tx.transaction(async (inner) => ok(await members.takeTime(inner, session, patientId, GROUP_VISIT))),
    )
    if (!free.ok) continue
    await members.put(tx, session, { patientId, seat, newId, at })
    await note(tx, caller, session, patientId, 'create')
    return tellOfGroups(tx, [{ type: 'group-session.seat-taken', session, patientId }])
  }
}

const note = (tx: Tx, caller: Caller, { id }: GroupSession, patientId: PatientId, action: string): Promise<void> =>
  audit.record(tx, caller, [
    { action, resourceType: 'group-seat', resourceId: id, patientId, fieldClasses: ['schedule'] },
  ])
