/** Reading group sessions: who sits there is for the clinic's staff, and is audited for each of them. Cancelling one frees everybody. */
import { readSnapshot, type Tx, transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { type GroupMember, type GroupSession, isOver } from '../domain/group-session.ts'
import { AppointmentId, type GroupSessionId } from '../domain/ids.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as appointmentsStranded from '../repositories/stranded.ts'
import * as stranded from '../repositories/stranded-groups.ts'
import type { Deps } from './deps.ts'
import { tellAppointments } from './tell-appointments.ts'
import { tellOfGroups } from './tell-groups.ts'

export type ReadGroup = { readonly session: GroupSession; readonly members: GroupMember[] }

/** Without their members. */
export const listGroups = (
  { db }: Deps,
  caller: Caller,
  page: groups.SessionsPage,
): Promise<Result<GroupSession[], Refusal>> => readSnapshot(db, async (tx) => ok(await groups.list(tx, caller, page)))

export const readGroup = ({ db }: Deps, caller: Caller, id: GroupSessionId): Promise<Result<ReadGroup, Refusal>> =>
  transact(
    db,
    async (tx) => {
      const session = await groups.visibleById(tx, caller, id)
      if (!session) return err(notFound)
      const present = (await members.ofSession(tx, id)).filter(isThere)
      await noteMembers(tx, caller, session, present, 'read')
      return ok({ session, members: present })
    },
    { isolation: 'repeatable read' },
  )

const isThere = ({ status }: GroupMember): boolean => status === 'seated' || status === 'waiting'

/** Past and cancelled ones are final. Each member's own calendar hears of it. */
export const cancelGroup = (
  { db, now }: Deps,
  caller: Caller,
  id: GroupSessionId,
  reason: string | null,
): Promise<Result<ReadGroup, Refusal>> =>
  transact(db, async (tx) => {
    const session = await groups.lockVisible(tx, caller, id)
    if (!session) return err(notFound)
    if (isStale(caller, session)) return err(stale)
    if (session.status === 'cancelled' || isOver(session, now()))
      return err({
        code: 'invalid-transition',
        from: isOver(session, now()) ? 'over' : session.status,
        to: 'cancelled',
      })
    const present = (await members.ofSession(tx, id)).filter(isThere)
    const seated = present.filter(({ status }) => status === 'seated')
    await flagVisits(tx, caller, await stranded.visitsIn(tx, [id]))
    await groups.releaseClaims(tx, id)
    await members.freeTime(tx, id)
    await members.remove(
      tx,
      id,
      present.map(({ patientId }) => patientId),
      'cancelled',
      now(),
    )
    await groups.setStatus(tx, [id], 'cancelled', now(), { reason })
    await noteMembers(tx, caller, session, present, 'cancel')
    await tellOfGroups(tx, [
      { type: 'group-session.cancelled', session },
      ...seated.map(({ patientId }) => ({ type: 'group-session.seat-released' as const, session, patientId })),
    ])
    const after = await groups.byId(tx, id)
    return after ? ok({ session: after, members: [] }) : err(notFound)
  })

/** Visits of a program that have lost their group wait to be replanned. */
async function flagVisits(tx: Tx, caller: Caller, ids: readonly string[]): Promise<void> {
  const flagged = await appointmentsStranded.flagAppointments(tx, ids)
  const changed = await appointments.byIds(
    tx,
    flagged.map((one) => AppointmentId.parse(one.id)),
  )
  await tellAppointments(
    tx,
    caller,
    changed.map((appointment) => ({ appointment, action: 'flag', event: 'appointment.needs-replanning' as const })),
  )
}

/** One entry for the session, and one for each patient whose place was seen or changed. */
export const noteMembers = (
  tx: Tx,
  caller: Caller,
  { id, revision }: GroupSession,
  present: readonly GroupMember[],
  action: string,
): Promise<void> =>
  audit.record(tx, caller, [
    { action, resourceType: 'group-session', resourceId: id, revision },
    ...present.map(({ patientId }) => ({
      action,
      resourceType: 'group-seat',
      resourceId: id,
      patientId,
      fieldClasses: ['schedule'],
    })),
  ])
