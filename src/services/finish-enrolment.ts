/** An enrolment is completed by the last of its visits. Under the enrolment's lock. */
import type { Tx } from '../db/client.ts'
import { isFinished, visitProgress } from '../domain/enrolment-overview.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import * as programs from '../repositories/programs.ts'
import * as screenings from '../repositories/screenings.ts'

/** Does nothing while something is left to plan or to do. */
export async function finishIfDone(tx: Tx, actor: audit.Actor, id: EnrolmentId, at: Instant): Promise<void> {
  const enrolment = await enrolments.byId(tx, id)
  if (enrolment?.status !== 'open') return
  const { patientId, clinicId } = enrolment
  const program = await programs.version(tx, enrolment.program.key, enrolment.program.version)
  if (!program) throw new Error('an enrolment without its program')
  const visits = visitProgress({
    enrolment,
    program,
    appointments: await appointments.ofEnrolment(tx, id),
    screenings: await screenings.ofPatient(tx, patientId),
  })
  if (!isFinished(visits)) return
  const { revision } = await enrolments.update(tx, { ...enrolment, status: 'completed', endedAt: at })
  await audit.record(tx, actor, [
    { action: 'complete', resourceType: 'enrolment', resourceId: id, patientId, revision, fieldClasses: ['program'] },
  ])
  await events.append(tx, [
    { type: 'enrolment.completed', enrolmentId: id, clinicId, subject: { enrolmentId: id, patientId } },
  ])
}
