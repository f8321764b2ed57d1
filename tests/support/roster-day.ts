/** Visits as a roster reads them, for tests that need no database: a dose with its four people, and shorter ones. */
import type { AppointmentId, ClinicId, ClinicianId, PatientId, RoomId } from '../../src/domain/ids.ts'
import type { RosterPart, RosterVisit } from '../../src/domain/roster.ts'
import { addMinutes, atLocalOrGapEnd, type Instant, LocalDate, LocalTime, ZoneId } from '../../src/domain/time.ts'

export const TORONTO = ZoneId.parse('America/Toronto')
export const VANCOUVER = ZoneId.parse('America/Vancouver')
const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
export const CLINIC = uuid(1) as ClinicId
export const OTHER_CLINIC = uuid(2) as ClinicId
export const ROOM = { id: uuid(10) as RoomId, name: 'Dosing 1' }
export const PEOPLE = {
  therapist: { id: uuid(21) as ClinicianId, displayName: 'Naomi Roy' },
  nurse: { id: uuid(22) as ClinicianId, displayName: 'Luc Gagnon' },
  prescriber: { id: uuid(23) as ClinicianId, displayName: 'Dr. Inès Haddad' },
  navigator: { id: uuid(24) as ClinicianId, displayName: 'Sam Okafor' },
} as const
type Person = keyof typeof PEOPLE

/** `2026-12-01 09:00` on that zone's clock. */
export function local(text: string, zone: ZoneId = TORONTO): Instant {
  const [day, time] = text.split(' ')
  return atLocalOrGapEnd(LocalDate.parse(day), LocalTime.parse(time), zone)
}

type Part = readonly [role: Person, from: number, to: number, shared?: boolean]
let made = 100

/** The nth visit's patient. */
export const patientOf = (n: number) =>
  ({ id: uuid(n + 1000) as PatientId, givenName: 'Marie-Ève', familyName: 'Tremblay', language: 'en' }) as const

/** Minutes count from `start`; the rest can be said or is an ordinary visit. */
export function rosterVisit(
  start: Instant,
  minutes: number,
  parts: readonly Part[],
  more: Partial<RosterVisit> = {},
): RosterVisit {
  const n = ++made
  return {
    appointmentId: uuid(n) as AppointmentId,
    group: null,
    start,
    end: addMinutes(start, minutes),
    visitKey: 'prep-1',
    step: 'prepare',
    status: 'booked',
    modality: 'in-person',
    title: { en: 'Preparation 1', fr: 'Préparation 1' },
    patient: patientOf(n),
    room: ROOM,
    clinicId: CLINIC,
    flags: [],
    first: false,
    needsEscort: false,
    escortNamed: false,
    parts: parts.map(
      ([role, from, to, shared = false]): RosterPart => ({
        role,
        clinicianId: PEOPLE[role].id,
        displayName: PEOPLE[role].displayName,
        shared,
        start: addMinutes(start, from),
        end: addMinutes(start, to),
      }),
    ),
    ...more,
  }
}

/** domain.md §1: the nurse at both ends, the therapist in between, a prescriber above. */
export const dose = (start: Instant, more: Partial<RosterVisit> = {}): RosterVisit =>
  rosterVisit(
    start,
    150,
    [
      ['nurse', 0, 30],
      ['nurse', 120, 150],
      ['therapist', 15, 150],
      ['prescriber', 0, 150, true],
    ],
    {
      visitKey: 'dose-1',
      step: 'experience',
      title: { en: 'Dose 1', fr: 'Dose 1' },
      needsEscort: true,
      escortNamed: true,
      ...more,
    },
  )
