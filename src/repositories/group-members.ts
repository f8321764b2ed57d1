/** Who sits in a group session and who waits for a seat, in SQL. The session's row is locked. Guards: `group_member_one_seat_each`, `group_member_within_capacity`. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText, instantText, rangeText } from '../db/range.ts'
import type { GroupMember, GroupSession } from '../domain/group-session.ts'
import { type AppointmentId, type GroupSessionId, PatientId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

type Row = {
  session_id: string
  patient_id: string
  uid: string
  seat: number | null
  status: GroupMember['status']
  position: number | null
  appointment_id: string | null
  sequence: number
  updated_at: string
}

const toMember = (row: Row): GroupMember => ({
  sessionId: row.session_id as GroupSessionId,
  patientId: PatientId.parse(row.patient_id),
  uid: row.uid,
  seat: row.seat,
  status: row.status,
  position: row.position,
  appointmentId: row.appointment_id as AppointmentId | null,
  sequence: row.sequence,
  updatedAt: instantFromText(row.updated_at),
})

/** Seated ones by seat, then those who wait in their order, then those who are there no more. */
export async function ofSession(tx: Tx, id: GroupSessionId): Promise<GroupMember[]> {
  const rows = await tx.execute<Row>(sql`
    select session_id, patient_id, uid, seat, status, appointment_id, sequence, updated_at::text as updated_at,
      case status when 'waiting' then (row_number() over (partition by status order by waiting_since, id))::int end as position
    from group_member where session_id = ${id}
    order by seat nulls last, position nulls last, id`)
  return rows.map(toMember)
}

export const ofPatient = async (tx: Tx, id: GroupSessionId, patientId: PatientId): Promise<GroupMember | undefined> =>
  (await ofSession(tx, id)).find((member) => member.patientId === patientId)

/** Wherever it is. */
export async function byId(tx: Tx, id: string): Promise<GroupMember | undefined> {
  const [row] = await tx.execute<{ session_id: string; patient_id: string }>(
    sql`select session_id, patient_id from group_member where id = ${id}`,
  )
  return row && ofPatient(tx, row.session_id as GroupSessionId, PatientId.parse(row.patient_id))
}

/** The lowest seat that nobody has; null: full. */
export async function freeSeat(tx: Tx, { id, seats }: Pick<GroupSession, 'id' | 'seats'>): Promise<number | null> {
  const [row] = await tx.execute<{ seat: number }>(sql`
    select n as seat from generate_series(1, ${seats}::int) n
    where not exists (select from group_member m where m.session_id = ${id} and m.seat = n)
    order by n limit 1`)
  return row?.seat ?? null
}

export type Seating = {
  readonly patientId: PatientId
  /** Null: waits. */
  readonly seat: number | null
  readonly appointmentId?: AppointmentId | null
  readonly newId: string
  readonly at: Instant
}

/** Whoever was there before keeps the calendar's UID, and its sequence rises. */
export async function put(tx: Tx, { id, seats }: Pick<GroupSession, 'id' | 'seats'>, seating: Seating): Promise<void> {
  const { patientId, seat, appointmentId = null, newId, at } = seating
  const status = seat === null ? 'waiting' : 'seated'
  await tx.execute(sql`
    insert into group_member (id, session_id, patient_id, seats, seat, status, waiting_since, appointment_id, updated_at)
    values (${newId}, ${id}, ${patientId}, ${seats}, ${seat}::smallint, ${status},
      case when ${seat}::smallint is null then clock_timestamp() end, ${appointmentId}::uuid, ${instantText(at)})
    on conflict on constraint group_member_once do update
    set seats = excluded.seats, seat = excluded.seat, status = excluded.status, waiting_since = excluded.waiting_since,
      appointment_id = excluded.appointment_id, updated_at = excluded.updated_at, sequence = group_member.sequence + 1`)
}

/** Those who keep their seats while the session moves: each one's calendar hears of it. */
export async function touch(tx: Tx, id: GroupSessionId, patientIds: readonly PatientId[], at: Instant): Promise<void> {
  await tx.execute(sql`
    update group_member set sequence = sequence + 1, updated_at = ${instantText(at)}
    where session_id = ${id} and patient_id = any(${sql.param([...patientIds])}::uuid[])`)
}

/** Seats and places in the queue are given back; nobody else's are touched. */
export async function remove(
  tx: Tx,
  id: GroupSessionId,
  patientIds: readonly PatientId[],
  status: 'left' | 'cancelled',
  at: Instant,
): Promise<void> {
  await tx.execute(sql`
    update group_member set seat = null, waiting_since = null, status = ${status}, sequence = sequence + 1,
      updated_at = ${instantText(at)}
    where session_id = ${id} and patient_id = any(${sql.param([...patientIds])}::uuid[]) and status in ('seated', 'waiting')`)
}

/** The patient's own time, while nothing else takes it: `patient_claim_no_double_booking`. */
export async function takeTime(tx: Tx, session: GroupSession, patientId: PatientId, visitKey: string): Promise<void> {
  await tx.execute(sql`
    insert into patient_claim (patient_id, during, visit_key, session_id)
    values (${patientId}, ${rangeText(session)}::tstzrange, ${visitKey}, ${session.id})`)
}

/** `patientIds` absent: everybody's. */
export async function freeTime(tx: Tx, id: GroupSessionId, patientIds?: readonly PatientId[]): Promise<void> {
  const whose = patientIds ? sql`and patient_id = any(${sql.param([...patientIds])}::uuid[])` : sql``
  await tx.execute(sql`delete from patient_claim where session_id = ${id} ${whose}`)
}

/** Holds of the patient that have run out block nobody. */
export const deleteExpiredTime = async (tx: Tx, patientId: PatientId): Promise<void> => {
  await tx.execute(sql`delete from patient_claim where patient_id = ${patientId} and expires_at <= clock_timestamp()`)
}
