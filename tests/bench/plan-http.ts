/**
 * How long a proposal takes over HTTP as a company grows: clinics in regions of five, each with a staff of nine, 70 % booked from four
 * weeks back to twelve weeks ahead. The database is filled set-based with random numbers of its own; `--clinics 5,50,500`, `--requests N` (100), `--seed N`.
 */
import net from 'node:net'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import type { Db } from '../../src/db/client.ts'
import { ANY_THERAPIST } from '../../src/domain/enrolment.ts'
import { ANY_CONTACT } from '../../src/domain/patient.ts'
import type { Instant } from '../../src/domain/time.ts'
import { type TestApi, testApi } from '../support/api.ts'

const OPTIONS = { clinics: { type: 'string' }, requests: { type: 'string' }, seed: { type: 'string' } } as const
/** Sunday noon in Montréal, the Monday four weeks before, and the one eight days later. */
const NOW = '2026-11-22T17:00:00Z'
const PAST = '2026-10-26'
const NOT_BEFORE = '2026-11-30T08:00:00-05:00'
/** Clinics of a region. The patients are of the first one, which is the same however many there are. */
const REGION = 5
const PATIENTS = 20
const ALTERNATIVES = 3
/** Share of the days of each half of a clinic's people and rooms that are booked from end to end, in percent: a dose needs most of a day of several. */
const BUSY = 70

export async function benchPlanHttp(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const [requests, seed] = [Number(values.requests ?? 100), Number(values.seed ?? 1)]
  print(
    `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}; seed ${seed}`,
  )
  print(`Milliseconds for a proposal with ${ALTERNATIVES} alternatives, one at a time; without a socket to the caller.`)
  print('clinics   bookings  request: p50   p99   min  CPU  planner: p50  statements  rows read  found  ×p50')
  let first = 0
  for (const clinics of (values.clinics ?? '5,50,500').split(',').map(Number)) {
    const run = await onDatabaseOfItsOwn((api) => measure(api, clinics, requests, seed))
    first ||= run.p50
    const cells = [run.p50, run.p99, run.least, run.cpu, run.planner].map((ms) => ms.toFixed(1).padStart(7))
    const counts = `${run.statements.toFixed(0).padStart(6)} ${run.rows.toFixed(0).padStart(10)}`
    const found = `${Math.round(100 * run.found)}%`
    print(
      `${String(clinics).padStart(7)} ${String(run.bookings).padStart(10)} ${cells.join('')} ${counts} ${found} ×${(run.p50 / first).toFixed(2)}`,
    )
  }
}

async function onDatabaseOfItsOwn<T>(work: (api: TestApi) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = []
  try {
    return await work(await testApi({ teardown: (end) => ends.push(end) }, { seed: 'catalogue' }))
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function measure(api: TestApi, clinics: number, requests: number, seed: number) {
  api.clock.now = Date.parse(NOW) as Instant
  await fill(api.db, clinics, seed)
  const [row] = (await api.db.execute(sql`select count(*)::int as n from claim`)) as unknown as { n: number }[]
  const ids = (
    (await api.db.execute(sql`select id from enrolment order by id limit ${PATIENTS}`)) as unknown as { id: string }[]
  ).map(({ id }) => id)
  const propose = async (n: number) => {
    const began = performance.now()
    const { json } = await api.api('POST', `/v1/enrolments/${ids[n % ids.length]}/itineraries`, {
      notBefore: NOT_BEFORE,
      limit: ALTERNATIVES,
    })
    return { ms: performance.now() - began, planner: json.searchMs as number, found: json.itineraries.length as number }
  }
  for (let n = 0; n < PATIENTS; n++) await propose(n)

  const counted = await counting(() => propose(0))
  const cpu = process.cpuUsage()
  const runs = []
  for (let n = 0; n < requests; n++) runs.push(await propose(n))
  const { user, system } = process.cpuUsage(cpu)
  const waits = runs.map(({ ms }) => ms).sort((a, b) => a - b)
  const planner = runs.map((run) => run.planner).sort((a, b) => a - b)
  return {
    bookings: row?.n ?? 0,
    p50: at(waits, 0.5),
    p99: at(waits, 0.99),
    least: at(waits, 0),
    cpu: (user + system) / 1000 / requests,
    planner: at(planner, 0.5),
    found: runs.filter(({ found }) => found > 0).length / requests,
    ...counted,
  }
}

/** Statements sent and rows received while `work` runs: the Execute, Query and DataRow messages of PostgreSQL's protocol. */
async function counting(work: () => Promise<unknown>): Promise<{ statements: number; rows: number }> {
  const count = { statements: 0, rows: 0 }
  const { write, emit } = net.Socket.prototype
  let rest = Buffer.alloc(0)
  net.Socket.prototype.write = function (this: net.Socket, ...args: unknown[]) {
    count.statements += messages(Buffer.from(args[0] as Buffer)).kinds.filter(
      (kind) => kind === 'E' || kind === 'Q',
    ).length
    return (write as (...all: unknown[]) => boolean).apply(this, args)
  } as typeof write
  net.Socket.prototype.emit = function (this: net.Socket, ...args: unknown[]) {
    if (args[0] === 'data') {
      const read = messages(Buffer.concat([rest, args[1] as Buffer]))
      rest = read.rest
      count.rows += read.kinds.filter((kind) => kind === 'D').length
    }
    return (emit as (...all: unknown[]) => boolean).apply(this, args)
  } as typeof emit
  try {
    await work()
  } finally {
    Object.assign(net.Socket.prototype, { write, emit })
  }
  return count
}

/** A kind's letter, then four bytes of length that count themselves. */
function messages(bytes: Buffer): { kinds: string[]; rest: Buffer<ArrayBuffer> } {
  const kinds: string[] = []
  let from = 0
  while (from + 5 <= bytes.length && from + 1 + bytes.readInt32BE(from + 1) <= bytes.length) {
    kinds.push(String.fromCharCode(bytes[from] ?? 0))
    from += 1 + bytes.readInt32BE(from + 1)
  }
  return { kinds, rest: Buffer.from(bytes.subarray(from)) }
}

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

/** The catalogue's own clinics stay as they are, without a staff. */
async function fill(db: Db, clinics: number, seed: number): Promise<void> {
  await db.transaction(async (tx) => {
    const run = (text: string) => tx.execute(sql.raw(text))
    await run(`
      create temp table bench_clinic on commit drop as
        select n, uuidv7() as id, 'bench-' || n / ${REGION} as region from generate_series(0, ${clinics - 1}) n;
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
        select uuidv7(), id, clinic_id, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '08:00', '18:00', '${PAST}', '{}' from bench_person;
      create temp table bench_shift on commit drop as
        select day::date as day, (day + time '08:00') at time zone 'America/Toronto' as opens,
          (day + time '18:00') at time zone 'America/Toronto' as closes
        from generate_series(timestamp '${PAST}', '2027-03-19', '1 day') day where extract(isodow from day) < 6;
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
  await db.execute(sql`vacuum analyze`)
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
const print = (line: string): void => void process.stdout.write(`${line}\n`)
