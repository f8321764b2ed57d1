/** How far referrals have come and how fast, in SQL. Days are the clinic's; a dose counts once it was begun. */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { type Grouping, UNKNOWN } from '../domain/analytics.ts'
import type { Span } from '../domain/analytics-window.ts'
import type { Instant } from '../domain/time.ts'
import { groupOf, spanTable } from './analytics-spans.ts'
import { visitDay } from './ineligible.ts'

/**
 * One row per referral of the window, with the enrolment that came of it and what has happened to the patient since. Each fact is joined as
 * a set, not looked up by referral: a hundred thousand are as many lookups.
 */
const course = (by: Grouping): SQL => sql`
  received as materialized (
    select s.month, s.slug, (r.received_at + s.ahead)::date as day, r.id, r.clinic_id, r.patient_id, r.enrolment_id, r.program_key,
      r.status, r.received_at, r.contacted_at, r.due_elapsed, r.contact_due_at
    from span s join referral r on r.clinic_id = s.clinic_id and r.received_at >= s.starts and r.received_at < s.ends),
  enrolled as (
    select distinct on (r.id) r.id, e.program_key, e.route
    from received r join enrolment e on e.patient_id = r.patient_id
    where e.id = r.enrolment_id or (e.clinic_id = r.clinic_id and e.opened_at >= r.received_at)
    order by r.id, e.id = r.enrolment_id desc nulls last, e.opened_at),
  finished as (
    select distinct r.id
    from received r join enrolment f on f.patient_id = r.patient_id
    where f.status = 'completed' and (f.id = r.enrolment_id or f.opened_at >= r.received_at)),
  screened as (
    select r.id, min(t.assessed_on) as on_day, bool_or(t.outcome = 'cleared') as cleared
    from received r join screening t on t.patient_id = r.patient_id and t.assessed_on >= r.day group by 1),
  dosed as (
    select r.id, min(${visitDay(sql`a`)}) as on_day
    from received r join appointment a on a.patient_id = r.patient_id and a.starts_at >= r.received_at
    where a.step = 'experience' and a.status in ('in-progress', 'recovering', 'completed', 'stopped') group by 1),
  course as (
    select ${by === 'program' ? sql`coalesce(e.program_key, s.program_key, ${UNKNOWN})` : groupOf(by)} as "group",
      s.received_at, s.contacted_at, s.due_elapsed, s.contact_due_at, s.status, s.day, e.id is not null as enrolled,
      screened.on_day as screened_on, coalesce(screened.cleared, false) as cleared, dosed.on_day as dosed_on, f.id is not null as finished
    from received s left join enrolled e using (id) left join finished f using (id) left join screened using (id) left join dosed using (id))`

/** `n` of those who came so far; shares are of the `due`: reached, or their time is over. */
export type AccessFigures = {
  readonly group: string
  readonly referrals: number
  readonly contacts: number
  readonly contactMedian: number | null
  readonly contactP90: number | null
  readonly dueElapsed: number
  readonly inTimeElapsed: number
  readonly duePolicy: number
  readonly inTimePolicy: number
  readonly screenings: number
  readonly screeningMedian: number | null
  readonly screeningP90: number | null
  readonly doses: number
  readonly doseMedian: number | null
  readonly doseP90: number | null
}

/** Contact in elapsed hours, the others in calendar days. */
export async function access(tx: Tx, spans: readonly Span[], by: Grouping, now: Instant): Promise<AccessFigures[]> {
  const at = sql`${instantText(now)}::timestamptz`
  const rank = (share: number, of: SQL) => sql`percentile_cont(${share}::float8) within group (order by ${of})`
  const hours = sql`(extract(epoch from contacted_at - received_at) / 3600)::float8`
  const screening = sql`(screened_on - day)::float8`
  const dose = sql`(dosed_on - day)::float8`
  return tx.execute<AccessFigures>(sql`
    with ${spanTable(spans)}, ${course(by)}
    select "group", count(*)::int as referrals,
      count(contacted_at)::int as contacts, ${rank(0.5, hours)} as "contactMedian", ${rank(0.9, hours)} as "contactP90",
      (count(*) filter (where contacted_at is not null or due_elapsed <= ${at}))::int as "dueElapsed",
      (count(*) filter (where contacted_at <= received_at + interval '24 hours'))::int as "inTimeElapsed",
      (count(*) filter (where contacted_at is not null or contact_due_at <= ${at}))::int as "duePolicy",
      (count(*) filter (where contacted_at <= contact_due_at))::int as "inTimePolicy",
      count(screened_on)::int as screenings, ${rank(0.5, screening)} as "screeningMedian", ${rank(0.9, screening)} as "screeningP90",
      count(dosed_on)::int as doses, ${rank(0.5, dose)} as "doseMedian", ${rank(0.9, dose)} as "doseP90"
    from course group by 1`)
}

export type FunnelCounts = {
  readonly group: string
  readonly referred: number
  readonly contacted: number
  readonly accepted: number
  readonly screened: number
  readonly cleared: number
  readonly firstDose: number
  readonly completed: number
}

/** Whoever came further has come so far. */
export async function funnel(tx: Tx, spans: readonly Span[], by: Grouping): Promise<FunnelCounts[]> {
  return tx.execute<FunnelCounts>(sql`
    with ${spanTable(spans)}, ${course(by)},
    step as (
      select "group", case
        when finished then 6 when dosed_on is not null then 5 when cleared then 4 when screened_on is not null then 3
        when status = 'accepted' or enrolled then 2 when contacted_at is not null or status = 'contacted' then 1 else 0 end as reached
      from course)
    select "group", count(*)::int as referred,
      (count(*) filter (where reached >= 1))::int as contacted, (count(*) filter (where reached >= 2))::int as accepted,
      (count(*) filter (where reached >= 3))::int as screened, (count(*) filter (where reached >= 4))::int as cleared,
      (count(*) filter (where reached >= 5))::int as "firstDose", (count(*) filter (where reached >= 6))::int as completed
    from step group by 1`)
}
