/** The earliest start of a visit at each clinic and in each month, in SQL: free time of whoever could serve, as sets of starts that are intersected. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import type { Span } from '../domain/analytics-window.ts'
import type { ClinicId } from '../domain/ids.ts'
import type { VisitTemplate } from '../domain/program.ts'
import type { Instant } from '../domain/time.ts'
import { instants, spanTable } from './analytics-spans.ts'

/** A visit with the minutes between its possible starts. */
export type SoughtVisit = Pick<VisitTemplate, 'claims'> & { readonly grid: number }
/** The only starts of a visit at a clinic whose policy fixes them. */
export type FixedStarts = { readonly visit: number; readonly clinicId: ClinicId; readonly starts: readonly Instant[] }

/** `visit` is the place in the list that was asked for. */
export type FirstStart = {
  readonly visit: number
  readonly clinicId: ClinicId
  readonly month: string
  readonly start: Instant
}

/** One claim of one part. `pool` is what the part is taken from; `seat` counts the parts of one pool: different people. */
type Part = { visit: number; pool: string; seat: number; from: number; to: number }

function partsOf(visit: SoughtVisit, n: number): Part[] {
  const seats = new Map<string, Map<string, number>>()
  return visit.claims.map(({ as, role, roomKind, mode, from, to }) => {
    const pool = roomKind ? `room ${roomKind}` : `${mode} ${role}`
    const known = seats.get(pool) ?? new Map<string, number>()
    seats.set(pool, known)
    const seat = known.get(as) ?? known.size + 1
    known.set(as, seat)
    return { visit: n, pool, seat, from, to }
  })
}

/**
 * No row where nothing is free. A resource's starts for a part are its free time, shortened by the part; several parts of one pool are
 * tried with different people. Supervision is taken while every lane is; a full day of doses takes the rest of it.
 */
