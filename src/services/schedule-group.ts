/**
 * Schedules a group session, or one per occurrence of a rule: all of them, or with `skipConflicts` those that fit. Facilitators and room are
 * claimed whole under the same temporal keys as any visit. One transaction: judge, lock, claim, store, tell (contract.md §5).
 */
import { type Tx, transact } from '../db/client.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import type { Clinic, Room } from '../domain/clinic.ts'
import { type Clinician, licensedOn } from '../domain/clinician.ts'
import {
  facilitatingAs,
  GROUP_VISIT,
  type GroupSession,
  type Recurrence,
  startsOf,
  wrongFacilitator,
} from '../domain/group-session.ts'
import { type ClinicId, type ClinicianId, GroupSessionId, type RoomId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { Participant } from '../domain/itinerary.ts'
import { type Conflict, invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addMinutes, dayOf, type Instant } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as claims from '../repositories/claims.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as rooms from '../repositories/rooms.ts'
import type { Deps } from './deps.ts'
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
}

/** An occurrence that could not be had, and why. */
export type SkippedOccurrence = Interval<Instant> & { readonly conflicts: readonly Conflict[] }
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
  const { clinic, people } = place.value
  if (draft.start < now()) return err(invalid('start', 'is in the past'))
  const starts = startsOf(draft, clinic.timeZone)
  if (!starts.ok) return err(invalid(starts.error.path, starts.error.message))
  const unfit = unfitStaff(clinic, people, starts.value)
  if (unfit) return err(unfit)

  const seriesId = newId()
  const planned = starts.value.map(
    (start): GroupSession => ({
      id: GroupSessionId.parse(newId()),
      seriesId,
      clinicId: clinic.id,
      roomId: draft.roomId,
      title: draft.title,
      start,
      end: addMinutes(start, draft.minutes),
      timeZone: clinic.timeZone,
      seats: draft.seats,
      taken: 0,
      status: 'scheduled',
      programKey: null,
      visitKey: null,
      staff: people.map((person, i) => partOf(person, i, start, addMinutes(start, draft.minutes))),
      revision: 1,
    }),
  )
  const { fitting, skipped, refusal } = await judge(tx, planned)
  if (refusal && (!draft.skipConflicts || fitting.length === 0)) return err(refusal)
  await groups.insert(
    tx,
    fitting.map(({ timeZone: _z, taken: _t, revision: _r, ...session }) => session),
    now(),
  )
  await groups.insertClaims(
    tx,
    fitting.flatMap((session) => wishesOf(session).map((wish) => ({ ...wish, lane: 1, sessionId: session.id }))),
  )
  await audit.record(
    tx,
    caller,
    fitting.map(({ id }) => ({ action: 'create', resourceType: 'group-session', resourceId: id, revision: 1 })),
  )
  await tellOfGroups(
    tx,
    fitting.map((session) => ({ type: 'group-session.scheduled', session })),
  )
  return ok({ sessions: fitting, skipped, clinic })
}

async function placeOf(
  tx: Tx,
  caller: Caller,
  draft: GroupDraft,
): Promise<Result<{ clinic: Clinic; room: Room; people: Clinician[] }, Refusal>> {
  const [clinic] = actsFor(caller, draft.clinicId) ? await clinics.byIds(tx, [draft.clinicId]) : []
  if (!clinic) return err(notFound)
  const [room] = await rooms.byIds(tx, [draft.roomId])
  if (!room || (room.clinicId !== clinic.id && !actsFor(caller, room.clinicId))) return err(notFound)
  if (room.clinicId !== clinic.id) return err(invalid('roomId', 'is not a room of the clinic'))
  if (!(await rooms.activeAt(tx, [clinic.id])).some(({ id }) => id === room.id))
    return err(invalid('roomId', 'is not in use'))
  if (draft.seats > room.seats) return err(invalid('seats', `are more than the room’s ${room.seats}`))
  await clinicians.keep(tx, draft.facilitatorIds)
  const found = await clinicians.withLicences(tx, draft.facilitatorIds)
  const people = draft.facilitatorIds.flatMap((id) => found.find((person) => person.id === id) ?? [])
  return people.length === draft.facilitatorIds.length ? ok({ clinic, room, people }) : err(notFound)
}

/** Roles, and licences of the clinic's province on each day. */
function unfitStaff(clinic: Clinic, people: readonly Clinician[], starts: readonly Instant[]): Refusal | undefined {
  const wrong = wrongFacilitator(people)
  if (wrong) return { code: 'wrong-role', clinicianId: wrong.id, visitKey: GROUP_VISIT, detail: wrong.detail }
  for (const start of starts) {
    const day = dayOf(start, clinic.timeZone)
    const stranger = people.find(({ licences }) => !licensedOn(licences, clinic.province, day))
    if (stranger)
      return {
        code: 'not-licensed',
        clinicianId: stranger.id,
        visitKey: GROUP_VISIT,
        detail: `no licence for ${clinic.province} on ${day}`,
      }
  }
  return undefined
}

const partOf = (person: Clinician, i: number, start: Instant, end: Instant): Participant => ({
  as: `facilitator-${i + 1}`,
  role: facilitatingAs(person) ?? 'therapist',
  clinicianId: person.id,
  start,
  end,
  shared: false,
})

type Wish = claims.NewClaim & { readonly kind: 'clinician' | 'room' }

/** The room and each facilitator, whole and for exactly the session. */
function wishesOf({ clinicId, roomId, staff, start, end }: GroupSession): Wish[] {
  const claim = { clinicId, visitKey: GROUP_VISIT, start, end, shared: false, dose: false }
  return [
    { ...claim, resourceId: roomId, kind: 'room' },
    ...staff.map((part) => ({ ...claim, resourceId: part.clinicianId, kind: 'clinician' as const })),
  ]
}

/** Which occurrences can be had; the refusal names every claim of every one that cannot. Locks what they claim. */
async function judge(tx: Tx, planned: readonly GroupSession[]) {
  const wishes = planned.flatMap((session) => wishesOf(session).map((wish) => ({ ...wish, session })))
  await groups.lockResources(
    tx,
    wishes.map((wish) => wish.resourceId),
  )
  const standings = await claims.standings(tx, wishes)
  let taken = false
  const conflictsOf = new Map<string, Conflict[]>()
  for (const [i, { session, kind, resourceId, start, end }] of wishes.entries()) {
    const standing = standings[i]
    if (standing?.covered && standing.taken.length === 0) continue
    taken ||= standing?.covered ?? false
    const { timeZone } = session
    const conflict = { visitKey: GROUP_VISIT, kind, id: resourceId, start, end, timeZone }
    conflictsOf.set(session.id, [...(conflictsOf.get(session.id) ?? []), conflict])
  }
  const skipped = planned.flatMap(({ id, start, end }) => {
    const conflicts = conflictsOf.get(id)
    return conflicts ? [{ start, end, conflicts }] : []
  })
  const refusal: Refusal | undefined =
    skipped.length === 0
      ? undefined
      : { code: taken ? 'resource-taken' : 'outside-availability', conflicts: skipped.flatMap((s) => s.conflicts) }
  return { fitting: planned.filter(({ id }) => !conflictsOf.has(id)), skipped, refusal }
}
