/** Visits that last longer than booked, and those that wait for them, in SQL. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import type { AppointmentId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

const at = (instant: Instant) => sql`${instantText(instant)}::timestamptz`

/** Whoever would have stayed until the end stays until the new one; sequence and revision rise. */
export async function endLater(
  tx: Tx,
  id: AppointmentId,
  ends: { readonly from: Instant; readonly to: Instant },
  updatedAt: Instant,
): Promise<void> {
  await tx.execute(sql`
    with people as (
      update participant set ends_at = ${at(ends.to)} where appointment_id = ${id}::uuid and ends_at = ${at(ends.from)})
    update appointment set ends_at = ${at(ends.to)}, sequence = sequence + 1, revision = revision + 1,
      updated_at = ${at(updatedAt)}
    where id = ${id}::uuid`)
}

/** Flags them `running-late`; one that somebody is changing just now is left to them. → those flagged */
export async function markLate(
  tx: Tx,
  ids: readonly string[],
  updatedAt: Instant,
): Promise<{ id: string; patientId: string; revision: number }[]> {
  if (ids.length === 0) return []
  const rows = await tx.execute<{ id: string; patientId: string; revision: number }>(sql`
    update appointment set flags = array(select distinct unnest(flags || array['running-late'])), revision = revision + 1,
      updated_at = ${at(updatedAt)}
    where id in (select id from appointment where id = any(${sql.param([...ids])}::uuid[])
        and status in ('booked', 'arrived') order by id for no key update skip locked)
    returning id, patient_id as "patientId", revision`)
  return [...rows]
}
