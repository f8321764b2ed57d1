/**
 * A database of many clinics for benchmarks: regions of five, each clinic with a staff of nine, booked from some weeks back to twelve weeks
 * ahead; set-based, with random numbers of its own. Only what planning reads is there.
 */
import { sql } from 'drizzle-orm'
import { connect, type Db } from '../../src/db/client.ts'
import { ANY_THERAPIST } from '../../src/domain/enrolment.ts'
import { ANY_CONTACT } from '../../src/domain/patient.ts'

/** Sunday noon in Montréal; the first Monday that is booked without any past. */
export const NOW = '2026-11-22T17:00:00Z'
const FIRST_WEEK = '2026-11-16'
/** Clinics of a region. The patients are of the first one, which is the same however many there are. */
const REGION = 5
export const PATIENTS = 20
/** Share of the days of each half of a clinic's people and rooms that are booked from end to end, in percent: a dose needs most of a day of several. */
const BUSY = 70
/** Clinics filled in one transaction. */
const BATCH = 5 * REGION

/** Therapists, nurses, prescribers and navigators of a clinic. */
const ROLES = [
  'therapist',
  'therapist',
  'therapist',
  'nurse',
  'nurse',
  'nurse',
  'prescriber',
  'prescriber',
  'navigator',
]
const ROOMS = ['consultation', 'consultation', 'dosing', 'dosing', 'group']

/**
 * Adds clinics and their bookings, region by region, each in a transaction of its own. The catalogue's own clinics stay as they are, without
 * a staff. `pastWeeks`: how far back they are booked.
 */
export async function fillClinics(url: string, clinics: number, pastWeeks: number, seed: number): Promise<void> {
  const { db, close } = connect(url, { max: 1, statementTimeout: 0, applicationName: 'filling' })
  try {
    for (let from = 0; from < clinics; from += BATCH)
      await fillBatch(db, from, Math.min(clinics, from + BATCH), pastWeeks, seed)
    await db.execute(sql`vacuum analyze`)
  } finally {
    await close()
  }
}

async function fillBatch(db: Db, from: number, to: number, pastWeeks: number, seed: number): Promise<void> {
  const first = `date '${FIRST_WEEK}' - ${7 * pastWeeks}`
  await db.transaction(async (tx) => {
    const run = (text: string) => tx.execute(sql.raw(text))
    await run(`
      create temp table bench_clinic on commit drop as
        select n, uuidv7() as id, 'bench-' || n / ${REGION} as region from generate_series(${from}, ${to - 1}) n;
      insert into region select distinct region from bench_clinic;
      insert into resource (id, kind) select id, 'clinic' from bench_clinic;
      insert into clinic (id, slug, name, address, province, time_zone, region, phone, opens_on, policy)
        select b.id, 'clinic-' || n, name, address, province, time_zone, b.region, phone, null, policy
        from bench_clinic b, clinic c where c.slug = 'montreal-laurier-393';
      insert into travel select a.id, b.id, 20, 10 from bench_clinic a join bench_clinic b on a.region = b.region and a.id <> b.id;
      create temp table bench_room on commit drop as
        select uuidv7() as id, b.id as clinic_id, kind, r.n from bench_clinic b,
          unnest(array[${ROOMS.map((kind) => `'${kind}'`)}]) with ordinality r (kind, n);
      insert into resource (id, kind) select id, 'room' from bench_room;
      insert into room (id, clinic_id, name, kind) select id, clinic_id, 'Room ' || n, kind from bench_room;
      create temp table bench_person on commit drop as
        select uuidv7() as id, uuidv7() as supervision, b.id as clinic_id, role, r.n from bench_clinic b,
          unnest(array[${ROLES.map((role) => `'${role}'`)}]) with ordinality r (role, n);
      insert into resource (id, kind, lanes, clinician_id)
        select id, 'clinician', 1, id from bench_person union all select supervision, 'supervision', 4, id from bench_person;
      insert into clinician (id, given_name, family_name, display_name, roles, languages, supervision_id, supervision_capacity, doses_per_day)
        select id, role, 'No' || n, role || ' ' || n, array[role], '{en,fr}', supervision, 4, 2 from bench_person;
      insert into licence select id, 0, 'QC', 'A college', n::text, '2020-01-01', null from bench_person where role <> 'navigator';
      insert into availability_rule (id, resource_id, clinic_id, rrule, start_time, end_time, valid_from, except_dates)
        select uuidv7(), id, clinic_id, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '08:00', '18:00', ${first}, '{}' from bench_person;
      create temp table bench_shift on commit drop as
        select day::date as day, (day + time '08:00') at time zone 'America/Toronto' as opens,
          (day + time '18:00') at time zone 'America/Toronto' as closes
        from generate_series((${first})::timestamp, '2027-03-19', '1 day') day where extract(isodow from day) < 6;
      insert into availability (resource_id, clinic_id, during)
        select id, clinic_id, tstzrange(opens, closes) from bench_shift,
          (select id, clinic_id from bench_person union all select supervision, clinic_id from bench_person
           union all select id, clinic_id from bench_room) r;
`)
    await run(`
      create temp table bench_patient on commit drop as
        select uuidv7() as id, uuidv7() as enrolment, b.id as clinic_id, b.region from bench_clinic b, generate_series(1, ${PATIENTS / REGION}) p
        where b.n < ${REGION};
      insert into patient (id, intake_clinic_ids, given_name, family_name, birth_date, preferred_language, care_languages, province, residences, contact, created_at)
        select id, array[clinic_id], 'Given', 'Family', '1985-05-05', 'en', '{en}', 'QC', '[]', '${JSON.stringify(ANY_CONTACT)}', '${NOW}' from bench_patient;`)
    await run(`
      insert into enrolment (id, patient_id, program_key, program_version, clinic_id, allowed_clinic_ids, route, therapist,
          unavailable, weekly_unavailable, preferred, status, opened_at)
        select p.enrolment, p.id, 'standard', 1, clinic_id, array(select c.id from bench_clinic c where c.region = p.region), 'rdt', '${JSON.stringify(ANY_THERAPIST)}',
          '[]', '[]', '[]', 'open', '${NOW}'
        from bench_patient p;
      create temp table bench_day on commit drop as
        select clinic_id, team, s.* from bench_shift s,
          (select b.id as clinic_id, b.n, team from bench_clinic b, generate_series(0, 1) team) t
        where day < '2027-02-14' and abs(hashtextextended(n || ' ' || team || ' ' || day, ${seed}) % 100) < ${BUSY};
      create temp table bench_visit on commit drop as
        select uuidv7() as id, resource_id, clinic_id, tstzrange(at, at + interval '90 minutes') as during
        from bench_day join
          (select id as resource_id, clinic_id, n % 2 as team from bench_person
           union all select id, clinic_id, n % 2 from bench_room) r using (clinic_id, team),
          generate_series(opens, closes - interval '100 minutes', interval '100 minutes') at;`)
    // a claim's appointment is not read: it need not be there
    await run('set local session_replication_role = replica')
    await run(`insert into claim (resource_id, lane, clinic_id, during, visit_key, dose, appointment_id)
      select resource_id, 1, clinic_id, during, 'integration-1', false, id from bench_visit`)
  })
}
