/** Group sessions whose people or room will not be there, in SQL: they wait for somebody to decide, as appointments do. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'

/** The members' visits, where the sessions are a program's. */
export async function visitsIn(tx: Tx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await tx.execute<{ id: string }>(sql`
    select appointment_id as id from group_member
    where session_id = any(${sql.param([...ids])}::uuid[]) and status = 'seated' and appointment_id is not null`)
  return rows.map(({ id }) => id)
}

/** Those to come → `needs-replanning`; every member's calendar hears of it. → those changed */
export async function flagSessions(
  tx: Tx,
  ids: readonly string[],
): Promise<{ id: string; clinicId: string; revision: number }[]> {
  if (ids.length === 0) return []
  const asked = sql`${sql.param([...ids])}::uuid[]`
  const rows = await tx.execute<{ id: string; clinicId: string; revision: number }>(sql`
    with told as (
      update group_member set sequence = sequence + 1, updated_at = clock_timestamp()
      where session_id = any(${asked}) and status = 'seated')
    update group_session set status = 'needs-replanning', revision = revision + 1, updated_at = clock_timestamp()
    where id = any(${asked}) and status = 'scheduled'
    returning id, clinic_id as "clinicId", revision`)
  return [...rows]
}
