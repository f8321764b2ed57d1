/** Appointments as they are read, in SQL, with their participants in one statement for any number. `visible…` carries the caller's scope. */
import { and, asc, eq, getTableColumns, gt, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { appointment, clinic, participant } from '../db/schema.ts'
import type { Appointment, AppointmentStatus, StatusChange } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import type { AppointmentId, ClinicId, ClinicianId, EnrolmentId, PatientId, RoomId } from '../domain/ids.ts'
import type { Participant } from '../domain/itinerary.ts'
import type { Instant } from '../domain/time.ts'
import { appointmentVisible } from './scope.ts'

type Row = typeof appointment.$inferSelect & { timeZone: string }

const select = (tx: Tx) =>
  tx
    .select({ ...getTableColumns(appointment), timeZone: clinic.timeZone })
    .from(appointment)
    .innerJoin(clinic, eq(clinic.id, appointment.clinicId))

/** In the order of the template's claims. */
async function participantsOf(tx: Tx, ids: readonly string[]): Promise<Map<string, Participant[]>> {
  const byAppointment = new Map<string, Participant[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return byAppointment
  const rows = await tx
    .select()
    .from(participant)
    .where(inArray(participant.appointmentId, [...ids]))
    .orderBy(participant.appointmentId, participant.ordinal)
  for (const { appointmentId, ordinal: _, ...one } of rows) byAppointment.get(appointmentId)?.push(one as Participant)
  return byAppointment
}

/** Rows with their clinic's zone → appointments, in the same order. */
async function complete(tx: Tx, rows: readonly Row[]): Promise<Appointment[]> {
  const participants = await participantsOf(
    tx,
    rows.map(({ id }) => id),
  )
  return rows.map(({ arrivedAt, startedAt, endedAt, ...row }) => {
    // what only the database, the tz audit and the way back look at
    const { repeatable, bookedWallTime, bookedTzVersion, createdAt, updatedAt, statusChanges, override, ...rest } = row
    const actual = { arrivedAt, startedAt, endedAt }
    const statusReason = (statusChanges as StatusChange[]).at(-1)?.reason ?? null
    return { ...rest, statusReason, actual, participants: participants.get(row.id) ?? [] } as Appointment
  })
}

const one = async (tx: Tx, rows: Promise<Row[]>): Promise<Appointment | undefined> =>
  (await complete(tx, await rows))[0]
const scoped = (caller: Caller, id: AppointmentId) => and(eq(appointment.id, id), appointmentVisible(caller))

/** In no order; an unknown id is simply missing. */
export const byIds = async (tx: Tx, ids: readonly AppointmentId[]): Promise<Appointment[]> =>
  ids.length === 0 ? [] : complete(tx, await select(tx).where(inArray(appointment.id, [...ids])))

/** All of an enrolment, cancelled ones too, in time order. */
export const ofEnrolment = async (tx: Tx, id: EnrolmentId): Promise<Appointment[]> =>
  complete(tx, await select(tx).where(eq(appointment.enrolmentId, id)).orderBy(appointment.start, appointment.id))

export const visibleById = (tx: Tx, caller: Caller, id: AppointmentId) => one(tx, select(tx).where(scoped(caller, id)))

/** Locked for a change that claims nothing. */
export const lockVisible = (tx: Tx, caller: Caller, id: AppointmentId) =>
  one(tx, select(tx).where(scoped(caller, id)).for('no key update', { of: appointment }))

export type AppointmentFilter = {
  clinicId?: ClinicId | undefined
  clinicianId?: ClinicianId | undefined
  roomId?: RoomId | undefined
  patientId?: PatientId | undefined
  enrolmentId?: EnrolmentId | undefined
  status?: AppointmentStatus | undefined
  /** Those that overlap [from, to). */
  from?: Instant | undefined
  to?: Instant | undefined
}
export type AppointmentsPage = { limit: number; after: { start: Instant; id: string } | undefined }

/** By start, then id. */
export async function list(
  tx: Tx,
  caller: Caller,
  filter: AppointmentFilter,
  { limit, after }: AppointmentsPage,
): Promise<Appointment[]> {
  const { clinicianId } = filter
  const conditions: (SQL | undefined)[] = [
    appointmentVisible(caller),
    filter.clinicId && eq(appointment.clinicId, filter.clinicId),
    filter.roomId && eq(appointment.roomId, filter.roomId),
    filter.patientId && eq(appointment.patientId, filter.patientId),
    filter.enrolmentId && eq(appointment.enrolmentId, filter.enrolmentId),
    filter.status && eq(appointment.status, filter.status),
    clinicianId &&
      sql`exists (select 1 from participant t where t.appointment_id = ${appointment.id} and t.clinician_id = ${clinicianId})`,
    filter.from === undefined ? undefined : gt(appointment.end, filter.from),
    filter.to === undefined ? undefined : lt(appointment.start, filter.to),
    after &&
      or(gt(appointment.start, after.start), and(eq(appointment.start, after.start), gt(appointment.id, after.id))),
  ]
  const rows = await select(tx)
    .where(and(...conditions))
    .orderBy(asc(appointment.start), asc(appointment.id))
    .limit(limit)
  return complete(tx, rows)
}

export type Details = Pick<Appointment, 'escort' | 'joinUrl' | 'patientLocation' | 'note'>

/** Writes what a change of details may touch; the revision rises by one. Time, place and people stay. */
export async function updateDetails(tx: Tx, id: AppointmentId, details: Details, updatedAt: Instant): Promise<void> {
  const { escort, joinUrl, patientLocation, note } = details
  await tx
    .update(appointment)
    .set({ escort, joinUrl, patientLocation, note, updatedAt, revision: sql`${appointment.revision} + 1` })
    .where(eq(appointment.id, id))
}

/** When each was last changed: the stamp of its calendar text. */
export async function changedAt(tx: Tx, ids: readonly AppointmentId[]): Promise<Map<string, Instant>> {
  if (ids.length === 0) return new Map()
  const rows = await tx
    .select({ id: appointment.id, updatedAt: appointment.updatedAt })
    .from(appointment)
    .where(inArray(appointment.id, [...ids]))
  return new Map(rows.map(({ id, updatedAt }) => [id, updatedAt]))
}
