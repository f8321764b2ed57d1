/** Whose calendar: a clinician's, a room's or a clinic's, and the resource that holds it. Pure. */
import type { Subject } from './availability.ts'
import { ClinicId, ClinicianId, RoomId } from './ids.ts'

export type SubjectKind = 'clinician' | 'room' | 'clinic'

/** A clinician, a room and a clinic share their id with their resource. */
export const resourceOf = (subject: Subject): string =>
  'clinicianId' in subject ? subject.clinicianId : 'roomId' in subject ? subject.roomId : subject.clinicId

export const kindOf = (subject: Subject): SubjectKind =>
  'clinicianId' in subject ? 'clinician' : 'roomId' in subject ? 'room' : 'clinic'

export function subjectOf(kind: string, id: string): Subject {
  if (kind === 'clinician') return { clinicianId: ClinicianId.parse(id) }
  return kind === 'room' ? { roomId: RoomId.parse(id) } : { clinicId: ClinicId.parse(id) }
}
