/**
 * How long a proposal takes over HTTP as a company and its past grow (filled-clinics.ts), in milliseconds. `--clinics 5,50,500`, `--past WEEKS`
 * (26), `--requests N` (25), `--seed N`; `--out FILE` keeps the medians, `--against FILE` prints ratios to kept ones.
 */
import { readFile, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import type { Instant } from '../../src/domain/time.ts'
import { type TestApi, testApi } from '../support/api.ts'
import { fillClinics, NOW, PATIENTS } from './filled-clinics.ts'

const OPTIONS = {
  clinics: { type: 'string' },
  past: { type: 'string' },
  requests: { type: 'string' },
  seed: { type: 'string' },
  out: { type: 'string' },
  against: { type: 'string' },
} as const
const NOT_BEFORE = '2026-11-30T08:00:00-05:00'
const ALTERNATIVES = 3

type Size = { readonly clinics: number; readonly pastWeeks: number }

export async function benchPlanHttp(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const [requests, seed, pastWeeks] = [values.requests ?? 25, values.seed ?? 1, values.past ?? 26].map(Number) as Three
  const companies = (values.clinics ?? '5,50,500').split(',').map(Number)
  const sizes: Size[] = companies.map((clinics) => ({ clinics, pastWeeks }))
  if (pastWeeks > 0) sizes.unshift({ clinics: companies[0] ?? 5, pastWeeks: 0 })
  const before: Record<string, number> = values.against ? JSON.parse(await readFile(values.against, 'utf8')) : {}
  const kept: Record<string, number> = {}
  print(
    `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}; seed ${seed}`,
  )
  print(
    `Milliseconds for a proposal with ${ALTERNATIVES} alternatives, one at a time, without a socket to the caller; ${requests} a row.`,
  )
  print('Ratios are of medians, to the first row with the full past, and to the figures given.')
  print(
    'clinics  past    claims  request: min   p50    p99    CPU  planner: p50   p99  worst  statements  rows  pages  found  ratio',
  )
  let base = 0
  for (const size of sizes) {
    const run = await onDatabaseOfItsOwn((api) => measure(api, size, requests, seed))
    const median = run.request[1] ?? 0
    if (size.pastWeeks === pastWeeks) base ||= median
    const name = `${size.clinics} clinics, ${size.pastWeeks} weeks`
    kept[name] = median
    const old = before[name]
    print(
      [
        String(size.clinics).padStart(7),
        `${size.pastWeeks} w`.padStart(5),
        String(run.bookings).padStart(9),
        run.request.map((ms, i) => cell(ms, i === 0 ? 13 : 7)).join(''),
        cell(run.cpu, 6),
        run.planner.map((ms, i) => cell(ms, i === 0 ? 13 : 6)).join(''),
        run.statements.toFixed(0).padStart(11),
        run.rows.toFixed(0).padStart(5),
        run.pages.toFixed(0).padStart(6),
        `${Math.round(100 * run.found)}%`.padStart(6),
        base > 0 ? ` ×${(median / base).toFixed(2)}` : '',
        old ? ` ×${(median / old).toFixed(2)} to before` : '',
      ].join(' '),
    )
  }
  if (values.out) await writeFile(values.out, JSON.stringify(kept, null, 1))
}
type Three = [number, number, number]

async function onDatabaseOfItsOwn<T>(work: (api: TestApi) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = []
  try {
    return await work(await testApi({ teardown: (end) => ends.push(end) }, { seed: 'catalogue' }))
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function measure(api: TestApi, { clinics, pastWeeks }: Size, requests: number, seed: number) {
  api.clock.now = Date.parse(NOW) as Instant
  await fillClinics(api.url, clinics, pastWeeks, seed)
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
  const read = await pagesRead(api)
  const cpu = process.cpuUsage()
  const runs = []
  for (let n = 0; n < requests; n++) runs.push(await propose(n))
  const { user, system } = process.cpuUsage(cpu)
  const pages = ((await pagesRead(api)) - read) / requests
  const waits = runs.map(({ ms }) => ms).sort((a, b) => a - b)
  const planner = runs.map((run) => run.planner).sort((a, b) => a - b)
  return {
    bookings: row?.n ?? 0,
    request: [at(waits, 0), at(waits, 0.5), at(waits, 0.99)],
    cpu: (user + system) / 1000 / requests,
    planner: [at(planner, 0.5), at(planner, 0.99), at(planner, 1)],
    found: runs.filter(({ found }) => found > 0).length / requests,
    pages,
    ...counted,
  }
}

/** Sessions tell what they did within a second after it. */
const TOLD = 1_500

/** Pages that the database has looked at: its work, whatever else the machine does meanwhile. */
async function pagesRead({ db }: TestApi): Promise<number> {
  await pause(TOLD)
  const [row] = await db.execute<{ n: number }>(sql`
    select (blks_hit + blks_read)::float8 as n from pg_stat_database where datname = current_database()`)
  return row?.n ?? 0
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

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
const cell = (ms: number, width: number): string => ms.toFixed(1).padStart(width)
const print = (line: string): void => void process.stdout.write(`${line}\n`)
