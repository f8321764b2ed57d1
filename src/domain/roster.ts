/** One subject's day or days, as read: entries, shifts, and the free time between (contract.md §6). Pure; half-open instants. */
import type { AppointmentStatus } from './appointment.ts'
import type { AppointmentId, ClinicId, ClinicianId, GroupSessionId, PatientId, RoomId } from './ids.ts'
import { type Interval, intersect, merge, overlaps, subtract } from './interval.ts'
import type { ClinicalRole, Modality, Step } from './program.ts'
import { addDays, type Instant, type Lang, type LocalDate, startOfDay, type ZoneId } from './time.ts'

type Span = Interval<Instant>
export type RosterShift = Span & { readonly clinicId: ClinicId }

export type RosterSubject =
  | { readonly kind: 'clinician'; readonly id: ClinicianId; readonly displayName: string }
  | { readonly kind: 'clinic'; readonly id: ClinicId; readonly displayName: string }
  | { readonly kind: 'room'; readonly id: RoomId; readonly displayName: string }

/** Someone's part of a visit. `shared` is supervision: there for several visits at once. */
export type RosterPart = Span & {
  readonly role: ClinicalRole
  readonly clinicianId: ClinicianId
  readonly displayName: string
  readonly shared: boolean
}

/** A session of several patients: how many of its seats are taken, never by whom. */
export type RosterGroup = { readonly id: GroupSessionId; readonly taken: number; readonly seats: number }

/** A visit as stored, with what a roster says of it: one patient's appointment, or a group. */
export type RosterVisit = Span & {
  readonly appointmentId: AppointmentId | null
  readonly group: RosterGroup | null
  readonly visitKey: string
  readonly step: Step | null
  readonly status: AppointmentStatus
  readonly modality: Modality
  readonly title: { readonly en: string; readonly fr: string }
  readonly patient: { id: PatientId; givenName: string; familyName: string; language: Lang } | null
  readonly room: { id: RoomId; name: string } | null
  readonly clinicId: ClinicId
  /** Stored with the appointment. */
  readonly flags: readonly string[]
  /** The patient's first visit of all that were kept or are ahead. */
  readonly first: boolean
  readonly needsEscort: boolean
  readonly escortNamed: boolean
  readonly parts: readonly RosterPart[]
}

export type RosterEntry = Span & {
  readonly appointmentId: AppointmentId | null
  readonly group: RosterGroup | null
  /** The subject's own part; for a clinic or a room the whole visit. */
  readonly phaseStart: Instant
  readonly phaseEnd: Instant
  readonly visitKey: string
  readonly step: Step | null
  readonly title: string
  readonly patient: { id: PatientId; displayName: string; language: Lang } | null
  readonly room: { id: RoomId; name: string } | null
  readonly clinicId: ClinicId
  readonly modality: Modality
  readonly role: ClinicalRole | null
  readonly supervising: boolean
  readonly with: { role: ClinicalRole; displayName: string }[]
  readonly flags: string[]
  readonly status: AppointmentStatus
}

export type Roster = {
  readonly date: LocalDate
  readonly days: number
  readonly timeZone: ZoneId
  readonly subject: RosterSubject
  readonly entries: RosterEntry[]
  readonly shifts: RosterShift[]
  readonly gaps: RosterShift[]
}

/** The local days as instants: 23, 24 or 25 hours each. */
export const windowOf = (date: LocalDate, days: number, zone: ZoneId): Span => ({
  start: startOfDay(date, zone),
  end: startOfDay(addDays(date, days), zone),
})

/** Cancelled visits are on no roster; those that did not take place are, and leave their time free. */
const FREED: readonly AppointmentStatus[] = ['cancelled', 'no-show', 'not-dosed']
const takesTime = (status: AppointmentStatus): boolean => !FREED.includes(status)

/** What whoever reads the roster has to know before the visit. */
function flagsOf(visit: RosterVisit): string[] {
  const flags = new Set(visit.flags)
  if (visit.status === 'needs-replanning') flags.add('needs-replanning')
  if (visit.first) flags.add('first-visit')
  if (visit.needsEscort && !visit.escortNamed && visit.status === 'booked') flags.add('escort-missing')
  return [...flags].sort()
}

/** The people of a visit, each named once per role, in the order in which they come. */
function peopleOf(parts: readonly RosterPart[], but: string | null): { role: ClinicalRole; displayName: string }[] {
  const people = new Map<string, { role: ClinicalRole; displayName: string }>()
  for (const { role, displayName, clinicianId } of parts.toSorted((a, b) => a.start - b.start))
    if (clinicianId !== but)
      people.set(`${role} ${clinicianId}`, people.get(`${role} ${clinicianId}`) ?? { role, displayName })
  return [...people.values()]
}

function entriesOf(visit: RosterVisit, subject: RosterSubject, lang: Lang): RosterEntry[] {
  const whole = {
    appointmentId: visit.appointmentId,
    group: visit.group,
    start: visit.start,
    end: visit.end,
    visitKey: visit.visitKey,
    step: visit.step,
    title: visit.title[lang],
    patient: visit.patient && {
      id: visit.patient.id,
      displayName: `${visit.patient.givenName} ${visit.patient.familyName}`,
      language: visit.patient.language,
    },
    room: visit.room,
    clinicId: visit.clinicId,
    modality: visit.modality,
    with: peopleOf(visit.parts, subject.kind === 'clinician' ? subject.id : null),
    flags: flagsOf(visit),
    status: visit.status,
  }
  if (subject.kind !== 'clinician')
    return [{ ...whole, phaseStart: visit.start, phaseEnd: visit.end, role: null, supervising: false }]
  return visit.parts
    .filter(({ clinicianId }) => clinicianId === subject.id)
    .map(({ start, end, role, shared }) => ({
      ...whole,
      phaseStart: start,
      phaseEnd: end,
      role,
      supervising: shared,
    }))
}

