/** Loads everything the planner needs to know about one enrolment, in the caller's transaction. */
import type { Tx } from '../db/client.ts'
import { type Appointment, endForLags, isFixedPoint } from '../domain/appointment.ts'
import { bindsLead, leadOf } from '../domain/continuity.ts'
import { clearanceUntil } from '../domain/eligibility.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import type { ClinicId } from '../domain/ids.ts'
import type { Program, Step } from '../domain/program.ts'
import { addDays, dayOf, type Instant, startOfDay } from '../domain/time.ts'
import { LOAD_DAYS } from '../planner/compose/compose.ts'
import type { PlanningFacts, PlanningWish } from '../planner/compose/facts.ts'
import * as appointments from '../repositories/appointments.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as freeTime from '../repositories/free-time.ts'
import * as patientTime from '../repositories/patient-time.ts'
import * as patients from '../repositories/patients.ts'
import * as programs from '../repositories/programs.ts'
import * as regions from '../repositories/regions.ts'
import * as rooms from '../repositories/rooms.ts'
import * as screenings from '../repositories/screenings.ts'

/** A recorded screening stands for this visit: it is clearance, not a date (contract.md §5). */
const SCREENING_VISIT = 'medical-screening'

/** What does not change with the window that is planned in. */
export type EnrolmentFacts = Omit<PlanningFacts, 'wish' | 'clinicians' | 'rooms' | 'calendars' | 'patientBusy'> & {
  readonly booked: readonly Appointment[]
}

export async function loadEnrolmentFacts(
  tx: Tx,
  enrolment: Enrolment,
  steps: readonly Step[] | undefined,
): Promise<EnrolmentFacts> {
  // sent together, answered in one round trip
  const [program, patient, every, screened, allowed, travel] = await Promise.all([
    programs.version(tx, enrolment.program.key, enrolment.program.version),
    patients.byId(tx, enrolment.patientId),
    appointments.ofEnrolment(tx, enrolment.id),
    screenings.assessed(tx, enrolment.patientId),
    clinics.byIds(tx, [...new Set([...enrolment.allowedClinicIds, enrolment.clinicId])]),
    regions.travelFrom(tx, enrolment.clinicId),
  ])
  const booked = every.filter((a) => a.status !== 'cancelled')
  const fixed = booked.filter((a) => isFixedPoint(a.status) && isOnce(program, a.visitKey))
  const elsewhere = new Set(fixed.map((a) => a.clinicId).filter((id) => !allowed.some((c) => c.id === id)))
  const places = [...allowed, ...(await clinics.byIds(tx, [...elsewhere]))]
  const home = places.find((c) => c.id === enrolment.clinicId)
  if (!program || !patient || !home) throw new Error('an enrolment without its program, patient or clinic')
  const toPlan = unfinished(
    program,
    [...fixed.map((a) => a.visitKey), ...enrolment.credited],
    screened.length > 0,
    steps,
  )
  return {
    program,
    patient,
    enrolment,
    home,
    clinics: places.sort(byId),
    travel,
    booked,
    fixed: fixed.map((a) => ({
      visitKey: a.visitKey,
      start: a.start,
      end: endForLags(a),
      clinicId: a.clinicId,
      appointmentId: a.id,
      leadId: bindsLead(enrolment, a) ? leadOf(program, a) : null,
    })),
    toPlan,
    clearedUntil: clearanceUntil(screened, home.policy, home.province) ?? null,
  }
}

/** A visit of the program that is had once: not an optional one, not one of the program that the patient came from. */
const isOnce = (program: Program | undefined, visitKey: string): boolean =>
  program?.visits.some((v) => v.key === visitKey && !v.optional && !v.repeatable) ?? false

/** Visits to place: not booked, done or credited, not optional; of the steps asked for. */
function unfinished(
  program: Program,
  fixed: readonly string[],
  screened: boolean,
  steps: readonly Step[] | undefined,
): string[] {
  return program.visits
    .filter((v) => !v.optional && !v.repeatable && !fixed.includes(v.key))
    .filter((v) => (steps ? steps.includes(v.step) : true))
    .filter((v) => !(v.key === SCREENING_VISIT && screened))
    .map((v) => v.key)
}

/** The free time of everything at the enrolment's clinics from the ready day on as far as is asked for, and the patient's other bookings. */
export async function loadFreeTime(
  tx: Tx,
  facts: EnrolmentFacts,
  wish: PlanningWish,
  clinicIds: readonly ClinicId[] = facts.enrolment.allowedClinicIds,
): Promise<PlanningFacts> {
  const zone = facts.home.timeZone
  const readyDay = dayOf(wish.ready, zone)
  const from = startOfDay(readyDay, zone)
  const replanned = facts.booked.filter((a) => a.status === 'needs-replanning' && facts.toPlan.includes(a.visitKey))
  const own = { enrolmentId: facts.enrolment.id, replanned: replanned.map((a) => a.id) }
  const to = Math.max(wish.knownUntil, startOfDay(addDays(readyDay, LOAD_DAYS), zone)) as Instant
  // the little ones first: they are read while the large one is made
  const [patientBusy, staff, places, free] = await Promise.all([
    patientTime.busy(tx, facts.patient.id, { from, to: wish.knownUntil, ...own }),
    clinicians.atClinics(tx, clinicIds),
    rooms.activeAt(tx, clinicIds),
    freeTime.load(tx, { clinicIds, from, to, ...own }),
  ])
  return {
    ...facts,
    wish,
    calendars: free.calendars,
    clinicians: staff.sort(byId),
    rooms: places.sort(byId),
    patientBusy,
  }
}

/** In a fixed order: ties are broken by it. */
const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
