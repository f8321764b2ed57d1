/** What became of visits, in SQL. A visit counts where and when it was booked to begin. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import type { Grouping } from '../domain/analytics.ts'
import type { Span } from '../domain/analytics-window.ts'
import type { Instant } from '../domain/time.ts'
import { groupOf, spanTable } from './analytics-spans.ts'

export type OutcomeCounts = {
  readonly completed: number
  readonly noShow: number
  readonly lateCancels: number
  readonly notDosed: number
  readonly stopped: number
  readonly cancelledByPatient: number
  readonly cancelledByClinic: number
  readonly voided: number
  readonly integrationsDue: number
  readonly integrationsInTime: number
}

/**
 * The end of a dose is the actual one when it was written down on the day, as for lags (domain/appointment.ts). The integration of a dose is
 * the visit that its program wants within a bounded time after it.
 */
export async function outcomes(
  tx: Tx,
  spans: readonly Span[],
  by: Grouping,
  now: Instant,
): Promise<(OutcomeCounts & { readonly group: string })[]> {
  return tx.execute<OutcomeCounts & { group: string }>(sql`
    with ${spanTable(spans)},
    pair as (
      select p.key, p.version, lag ->> 'visit' as dose, v ->> 'key' as integration
      from program p, jsonb_array_elements(p.body -> 'visits') v, jsonb_array_elements(v -> 'after') lag
      where v ->> 'step' = 'integrate' and lag ->> 'maxMinutes' is not null),
    visit as (
      select ${groupOf(by)} as "group", a.status, a.cancellation, a.voided_by, a.enrolment_id, a.visit_key, e.program_key, e.program_version,
        case when a.ended_at > a.starts_at and (a.ended_at + s.ahead)::date = (a.ends_at + s.ahead)::date then a.ended_at else a.ends_at end as ended
      from span s join appointment a on a.clinic_id = s.clinic_id and a.starts_at >= s.starts and a.starts_at < s.ends
      left join enrolment e on e.id = a.enrolment_id
      where a.status in ('completed', 'no-show', 'not-dosed', 'stopped', 'cancelled')),
    due as (
      select d."group", i.in_time
      from visit d join pair on pair.key = d.program_key and pair.version = d.program_version and pair.dose = d.visit_key
      cross join lateral (
        select coalesce(bool_or(i.status = 'completed' and i.starts_at <= d.ended + interval '24 hours'), false) as in_time,
          coalesce(bool_or(i.status in ('booked', 'arrived', 'in-progress', 'recovering') and i.starts_at > ${instantText(now)}::timestamptz), false) as ahead
        from appointment i where i.enrolment_id = d.enrolment_id and i.visit_key = pair.integration) i
      where d.status = 'completed' and (i.in_time or not i.ahead)),
    integrated as (
      select "group", count(*)::int as n, (count(*) filter (where in_time))::int as in_time from due group by 1)
    select v.*, coalesce(i.n, 0) as "integrationsDue", coalesce(i.in_time, 0) as "integrationsInTime"
    from (
      select "group",
        (count(*) filter (where status = 'completed'))::int as completed,
        (count(*) filter (where status = 'no-show'))::int as "noShow",
        (count(*) filter (where status = 'not-dosed'))::int as "notDosed",
        (count(*) filter (where status = 'stopped'))::int as stopped,
        (count(*) filter (where status = 'cancelled' and voided_by is null and (cancellation ->> 'late')::boolean))::int as "lateCancels",
        (count(*) filter (where status = 'cancelled' and voided_by is null and cancellation ->> 'by' = 'patient'))::int as "cancelledByPatient",
        (count(*) filter (where status = 'cancelled' and voided_by is null and cancellation ->> 'by' = 'clinic'))::int as "cancelledByClinic",
        (count(*) filter (where status = 'cancelled' and voided_by is not null))::int as voided
      from visit group by 1) v left join integrated i using ("group")`)
}
