/** Appointments as they are read, in SQL, with their participants in one statement for any number. `visible…` carries the caller's scope. */
import { and, eq, gt, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { appointment } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { Appointment, AppointmentStatus, StatusChange } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import type { AppointmentId, ClinicId, ClinicianId, EnrolmentId, PatientId, RoomId } from '../domain/ids.ts'
import type { Participant } from '../domain/itinerary.ts'
import type { Instant } from '../domain/time.ts'
import { appointmentVisible } from './scope.ts'

type Row = typeof appointment.$inferSelect & { timeZone: string; participants: Entry[] | null }

/** With the clinic's zone, and the participants in the order of the template's claims: `[as, role, clinician, start, end, shared]` each. */
const { columns, read } = reading(appointment)
const SELECT = `select ${columns}, clinic.time_zone as "timeZone", (
    select json_agg(json_build_array(p."as", p.role, p.clinician_id, (extract(epoch from p.starts_at) * 1000)::int8,
      (extract(epoch from p.ends_at) * 1000)::int8, p.shared) order by p.ordinal)
    from participant p where p.appointment_id = appointment.id) as participants
  from appointment join clinic on clinic.id = appointment.clinic_id`
const BY_IDS = statement(`${SELECT} where appointment.id = any($1::uuid[])`, toAppointment)
const OF_ENROLMENT = statement(
  `${SELECT} where appointment.enrolment_id = $1 order by appointment.starts_at, appointment.id`,
  toAppointment,
)

function toAppointment(stored: Row): Appointment {
  // what only the database, the tz audit and the way back look at
  const { repeatable, bookedWallTime, bookedTzVersion, createdAt, updatedAt, statusChanges, override, ...row } =
    read<Row>(stored)
  const { arrivedAt, startedAt, endedAt, participants, ...rest } = row
  const actual = { arrivedAt, startedAt, endedAt }
  const statusReason = (statusChanges as StatusChange[]).at(-1)?.reason ?? null
  return { ...rest, statusReason, actual, participants: participantsOf(participants) } as Appointment
}

const participantsOf = (entries: readonly Entry[] | null): Participant[] =>
  (entries ?? []).map(([as, role, clinicianId, start, end, shared]) => ({
    ...{ as, role, clinicianId, start, end, shared },
  }))
type Entry = [
  Participant['as'],
  Participant['role'],
  Participant['clinicianId'],
  Participant['start'],
  Participant['end'],
  Participant['shared'],
]

const found = async (tx: Tx, condition: SQL): Promise<Appointment[]> =>
  (await tx.execute<Row>(sql`${sql.raw(SELECT)} ${condition}`)).map((row) => toAppointment(row))
const scoped = (caller: Caller, id: AppointmentId) =>
  sql`where appointment.id = ${id} and ${appointmentVisible(caller)}`

/** In no order; an unknown id is simply missing. */
export const byIds = async (tx: Tx, ids: readonly AppointmentId[]): Promise<Appointment[]> =>
  ids.length === 0 ? [] : BY_IDS(tx, ids)

/** All of an enrolment, cancelled ones too, in time order. */
export const ofEnrolment = (tx: Tx, id: EnrolmentId): Promise<Appointment[]> => OF_ENROLMENT(tx, id)

export const visibleById = async (tx: Tx, caller: Caller, id: AppointmentId): Promise<Appointment | undefined> =>
  (await found(tx, scoped(caller, id)))[0]

/** Locked for a change that claims nothing. */
export const lockVisible = async (tx: Tx, caller: Caller, id: AppointmentId): Promise<Appointment | undefined> =>
  (await found(tx, sql`${scoped(caller, id)} for no key update of appointment`))[0]

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
  return found(tx, sql`where ${and(...conditions)} order by appointment.starts_at, appointment.id limit ${limit}`)
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
