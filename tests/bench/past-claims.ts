/**
 * Whether looking ahead gets slower as the past grows: slots over 90 days and rosters with so many past claims, each with its appointment,
 * participants, patient's time and shifts. Filled set-based, without the checks that a booking takes; in milliseconds, without a socket.
 */
import postgres, { type Sql } from 'postgres'
import type { ClinicId } from '../../src/domain/ids.ts'
import { addDays, dayOf, type LocalDate } from '../../src/domain/time.ts'
import { type Json, type TestApi, testApi } from '../support/api.ts'
import { ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const CLINICS = ['montreal-laurier-397', 'montreal-sherbrooke', 'toronto-eglinton', 'vancouver-commercial']
/** Of each clinic: a therapist, a nurse and a room that work together, `SLOTS` visits a day from 14:00 UTC on. */
const TEAMS = 4
const SLOTS = 6
const CLAIMS_OF_A_VISIT = 3
const VISITS_OF_A_PATIENT = 9
const A_DAY = CLINICS.length * TEAMS * SLOTS
const WARM_UP = 10

type Team = { clinic: ClinicId; therapist: string; nurse: string; room: string }

/** @param sizes past claims, rising */
export async function benchPastClaims(sizes: readonly number[], requests: number): Promise<void> {
  const ends: (() => unknown)[] = []
  try {
    const api = await testApi({ teardown: (end) => ends.push(end) }, { seed: 'catalogue' })
    const sql = postgres(api.url, { max: 1, onnotice: () => {}, connection: { TimeZone: 'UTC' } })
    ends.push(() => sql.end())
    const staff: Staff[] = []
    for (const slug of CLINICS) staff.push(await staffed(api, slug, { therapists: TEAMS, nurses: TEAMS }))
    const teams = (await Promise.all(staff.map((one) => teamsOf(api, one)))).flat()
    const questions = await questionsOf(api, staff[0] as Staff)
    print(`past claims   filled in  ${questions.map(({ what }) => what.padStart(28)).join('')}`)
    let [days, first]: [number, number[]] = [0, []]
    for (const size of sizes) {
      const began = performance.now()
      const until = Math.ceil(size / CLAIMS_OF_A_VISIT / A_DAY)
      await fill(sql, teams, dayOf(api.clock.now, staff[0]?.clinic.timeZone), days, until)
      days = until
      const [row] = await sql<{ n: number }[]>`select count(*)::int as n from claim`
      const filled = `${((performance.now() - began) / 1000).toFixed(0)} s`
      const cells: string[] = []
      for (const [i, { ask }] of questions.entries()) {
        const { p50, p95 } = await measured(ask, requests)
        first[i] ??= p50
        cells.push(`p50 ${p50.toFixed(1)} p95 ${p95.toFixed(1)} ×${(p50 / (first[i] ?? p50)).toFixed(2)}`.padStart(28))
      }
      print(`${String(row?.n).padStart(11)} ${filled.padStart(11)}  ${cells.join('')}`)
    }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function teamsOf({ must }: TestApi, { clinic, therapist, nurse }: Staff): Promise<Team[]> {
  const { items: rooms } = await must('GET', `/v1/clinics/${clinic.id}/rooms`)
  return Array.from({ length: TEAMS }, (_, n) => ({
    ...{ clinic: clinic.id, therapist: therapist[n] ?? '', nurse: nurse[n] ?? '' },
    room: rooms[n % rooms.length].id,
  }))
}

async function questionsOf(api: TestApi, staff: Staff) {
  const { id } = await ready(api, staff)
  const today = dayOf(api.clock.now, staff.clinic.timeZone)
  const [from, to] = [`${addDays(today, 1)}T08:00:00Z`, `${addDays(today, 91)}T08:00:00Z`]
  const slots = { visitKey: 'prep-1', from, to, limit: 500 }
  const week = `/v1/rosters/clinicians/${staff.therapist[0]}?date=${addDays(today, -7)}&days=7`
  const ahead = `/v1/rosters/clinics/${staff.clinic.id}?date=${addDays(today, 1)}`
  return [
    { what: 'slots over 90 days', ask: () => api.must('POST', `/v1/enrolments/${id}/slots`, slots) },
    { what: 'a clinician’s past week', ask: () => api.must('GET', week) },
    { what: 'a clinic’s day ahead', ask: () => api.must('GET', ahead) },
  ]
}

async function measured(ask: () => Promise<Json>, requests: number): Promise<{ p50: number; p95: number }> {
  const took: number[] = []
  for (let n = -WARM_UP; n < requests; n++) {
    const began = performance.now()
    await ask()
    if (n >= 0) took.push(performance.now() - began)
  }
  took.sort((a, b) => a - b)
  const rank = (share: number): number => took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0
  return { p50: rank(0.5), p95: rank(0.95) }
}

const GUARDS = [
  ['claim', 'claim_no_double_booking', 'resource_id, lane, during without overlaps'],
  ['patient_claim', 'patient_claim_no_double_booking', 'patient_id, during without overlaps'],
] as const

/** Every team is busy on each of the days [from, until) before `today`; the guards are taken away meanwhile, and judge all of it in the end. */
async function fill(sql: Sql, teams: readonly Team[], today: LocalDate, from: number, until: number): Promise<void> {
  await sql.unsafe("set session_replication_role = replica; set maintenance_work_mem = '512MB'")
  for (const [table, guard] of GUARDS) await sql.unsafe(`alter table ${table} drop constraint ${guard}`)
  const patients = Math.ceil(((until - from) * A_DAY) / VISITS_OF_A_PATIENT)
  await sql.unsafe('drop table if exists bench_team, bench_patient, bench_visit')
  await sql`
    create temp table bench_team as select row_number() over () - 1 as n, t.* from unnest(
      ${teams.map((t) => t.clinic)}::uuid[], ${teams.map((t) => t.therapist)}::uuid[], ${teams.map((t) => t.nurse)}::uuid[],
      ${teams.map((t) => t.room)}::uuid[]) as t(clinic, therapist, nurse, room)`
  await sql.unsafe(`
    create temp table bench_patient as
      select n, uuidv7() as id, uuidv7() as enrolment from generate_series(0, ${patients - 1}) n;
    insert into patient (id, intake_clinic_ids, given_name, family_name, preferred_language, care_languages, province, residences, contact, created_at)
      select id, '{}', 'Given', 'Family', 'en', '{en}', 'QC', '[]', '{"email":true,"sms":true,"voicemail":true,"calendar":true}', now() from bench_patient;
    insert into enrolment (id, patient_id, program_key, program_version, clinic_id, allowed_clinic_ids, therapist, unavailable,
        weekly_unavailable, preferred, status, opened_at)
      select p.enrolment, p.id, 'standard', 1, t.clinic, array[t.clinic], '{"requireGender":null,"prefer":[],"exclude":[]}', '[]', '[]', '[]',
        'completed', now()
      from bench_patient p join bench_team t on t.n = p.n % ${teams.length};
    create temp table bench_visit as
      select uuidv7() as id, p.id as patient, p.enrolment, t.clinic, t.therapist, t.nurse, t.room, s.at, s.at + interval '50 minutes' as till
      from (
        select row_number() over () - 1 as n, team, '${today}'::timestamptz - (day + 1) * interval '1 day' + (14 + slot) * interval '1 hour' as at
        from generate_series(${from}, ${until - 1}) day, generate_series(0, ${SLOTS - 1}) slot, generate_series(0, ${teams.length - 1}) team
      ) s join bench_team t on t.n = s.team join bench_patient p on p.n = s.n % ${patients};
    insert into availability (resource_id, clinic_id, during)
      select r, clinic, tstzrange(at, at + interval '${SLOTS} hours')
      from (select '${today}'::timestamptz - (day + 1) * interval '1 day' + interval '14 hours' as at
        from generate_series(${from}, ${until - 1}) day) d, bench_team, unnest(array[therapist, nurse, room]) r
      on conflict do nothing;
    insert into appointment (id, enrolment_id, patient_id, visit_key, step, repeatable, status, starts_at, ends_at, clinic_id, room_id,
        modality, booked_wall_time, booked_tz_version, created_at, updated_at)
      select id, enrolment, patient, 'prep-1', 'prepare', true, 'completed', at, till, clinic, room, 'in-person', '', '', at, at from bench_visit;
    insert into participant (appointment_id, ordinal, "as", role, clinician_id, shared, starts_at, ends_at)
      select id, 0, 'lead', 'therapist', therapist, false, at, till from bench_visit
      union all select id, 1, 'nurse', 'nurse', nurse, false, at, till from bench_visit;
    insert into patient_claim (patient_id, during, visit_key, appointment_id)
      select patient, tstzrange(at, till), 'prep-1', id from bench_visit;
    insert into claim (resource_id, lane, clinic_id, during, enrolment_id, visit_key, dose, appointment_id)
      select r, 1, clinic, tstzrange(at, till), enrolment, 'prep-1', false, id
      from bench_visit, unnest(array[therapist, nurse, room]) r`)
  for (const [table, guard, key] of GUARDS)
    await sql.unsafe(`alter table ${table} add constraint ${guard} primary key (${key})`)
  await sql.unsafe('set session_replication_role = origin')
  for (const table of ['claim', 'patient_claim', 'appointment', 'participant', 'patient', 'enrolment', 'availability'])
    await sql.unsafe(`vacuum analyze ${table}`)
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
