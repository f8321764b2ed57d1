/**
 * The whole API in this process for the model's runs: each run has its own copy of one staffed database, ids that count up and a clock that only
 * the run moves, so that a run repeats exactly.
 */
import postgres, { type Sql } from 'postgres'
import { buildApp } from '../../src/app.ts'
import { connect, type Database } from '../../src/db/client.ts'
import { parseInstant } from '../../src/domain/time.ts'
import { TASKS } from '../../src/jobs/tasks.ts'
import { outboundOf } from '../../src/outbound/outbound.ts'
import type { Deps } from '../../src/services/deps.ts'
import { seedCatalogue } from '../../src/services/seed-catalogue.ts'
import { createToken } from '../../src/services/tokens.ts'
import type { Answer, Json } from '../support/api.ts'
import { adminOf, leaveCluster, startCluster, template, urlOf } from '../support/cluster.ts'
import { ready, type Staff, staffed } from '../support/staffed-clinic.ts'
import { watch } from './invariants.ts'

export type Run = {
  readonly ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly deps: Deps
  /** Past the service. */
  readonly sql: Sql
  readonly clock: { now: number }
}
export type ModelWorld = {
  readonly staff: Staff
  readonly rooms: readonly Json[]
  readonly program: Json
  readonly enrolments: readonly { readonly id: string; readonly patientId: string }[]
  /** The world as it was made, for one run. */
  readonly run: <T>(work: (run: Run) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/** A Sunday; everybody works from Monday to Friday, 08:00 to 18:00. */
export const BEGINNING = Date.parse('2027-01-10T12:00:00-05:00')
const PATIENTS = 3

/** The Standard program's visits in a shorter course: what one dose and one preparation fewer leave. */
async function shortProgram(must: (method: string, path: string, body?: unknown) => Promise<Json>): Promise<Json> {
  const { version: _, ...standard } = await must('GET', '/v1/programs/standard')
  const after: Record<string, Json[]> = {
    'prep-1': [],
    'dose-1': [{ visit: 'prep-1', minDays: 1, maxDays: 7 }],
    'integration-1': [{ visit: 'dose-1', minDays: 1, maxMinutes: 1440 }],
    'dose-2': [{ visit: 'dose-1', minDays: 7, maxDays: 10 }, { visit: 'integration-1' }],
    'integration-2': [{ visit: 'dose-2', minDays: 1, maxMinutes: 1440 }],
    closing: [{ visit: 'integration-2', minDays: 2, maxDays: 7 }],
  }
  const visits = standard.visits.filter((v: Json) => after[v.key]).map((v: Json) => ({ ...v, after: after[v.key] }))
  const span = { from: 'prep-1', to: 'closing', minDays: 10, maxDays: 26 }
  return must('POST', '/v1/programs', { ...standard, key: 'short', span, visits })
}

export async function modelWorld(): Promise<ModelWorld> {
  const cluster = await startCluster()
  const admin = adminOf(cluster)
  const name = `test_${process.pid}_model`
  await admin.unsafe(`create database ${name} template ${await template(cluster, admin)} strategy file_copy`)
  let database: Database = connect(urlOf(cluster, name))
  let ids = 0
  const clock = { now: BEGINNING }
  const deps: Deps = {
    get db() {
      return database.db
    },
    now: () => instant(clock.now),
    newId: () => `00000000-0000-7000-8000-${(++ids).toString(16).padStart(12, '0')}`,
    mailFrom: 'scheduling@throughline.invalid',
    maxHolds: 1000,
    outbound: outboundOf({ allowLoopback: true }),
    note: () => {},
  }
  if (!(await seedCatalogue(deps)).ok) throw new Error('the catalogue could not be seeded')
  const token = await createToken(deps, { role: 'admin', clinicIds: [], clinicianId: null, scopes: [] })
  if (!token.ok) throw new Error('no token')
  const app = await buildApp(deps, { logLevel: 'fatal', rateLimit: 0 })
  const ask: Run['ask'] = async (method, url, body, headers = {}) => {
    const typed = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers: { authorization: `Bearer ${token.value}`, ...typed, ...headers },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    const text = answer.body
    return { status: answer.statusCode, json: text ? JSON.parse(text) : undefined, text, headers: answer.headers }
  }
  const must = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const { status, json, text } = await ask(method, path, body)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
    return json
  }
  const staff = await staffed({ must }, 'toronto-eglinton', { therapists: 2, nurses: 1 })
  const program = await shortProgram(must)
  const enrolments: { id: string; patientId: string }[] = []
  for (let n = 0; n < PATIENTS; n++)
    enrolments.push(await ready({ must }, staff, { enrolment: { programKey: program.key } }))
  const { items: rooms } = await must('GET', `/v1/clinics/${staff.clinic.id}/rooms?limit=50`)
  await database.close()
  const first = postgres(urlOf(cluster, name), { max: 1, onnotice: () => {} })
  await watch(first)
  await first.end()

  const [idsThen, copy] = [ids, `${name}_run`]
  const drop = () => admin.unsafe(`drop database if exists ${copy} with (force)`)
  return {
    staff,
    rooms,
    program,
    enrolments,
    run: async (work) => {
      await drop()
      await admin.unsafe(`create database ${copy} template ${name} strategy file_copy`)
      ids = idsThen
      clock.now = BEGINNING
      database = connect(urlOf(cluster, copy))
      const sql = postgres(urlOf(cluster, copy), { max: 1, fetch_types: false, onnotice: () => {} })
      try {
        return await work({ ask, deps, sql, clock })
      } finally {
        await sql.end({ timeout: 1 })
        await database.close()
      }
    },
    close: async () => {
      await app.close()
      await drop()
      await admin.unsafe(`drop database ${name} with (force)`)
      await admin.end()
      await leaveCluster(cluster)
    },
  }
}

/** Every sweep of the service, by the run's clock. */
export async function sweep({ deps }: Run): Promise<void> {
  for (const { name, run } of TASKS) if (!(await run(deps)).ok) throw new Error(`${name} was refused`)
}

const instant = (ms: number) => {
  const read = parseInstant(new Date(ms).toISOString())
  if (!read.ok) throw new Error('not an instant')
  return read.value
}
