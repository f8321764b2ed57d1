/** The wall times that future appointments were booked with, beside the instants that count. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText, instantText } from '../db/range.ts'
import type { AppointmentId } from '../domain/ids.ts'
import { type Instant, tzVersion, type ZoneId } from '../domain/time.ts'

export type BookedReading = {
  readonly appointmentId: AppointmentId
  readonly enrolmentId: string
  readonly clinicId: string
  readonly timeZone: ZoneId
  readonly start: Instant
  /** RFC 3339 with the offset of that time. */
  readonly bookedWallTime: string
  readonly bookedTzVersion: string
}
type Row = {
  id: AppointmentId
  enrolment_id: string
  clinic_id: string
  time_zone: ZoneId
  starts_at: string
  booked_wall_time: string
  booked_tz_version: string
}

/** Still to come, by id; `after` is the last one seen. */
export async function ahead(
  tx: Tx,
  now: Instant,
  after: AppointmentId | undefined,
  limit: number,
): Promise<BookedReading[]> {
  const rows = await tx.execute<Row>(sql`
    select a.id, a.enrolment_id, a.clinic_id, c.time_zone, a.starts_at, a.booked_wall_time, a.booked_tz_version
    from appointment a join clinic c on c.id = a.clinic_id
    where a.starts_at > ${instantText(now)}::timestamptz and a.status in ('booked', 'needs-replanning')
      ${after === undefined ? sql`` : sql`and a.id > ${after}::uuid`}
    order by a.id limit ${limit}`)
  return [...rows].map((row) => ({
    appointmentId: row.id,
    enrolmentId: row.enrolment_id,
    clinicId: row.clinic_id,
    timeZone: row.time_zone,
    start: instantFromText(row.starts_at),
    bookedWallTime: row.booked_wall_time,
    bookedTzVersion: row.booked_tz_version,
  }))
}

/** From now on these are the readings agreed; sequence and revision rise. Whatever has been moved meanwhile is left alone. → those changed */
export async function agree(
  tx: Tx,
  readings: readonly { readonly appointmentId: AppointmentId; readonly start: Instant; readonly wallTime: string }[],
  at: Instant,
): Promise<AppointmentId[]> {
  const rows = readings.map(({ appointmentId, start, wallTime }) => ({
    id: appointmentId,
    starts: instantText(start),
    wall: wallTime,
  }))
  const changed = await tx.execute<{ id: AppointmentId }>(sql`
    update appointment a set booked_wall_time = r.wall, booked_tz_version = ${tzVersion}, sequence = a.sequence + 1, revision = a.revision + 1,
      updated_at = ${instantText(at)}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, starts timestamptz, wall text)
    where a.id = r.id and a.starts_at = r.starts and a.status in ('booked', 'needs-replanning') returning a.id`)
  return [...changed].map(({ id }) => id)
}
