/**
 * Schedules a group session, or one per occurrence of a rule: all of them, or with `skipConflicts` those that fit. People and room are claimed
 * for the whole group under the same temporal keys as any visit. One transaction: judge, choose, lock, claim, store, tell (contract.md §5).
 */
import { type Tx, transact } from '../db/client.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import type { Clinic, Room } from '../domain/clinic.ts'
import type { Clinician } from '../domain/clinician.ts'
import { type GroupSession, type Recurrence, startsOf, wrongFacilitator } from '../domain/group-session.ts'
import { type GroupShape, ownShape, visitShape } from '../domain/group-staffing.ts'
import { type ClinicId, type ClinicianId, GroupSessionId, type RoomId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as programs from '../repositories/programs.ts'
import * as rooms from '../repositories/rooms.ts'
import type { Deps } from './deps.ts'
import { judgeOccurrences, type SkippedOccurrence, staffGroup } from './staff-group.ts'
import { tellOfGroups } from './tell-groups.ts'
import { mapViolations } from './violations.ts'

export type GroupDraft = Recurrence & {
  readonly clinicId: ClinicId
  readonly roomId: RoomId
  readonly title: { readonly en: string; readonly fr: string }
  readonly facilitatorIds: readonly ClinicianId[]
  readonly minutes: number
  readonly seats: number
  /** Leave out what is taken or outside hours, and say so. */
  readonly skipConflicts: boolean
  /** The visit that its members come for; absent: a group of its own. */
  readonly visit: { readonly programKey: string; readonly visitKey: string } | undefined
  /** Who takes the visit's other parts; whoever is not named is chosen. */
  readonly participants: readonly { readonly as: string; readonly clinicianId: ClinicianId }[]
}

export type ScheduledGroups = {
  readonly sessions: GroupSession[]
  readonly skipped: SkippedOccurrence[]
  readonly clinic: Clinic
}

export const scheduleGroup = (
  deps: Deps,
  caller: Caller,
  draft: GroupDraft,
): Promise<Result<ScheduledGroups, Refusal>> =>
  mapViolations(() => transact(deps.db, (tx) => schedule(tx, deps, caller, draft)))

async function schedule(
  tx: Tx,
  { now, newId }: Deps,
  caller: Caller,
  draft: GroupDraft,
): Promise<Result<ScheduledGroups, Refusal>> {
  const place = await placeOf(tx, caller, draft)
  if (!place.ok) return place
  const { clinic, shape } = place.value
  if (draft.start < now()) return err(invalid('start', 'is in the past'))
  const starts = startsOf(draft, clinic.timeZone)
  if (!starts.ok) return err(invalid(starts.error.path, starts.error.message))
  const staffed = await staffGroup(tx, clinic, shape, draft.roomId, starts.value)
  if (!staffed.ok) return staffed

  const seriesId = newId()
  const planned = staffed.value.map(({ start, end, staff, wishes }) => ({
    wishes,
    session: {
      id: GroupSessionId.parse(newId()),
      seriesId,
      clinicId: clinic.id,
      roomId: draft.roomId,
      title: draft.title,
      start,
      end,
      timeZone: clinic.timeZone,
      seats: draft.seats,
      taken: 0,
      status: 'scheduled' as const,
      programKey: draft.visit?.programKey ?? null,
      visitKey: draft.visit?.visitKey ?? null,
      staff,
      revision: 1,
    },
  }))
  const { fitting, skipped, refusal } = await judgeOccurrences(tx, planned, clinic)
  if (refusal && (!draft.skipConflicts || fitting.length === 0)) return err(refusal)
  const sessions = fitting.map(({ session }) => session)
  await groups.insert(
    tx,
    sessions.map(({ timeZone: _z, taken: _t, revision: _r, ...session }) => session),
    now(),
  )
  await groups.insertClaims(
    tx,
    fitting.flatMap(({ session, wishes }) => wishes.map((wish) => ({ ...wish, sessionId: session.id }))),
  )
  await audit.record(
    tx,
    caller,
    sessions.map(({ id }) => ({ action: 'create', resourceType: 'group-session', resourceId: id, revision: 1 })),
  )
  await tellOfGroups(
    tx,
    sessions.map((session) => ({ type: 'group-session.scheduled', session })),
  )
  return ok({ sessions, skipped, clinic })
}

type Place = Omit<GroupDraft, keyof Recurrence | 'title' | 'skipConflicts'>

/** The clinic, its room, and what the session takes. */
export async function placeOf(
  tx: Tx,
  caller: Caller,
  draft: Place,
): Promise<Result<{ clinic: Clinic; room: Room; shape: GroupShape }, Refusal>> {
  const [clinic] = actsFor(caller, draft.clinicId) ? await clinics.byIds(tx, [draft.clinicId]) : []
  if (!clinic) return err(notFound)
  const [room] = await rooms.byIds(tx, [draft.roomId])
  if (!room || (room.clinicId !== clinic.id && !actsFor(caller, room.clinicId))) return err(notFound)
  if (room.clinicId !== clinic.id) return err(invalid('roomId', 'is not a room of the clinic'))
  if (!(await rooms.activeAt(tx, [clinic.id])).some(({ id }) => id === room.id))
    return err(invalid('roomId', 'is not in use'))
  if (draft.seats > room.seats) return err(invalid('seats', `are more than the room’s ${room.seats}`))
  const shape = await shapeOf(tx, clinic, draft)
  if (!shape.ok) return shape
  if (shape.value.roomKind && shape.value.roomKind !== room.kind)
    return err(invalid('roomId', `is not a room for ${shape.value.roomKind}`))
  return ok({ clinic, room, shape: shape.value })
}

async function shapeOf(tx: Tx, clinic: Clinic, draft: Place): Promise<Result<GroupShape, Refusal>> {
  const ids = [...draft.facilitatorIds, ...draft.participants.map(({ clinicianId }) => clinicianId)]
  await clinicians.keep(tx, ids)
  const found = await clinicians.withLicences(tx, ids)
  if (found.length < new Set(ids).size) return err(notFound)
  const people = draft.facilitatorIds.flatMap((id): Clinician[] => found.filter((person) => person.id === id))
  const wrong = wrongFacilitator(people)
  const { visit } = draft
  if (wrong)
    return err({
      code: 'wrong-role',
      clinicianId: wrong.id,
      visitKey: visit?.visitKey ?? 'group-session',
      detail: wrong.detail,
    })
  if (!visit) {
    const [stray] = draft.participants
    return stray ? err(invalid('participants', 'are for the visit of a program')) : ok(ownShape(people, draft.minutes))
  }
  const program = await programs.latest(tx, visit.programKey)
  if (!program) return err(notFound)
  const shape = visitShape(program, { ...draft, visitKey: visit.visitKey }, clinic.policy.groupPatientsPerNurse)
  return shape.ok ? shape : err(invalid(shape.error.path, shape.error.message))
}
