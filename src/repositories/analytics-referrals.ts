/** How far referrals have come and how fast, in SQL. Days are the clinic's; a dose counts once it was begun. */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { type Grouping, UNKNOWN } from '../domain/analytics.ts'
import type { Span } from '../domain/analytics-window.ts'
import type { Instant } from '../domain/time.ts'
import { groupOf, spanTable } from './analytics-spans.ts'
import { visitDay } from './ineligible.ts'

/** One row per referral of the window, with the enrolment that came of it and what has happened to the patient since. */
const course = (by: Grouping): SQL => sql`
  course as (
    select ${by === 'program' ? sql`coalesce(e.program_key, r.program_key, ${UNKNOWN})` : groupOf(by)} as "group",
      r.received_at, r.contacted_at, r.due_elapsed, r.contact_due_at, r.status, e.id is not null as enrolled, d.day,
      screened.on_day as screened_on, screened.cleared, dose.on_day as dosed_on, finished.yes as finished
    from span s join referral r on r.clinic_id = s.clinic_id and r.received_at >= s.starts and r.received_at < s.ends
    cross join lateral (select (r.received_at + s.ahead)::date as day) d
    left join lateral (
      select e.* from enrolment e
      where e.patient_id = r.patient_id and (e.id = r.enrolment_id or (e.clinic_id = r.clinic_id and e.opened_at >= r.received_at))
      order by e.id = r.enrolment_id desc nulls last, e.opened_at limit 1) e on true
    cross join lateral (
      select min(t.assessed_on) as on_day, coalesce(bool_or(t.outcome = 'cleared'), false) as cleared
      from screening t where t.patient_id = r.patient_id and t.assessed_on >= d.day) screened
    cross join lateral (
      select min(${visitDay(sql`a`)}) as on_day from appointment a
      where a.patient_id = r.patient_id and a.step = 'experience' and a.starts_at >= r.received_at
        and a.status in ('in-progress', 'recovering', 'completed', 'stopped')) dose
    cross join lateral (
      select exists (select from enrolment f where f.patient_id = r.patient_id and f.status = 'completed'
        and (f.id = r.enrolment_id or f.opened_at >= r.received_at)) as yes) finished)`

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
