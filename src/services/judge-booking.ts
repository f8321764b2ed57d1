/** Every rule that a booking must keep besides its claims, judged in the booking's own transaction: gates, staffing, lags, span (domain.md §1–3). */
import type { Tx } from '../db/client.ts'
import { type Appointment, endForLags, isFixedPoint } from '../domain/appointment.ts'
import type { Clinic } from '../domain/clinic.ts'
import type { Clinician } from '../domain/clinician.ts'
import { handoversRefused } from '../domain/continuity.ts'
import { type GatedVisit, type GateFacts, gateReasons, gates } from '../domain/eligibility.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import type { EnrolmentId, PatientId } from '../domain/ids.ts'
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
export async function judgePlaces(tx: Tx, judged: Judged, crew?: Crew): Promise<Refusal | undefined> {
  const { visits, booked, program, patient, setAside } = judged
  const moved = new Set(visits.map((v) => v.visitKey))
  const standing = booked.filter((a) => isFixedPoint(a.status) && !moved.has(a.visitKey))
  const dated = [...standing.map((a) => ({ ...a, end: endForLags(a) })), ...visits].map(datedOf)
  const violations = lagViolations(program, dated, moved, {
    lag: setAside.includes('lag'),
    span: setAside.includes('span'),
  })
  violations.push(...(await continuityViolations(tx, judged, standing)))
  return violations.length > 0 ? { code: 'lag-violated', violations } : judgeStaff(tx, visits, patient, crew)
}

async function continuityViolations(
  tx: Tx,
  { enrolment, program, visits, setAside, problemId }: Judged,
  standing: readonly Appointment[],
): Promise<LagViolation[]> {
  if (setAside.includes('continuity')) return []
  const refused = handoversRefused(enrolment, program, visits, standing)
  if (refused.length === 0 || !problemId) return refused
  const continuity = await itineraries.plannedContinuity(tx, problemId, program.key)
  return continuity === 'pair' ? handoversRefused(enrolment, { ...program, continuity }, visits, standing) : refused
}

/** The people of some visits, as they stay until the transaction ends, and the visits' clinics. */
export type Crew = { readonly staff: readonly Clinician[]; readonly places: readonly Clinic[] }

export async function loadCrew(tx: Tx, visits: readonly PlacedVisit[]): Promise<Crew> {
  const people = [...new Set(visits.flatMap((v) => v.participants.map((p) => p.clinicianId)))]
  // sent together, answered in this order: the licences are read when nobody can change them any more
  const [, staff, places] = await Promise.all([
    clinicians.keep(tx, people),
    clinicians.withLicences(tx, people),
    clinics.byIds(tx, [...new Set(visits.map((v) => v.clinicId))]),
  ])
  return { staff, places }
}

/** Their roles, licences and languages. `crew`: where it is known already. */
export async function judgeStaff(
  tx: Tx,
  visits: readonly PlacedVisit[],
  patient: Patient,
  crew?: Crew,
): Promise<Refusal | undefined> {
  const { staff, places } = crew ?? (await loadCrew(tx, visits))
  const provinces = new Map(places.map((c) => [c.id, c.province]))
  return staffingRefusal(
    visits.map((v) => {
      const day = dayOf(v.start, v.timeZone)
      const province = v.modality === 'in-person' ? provinces.get(v.clinicId) : residenceOn(patient, day)
      return { ...v, day, province: province ?? '' }
    }),
    new Map(staff.map((c) => [c.id, c])),
    patient.careLanguages,
  )
}

/** May be confirmed: age, residence, support, clearance, consent, route, preconditions, on each visit's own date. */
export const judgeGates = async (tx: Tx, judged: Judged, grounds?: Grounds): Promise<Refusal | undefined> =>
  gates(gateFactsOf(judged, grounds ?? (await loadGrounds(tx, judged.patient.id, judged.enrolment.id, judged.visits))))

/** Every gate that would be closed as things stand, each rule once a visit: planning goes on all the same. */
export function warningsOf(judged: Judged, grounds: Grounds): GateReason[] {
  const reasons = gateReasons(gateFactsOf(judged, grounds))
  return [...new Map(reasons.map((reason) => [`${reason.rule} ${reason.visitKey}`, reason])).values()]
}

/** The records that gates look at: the patient's, the enrolment's, and the clinics of the visits with the enrolment's own. */
export type Grounds = GateRecords & { readonly clinics: readonly Clinic[] }

export async function loadGrounds(
  tx: Tx,
  patientId: PatientId,
  enrolmentId: EnrolmentId,
  visits: readonly PlacedVisit[],
): Promise<Grounds> {
  const [records, places] = await Promise.all([
    loadRecords(tx, patientId, enrolmentId),
    clinics.withHomeOf(tx, enrolmentId, [...new Set(visits.map((v) => v.clinicId))]),
  ])
  return { ...records, clinics: places }
}

function gateFactsOf(judged: Judged, { clinics: found, ...records }: Grounds): GateFacts {
  const { visits, patient, enrolment, program, booked, setAside } = judged
  const places = new Map(found.map((c) => [c.id, c]))
  const judgedKeys = new Set(visits.map((v) => v.visitKey))
  const others = booked.filter((a) => !judgedKeys.has(a.visitKey))
  return {
    ...{ ...records, patient, enrolment },
    overrides: [...records.overrides, ...setAside.map((rule) => ({ rule }))],
    clearanceDays: places.get(enrolment.clinicId)?.policy.clearanceDays ?? 0,
    standing: standingIn(program, others),
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
  const records = await loadRecords(tx, patient.id, enrolment.id)
  const overrides = [...records.overrides, ...setAside.map((rule) => ({ rule }))]
  return { ...records, patient, enrolment, overrides, clearanceDays, standing }
}

type GateRecords = Pick<GateFacts, 'overrides' | 'screenings' | 'consents' | 'preconditions'>

async function loadRecords(tx: Tx, patientId: PatientId, enrolmentId: EnrolmentId): Promise<GateRecords> {
  const [granted, assessed, given, met] = await Promise.all([
    patientOverrides.ofPatient(tx, patientId),
    screenings.assessed(tx, patientId),
    consents.inForce(tx, patientId),
    preconditions.ofEnrolment(tx, enrolmentId),
  ])
  return { overrides: granted, screenings: assessed, consents: given, preconditions: met }
}