export async function firstStarts(
  tx: Tx,
  spans: readonly Span[],
  visits: readonly SoughtVisit[],
  fixed: readonly FixedStarts[],
  now: Instant,
): Promise<FirstStart[]> {
  const parts = visits.flatMap(partsOf)
  const starts = fixed.flatMap(({ starts, ...of }) => starts.map((at) => ({ ...of, at })))
  const ints = (list: readonly number[]) => sql`${sql.param([...list])}::int[]`
  const rows = await tx.execute<{ visit: number; clinic_id: string; month: string; start: number }>(sql`
    with recursive ${spanTable(spans)},
    part as (
      select * from unnest(${ints(parts.map((p) => p.visit))}, ${sql.param(parts.map((p) => p.pool))}::text[],
        ${ints(parts.map((p) => p.seat))}, ${ints(parts.map((p) => p.from))}, ${ints(parts.map((p) => p.to))})
        as u (visit, pool, seat, "from", "to")),
    sought as (
      select n - 1 as visit, make_interval(mins => grid) as grid from unnest(${ints(visits.map((v) => v.grid))}) with ordinality as u (grid, n)),
    place as (
      select clinic_id, min(ahead) as ahead, tstzrange(greatest(min(starts), ${instantText(now)}::timestamptz), max(ends) + interval '1 day') as during
      from span group by 1 having max(ends) > ${instantText(now)}::timestamptz),
    candidate as (
      select r.id, p.clinic_id, 'room ' || r.kind as pool, 1 as lanes, null::tstzmultirange as allowed, null::int as doses, p.during
      from place p join room r on r.clinic_id = p.clinic_id and r.active where 'room ' || r.kind in (select pool from part)
      union all
      select s.id, p.clinic_id, x.pool, s.lanes, l.allowed, case when s.kind = 'clinician' then c.doses_per_day end, p.during
      from place p join clinic k on k.id = p.clinic_id
      join (select clinic_id, resource_id from availability_rule union select clinic_id, resource_id from extra_shift) staff
        on staff.clinic_id = p.clinic_id
      join clinician c on c.id = staff.resource_id join resource s on s.clinician_id = c.id
      cross join lateral (
        select case s.kind when 'clinician' then 'exclusive ' else 'shared ' end || role as pool, role from unnest(c.roles) role) x
      left join lateral (
        select range_agg(tstzrange(n.valid_from::timestamptz - p.ahead, (n.valid_until + 1)::timestamptz - p.ahead)) as allowed
        from licence n where n.clinician_id = c.id and n.province = k.province) l on x.role <> 'navigator'
      where x.pool in (select pool from part) and (x.role = 'navigator' or l.allowed is not null)),
    wanted as (
      select distinct on (id, clinic_id) id, clinic_id, lanes, allowed, doses, during from candidate order by id, clinic_id, allowed nulls last),
    free as (
      select w.id, w.clinic_id, (o.open * coalesce(w.allowed, '{(,)}')) - coalesce(b.taken, '{}') - coalesce(f.full_days, '{}') as free
      from wanted w
      cross join lateral (
        select range_agg(a.during * w.during) as open from availability a
        where a.resource_id = w.id and a.clinic_id = w.clinic_id and a.during && w.during) o
      left join lateral (
        select case when count(*) = w.lanes then range_intersect_agg(lane.taken) end as taken
        from (
          select range_agg(c.during) as taken from claim c
          where c.resource_id = w.id and c.during && w.during and (c.expires_at is null or c.expires_at > clock_timestamp())
          group by c.lane) lane) b on true
      left join lateral (
        select range_agg(tstzrange(day.starts, day.starts + interval '1 day')) as full_days
        from (
          select ((lower(c.during) + s.ahead)::date)::timestamptz - s.ahead as starts
          from claim c join span s on s.clinic_id = c.clinic_id and lower(c.during) >= s.starts and lower(c.during) < s.ends
          where c.resource_id = w.id and c.dose and c.during && w.during and (c.expires_at is null or c.expires_at > clock_timestamp())
          group by 1 having count(distinct coalesce(c.appointment_id, c.session_id, c.itinerary_id)) >= w.doses) day) f on w.doses is not null
      where o.open is not null),
    able as (
      select visit, clinic_id, pool, seat, id, range_intersect_agg(starts) as starts
      from (
        select p.visit, c.clinic_id, p.pool, p.seat, c.id, p."from", p."to",
          range_agg(tstzrange(lower(f.stretch) - make_interval(mins => p."from"), upper(f.stretch) - make_interval(mins => p."to"), '[]')) as starts
        from part p join candidate c on c.pool = p.pool join free on free.id = c.id and free.clinic_id = c.clinic_id
        cross join lateral unnest(free.free) as f (stretch)
        where upper(f.stretch) - lower(f.stretch) >= make_interval(mins => p."to" - p."from")
        group by 1, 2, 3, 4, 5, 6, 7) claimed
      group by 1, 2, 3, 4, 5
      having count(*) = (select count(*) from part q where q.visit = claimed.visit and q.pool = claimed.pool and q.seat = claimed.seat)),
    crew as (
      select visit, clinic_id, pool, seat, array[id] as people, starts from able where seat = 1
      union all
      select c.visit, c.clinic_id, c.pool, a.seat, c.people || a.id, c.starts * a.starts
      from crew c join able a on a.visit = c.visit and a.clinic_id = c.clinic_id and a.pool = c.pool and a.seat = c.seat + 1
      where a.id <> all(c.people) and not isempty(c.starts * a.starts)),
    pool as (select visit, pool, max(seat) as seats from part group by 1, 2),
    together as (
      select visit, clinic_id, range_intersect_agg(starts) as starts
      from (
        select c.visit, c.clinic_id, c.pool, range_agg(one) as starts
        from crew c join pool using (visit, pool), unnest(c.starts) one where c.seat = pool.seats group by 1, 2, 3) whole
      group by 1, 2
      having count(*) = (select count(*) from pool where pool.visit = whole.visit)),
    fixed as (
      select * from unnest(${ints(fixed.map((f) => f.visit))}, ${sql.param(fixed.map((f) => f.clinicId))}::uuid[]) as u (visit, clinic_id)),
    begin as (
      select t.visit, s.clinic_id, s.month, ceiling.at
      from together t join span s on s.clinic_id = t.clinic_id
      join sought g on g.visit = t.visit
      cross join lateral unnest(t.starts) as free (stretch)
      cross join lateral (select date_bin(g.grid, greatest(lower(free.stretch), s.starts) + g.grid - interval '1 microsecond', timestamptz 'epoch') as at) ceiling
      where free.stretch @> ceiling.at and ceiling.at < s.ends and (t.visit, t.clinic_id) not in (select visit, clinic_id from fixed)
      union all
      select t.visit, s.clinic_id, s.month, u.at
      from unnest(${ints(starts.map((f) => f.visit))}, ${sql.param(starts.map((f) => f.clinicId))}::uuid[],
        ${instants(starts.map((f) => f.at))}) as u (visit, clinic_id, at)
      join together t on t.visit = u.visit and t.clinic_id = u.clinic_id and t.starts @> u.at
      join span s on s.clinic_id = u.clinic_id and u.at >= s.starts and u.at < s.ends)
    select visit::int, clinic_id, month, (extract(epoch from min(at)) * 1000)::float8 as start from begin group by 1, 2, 3`)
  return rows.map(({ visit, clinic_id, month, start }) => ({
    visit,
    clinicId: clinic_id as ClinicId,
    month,
    start: start as Instant,
  }))
}
