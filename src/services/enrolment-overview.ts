/** One enrolment with all that hangs on it: progress of its visits, clearance, what comes next, timeline. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import {
  type Clearance,
  clearanceOf,
  nextStep,
  type TimelineEntry,
  timeline,
  type VisitProgress,
  visitProgress,
} from '../domain/enrolment-overview.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import type { Step } from '../domain/program.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patientOverrides from '../repositories/patient-overrides.ts'
import * as programs from '../repositories/programs.ts'
import * as screenings from '../repositories/screenings.ts'
import type { Deps } from './deps.ts'
import type { PlacedEnrolment } from './enrolments.ts'

export type EnrolmentOverview = PlacedEnrolment & {
  visits: VisitProgress[]
  clearance: Clearance | null
  nextStep: Step | null
  timeline: TimelineEntry[]
}

export function getEnrolment(
  { db }: Deps,
  caller: Caller,
  id: EnrolmentId,
): Promise<Result<EnrolmentOverview, Refusal>> {
  return transact(db, async (tx) => {
    const enrolment = await enrolments.visibleById(tx, caller, id)
    if (!enrolment) return err(notFound)
    const { patientId, program: of, revision } = enrolment
    const [home] = await clinics.byIds(tx, [enrolment.clinicId])
    const program = await programs.version(tx, of.key, of.version)
    if (!home || !program) throw new Error('an enrolment without its clinic or program')
    const booked = await appointments.ofEnrolment(tx, id)
    const screened = await screenings.ofPatient(tx, patientId)
    const facts = { enrolment, program, appointments: booked, screenings: screened }
    const visits = visitProgress(facts)
    const entries = timeline(
      facts,
      await consents.ofPatient(tx, patientId),
      await patientOverrides.ofPatient(tx, patientId),
    )
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
      clearance: clearanceOf(screened, home.policy.clearanceDays),
      nextStep: nextStep(visits),
      timeline: entries,
    })
  })
}
