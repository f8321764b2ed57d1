/** How much of the time of rooms and people is taken, in SQL: shifts and exclusive claims, cut at the window's spans. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { type Grouping, RESOURCE_KINDS, type ResourceKind, UNKNOWN } from '../domain/analytics.ts'
import type { Span } from '../domain/analytics-window.ts'
import { spanTable } from './analytics-spans.ts'

/** `group` null: the time that there is, whatever it is used for. `visits` is how many the claimed minutes are of. */
export type UsedTime = {
  readonly group: string | null
  readonly kind: ResourceKind
  readonly available: number
  readonly claimed: number
  readonly visits: number
}

/** A resource's kinds as bits, in the order of RESOURCE_KINDS: one row of shift or claim is then read once, not once per kind. */
const bits = (kinds: readonly ResourceKind[]): number =>
  kinds.reduce((sum, kind) => sum + 2 ** RESOURCE_KINDS.indexOf(kind), 0)
const subject = sql`
  subject as (
    select id as resource_id, case kind when 'consultation' then ${bits(['rooms', 'consultationRooms'])}::int
      when 'dosing' then ${bits(['rooms', 'dosingRooms'])}::int else ${bits(['rooms', 'groupRooms'])}::int end as mask
    from room
    union all
    select id, ${bits(['clinicians'])}::int + case when 'therapist' = any(roles) then ${bits(['therapists'])}::int else 0 end
      + case when 'nurse' = any(roles) then ${bits(['nurses'])}::int else 0 end
      + case when 'prescriber' = any(roles) then ${bits(['prescribers'])}::int else 0 end
      + case when 'navigator' = any(roles) then ${bits(['navigators'])}::int else 0 end
    from clinician)`

/** Which of a clinic's spans an interval touches is looked up in their sorted bounds; then it is cut at each. */
const place = sql`
  place as (
    select clinic_id, array_agg(starts order by starts) || max(ends) as bounds, array_agg(month order by starts) as months,
      min(slug) as slug, tstzrange(min(starts), max(ends)) as during
    from span group by 1)`
const touched = sql.raw(`generate_series(width_bucket(greatest(lower(x.during), p.bounds[1]), p.bounds),
  width_bucket(least(upper(x.during), p.bounds[cardinality(p.bounds)]) - interval '1 microsecond', p.bounds)) as n`)
const minutes = sql.raw(
  `extract(epoch from least(upper(during), bounds[n + 1]) - greatest(lower(during), bounds[n]))::float8 / 60`,
)

/** By month or clinic the time there is belongs to groups too; by program or route it is one row per kind, of no group. */
export async function usedTime(tx: Tx, spans: readonly Span[], by: Grouping): Promise<UsedTime[]> {
  const where = by === 'month' ? sql`months[n]` : by === 'clinic' ? sql`slug` : undefined
  const of = by === 'route' ? sql`route` : sql`program_key`
  const use = sql`coalesce(e.used${by === 'route' ? sql`` : sql`, g.program_key`}, ${UNKNOWN})`
  const rows = await tx.execute<Omit<UsedTime, 'kind'> & { bit: number }>(sql`
    with ${spanTable(spans)}, ${place}, ${subject},
    -- hashed once: the planner takes claims in a window for few, and would look each one's enrolment up
    owner as materialized (select id, ${of} as used from enrolment where ${where === undefined}),
    shift as (
      select ${where ?? sql`null::text`} as "group", mask, sum(${minutes}) as minutes
      from (
        select p.bounds, p.months, p.slug, x.during, u.mask, ${touched}
        from place p join availability x on x.clinic_id = p.clinic_id and x.during && p.during join subject u using (resource_id)) cut
      group by 1, 2),
    taken as materialized (
      select ${where ?? sql`used`} as "group", mask, visit, ${minutes} as minutes
      from (
        select p.bounds, p.months, p.slug, x.during, u.mask, ${where ? sql`null` : use} as used,
          coalesce(x.appointment_id, x.session_id) as visit, ${touched}
        from place p join claim x on x.clinic_id = p.clinic_id and x.during && p.during and x.lane = 1 and x.itinerary_id is null
        join subject u using (resource_id)
        ${where ? sql`` : sql`left join owner e on e.id = x.enrolment_id left join group_session g on g.id = x.session_id`}) cut),
    claimed as (select "group", mask, sum(minutes) as minutes from taken group by 1, 2),
    visited as (
      select "group", mask, count(*) as visits
      from (select "group", visit, bit_or(mask) as mask from taken group by 1, 2) one group by 1, 2)
    select "group", bit, sum(available) as available, sum(claimed) as claimed, sum(visits)::int as visits
    from (
      select "group", mask, minutes as available, 0 as claimed, 0 as visits from shift
      union all select "group", mask, 0, minutes, 0 from claimed
      union all select "group", mask, 0, 0, visits from visited) all_of
    join generate_series(0, ${RESOURCE_KINDS.length - 1}::int) bit on mask & (1 << bit) <> 0
    group by 1, 2`)
  return rows.map(({ bit, ...row }) => ({ ...row, kind: RESOURCE_KINDS[bit] ?? 'rooms' }))
}
