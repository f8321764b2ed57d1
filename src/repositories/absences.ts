/** Time off of people, rooms and clinics in a window, in SQL: what an extra shift cannot undo. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { boundedRangeFromText, instantText } from '../db/range.ts'
import type { Interval } from '../domain/interval.ts'
import type { Instant } from '../domain/time.ts'

export async function within(
  tx: Tx,
  resourceIds: readonly string[],
  window: Interval<Instant>,
): Promise<{ resourceId: string; start: Instant; end: Instant }[]> {
  if (resourceIds.length === 0) return []
  const rows = (await tx.execute(sql`
    select s.resource_id, o.during::text as during from time_off o join time_off_subject s on s.time_off_id = o.id
    where s.resource_id = any(${sql.param([...resourceIds])}::uuid[])
      and o.during && tstzrange(${instantText(window.start)}, ${instantText(window.end)}, '[)')
    order by s.resource_id, o.during`)) as unknown as { resource_id: string; during: string }[]
  return rows.map((r) => ({ resourceId: r.resource_id, ...boundedRangeFromText(r.during) }))
}
