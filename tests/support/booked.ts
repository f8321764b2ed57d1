/** Appointments put straight into the database, for reading them back: no planner, no gates, no claims but a room's. */
import { v7 } from 'uuid'
import type { Db } from '../../src/db/client.ts'
import { appointment, claim, participant } from '../../src/db/schema.ts'
import { addMinutes } from '../../src/domain/time.ts'
import { at } from './clinics.ts'

export type Booked = {
  enrolment: { id: string; patientId: string }
  clinicId: string
  roomId: string | null
  visitKey: string
  step: string
  start: string
  minutes: number
  /** Minutes that the room is claimed for, from the start; absent: no claim at all. */
  roomMinutes?: number
  /** Role, clinician, minutes from the start; `true`: supervision. */
  parts: readonly (readonly [role: string, clinicianId: string, from: number, to: number, shared?: boolean])[]
}

type Columns = typeof appointment.$inferInsert

/** → the appointment's id */
export async function booked(db: Db, visit: Booked, over: Partial<Columns> = {}): Promise<string> {
  const id = v7()
  const start = at(visit.start)
  await db.insert(appointment).values({
    id,
    enrolmentId: visit.enrolment.id,
    patientId: visit.enrolment.patientId,
    visitKey: visit.visitKey,
    step: visit.step,
    status: 'booked',
    start,
    end: addMinutes(start, visit.minutes),
    clinicId: visit.clinicId,
    roomId: visit.roomId,
    modality: visit.roomId === null ? 'virtual' : 'in-person',
    bookedWallTime: visit.start.slice(0, 19),
    bookedTzVersion: 'test',
    createdAt: at('2026-11-20T10:00:00Z'),
    updatedAt: at('2026-11-20T10:00:00Z'),
    ...over,
  })
  if (visit.parts.length > 0)
    await db.insert(participant).values(
      visit.parts.map(([role, clinicianId, from, to, shared = false], ordinal) => ({
        appointmentId: id,
        ordinal,
        as: role,
        role,
        clinicianId,
        shared,
        start: addMinutes(start, from),
        end: addMinutes(start, to),
      })),
    )
  if (visit.roomMinutes !== undefined && visit.roomId !== null)
    await db.insert(claim).values({
      resourceId: visit.roomId,
      lane: 1,
      clinicId: visit.clinicId,
      during: { start, end: addMinutes(start, visit.roomMinutes) },
      enrolmentId: visit.enrolment.id,
      visitKey: visit.visitKey,
      dose: visit.step === 'experience',
      appointmentId: id,
    })
  return id
}
