/** The demonstration's people as records: from the catalogue's data, fresh ids and the day of seeding to what the repositories store. Pure but for the ids. */
import type { DemoPatient, DemoStage } from '../catalogue/demo-patients.ts'
import { type DemoClinician, SHIFTS_FROM } from '../catalogue/demo-staff.ts'
import type { AvailabilityRule } from '../domain/availability.ts'
import type { Clinic } from '../domain/clinic.ts'
import { type Clinician, ClinicianDraft } from '../domain/clinician.ts'
import { ANY_THERAPIST, type Enrolment, FRESH } from '../domain/enrolment.ts'
import {
  ClinicianId,
  ConsentId,
  EnrolmentId,
  PatientId,
  PatientOverrideId,
  ResourceId,
  RuleId,
  ScreeningId,
} from '../domain/ids.ts'
import type { Consent, Patient, PatientOverride, Screening } from '../domain/patient.ts'
import { PatientDraft, settled } from '../domain/patient-draft.ts'
import { addDays, type Instant, type LocalDate, LocalTime, startOfDay, weekdayOf } from '../domain/time.ts'

export type NewId = () => string
/** A clinic, and what its demonstration patients need to know of it and of the others. */
export type Place = {
  readonly clinic: Clinic
  readonly clinicIdOf: ReadonlyMap<string, Clinic['id']>
  /** By family name. */
  readonly clinicianIdOf: ReadonlyMap<string, ClinicianId>
  /** Who assesses patients here. */
  readonly prescriber: ClinicianId
  readonly today: LocalDate
  readonly now: Instant
}

export type EmployedClinician = { readonly clinician: Clinician; readonly rules: readonly AvailabilityRule[] }

export function employed(
  { shifts, licences, ...person }: DemoClinician,
  n: number,
  { today, clinicIdOf, newId }: Pick<Place, 'today' | 'clinicIdOf'> & { newId: NewId },
): EmployedClinician {
  const year = Number(today.slice(0, 4))
  const draft = ClinicianDraft.parse({
    ...person,
    displayName: `${person.givenName} ${person.familyName}`,
    licences: licences.map((licence) => ({
      ...licence,
      number: `DEMO-${String(n + 1).padStart(3, '0')}`,
      validFrom: `${year - 3}-04-01`,
      validUntil: `${year + 2}-03-31`,
    })),
  })
  const id = ClinicianId.parse(newId())
  return {
    clinician: { ...draft, id, supervisionId: ResourceId.parse(newId()), revision: 1 },
    rules: shifts.map(({ clinic, days, from, to }) => ({
      id: RuleId.parse(newId()),
      subject: { clinicianId: id },
      clinicId: known(clinicIdOf, clinic),
      rrule: `FREQ=WEEKLY;BYDAY=${days}`,
      startTime: LocalTime.parse(from),
      endTime: LocalTime.parse(to),
      validFrom: SHIFTS_FROM as LocalDate,
      validUntil: null,
      exceptDates: [],
    })),
  }
}

export type PatientRecords = {
  readonly patient: Patient
  readonly enrolment: Enrolment
  readonly screenings: readonly Screening[]
  readonly overrides: readonly PatientOverride[]
  readonly consents: readonly Consent[]
}

export function recordsOf(wanted: DemoPatient, n: number, place: Place, newId: NewId): PatientRecords {
  const patientId = PatientId.parse(newId())
  const draft = draftOf(wanted, n, place)
  return {
    patient: { ...settled(draft, place.today), id: patientId, intakeClinicIds: [place.clinic.id], revision: 1 },
    enrolment: { ...enrolled(wanted, place), id: EnrolmentId.parse(newId()), patientId },
    ...assessed(wanted, n, place, patientId, newId),
  }
}

const AREA: Readonly<Record<string, string>> = { QC: '514', ON: '416', BC: '604' }
/** Some weeks after a birthday, so that the age holds throughout a program. */
const BIRTHDAY_BEFORE = 30

/** Addresses and numbers that reach nobody: example.org and 555-01xx. */
function draftOf(wanted: DemoPatient, n: number, { clinic, today }: Place): PatientDraft {
  const { givenName, familyName, age, language, care, note, program } = wanted
  const phone = (ordinal: number) => `${AREA[clinic.province]}-555-01${String(ordinal).padStart(2, '0')}`
  const address = `${givenName}.${familyName}`.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  const birthYear = Number(today.slice(0, 4)) - age
  const birthday = `${birthYear}${today.slice(4).replace('02-29', '02-28')}` as LocalDate
  return PatientDraft.parse({
    givenName,
    familyName,
    birthDate: addDays(birthday, -BIRTHDAY_BEFORE - 3 * n),
    preferredLanguage: language,
    careLanguages: care ?? [language],
    province: clinic.province,
    email: n % 5 === 4 ? null : `${address}@example.org`,
    phone: phone(n),
    contact: { email: true, sms: n % 2 === 0, voicemail: n % 3 !== 0, calendar: true },
    communitySupport:
      program === 'introductory' || n % 3 === 0
        ? { name: 'Robin Martin', profession: language === 'fr' ? 'psychologue' : 'counsellor', phone: phone(99) }
        : null,
    escort: n % 2 === 0 ? { name: `Sacha ${familyName}`, phone: phone(50 + (n % 40)), relationship: null } : null,
    note: note ?? null,
  })
}

