/**
 * A demonstration: the catalogue, a staff for every clinic, and patients at every stage with bookings made by the use cases themselves
 * (contract.md §1, `SEED`). One transaction: `within` makes each use case a savepoint of it, so that half a demonstration is never stored.
 */
import { type DemoPatient, type DemoStage, PATIENTS } from '../catalogue/demo-patients.ts'
import { REFERRED } from '../catalogue/demo-referrals.ts'
import { STAFF } from '../catalogue/demo-staff.ts'
import { type Tx, transact, within } from '../db/client.ts'
import type { Appointment, AppointmentStatus, StatusChange } from '../domain/appointment.ts'
import type { Caller, User } from '../domain/caller.ts'
import { type EnrolmentId, UserId } from '../domain/ids.ts'
import { ReferredPatient } from '../domain/patient-draft.ts'
import type { Step } from '../domain/program.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, addMinutes, DAY, dayOf, HOUR, type Instant, startOfDay } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as rules from '../repositories/availability-rules.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import * as patientOverrides from '../repositories/patient-overrides.ts'
import * as patients from '../repositories/patients.ts'
import * as screenings from '../repositories/screenings.ts'
import * as statusChanges from '../repositories/status-changes.ts'
import * as users from '../repositories/users.ts'
import { cancelAppointment } from './cancel-appointment.ts'
import { confirmItinerary } from './confirm-itinerary.ts'
import { employed, type PatientRecords, type Place, recordsOf, workday } from './demo-records.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'
import { finishIfDone } from './finish-enrolment.ts'
import { holdItinerary } from './hold-itinerary.ts'
import { proposeItinerary } from './propose-itinerary.ts'
import { addReferral } from './referrals.ts'
import { seedCatalogue } from './seed-catalogue.ts'
import { type Told, tellAppointments } from './tell-appointments.ts'

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
}

const TREATMENT: Step[] = ['prepare', 'experience', 'integrate', 'reconnect']
/** What is planned at which stage; at the others nothing is. */
const PLANNED: Partial<Record<DemoStage, Step[]>> = {
  'screening-booked': ['connect'],
  'under-way': TREATMENT,
  completed: ['connect', ...TREATMENT],
  proposed: TREATMENT,
  held: TREATMENT,
  booked: TREATMENT,
  'dose-cancelled': TREATMENT,
}
/** Alternatives, where a choice is what the stage shows. */
const CHOICES = 3
/** The longest that the contract allows: three days. */
const HOLD_SECONDS = 259_200
const CANCELLED_DOSE = 'dose-2'
const CALLED_OFF = {
  by: 'patient' as const,
  reason: 'The patient is away.',
  reasonCode: null,
  following: 'flag' as const,
  preview: false,
  override: undefined,
}
/** Days before today on which the clinics are open already: as far back as any program here began, and a few. */
const PAST_DAYS = 28
/** Minutes between arriving and beginning, and between a dose's beginning and recovery. */
const [EARLY, DOSING] = [10, 120]

/** → whether it wrote anything: never where there is a clinic or a program already. */
export function seedDemo(deps: Deps): Promise<Result<boolean, Refusal>> {
  return transact(deps.db, (tx) =>
    within(tx, async () => {
      const since = (deps.now() - PAST_DAYS * DAY) as Instant
      const catalogue = await seedCatalogue(deps, since)
      if (!catalogue.ok || !catalogue.value) return catalogue
      await users.upsert(tx, DEMONSTRATOR, deps.now())
      const placed = await employ(tx, deps, since)
      if (!placed.ok) return placed
      const admitted = PATIENTS.map((wanted, n) => {
        const place = placed.value.get(wanted.clinic)
        if (!place) throw new Error(`the demonstration names ${wanted.clinic}, which it does not have`)
        return { wanted, place, records: recordsOf(wanted, n, place, deps.newId) }
      })
      await store(
        tx,
        admitted.map(({ records }) => records),
      )
      for (const { wanted, place, records } of admitted) {
        const done = await bring(tx, deps, place, wanted, records.enrolment.id)
        if (!done.ok) return done
      }
      const referred = await refer(deps, placed.value)
      return referred.ok ? ok(true) : referred
    }),
  )
}

