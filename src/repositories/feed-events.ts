/** What a feed shows, in SQL: a fingerprint of all of it in one statement, and the events themselves. */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText, instantText } from '../db/range.ts'
import { appointment } from '../db/schema.ts'
import type { AppointmentStatus } from '../domain/appointment.ts'
import { type FeedPart, SHOWN_AFTERWARDS, SHOWN_AHEAD } from '../domain/calendar-feed.ts'
import type { Caller } from '../domain/caller.ts'
import type { Address } from '../domain/clinic.ts'
import type { AppointmentId, ClinicianId, PatientId } from '../domain/ids.ts'
import type { ClinicalRole, Modality } from '../domain/program.ts'
import type { Instant, ZoneId } from '../domain/time.ts'
import type { Reader } from './feed-groups.ts'
import * as groups from './feed-groups.ts'
import { appointmentVisible } from './scope.ts'

const at = (instant: number): SQL => sql`${instantText(instant as Instant)}::timestamptz`

/** Past and cancelled ones for a while, and what lies ahead. */
const shown = (now: Instant, ends: SQL, starts: SQL): SQL => sql`
  ${ends} > ${at(now - SHOWN_AFTERWARDS)} and ${starts} < ${at(now + SHOWN_AHEAD)}
  and (${appointment.status} <> 'cancelled' or ${appointment.updatedAt} > ${at(now - SHOWN_AFTERWARDS)})`

const staffRows = (reader: Reader, id: ClinicianId, now: Instant): SQL => sql`
  from participant p
    join ${appointment} on ${appointment.id} = p.appointment_id
    join patient on patient.id = ${appointment.patientId}
    join clinic on clinic.id = ${appointment.clinicId}
    join enrolment on enrolment.id = ${appointment.enrolmentId}
    left join room on room.id = ${appointment.roomId}
  where p.clinician_id = ${id} and ${shown(now, sql`p.ends_at`, sql`p.starts_at`)} and ${appointmentVisible(reader as Caller)}`

const patientRows = (reader: Reader, id: PatientId, now: Instant): SQL => sql`
  from ${appointment} join patient on patient.id = ${appointment.patientId} join clinic on clinic.id = ${appointment.clinicId}
  where ${appointment.patientId} = ${id} and ${shown(now, sql`${appointment.end}`, sql`${appointment.start}`)}
    and ${appointmentVisible(reader as Caller)}`

/** The same as long as the feed's events are. Program titles never change: a version is what it is. */
async function fingerprint(tx: Tx, facts: SQL, from: SQL, groups: SQL): Promise<string> {
  const [row] = await tx.execute<{ mark: string | null }>(sql`
    select concat_ws(' ', (${groups}), md5(string_agg(concat_ws(' ', ${appointment.id}, ${appointment.revision}, ${appointment.sequence}, ${appointment.status},
      patient.revision, clinic.revision, ${facts}), ',' order by ${appointment.id}, ${facts}))) as mark ${from}`)
  return row?.mark ?? ''
}

export const staffFingerprint = (tx: Tx, reader: Reader, id: ClinicianId, now: Instant): Promise<string> =>
  fingerprint(
    tx,
    sql`concat_ws(' ', p.ordinal, p.starts_at, p.ends_at, room.revision, enrolment.program_version)`,
    staffRows(reader, id, now),
    groups.staffMark(reader, id, now),
  )

/** The patient's language and consents have their part in it. */
export async function patientFingerprint(tx: Tx, reader: Reader, id: PatientId, now: Instant): Promise<string> {
  const events = await fingerprint(tx, sql`''`, patientRows(reader, id, now), groups.memberMark(reader, id, now))
  const [person] = await tx.execute<{ mark: string }>(sql`
    select concat_ws(' ', p.revision, (select string_agg(k.kind, ' ' order by k.kind) from consent k
      where k.patient_id = p.id and k.withdrawn_at is null)) as mark
    from patient p where p.id = ${id}`)
  return `${events} ${person?.mark ?? ''}`
}

type Row = {
  uid: string
  sequence: number
  stamped: string
  starts: string
  ends: string
  zone: ZoneId
  status: AppointmentStatus
  patientId: PatientId
  patientName: string
  program: string
  version: number
  visitKey: string
  role: ClinicalRole
  shared: boolean
  modality: Modality
  room: string | null
  address: Address | string
}
/** A clinician's part, with the program version that names the visit. */
export type StaffPart = Omit<FeedPart, 'title' | 'patientId'> &
  Pick<Row, 'patientId' | 'program' | 'version' | 'visitKey'>

/** By start. */
export async function staffParts(tx: Tx, reader: Reader, id: ClinicianId, now: Instant): Promise<StaffPart[]> {
  const rows = await tx.execute<Row>(sql`
    select ${appointment.id} || '-' || p.ordinal as uid, ${appointment.sequence} as sequence, ${appointment.updatedAt}::text as stamped,
      p.starts_at::text as starts, p.ends_at::text as ends, clinic.time_zone as zone, ${appointment.status} as status,
      patient.id as "patientId", patient.given_name || ' ' || patient.family_name as "patientName",
      enrolment.program_key as program, enrolment.program_version as version, ${appointment.visitKey} as "visitKey",
      p.role, p.shared, ${appointment.modality} as modality, room.name as room, clinic.address
    ${staffRows(reader, id, now)} order by p.starts_at, uid`)
  return rows.map(({ stamped, starts, ends, address, ...row }) => ({
    ...row,
    stampedAt: instantFromText(stamped),
    start: instantFromText(starts),
    end: instantFromText(ends),
    address: typeof address === 'string' ? (JSON.parse(address) as Address) : address,
  }))
}

/** In no order. */
export async function patientAppointments(
  tx: Tx,
  reader: Reader,
  id: PatientId,
  now: Instant,
): Promise<AppointmentId[]> {
  const rows = await tx.execute<{ id: AppointmentId }>(
    sql`select ${appointment.id} as id ${patientRows(reader, id, now)}`,
  )
  return rows.map((row) => row.id)
}
