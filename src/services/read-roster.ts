/** A roster for whoever may read it: a clinician's, a clinic's or a room's days, as one audited snapshot (contract.md §6). */
import { type Tx, transact } from '../db/client.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import { ClinicId, type ClinicianId, type RoomId } from '../domain/ids.ts'
import { type Interval, overlaps } from '../domain/interval.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import {
  byPerson,
  type Roster,
  type RosterShift,
  type RosterSubject,
  type RosterVisit,
  rosterOf,
  windowOf,
} from '../domain/roster.ts'
import { addDays, dayOf, HOUR, type Instant, type Lang, type LocalDate, startOfDay, ZoneId } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as availability from '../repositories/availability.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as rooms from '../repositories/rooms.ts'
import * as groups from '../repositories/roster-groups.ts'
import * as rosters from '../repositories/rosters.ts'
import * as users from '../repositories/users.ts'
import type { Deps } from './deps.ts'
import { seesClinician } from './sees-clinician.ts'

export type Wanted =
  | { readonly clinicianId: ClinicianId }
  /** Id or slug. */
  | { readonly clinic: string }
  | { readonly roomId: RoomId }

export type RosterQuery = {
  /** Absent: today at the clinic. */
  readonly date?: LocalDate | undefined
  readonly days: number
  readonly lang: Lang
  /** A clinic's days are wanted person by person too. */
  readonly byPerson?: boolean
}

/** `people`: of a clinic, where wanted. `printedBy` signs what is printed; `clinicNames` names the shifts. */
export type ReadRoster = {
  roster: Roster
  people: Roster[]
  printedBy: string
  clinicNames: ReadonlyMap<string, string>
}

const UTC = ZoneId.parse('Etc/UTC')
/** Hours that a local day may begin before or end after the same day in UTC. */
const FARTHEST_OFFSET = 14 * HOUR

export function readRoster(
  { db, now }: Deps,
  caller: Caller,
  wanted: Wanted,
  { date: asked, days, lang, byPerson: apart = false }: RosterQuery,
): Promise<Result<ReadRoster, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const subject = await subjectOf(tx, caller, wanted, lang)
      if (!subject) return err(notFound)
      const { date, timeZone } = await placeInTime(tx, subject, asked, days, now())
      const window = windowOf(date, days, timeZone)
      const resource = [subject.id]
      const visits = [
        ...(await rosters.visits(tx, caller, subject, window)),
        ...(await groups.sessions(tx, caller, subject, window)),
      ]
      const shifts = (await availability.shiftsWithin(tx, resource, window)).filter((s) => actsForOwn(caller, s))
      const turnover = subject.kind === 'room' ? await rosters.claimedTime(tx, subject.id, window) : []
      const facts = { date, days, timeZone, subject, visits, shifts, turnover }
      const roster = rosterOf(facts, lang)
      const people =
        apart && subject.kind === 'clinic'
          ? byPerson(facts, await shiftsThere(tx, visits, subject.id, window), lang)
          : []
      await noteRead(tx, caller, roster)
      const names = await clinics.byIds(tx, [...new Set(roster.shifts.map(({ clinicId }) => clinicId))])
      return ok({
        roster,
        people,
        printedBy: await users.displayNameOf(tx, caller.userId),
        clinicNames: new Map(names.map(({ id, name }) => [id, name[lang]])),
      })
    },
    { isolation: 'repeatable read' },
  )
}

/** Of everybody who has a part in the visits, at that clinic. */
async function shiftsThere(tx: Tx, visits: readonly RosterVisit[], clinicId: ClinicId, window: Interval<Instant>) {
  const ids = new Set(visits.flatMap(({ parts }) => parts.map((part) => part.clinicianId)))
  return (await availability.shiftsWithin(tx, [...ids], window)).filter((shift) => shift.clinicId === clinicId)
}

/** One's own shifts at every clinic; others' only at the caller's. */
const actsForOwn = (caller: Caller, { clinicId }: RosterShift): boolean =>
  caller.role === 'clinician' || actsFor(caller, clinicId)

async function subjectOf(tx: Tx, caller: Caller, wanted: Wanted, lang: Lang): Promise<RosterSubject | undefined> {
  if ('clinic' in wanted) {
    const clinic = await clinics.byIdOrSlug(tx, wanted.clinic)
    return clinic && actsFor(caller, clinic.id)
      ? { kind: 'clinic', id: clinic.id, displayName: clinic.name[lang] }
      : undefined
  }
  if ('roomId' in wanted) {
    const [room] = await rooms.byIds(tx, [wanted.roomId])
    return room && actsFor(caller, room.clinicId) ? { kind: 'room', id: room.id, displayName: room.name } : undefined
  }
  const { clinicianId: id } = wanted
  const [clinician] = (await seesClinician(tx, caller, id)) ? await clinicians.withLicences(tx, [id]) : []
  return clinician && { kind: 'clinician', id, displayName: clinician.displayName }
}

/** Which local days are meant: those of the subject's clinic. */
async function placeInTime(
  tx: Tx,
  subject: RosterSubject,
  asked: LocalDate | undefined,
  days: number,
  now: Instant,
): Promise<{ date: LocalDate; timeZone: ZoneId }> {
  const timeZone = await zoneOf(tx, subject, asked, days, now)
  return { timeZone, date: asked ?? dayOf(now, timeZone) }
}

async function zoneOf(tx: Tx, subject: RosterSubject, asked: LocalDate | undefined, days: number, now: Instant) {
  if (subject.kind === 'clinic') return zoneOfClinic(tx, subject.id)
  if (subject.kind === 'room') return zoneOfClinic(tx, (await rooms.byIds(tx, [subject.id]))[0]?.clinicId)
  if (asked !== undefined) {
    const around = {
      start: (startOfDay(asked, UTC) - FARTHEST_OFFSET) as Instant,
      end: (startOfDay(addDays(asked, days), UTC) + FARTHEST_OFFSET) as Instant,
    }
    for (const shift of await availability.shiftsWithin(tx, [subject.id], around)) {
      const zone = await zoneOfClinic(tx, shift.clinicId)
      if (overlaps(shift, windowOf(asked, days, zone))) return zone
    }
  }
  return zoneOfClinic(tx, await rosters.clinicNear(tx, subject.id, asked ? startOfDay(asked, UTC) : now))
}

async function zoneOfClinic(tx: Tx, id: string | undefined): Promise<ZoneId> {
  const [clinic] = id === undefined ? [] : await clinics.byIds(tx, [ClinicId.parse(id)])
  return clinic?.timeZone ?? UTC
}

/** One entry per patient who is on it. */
function noteRead(tx: Tx, caller: Caller, { subject, entries }: Roster): Promise<void> {
  const patients = new Set(entries.flatMap(({ patient }) => patient?.id ?? []))
  return audit.record(
    tx,
    caller,
    [...patients].map((patientId) => ({
      action: 'read',
      resourceType: `${subject.kind}-roster`,
      resourceId: subject.id,
      patientId,
      fieldClasses: ['name', 'schedule'],
    })),
  )
}
