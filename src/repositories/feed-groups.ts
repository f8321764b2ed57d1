/** Group sessions as feeds show them, in SQL: to those who lead them, and to each member their own place alone. */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText, instantText } from '../db/range.ts'
import { groupSession } from '../db/schema.ts'
import { type FeedPart, SHOWN_AFTERWARDS, SHOWN_AHEAD } from '../domain/calendar-feed.ts'
import type { Caller } from '../domain/caller.ts'
import type { Address } from '../domain/clinic.ts'
import type { GroupMember, GroupSession } from '../domain/group-session.ts'
import type { ClinicId, ClinicianId, PatientId } from '../domain/ids.ts'
import type { ClinicalRole } from '../domain/program.ts'
import type { Instant, ZoneId } from '../domain/time.ts'
import { sessionVisible } from './scope.ts'

/** Whose eyes a feed sees with. */
export type Reader = Pick<Caller, 'role' | 'clinicIds' | 'clinicianId'>

const at = (instant: number): SQL => sql`${instantText(instant)}::timestamptz`
const within = (now: Instant): SQL => sql`
  ${groupSession.end} > ${at(now - SHOWN_AFTERWARDS)} and ${groupSession.start} < ${at(now + SHOWN_AHEAD)}`

const staffRows = (reader: Reader, id: ClinicianId, now: Instant): SQL => sql`
  from group_staff part join ${groupSession} on ${groupSession.id} = part.session_id
    join clinic place on place.id = ${groupSession.clinicId} join room hall on hall.id = ${groupSession.roomId}
  where part.clinician_id = ${id} and ${within(now)} and ${sessionVisible(reader as Caller)}
    and (${groupSession.status} <> 'cancelled' or ${groupSession.updatedAt} > ${at(now - SHOWN_AFTERWARDS)})`

/** Their seats, also one that they had; a program's visit has an appointment of its own. */
const memberRows = (reader: Reader, id: PatientId, now: Instant): SQL => sql`
  from group_member seat join ${groupSession} on ${groupSession.id} = seat.session_id
    join clinic place on place.id = ${groupSession.clinicId}
  where seat.patient_id = ${id} and seat.appointment_id is null and ${within(now)} and ${sessionVisible(reader as Caller)}
    and (seat.status = 'seated' or (seat.status <> 'waiting' and seat.updated_at > ${at(now - SHOWN_AFTERWARDS)}))`

/** A scalar: the same as long as the sessions are. */
export const staffMark = (reader: Reader, id: ClinicianId, now: Instant): SQL => sql`
  select md5(string_agg(concat_ws(' ', ${groupSession.id}, part.ordinal, ${groupSession.revision}, ${groupSession.status},
    place.revision, hall.revision), ',' order by ${groupSession.id}, part.ordinal)) ${staffRows(reader, id, now)}`
export const memberMark = (reader: Reader, id: PatientId, now: Instant): SQL => sql`
  select md5(string_agg(concat_ws(' ', seat.id, seat.sequence, seat.status, ${groupSession.revision}, ${groupSession.status},
    place.revision), ',' order by seat.id)) ${memberRows(reader, id, now)}`

type StaffRow = Pick<FeedPart, 'uid' | 'sequence' | 'zone' | 'status' | 'title' | 'shared' | 'room'> & {
  stamped: string
  starts: string
  ends: string
  role: ClinicalRole
  address: Address | string
}

export async function staffSessions(tx: Tx, reader: Reader, id: ClinicianId, now: Instant): Promise<FeedPart[]> {
  const rows = await tx.execute<StaffRow>(sql`
    select ${groupSession.id} || '-' || part.ordinal as uid, ${groupSession.revision} as sequence, ${groupSession.updatedAt}::text as stamped,
      part.starts_at::text as starts, part.ends_at::text as ends, place.time_zone as zone, part.role, part.shared,
      case ${groupSession.status} when 'scheduled' then 'booked' else ${groupSession.status} end as status,
      ${groupSession.title} as title, hall.name as room, place.address
    ${staffRows(reader, id, now)}`)
  return rows.map(({ stamped, starts, ends, address, title, ...row }) => ({
    ...row,
    title: parsed(title),
    address: parsed(address),
    stampedAt: instantFromText(stamped),
    start: instantFromText(starts),
    end: instantFromText(ends),
    modality: 'in-person',
    patientId: null,
    patientName: null,
  }))
}

type MemberRow = Pick<GroupMember, 'uid' | 'sequence' | 'status'> &
  Pick<GroupSession, 'title'> & {
    stamped: string
    starts: string
    ends: string
    zone: ZoneId
    clinicId: ClinicId
    held: GroupSession['status']
  }

export async function memberSessions(tx: Tx, reader: Reader, id: PatientId, now: Instant) {
  const rows = await tx.execute<MemberRow>(sql`
    select seat.uid, seat.sequence, seat.status, seat.updated_at::text as stamped, ${groupSession.start}::text as starts,
      ${groupSession.end}::text as ends, place.time_zone as zone, ${groupSession.clinicId} as "clinicId", ${groupSession.status} as held,
      ${groupSession.title} as title
    ${memberRows(reader, id, now)}`)
  return rows.map(({ uid, sequence, status, stamped, starts, ends, zone, clinicId, held, title }) => ({
    uid,
    sequence,
    status,
    updatedAt: instantFromText(stamped),
    session: {
      start: instantFromText(starts),
      end: instantFromText(ends),
      timeZone: zone,
      status: held,
      title: parsed(title),
      clinicId,
    },
  }))
}

/** JSON as the driver gives it, text or parsed. */
const parsed = <T>(value: T | string): T => (typeof value === 'string' ? (JSON.parse(value) as T) : value)