function enrolled(wanted: DemoPatient, { clinic, clinicIdOf, clinicianIdOf, today, now }: Place) {
  const { also = [], prefer, requireGender, weeklyUnavailable = [], preferred = [] } = wanted.wishes
  return {
    program: { key: wanted.program, version: 1 },
    clinicId: clinic.id,
    route: isAssessed(wanted.stage) ? ('rdt' as const) : null,
    priority: 1 as const,
    allowedClinicIds: [wanted.clinic, ...also].map((slug) => known(clinicIdOf, slug)),
    therapist: {
      ...ANY_THERAPIST,
      requireGender: requireGender ?? null,
      prefer: prefer === undefined ? [] : [known(clinicianIdOf, prefer)],
    },
    unavailable: [],
    weeklyUnavailable,
    preferred,
    openedAt: isAssessed(wanted.stage)
      ? startOfDay(workday(today, Math.min(wanted.begins, 0) - ENROLLED_BEFORE), clinic.timeZone)
      : now,
    ...endOf(wanted.stage, now),
  }
}

/** Working days: the screening comes after it, the program after that. */
const ENROLLED_BEFORE = 9
/** Working days until somebody who needs management is seen again. */
const REVIEW_AFTER = 5
const endOf = (stage: DemoStage, now: Instant) =>
  stage === 'not-cleared'
    ? { ...FRESH, status: 'closed' as const, endedAt: now, endReason: 'not cleared by the medical screening' }
    : FRESH
const isAssessed = (stage: DemoStage): boolean => stage !== 'enrolled' && stage !== 'screening-booked'
/** Codes of the clinics' policy. */
const FOUND: Partial<Record<DemoStage, string>> = {
  'not-cleared': 'seizures',
  'needs-management': 'untreated-thyroid-disorder',
}

/** Screened within the fortnight before, so that a clearance outlasts the program. */
function assessed(
  { stage, age, begins }: DemoPatient,
  n: number,
  { clinic, prescriber, today }: Place,
  patientId: PatientId,
  newId: NewId,
): Pick<PatientRecords, 'screenings' | 'overrides' | 'consents'> {
  if (!isAssessed(stage)) return { screenings: [], overrides: [], consents: [] }
  const assessedOn = workday(today, Math.min(begins, 0) - 2 - (n % 6))
  const outcome = stage === 'not-cleared' || stage === 'needs-management' ? stage : 'cleared'
  const cleared = outcome === 'cleared'
  const common = { patientId, recordedAt: startOfDay(assessedOn, clinic.timeZone) }
  return {
    screenings: [
      {
        ...common,
        id: ScreeningId.parse(newId()),
        assessedBy: prescriber,
        assessedOn,
        outcome,
        contraindications: [FOUND[stage] ?? []].flat(),
        routes: cleared ? ['rdt'] : [],
        validUntil: null,
        reviewOn: stage === 'needs-management' ? workday(today, REVIEW_AFTER) : null,
      },
    ],
    overrides:
      cleared && age > clinic.policy.ageMax
        ? [
            {
              ...common,
              id: PatientOverrideId.parse(newId()),
              rule: 'age',
              prescriberId: prescriber,
              reason: 'In good health.',
            },
          ]
        : [],
    consents: cleared
      ? [
          {
            ...common,
            id: ConsentId.parse(newId()),
            kind: 'treatment',
            givenOn: assessedOn,
            withdrawnAt: null,
          },
        ]
      : [],
  }
}

/** The n-th working day after `today`; before it when negative. */
export function workday(today: LocalDate, n: number): LocalDate {
  let day = today
  for (let left = Math.abs(n); left > 0; ) {
    day = addDays(day, Math.sign(n))
    if (weekdayOf(day) <= 5) left--
  }
  return day
}

/** What the catalogue names, the catalogue has. */
function known<T>(ids: ReadonlyMap<string, T>, name: string): T {
  const id = ids.get(name)
  if (id === undefined) throw new Error(`the demonstration names ${name}, which it does not have`)
  return id
}
