/**
 * How long each of the analytics takes over a year and five clinics: 24,000 visits and 2,400 referrals, put into the database as sets;
 * `--requests N` (20) of each grouping. Milliseconds, one at a time, without a socket to the caller.
 */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import type { Db } from '../../src/db/client.ts'
import { GROUPINGS } from '../../src/domain/analytics.ts'
import { ANY_THERAPIST } from '../../src/domain/enrolment.ts'
import { ANY_CONTACT } from '../../src/domain/patient.ts'
import type { Instant } from '../../src/domain/time.ts'
import { testApi } from '../support/api.ts'

/** Sunday noon in Montréal: a year of visits lies behind, a quarter ahead. */
const NOW = '2026-11-22T17:00:00Z'
const [FIRST_DAY, LAST_BOOKED, LAST_SHIFT] = ['2025-11-24', '2027-02-19', '2027-11-19']
const REPORTS = ['utilisation', 'access', 'outcomes', 'funnel', 'next-available']
/** Therapists of a clinic, each with five visits a day; a nurse and a room beside each. */
const TEAMS = 3

export async function benchAnalytics(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { requests: { type: 'string' } } })
  const requests = Number(values.requests ?? 20)
  const ends: (() => unknown)[] = []
  try {
    const { api, db, clock } = await testApi({ teardown: (end) => ends.push(end) }, { seed: 'catalogue' })
    clock.now = Date.parse(NOW) as Instant
    await fill(db)
    const [size] = await db.execute<{ visits: number; claims: number; shifts: number; referrals: number }>(sql`
      select (select count(*) from appointment)::int as visits, (select count(*) from claim)::int as claims,
        (select count(*) from availability)::int as shifts, (select count(*) from referral)::int as referrals`)
    print(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`)
    print(
      Object.entries(size ?? {})
        .map(([name, n]) => `${n} ${name}`)
        .join(', '),
    )
    print(`${'report'.padEnd(16)} ${'by'.padEnd(8)}     p50     p95`)
    for (const report of REPORTS)
      for (const by of GROUPINGS) {
        const window = report === 'next-available' ? '' : '&from=2025-11-23&to=2026-11-22'
        const took: number[] = []
        for (let n = 0; n < requests + 2; n++) {
          const from = performance.now()
          const { status, text } = await api('GET', `/v1/analytics/${report}?groupBy=${by}${window}`)
          if (status !== 200) throw new Error(text)
          took.push(performance.now() - from)
        }
        const warm = took.slice(2).sort((a, b) => a - b)
        const at = (share: number) => (warm[Math.floor(share * (warm.length - 1))] ?? Number.NaN).toFixed(1).padStart(7)
        print(`${report.padEnd(16)} ${by.padEnd(8)} ${at(0.5)} ${at(0.95)}`)
      }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function fill(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`set local statement_timeout = 0`)
    // the temporal foreign keys are not what is measured
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql.raw(STAFF))
    await tx.execute(sql.raw(VISITS))
  })
  await db.execute(sql`analyze`)
}

const STAFF = `
  create temp table bench_clinic on commit drop as
    select id, province, row_number() over (order by slug) as n from clinic;
  create temp table bench_room on commit drop as
    select uuidv7() as id, b.id as clinic_id, kind, team from bench_clinic b, generate_series(1, ${TEAMS}) team,
      unnest(array['consultation', 'dosing']) kind;
  insert into resource (id, kind) select id, 'room' from bench_room;
  insert into room (id, clinic_id, name, kind) select id, clinic_id, 'Bench ' || kind || team, kind from bench_room;
  create temp table bench_person on commit drop as
    select uuidv7() as id, uuidv7() as supervision, b.id as clinic_id, province, role, team from bench_clinic b,
      generate_series(1, ${TEAMS}) team, unnest(array['therapist', 'nurse', 'prescriber']) role;
  insert into resource (id, kind, lanes, clinician_id)
    select id, 'clinician', 1, id from bench_person union all select supervision, 'supervision', 4, id from bench_person;
  insert into clinician (id, given_name, family_name, display_name, roles, languages, supervision_id, supervision_capacity, doses_per_day)
    select id, role, 'No' || team, role || ' ' || team, array[role], '{en,fr}', supervision, 4, 2 from bench_person;
  insert into licence select id, 0, province, 'A college', team::text, '2020-01-01', null from bench_person;
  insert into availability_rule (id, resource_id, clinic_id, rrule, start_time, end_time, valid_from, except_dates)
    select uuidv7(), id, clinic_id, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '08:00', '18:00', '${FIRST_DAY}', '{}' from bench_person;
  create temp table bench_day on commit drop as
    select day::date as day, row_number() over (order by day) - 1 as n, day + time '13:00' as opens, day + time '23:00' as closes
    from generate_series(timestamp '${FIRST_DAY}', '${LAST_SHIFT}', '1 day') day where extract(isodow from day) < 6;
  delete from availability;
  insert into availability (resource_id, clinic_id, during)
    select id, clinic_id, tstzrange(opens, closes) from bench_day,
      (select id, clinic_id from bench_person union all select supervision, clinic_id from bench_person
       union all select id, clinic_id from bench_room) r;`

/** One therapist's visits come in the order of the program, nine to an enrolment; the fourth, sixth and eighth are doses. */
const VISITS = `
  create temp table bench_visit on commit drop as
    select uuidv7() as id, p.clinic_id, p.team, p.id as therapist, opens + slot * interval '100 minutes' as at,
      ((n * 5 + slot) / 9)::int as enrolment_n, ((n * 5 + slot) % 9)::int as k, abs(hashtext(p.id::text || n || slot)) % 100 as chance
    from bench_day, generate_series(0, 4) slot, bench_person p where p.role = 'therapist' and day <= '${LAST_BOOKED}';
  create temp table bench_enrolment on commit drop as
    select uuidv7() as id, uuidv7() as patient, clinic_id, team, enrolment_n, min(at) as first, max(at) as last
    from bench_visit group by clinic_id, team, enrolment_n;
  insert into patient (id, intake_clinic_ids, given_name, family_name, birth_date, preferred_language, care_languages, province, residences, contact, created_at)
    select patient, array[clinic_id], 'Given', 'Family', '1985-05-05', 'en', '{en}', 'QC', '[]', '${JSON.stringify(ANY_CONTACT)}', first from bench_enrolment;
  insert into enrolment (id, patient_id, program_key, program_version, clinic_id, allowed_clinic_ids, route, therapist,
      unavailable, weekly_unavailable, preferred, status, opened_at)
    select id, patient, case when enrolment_n % 4 = 0 then 'introductory' else 'standard' end, 1, clinic_id, array[clinic_id],
      case when enrolment_n % 5 > 0 then 'rdt' end, '${JSON.stringify(ANY_THERAPIST)}', '[]', '[]', '[]',
      case when last < '${NOW}' then 'completed' else 'open' end, first - interval '5 days' from bench_enrolment;
  insert into referral (id, clinic_id, patient_id, enrolment_id, source, program_key, reason, status, received_at, due_elapsed, contact_due_at, contacted_at, created_at)
    select uuidv7(), clinic_id, patient, id, 'self', 'standard', 'a reason', 'accepted', first - interval '8 days', first - interval '7 days',
      first - interval '7 days', first - interval '8 days' + enrolment_n % 40 * interval '1 hour', first - interval '8 days' from bench_enrolment;
  insert into screening (id, patient_id, assessed_by, assessed_on, outcome, contraindications, routes, recorded_at)
    select uuidv7(), patient, (select id from bench_person where role = 'prescriber' limit 1), first::date - 4, 'cleared', '{}', '{rdt}', first from bench_enrolment;
  insert into appointment (id, enrolment_id, patient_id, visit_key, step, status, starts_at, ends_at, clinic_id, room_id, modality, cancellation,
      booked_wall_time, booked_tz_version, created_at, updated_at)
    select v.id, e.id, e.patient, (array['info-call','prep-1','prep-2','dose-1','integration-1','dose-2','integration-2','dose-3','integration-3'])[k + 1],
      (array['connect','prepare','prepare','experience','integrate','experience','integrate','experience','integrate'])[k + 1],
      case when at > '${NOW}' then 'booked' when chance < 80 then 'completed' when chance < 85 then 'no-show' when chance < 90 and k in (3, 5, 7) then 'not-dosed'
        when chance < 92 then 'stopped' else 'cancelled' end,
      at, at + interval '50 minutes', v.clinic_id, r.id, 'in-person', case when chance >= 92 then '{"by": "patient", "late": true}'::jsonb end,
      to_char(at - interval '5 hours', 'YYYY-MM-DD"T"HH24:MI:SS'), 'bench', at, at
    from bench_visit v join bench_enrolment e using (clinic_id, team, enrolment_n)
      join bench_room r on r.clinic_id = v.clinic_id and r.team = v.team and r.kind = case when k in (3, 5, 7) then 'dosing' else 'consultation' end;
  insert into claim (resource_id, lane, clinic_id, during, enrolment_id, visit_key, dose, appointment_id)
    select resource_id, 1, a.clinic_id, tstzrange(a.starts_at, a.ends_at + interval '30 minutes'), a.enrolment_id, a.visit_key, a.step = 'experience', a.id
    from appointment a join bench_visit v using (id) cross join lateral (
      select v.therapist as resource_id union all select a.room_id
      union all select p.id from bench_person p where p.role = 'nurse' and p.clinic_id = v.clinic_id and p.team = v.team and a.step = 'experience') r
    where a.status in ('completed', 'stopped', 'booked');`

const print = (line: string): void => void process.stdout.write(`${line}\n`)
