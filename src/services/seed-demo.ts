/**
 * A demonstration: the catalogue, a staff for every clinic, and patients at every stage with bookings made by the use cases themselves
 * (contract.md §1, `SEED`). One transaction: `within` makes each use case a savepoint of it, so that half a demonstration is never stored.
 */
import { type DemoPatient, type DemoStage, PATIENTS } from '../catalogue/demo-patients.ts'
import { SHIFTS_FROM, STAFF } from '../catalogue/demo-staff.ts'
import { type Tx, transact, within } from '../db/client.ts'
import type { Caller, User } from '../domain/caller.ts'
import type { Clinic } from '../domain/clinic.ts'
import { type Clinician, ClinicianDraft } from '../domain/clinician.ts'
import { ClinicianId, type EnrolmentId, type PatientId, ResourceId, RuleId, UserId } from '../domain/ids.ts'
import { PatientDraft } from '../domain/patient-draft.ts'
import type { Step } from '../domain/program.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, dayOf, type LocalDate, LocalTime, startOfDay, weekdayOf } from '../domain/time.ts'
import * as rules from '../repositories/availability-rules.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as users from '../repositories/users.ts'
import { cancelAppointment } from './cancel-appointment.ts'
import { confirmItinerary } from './confirm-itinerary.ts'
import { addConsent } from './consents.ts'
import type { Deps } from './deps.ts'
import { addEnrolment } from './enrolments.ts'
import { reExpand } from './expand-availability.ts'
import { holdItinerary } from './hold-itinerary.ts'
import { addPatientOverride } from './patient-overrides.ts'
import { addPatient } from './patients.ts'
import { proposeItinerary } from './propose-itinerary.ts'
import { addScreening } from './screenings.ts'
import { seedCatalogue } from './seed-catalogue.ts'

/** In whose name the demonstration is made. It has no token, and nobody signs in as it. */
const DEMONSTRATOR: User = {
  id: UserId.parse('00000000-0000-7000-8000-000000000002'),
  displayName: 'Demonstration',
  role: 'admin',
  clinicIds: [],
  clinicianId: null,
  scopes: [],
  active: false,
  revision: 1,
}
const CALLER: Caller = {
  userId: DEMONSTRATOR.id,
  role: DEMONSTRATOR.role,
  clinicIds: null,
  clinicianId: null,
  scopes: [],
  tokenId: DEMONSTRATOR.id,
  purpose: 'demonstration',
  requestId: 'seed',
  ifMatch: null,
  ifMatch: null,
}

const TREATMENT: Step[] = ['prepare', 'experience', 'integrate', 'reconnect']
/** What is planned at which stage; at the others nothing is. */
const PLANNED: Partial<Record<DemoStage, Step[]>> = {
  'screening-booked': ['connect'],
  proposed: TREATMENT,
  held: TREATMENT,
  booked: TREATMENT,
  'dose-cancelled': TREATMENT,
}
/** Alternatives to choose between, where a choice is what the stage shows. */
const CHOICES = 3
/** The longest that the contract allows: three days. */
const HOLD_SECONDS = 259_200
const CANCELLED_DOSE = 'dose-2'

type Place = {
  readonly clinic: Clinic
  readonly clinicIdOf: ReadonlyMap<string, Clinic['id']>
  /** Who assesses patients here. */
  readonly prescriber: ClinicianId
  readonly idOf: ReadonlyMap<string, ClinicianId>
  readonly today: LocalDate
}

/** → whether it wrote anything: never where there is a clinic or a program already. */
export function seedDemo(deps: Deps): Promise<Result<boolean, Refusal>> {
  return transact(deps.db, (tx) =>
    within(tx, async () => {
      const catalogue = await seedCatalogue(deps)
      if (!catalogue.ok || !catalogue.value) return catalogue
      await users.upsert(tx, DEMONSTRATOR, deps.now())
      const placed = await employ(tx, deps)
      if (!placed.ok) return placed
      for (const [n, patient] of PATIENTS.entries()) {
        const place = placed.value.get(patient.clinic)
        if (!place) throw new Error(`no clinic ${patient.clinic}`)
        const done = await admit(deps, place, patient, n)
        if (!done.ok) return done
      }
      return ok(true)
    }),
  )
}

/** Everyone's licences and shifts in one go, expanded once. → the clinics by slug */
async function employ(tx: Tx, { newId, now }: Deps): Promise<Result<Map<string, Place>, Refusal>> {
  const homes = await clinics.list(tx, { limit: 100, after: undefined })
  const clinicIdOf = new Map(homes.map(({ slug, id }) => [slug, id]))
  const year = Number(dayOf(now(), homes[0]?.timeZone as Clinic['timeZone']).slice(0, 4))
  const staff = STAFF.map(({ shifts, licences, ...person }, n) => {
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
    const ids = { id: ClinicianId.parse(newId()), supervisionId: ResourceId.parse(newId()) }
    return { clinician: { ...draft, ...ids, revision: 1 } satisfies Clinician, shifts }
  })
  await clinicians.insert(
    tx,
    staff.map(({ clinician }) => clinician),
  )
  await rules.insert(
    tx,
    staff.flatMap(({ clinician, shifts }) =>
      shifts.map(({ clinic, days, from, to }) => ({
        id: RuleId.parse(newId()),
        subject: { clinicianId: clinician.id },
        clinicId: clinicIdOf.get(clinic) as Clinic['id'],
        rrule: `FREQ=WEEKLY;BYDAY=${days}`,
        startTime: LocalTime.parse(from),
        endTime: LocalTime.parse(to),
        validFrom: SHIFTS_FROM as LocalDate,
        validUntil: null,
        exceptDates: [],
      })),
    ),
  )
  const expanded = await reExpand(
    tx,
    now(),
    staff.map(({ clinician }) => clinician.id),
  )
  if (!expanded.ok) return expanded
  const idOf = new Map(staff.map(({ clinician }) => [clinician.familyName, clinician.id]))
  return ok(
    new Map(
      homes.map((clinic) => {
        const here = staff.find((s) => s.clinician.roles[0] === 'prescriber' && s.shifts[0]?.clinic === clinic.slug)
        const prescriber = here?.clinician.id as ClinicianId
        return [clinic.slug, { clinic, clinicIdOf, prescriber, idOf, today: dayOf(now(), clinic.timeZone) }]
      }),
    ),
  )
}

