/** The first locks of every booking, always in this order: patient, enrolment (architecture.md §2). */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import type { Patient } from '../domain/patient.ts'
import type { Program } from '../domain/program.ts'
import * as appointments from '../repositories/appointments.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patients from '../repositories/patients.ts'
import * as programs from '../repositories/programs.ts'

export type LockedEnrolment = { enrolment: Enrolment; patient: Patient; program: Program; booked: Appointment[] }

/** What is read under the locks; the caller has judged already that the enrolment may be seen. */
export async function lockEnrolment(tx: Tx, id: EnrolmentId): Promise<LockedEnrolment> {
  const seen = await enrolments.byId(tx, id)
  const patient = seen && (await patients.lock(tx, seen.patientId))
  // sent together, answered in this order: what is booked is read under the lock
  const [enrolment, booked] = await Promise.all([enrolments.lock(tx, id), appointments.ofEnrolment(tx, id)])
  const program = enrolment && (await programs.version(tx, enrolment.program.key, enrolment.program.version))
  if (!patient || !enrolment || !program) throw new Error('an enrolment without its patient or program')
  return { enrolment, patient, program, booked }
}

/** The same without locks, for reading. */
export async function readEnrolment(tx: Tx, enrolment: Enrolment): Promise<LockedEnrolment> {
  const patient = await patients.byId(tx, enrolment.patientId)
  const program = await programs.version(tx, enrolment.program.key, enrolment.program.version)
  if (!patient || !program) throw new Error('an enrolment without its patient or program')
  return { enrolment, patient, program, booked: await appointments.ofEnrolment(tx, enrolment.id) }
}