async function refer(deps: Deps, places: ReadonlyMap<string, Place>): Promise<Result<void, Refusal>> {
  for (const { clinic, hoursAgo, givenName, familyName, phone, ...rest } of REFERRED) {
    const place = places.get(clinic)
    if (!place) throw new Error(`the demonstration names ${clinic}, which it does not have`)
    const patient = ReferredPatient.parse({ givenName, familyName, phone })
    const receivedAt = (deps.now() - hoursAgo * HOUR) as Instant
    const done = await addReferral(deps, CALLER, { ...rest, clinicId: place.clinic.id, receivedAt, patient })
    if (!done.ok) return done
  }
  return ok(undefined)
}

/** Everyone's licences and shifts at once, expanded once. → the clinics by slug */
async function employ(tx: Tx, { newId, now }: Deps, since: Instant): Promise<Result<Map<string, Place>, Refusal>> {
  const homes = await clinics.list(tx, { limit: 100, after: undefined })
  const clinicIdOf = new Map(homes.map(({ slug, id }) => [slug, id]))
  const [home] = homes
  if (!home) return err(notFound)
  const today = dayOf(now(), home.timeZone)
  const staff = STAFF.map((person, n) => employed(person, n, { today, clinicIdOf, newId }))
  const people = staff.map(({ clinician }) => clinician)
  await clinicians.insert(tx, people)
  await rules.insert(
    tx,
    staff.flatMap((one) => one.rules),
  )
  const expanded = await reExpand(
    tx,
    now(),
    people.map(({ id }) => id),
    { since },
  )
  if (!expanded.ok) return expanded
  const clinicianIdOf = new Map(people.map(({ familyName, id }) => [familyName, id]))
  const places = homes.flatMap((clinic) => {
    const assessor = staff.find(
      (one) => one.clinician.roles.includes('prescriber') && one.rules.some((rule) => rule.clinicId === clinic.id),
    )
    if (!assessor) return []
    const prescriber = assessor.clinician.id
    return [{ clinic, clinicIdOf, clinicianIdOf, prescriber, today: dayOf(now(), clinic.timeZone), now: now() }]
  })
  return ok(new Map(places.map((place) => [place.clinic.slug, place])))
}

/** The records as they are, noted and told as if each had been entered by hand. */
async function store(tx: Tx, admitted: readonly PatientRecords[]): Promise<void> {
  for (const { patient, enrolment, screenings: found, overrides, consents: given } of admitted) {
    await patients.insert(tx, patient, enrolment.openedAt)
    await enrolments.insert(tx, enrolment)
    for (const one of found) await screenings.insert(tx, one)
    for (const one of overrides) await patientOverrides.insert(tx, one)
    for (const one of given) await consents.insert(tx, one)
  }
  await audit.record(
    tx,
    CALLER,
    admitted.flatMap(({ patient: { id: patientId }, enrolment, screenings: found, overrides, consents: given }) => {
      const created = (resourceType: string, fieldClasses: string[]) => (thing: { id: string }) => ({
        action: 'create',
        resourceType,
        resourceId: thing.id,
        patientId,
        fieldClasses,
      })
      return [
        created('patient', ['identity', 'contact', 'residence', 'support', 'note'])({ id: patientId }),
        created('enrolment', ['program', 'wishes'])(enrolment),
        ...found.map(created('screening', ['clinical'])),
        ...overrides.map(created('patient-override', ['clinical'])),
        ...given.map(created('consent', ['consent'])),
      ]
    }),
  )
  await events.append(
    tx,
    admitted.map(({ enrolment: { id, clinicId, patientId } }) => ({
      type: 'enrolment.opened',
      enrolmentId: id,
      clinicId,
      subject: { enrolmentId: id, patientId },
    })),
  )
}