async function admit(deps: Deps, place: Place, patient: DemoPatient, n: number): Promise<Result<unknown, Refusal>> {
  const recorded = await addPatient(deps, CALLER, recordOf(patient, place, n))
  if (!recorded.ok) return recorded
  const { id } = recorded.value
  const assessed = await assess(deps, place, patient, id, n)
  if (!assessed.ok) return assessed
  const { also = [], prefer, requireGender, ...windows } = patient.wishes
  const allowed = [patient.clinic, ...also].flatMap((slug) => place.clinicIdOf.get(slug) ?? [])
  const enrolled = await addEnrolment(deps, CALLER, {
    patientId: id,
    programKey: patient.program,
    clinicId: place.clinic.id,
    route: isScreened(patient.stage) ? 'rdt' : null,
    allowedClinicIds: allowed,
    therapist: { requireGender, prefer: prefer === undefined ? [] : [place.idOf.get(prefer) as ClinicianId] },
    ...windows,
  })
  return enrolled.ok ? bring(deps, place, patient, enrolled.value.id) : enrolled
}

const isScreened = (stage: DemoStage): boolean => stage !== 'enrolled' && stage !== 'screening-booked'

/** Screened within the last fortnight, so that a clearance outlasts a program that begins soon. */
async function assess(
  deps: Deps,
  { clinic, prescriber, today }: Place,
  { stage, age }: DemoPatient,
  patientId: PatientId,
  n: number,
): Promise<Result<unknown, Refusal>> {
  if (!isScreened(stage)) return ok(undefined)
  const on = workday(today, -2 - (n % 6))
  const outcome = stage === 'not-cleared' || stage === 'needs-management' ? stage : 'cleared'
  const screened = await addScreening(deps, CALLER, patientId, {
    assessedBy: prescriber,
    assessedOn: on,
    outcome,
    contraindications:
      outcome === 'not-cleared' ? ['seizures'] : outcome === 'needs-management' ? ['untreated-thyroid-disorder'] : [],
    routes: outcome === 'cleared' ? ['rdt'] : [],
    validUntil: null,
  })
  if (!screened.ok || outcome !== 'cleared') return screened
  if (age > clinic.policy.ageMax) {
    const reason = 'In good health; to be watched for blood pressure.'
    const signed = await addPatientOverride(deps, CALLER, patientId, { rule: 'age', prescriberId: prescriber, reason })
    if (!signed.ok) return signed
  }
  return addConsent(deps, CALLER, patientId, { kind: 'treatment', givenOn: on })
}

/** As far as the stage says. A patient for whom nothing fits stays unplanned: a demonstration must start whatever the calendar. */
async function bring(
  deps: Deps,
  { clinic, today }: Place,
  { stage, begins }: DemoPatient,
  enrolmentId: EnrolmentId,
): Promise<Result<unknown, Refusal>> {
  const steps = PLANNED[stage]
  if (!steps) return ok(undefined)
  const proposed = await proposeItinerary(deps, CALLER, enrolmentId, {
    notBefore: startOfDay(workday(today, 1 + begins), clinic.timeZone),
    notAfter: undefined,
    steps,
    limit: stage === 'proposed' ? CHOICES : 1,
    therapistId: undefined,
    allowHandover: false,
    virtual: 'avoid',
    override: undefined,
  })
  if (!proposed.ok) return proposed
  const best = proposed.value.itineraries[0]
  if (!best || stage === 'proposed') return ok(undefined)
  if (stage === 'held') return holdItinerary(deps, CALLER, best.id, HOLD_SECONDS)
  const booked = await confirmItinerary(deps, CALLER, best.id)
  if (!booked.ok || stage !== 'dose-cancelled') return booked
  const dose = booked.value.find(({ visitKey }) => visitKey === CANCELLED_DOSE)
  if (!dose) return err({ code: 'not-found' })
  return cancelAppointment(deps, CALLER, dose.id, { by: 'patient', reason: 'The patient is away.', reasonCode: null })
}

const AREA: Readonly<Record<string, string>> = { QC: '514', ON: '416', BC: '604' }

/** Addresses and numbers that reach nobody: example.org and 555-01xx. */
function recordOf(patient: DemoPatient, { clinic, today }: Place, n: number): PatientDraft {
  const { givenName, familyName, age, language, care, note, program } = patient
  const phone = (ordinal: number) => `${AREA[clinic.province]}-555-01${String(ordinal).padStart(2, '0')}`
  const address = `${givenName}.${familyName}`.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return PatientDraft.parse({
    givenName,
    familyName,
    // some weeks after a birthday, so that the age holds throughout a program
    birthDate: addDays(
      `${Number(today.slice(0, 4)) - age}-${today.slice(5)}`.replace('-02-29', '-02-28') as LocalDate,
      -30 - 3 * n,
    ),
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

/** The n-th working day after `today`; before it when negative. */
function workday(today: LocalDate, n: number): LocalDate {
  let day = today
  for (let left = Math.abs(n); left > 0; ) {
    day = addDays(day, Math.sign(n))
    if (weekdayOf(day) <= 5) left--
  }
  return day
}
