/** Every rule that a booking must keep besides its claims, judged in the booking's own transaction: gates, staffing, lags, span (domain.md §1–3). */
import type { Tx } from '../db/client.ts'
import { type Appointment, endForLags, isFixedPoint } from '../domain/appointment.ts'
import { handoversRefused } from '../domain/continuity.ts'
import { type GatedVisit, type GateFacts, gateReasons, gates } from '../domain/eligibility.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { datedOf, lagViolations } from '../domain/lags.ts'
import { type Patient, residenceOn } from '../domain/patient.ts'
import { type Program, visitOf } from '../domain/program.ts'
import type { GateReason, LagViolation, Refusal } from '../domain/refusal.ts'
import { staffingRefusal } from '../domain/staffing.ts'
import { dayOf } from '../domain/time.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as itineraries from '../repositories/itineraries.ts'
import * as patientOverrides from '../repositories/patient-overrides.ts'
import * as preconditions from '../repositories/preconditions.ts'
import * as screenings from '../repositories/screenings.ts'

export type Judged = {
  readonly enrolment: Enrolment
  readonly patient: Patient
  readonly program: Program
  readonly visits: readonly PlacedVisit[]
  /** Every appointment of the enrolment; those that these visits replace bind nothing. */
  readonly booked: readonly Appointment[]
  readonly setAside: readonly string[]
  /** The problem that planned them: a handover that it allowed is allowed. */
  readonly problemId?: string | null
}

/** May be placed there and then: lags, span and continuity against what is booked, and the people's licences and languages. */
export async function judgePlaces(tx: Tx, judged: Judged): Promise<Refusal | undefined> {
  const { visits, booked, program, patient, setAside } = judged
  const moved = new Set(visits.map((v) => v.visitKey))
  const standing = booked.filter((a) => isFixedPoint(a.status) && !moved.has(a.visitKey))
  const dated = [...standing.map((a) => ({ ...a, end: endForLags(a) })), ...visits].map(datedOf)
  const violations = lagViolations(program, dated, moved, {
    lag: setAside.includes('lag'),
    span: setAside.includes('span'),
  })
  violations.push(...(await continuityViolations(tx, judged, standing)))
  return violations.length > 0 ? { code: 'lag-violated', violations } : judgeStaff(tx, visits, patient)
}

async function continuityViolations(
  tx: Tx,
  { program, visits, setAside, problemId }: Judged,
  standing: readonly Appointment[],
): Promise<LagViolation[]> {
  if (setAside.includes('continuity')) return []
  const refused = handoversRefused(program, visits, standing)
  if (refused.length === 0 || !problemId) return refused
  const continuity = await itineraries.plannedContinuity(tx, problemId, program.key)
  return continuity === 'pair' ? handoversRefused({ ...program, continuity }, visits, standing) : refused
}

/** The people's roles, licences and languages, which stay as they are until the transaction ends. */
export async function judgeStaff(
  tx: Tx,
  visits: readonly PlacedVisit[],
  patient: Patient,
): Promise<Refusal | undefined> {
  const people = [...new Set(visits.flatMap((v) => v.participants.map((p) => p.clinicianId)))]
  // sent together, answered in this order: the licences are read when nobody can change them any more
  const [, staff, sites] = await Promise.all([
    clinicians.keep(tx, people),
    clinicians.withLicences(tx, people),
    clinics.byIds(tx, [...new Set(visits.map((v) => v.clinicId))]),
  ])
  const places = new Map(sites.map((c) => [c.id, c]))
  return staffingRefusal(
    visits.map((v) => {
      const day = dayOf(v.start, v.timeZone)
      const province = v.modality === 'in-person' ? places.get(v.clinicId)?.province : residenceOn(patient, day)
      return { ...v, day, province: province ?? '' }
    }),
    new Map(staff.map((c) => [c.id, c])),
    patient.careLanguages,
  )
}

/** May be confirmed: age, residence, support, clearance, consent, route, preconditions, on each visit's own date. */
export const judgeGates = async (tx: Tx, judged: Judged): Promise<Refusal | undefined> =>
  gates(await gateFactsOf(tx, judged))

/** Every gate that would be closed as things stand, each rule once a visit: planning goes on all the same. */
export async function warningsOf(tx: Tx, judged: Judged): Promise<GateReason[]> {
  const reasons = gateReasons(await gateFactsOf(tx, judged))
  return [...new Map(reasons.map((reason) => [`${reason.rule} ${reason.visitKey}`, reason])).values()]
}

async function gateFactsOf(tx: Tx, judged: Judged): Promise<GateFacts> {
  const { visits, enrolment, program, booked } = judged
  const wanted = [...new Set([enrolment.clinicId, ...visits.map((v) => v.clinicId)])]
  const places = new Map((await clinics.byIds(tx, wanted)).map((c) => [c.id, c]))
  const clearanceDays = places.get(enrolment.clinicId)?.policy.clearanceDays ?? 0
  const judgedKeys = new Set(visits.map((v) => v.visitKey))
  const others = booked.filter((a) => !judgedKeys.has(a.visitKey))
  return {
    ...(await loadGateFacts(tx, { ...judged, standing: standingIn(program, others) }, clearanceDays)),
    visits: visits.flatMap((v) => {
      const clinic = places.get(v.clinicId)
      const template = visitOf(program, v.visitKey)
      const day = dayOf(v.start, v.timeZone)
      return clinic && template
        ? [{ visitKey: v.visitKey, step: v.step, requires: template.requires, modality: v.modality, day, clinic }]
        : []
    }),
  }
}

/** What the booked and done ones among these ask for, and when. */
export const standingIn = (
  program: Program,
  appointments: readonly Appointment[],
): Pick<GatedVisit, 'requires' | 'day'>[] =>
  appointments
    .filter((a) => isFixedPoint(a.status))
    .map((a) => ({ requires: visitOf(program, a.visitKey)?.requires ?? [], day: dayOf(a.start, a.timeZone) }))

/** What the gates look at besides the visits. `clearanceDays`: of the enrolment's own clinic. */
export async function loadGateFacts(
  tx: Tx,
  {
    patient,
    enrolment,
    setAside,
    standing,
  }: Pick<Judged, 'patient' | 'enrolment' | 'setAside'> & Pick<GateFacts, 'standing'>,
  clearanceDays: number,
): Promise<Omit<GateFacts, 'visits'>> {
  const [granted, assessed, given, met] = await Promise.all([
    patientOverrides.ofPatient(tx, patient.id),
    screenings.assessed(tx, patient.id),
    consents.inForce(tx, patient.id),
    preconditions.ofEnrolment(tx, enrolment.id),
  ])
  return {
    patient,
    enrolment,
    overrides: [...granted, ...setAside.map((rule) => ({ rule }))],
    clearanceDays,
    screenings: assessed,
    consents: given,
    preconditions: met,
    standing,
  }
}
