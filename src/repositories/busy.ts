/** What takes a resource's time, as asked for one window. An expired hold takes none, swept or not. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { rangeText } from '../db/range.ts'
import type { ClinicId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { Instant } from '../domain/time.ts'

/** One claim, turnover included; `appointmentId` null: of a hold. */
export type Busy = Interval<Instant> & { readonly clinicId: ClinicId; readonly appointmentId: string | null }

/** The claims that touch the window, by start. A claim of several lanes counts once. */
export async function busyWithin(tx: Tx, resourceId: string, window: Interval<Instant>): Promise<Busy[]> {
  const rows = await tx.execute<{
    starts: number
    ends: number
    clinic_id: string
    appointment_id: string | null
  }>(sql`
    select distinct (extract(epoch from lower(during)) * 1000)::float8 as starts,
      (extract(epoch from upper(during)) * 1000)::float8 as ends, clinic_id, appointment_id
    from claim where resource_id = ${resourceId} and during && ${rangeText(window)}::tstzrange
      and (expires_at is null or expires_at > clock_timestamp())
    order by starts, ends`)
  return rows.map((row) => ({
    start: row.starts as Instant,
    end: row.ends as Instant,
    clinicId: row.clinic_id as ClinicId,
    appointmentId: row.appointment_id,
  }))
}
