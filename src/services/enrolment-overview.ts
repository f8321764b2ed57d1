/** One enrolment with all that hangs on it: progress of its visits, clearance, what comes next, timeline. A clinic that it was transferred from sees it as it left. */
import { transact } from '../db/client.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import {
  type Clearance,
  clearanceOf,
  nextStep,
  reviewOn,
  type TimelineEntry,
  timeline,
  type VisitProgress,
  visitProgress,
} from '../domain/enrolment-overview.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import type { Precondition } from '../domain/precondition.ts'
import type { Step } from '../domain/program.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant, LocalDate } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patientOverrides from '../repositories/patient-overrides.ts'
import * as preconditions from '../repositories/preconditions.ts'
import * as programs from '../repositories/programs.ts'
import * as referrals from '../repositories/referrals.ts'
import * as screenings from '../repositories/screenings.ts'
import type { Deps } from './deps.ts'
import type { PlacedEnrolment } from './enrolments.ts'

export type EnrolmentOverview = PlacedEnrolment & {
  visits: VisitProgress[]
  clearance: Clearance | null
  nextStep: Step | null
  /** When a patient who needs management is looked at again. */
  reviewOn: LocalDate | null
  preconditions: Precondition[]
  timeline: TimelineEntry[]
}

export function getEnrolment(
  { db }: Deps,
  caller: Caller,
  id: EnrolmentId,
): Promise<Result<EnrolmentOverview, Refusal>> {
  return transact(db, async (tx) => {
    const visible = await enrolments.visibleById(tx, caller, id)
    const enrolment = visible ?? (await enrolments.readableById(tx, caller, id))
    if (!enrolment) return err(notFound)
    const { patientId, program: of, revision } = enrolment
    const [home] = await clinics.byIds(tx, [enrolment.clinicId])
    const program = await programs.version(tx, of.key, of.version)
    if (!home || !program) throw new Error('an enrolment without its clinic or program')
    const left = visible ? undefined : leftBy(enrolment, caller)
    const known = <T extends { recordedAt: Instant }>(all: readonly T[]): T[] =>
      all.filter(({ recordedAt }) => left === undefined || recordedAt <= left.at)
    const booked = (await appointments.ofEnrolment(tx, id)).filter(
      (a) => left === undefined || a.start < left.at || actsFor(caller, a.clinicId),
    )
    const screened = known(await screenings.ofPatient(tx, patientId))
    const met = known(await preconditions.ofEnrolment(tx, id))
    const visits = visitProgress({ enrolment, program, appointments: booked, screenings: screened })
    const clearance = clearanceOf(screened, home.policy.clearanceDays)
    const entries = timeline(enrolment, booked, {
      screenings: screened,
      consents: known(await consents.ofPatient(tx, patientId)),
      overrides: known(await patientOverrides.ofPatient(tx, patientId)),
      preconditions: met,
      referrals: await referrals.ofEnrolment(tx, id),
    })
    await audit.record(tx, caller, [
      {
        action: 'read',
        resourceType: 'enrolment',
        resourceId: id,
        patientId,
        revision,
        fieldClasses: ['program', 'wishes', 'appointments', 'clinical', 'consent'],
      },
    ])
    return ok({
      ...enrolment,
      timeZone: home.timeZone,
      visits,
      clearance,
      nextStep: nextStep(visits, clearance),
      reviewOn: reviewOn(screened),
      preconditions: met,
      timeline: entries.filter(({ at, kind }) => left === undefined || kind === 'appointment' || at <= left.at),
    })
  })
}

/** The last transfer away from a clinic of the caller's: what came after is the new clinic's. */
const leftBy = ({ history }: Enrolment, caller: Caller) =>
  history.findLast((entry) => entry.kind === 'transferred' && actsFor(caller, entry.from.clinicId)) as
    | Extract<Enrolment['history'][number], { kind: 'transferred' }>
    | undefined