/** Of the appointment, or of the group. */
export const idOf = ({ appointmentId, group }: Pick<RosterEntry, 'appointmentId' | 'group'>): string =>
  appointmentId ?? group?.id ?? ''

const phase = (entry: RosterEntry): Span => ({ start: entry.phaseStart, end: entry.phaseEnd })

/** What of the shifts nobody has taken; each piece at its shift's clinic. */
export const gapsOf = (shifts: readonly RosterShift[], taken: readonly Span[]): RosterShift[] =>
  shifts
    .flatMap(({ clinicId, ...shift }) => subtract([shift], taken).map((gap) => ({ ...gap, clinicId })))
    .sort((a, b) => a.start - b.start)

/** Shifts clipped to the window; touching ones at one clinic joined. */
function clipped(shifts: readonly RosterShift[], window: Span): RosterShift[] {
  const clinics = [...new Set(shifts.map(({ clinicId }) => clinicId))]
  const at = (clinicId: ClinicId) => intersect(merge(shifts.filter((s) => s.clinicId === clinicId)), [window])
  return clinics
    .flatMap((clinicId) => at(clinicId).map((shift) => ({ ...shift, clinicId })))
    .sort((a, b) => a.start - b.start)
}

/** All that a roster is made of. `turnover` is time that a room's visits take beyond themselves. */
export type RosterFacts = {
  readonly date: LocalDate
  readonly days: number
  readonly timeZone: ZoneId
  readonly subject: RosterSubject
  readonly visits: readonly RosterVisit[]
  readonly shifts: readonly RosterShift[]
  readonly turnover: readonly Span[]
}

/** Entries by phase; those that only touch the window's edge are left out. Supervision takes no time of its own. */
export function rosterOf({ visits, shifts, turnover, ...frame }: RosterFacts, lang: Lang): Roster {
  const window = windowOf(frame.date, frame.days, frame.timeZone)
  const entries = visits
    .filter(({ status }) => status !== 'cancelled')
    .flatMap((visit) => entriesOf(visit, frame.subject, lang))
    .filter((entry) => overlaps(phase(entry), window))
    .sort((a, b) => a.phaseStart - b.phaseStart || a.start - b.start || (idOf(a) < idOf(b) ? -1 : 1))
  const taken = entries.filter(({ status, supervising }) => takesTime(status) && !supervising).map(phase)
  const working = clipped(shifts, window)
  return { ...frame, entries, shifts: working, gaps: gapsOf(working, [...taken, ...turnover]) }
}

/** A clinic's roster as one for each person who has a part in it, by name; what nobody has a part in is the clinic's own. Shifts name their owner. */
export function byPerson(
  facts: RosterFacts,
  shifts: readonly (RosterShift & { readonly resourceId: string })[],
  lang: Lang,
): Roster[] {
  const people = new Map(facts.visits.flatMap(({ parts }) => parts.map((part) => [part.clinicianId, part.displayName])))
  const rosters = [...people].map(([id, displayName]) => {
    const subject = { kind: 'clinician' as const, id, displayName }
    const own = facts.visits.filter(({ parts }) => parts.some(({ clinicianId }) => clinicianId === id))
    return rosterOf({ ...facts, subject, visits: own, shifts: shifts.filter((s) => s.resourceId === id) }, lang)
  })
  const others = rosterOf({ ...facts, visits: facts.visits.filter(({ parts }) => parts.length === 0) }, lang)
  const filled = rosters
    .filter(({ entries }) => entries.length > 0)
    .sort((a, b) => a.subject.displayName.localeCompare(b.subject.displayName, lang))
  return others.entries.length > 0 || filled.length === 0 ? [...filled, others] : filled
}

/** The roster day by day; an entry is on each day that it overlaps, a shift and a gap are cut at midnight. */
export function dayByDay(roster: Roster): Roster[] {
  return Array.from({ length: roster.days }, (_, i) => {
    const date = addDays(roster.date, i)
    const day = windowOf(date, 1, roster.timeZone)
    const within = (spans: readonly RosterShift[]) =>
      spans.flatMap(({ clinicId, ...span }) => intersect([span], [day]).map((piece) => ({ ...piece, clinicId })))
    return {
      ...roster,
      date,
      days: 1,
      entries: roster.entries.filter((entry) => overlaps(phase(entry), day)),
      shifts: within(roster.shifts),
      gaps: within(roster.gaps),
    }
  })
}

/** For paper: A. B. of Anna Béatrice, J.-P. T. of Jean-Pierre Tremblay. */
export const initialsOf = (displayName: string): string =>
  displayName
    .split(/\s+/u)
    .map((word) =>
      word
        .split('-')
        .flatMap((part) => [...part].find((c) => /[\p{L}\p{N}]/u.test(c)) ?? [])
        .map((letter) => `${letter.toUpperCase()}.`)
        .join('-'),
    )
    .filter((initial) => initial !== '')
    .join(' ')