/**
 * As far as the stage says. What began in the past was planned on the day before, by that day's clock. A patient for whom nothing fits stays
 * unplanned: a demonstration must start whatever the calendar.
 */
async function bring(
  tx: Tx,
  deps: Deps,
  { clinic, today }: Place,
  { stage, begins }: DemoPatient,
  enrolmentId: EnrolmentId,
): Promise<Result<unknown, Refusal>> {
  const steps = PLANNED[stage]
  if (!steps) return ok(undefined)
  const began = begins < 0
  const first = workday(today, began ? begins : begins + 1)
  const then = began ? { ...deps, now: () => startOfDay(addDays(first, -1), clinic.timeZone) } : deps
  const proposed = await proposeItinerary(then, CALLER, enrolmentId, {
    notBefore: startOfDay(first, clinic.timeZone),
    notAfter: undefined,
    steps,
    limit: stage === 'proposed' ? CHOICES : 1,
    therapistId: undefined,
    allowHandover: false,
    virtual: 'avoid',
    override: undefined,
  })
  if (!proposed.ok) return proposed
  const [best] = proposed.value.itineraries
  if (!best || stage === 'proposed') return ok(undefined)
  if (stage === 'held') return holdItinerary(deps, CALLER, best.id, HOLD_SECONDS)
  const booked = await confirmItinerary(then, CALLER, best.id)
  if (!booked.ok) return booked
  if (began) return takePlace(tx, deps, enrolmentId, booked.value)
  if (stage !== 'dose-cancelled') return booked
  const dose = booked.value.find(({ visitKey }) => visitKey === CANCELLED_DOSE)
  if (!dose) return err(notFound)
  return cancelAppointment(deps, CALLER, dose.id, CALLED_OFF)
}

/** What has begun by now has gone as booked: a visit's day so far is stored at once, and told as its last step. */
async function takePlace(
  tx: Tx,
  deps: Deps,
  enrolmentId: EnrolmentId,
  booked: readonly Appointment[],
): Promise<Result<void, Refusal>> {
  const told: Told[] = []
  for (const visit of booked) {
    const changes = dayOfVisit(visit, deps.now())
    const last = changes.at(-1)
    if (!last) continue
    const { id, step, flags, revision } = visit
    const escort = step === 'experience' ? { name: 'Dominique', phone: null, relationship: null } : null
    await appointments.updateDetails(tx, id, { ...visit, escort }, last.at)
    const atOf = (status: AppointmentStatus) => changes.find(({ to }) => to === status)?.at ?? null
    const actual = { arrivedAt: atOf('arrived'), startedAt: atOf('in-progress'), endedAt: atOf('completed') }
    await statusChanges.store(tx, id, { status: last.to, actual, changes, reassessOn: null, flags }, last.at)
    const appointment: Appointment = { ...visit, status: last.to, revision: revision + 2 }
    const more = { from: last.from, to: last.to }
    told.push({ appointment, action: 'status', event: 'appointment.status-changed', more })
  }
  await tellAppointments(tx, CALLER, told)
  await finishIfDone(tx, CALLER, enrolmentId, booked.at(-1)?.end ?? deps.now())
  return ok(undefined)
}

/** The steps that a visit which went as planned has taken by `now`. */
function dayOfVisit({ step, start, end }: Appointment, now: Instant): StatusChange[] {
  const day: [AppointmentStatus, Instant][] = [
    ['arrived', addMinutes(start, -EARLY)],
    ['in-progress', start],
  ]
  if (step === 'experience') day.push(['recovering', addMinutes(start, DOSING)])
  day.push(['completed', end])
  return day
    .filter(([, at]) => at <= now)
    .map(([to, at], n) => {
      const from = day[n - 1]?.[0] ?? 'booked'
      return { from, to, at, by: CALLER.userId, reason: null, voided: [], flagged: [] }
    })
}
