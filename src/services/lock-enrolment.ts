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
  // sent together, answered in this order: what is booked is read under the locks
  const [patient, enrolment, booked, program] = await Promise.all([
    patients.lockOf(tx, id),
    enrolments.lock(tx, id),
    appointments.ofEnrolment(tx, id),
    programs.ofEnrolment(tx, id),
  ])
  if (!patient || !enrolment || !program) throw new Error('an enrolment without its patient or program')
  return { enrolment, patient, program, booked }
}

/** The same without locks, for reading. */
export async function readEnrolment(tx: Tx, enrolment: Enrolment): Promise<LockedEnrolment> {
  const [patient, program, booked] = await Promise.all([
    patients.byId(tx, enrolment.patientId),
    programs.ofEnrolment(tx, enrolment.id),
    appointments.ofEnrolment(tx, enrolment.id),
  ])
  if (!patient || !program) throw new Error('an enrolment without its patient or program')
  return { enrolment, patient, program, booked }
}
