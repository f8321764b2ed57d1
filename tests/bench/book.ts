/**
 * Bookings a second beside pgbench (bookings.ts), `--itineraries N` (128, 0 for none; pgbench needs two a client), `--clients 1,4,16,64`,
 * `--runs N` (1) of each, `--holds` to hold and confirm holds too; then slots and rosters as the past grows (past-claims.ts), `--past
 * 20000,200000` claims (up to 2000000, in minutes; 0 for none); then how long a caller waits on the demonstration's data, over HTTP from a
 * process of its own: one proposal at a time, then 16 callers who propose and confirm at once, `--requests N` (200, 0 for none).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { serve } from '../support/service.ts'
import { benchBookings } from './bookings.ts'
import { benchPastClaims } from './past-claims.ts'

type Json = ReturnType<typeof JSON.parse>
const OPTIONS = {
  requests: { type: 'string' },
  itineraries: { type: 'string' },
  clients: { type: 'string' },
  runs: { type: 'string' },
  holds: { type: 'boolean' },
  past: { type: 'string' },
} as const
const PAST_REQUESTS = 60
const CALLERS = 16
/** Milliseconds: proposals look a week ahead of the day they are asked for. */
const WEEK = 7 * 86_400_000

const listOf = (text: string): number[] =>
  text
    .split(',')
    .map(Number)
    .filter((n) => n > 0)

export async function benchBook(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const itineraries = Number(values.itineraries ?? 128)
  const effort = { runs: Number(values.runs ?? 1), holds: values.holds ?? false }
  if (itineraries > 0) await benchBookings(itineraries, { clients: listOf(values.clients ?? '1,4,16,64'), ...effort })
  const past = listOf(values.past ?? '20000,200000')
  if (past.length > 0) await benchPastClaims(past, PAST_REQUESTS)
  const requests = Number(values.requests ?? 200)
  if (requests === 0) return
  const home = mkdtempSync(join(tmpdir(), 'throughline-bench-'))
  const asked = performance.now()
  const service = await serve({ DATA_DIR: home, SEED: 'demo', LOG_LEVEL: 'warn' })
  try {
    await fetch(`${service.base}/readyz`)
    print(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`)
    print(`from an empty folder to the first answer: ${Math.round(performance.now() - asked)} ms`)
    const token = readFileSync(join(home, 'admin-token'), 'utf8').trim()
    await measure(async (method, path, body) => {
      const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) }
      const answer = await fetch(service.base + path, {
        method,
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      return { status: answer.status, json: await answer.json() }
    }, requests)
  } finally {
    await service.end('SIGTERM')
    rmSync(home, { recursive: true, force: true })
  }
}

type Call = (method: string, path: string, body?: object) => Promise<{ status: number; json: Json }>

async function measure(call: Call, requests: number): Promise<void> {
  const enrolments = (await call('GET', '/v1/enrolments?status=open&limit=200')).json.items as Json[]
  const notBefore = new Date(Date.now() + WEEK).toISOString()
  const propose = (id: string) => call('POST', `/v1/enrolments/${id}/itineraries`, { notBefore, limit: 1 })
  const plannable: string[] = []
  for (const { id, program } of enrolments)
    if (program.key === 'standard' && (await propose(id)).json.itineraries?.length) plannable.push(id)
  print(`${enrolments.length} open enrolments, ${plannable.length} in the standard program with visits to plan`)
  if (plannable.length === 0) return

  const [waits, searches]: [number[], number[]] = [[], []]
  for (let n = 0; n < requests; n++) {
    const from = performance.now()
    const { json } = await propose(plannable[n % plannable.length] ?? '')
    waits.push(performance.now() - from)
    searches.push(json.searchMs)
  }
  print(`propose, one at a time:  request ${ranks(waits)}   planner ${ranks(searches)}`)

  const [booked, statuses]: [number[], Map<number, number>] = [[], new Map()]
  let next = 0
  const from = performance.now()
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (next < requests) {
        const { json } = await propose(plannable[next++ % plannable.length] ?? '')
        const id = json.itineraries?.[0]?.id
        if (!id) continue
        const begun = performance.now()
        const { status } = await call('POST', `/v1/itineraries/${id}/confirm`, {})
        booked.push(performance.now() - begun)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }),
  )
  const seconds = (performance.now() - from) / 1000
  const told = [...statuses].map(([status, n]) => `${n} × ${status}`).join(', ')
  print(
    `${CALLERS} callers, propose and confirm: confirm ${ranks(booked)}   ${told}   ${Math.round(requests / seconds)} a second`,
  )
}

function ranks(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN).toFixed(1)
  return `p50 ${at(0.5)} p95 ${at(0.95)} p99 ${at(0.99)} ms`
}

const print = (line: string): void => console.log(line)
