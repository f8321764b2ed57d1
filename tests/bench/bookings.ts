/**
 * Bookings a second over HTTP with 1, 4, 16 and 64 clients, free and with a fifth of the itineraries wanted twice, beside pgbench sending the same
 * statements to the same server in the same run. The same itineraries are booked again and again: what was booked is deleted in between.
 */
import { cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Sent } from '../chaos/protocol.ts'
import { raise, type Stage } from '../chaos/stage.ts'
import { ask, type Reply } from '../chaos/wire.ts'
import { dayFromToday, mustOf, populate } from '../chaos/world.ts'
import type { Json } from '../support/api.ts'
import { TREATMENT } from '../support/staffed-clinic.ts'
import { alike, pgbench, replay } from './replay.ts'

type Request = { readonly path: string; readonly body: object }
type Kind = {
  readonly name: string
  readonly request: (itinerary: Json) => Request
  readonly ofHolds?: boolean
  /** Held before, unmeasured. */
  readonly held?: boolean
}
type Measured = { aSecond: number; p50: number; p99: number; won: number; lost: number }

const KINDS: readonly Kind[] = [
  { name: 'confirm a proposal', request: ({ id }) => ({ path: `/v1/itineraries/${id}/confirm`, body: {} }) },
  {
    name: 'hold',
    request: ({ id }) => ({ path: `/v1/itineraries/${id}/hold`, body: { ttlSeconds: 600 } }),
    ofHolds: true,
  },
  {
    name: 'confirm a hold',
    request: ({ id }) => ({ path: `/v1/itineraries/${id}/confirm`, body: {} }),
    ...{ ofHolds: true, held: true },
  },
  {
    name: 'one visit by hand',
    request: ({ enrolmentId, visits: [visit] }) => ({
      path: '/v1/appointments',
      body: {
        enrolmentId,
        ...{ visitKey: visit.visitKey, start: visit.start, clinicId: visit.clinicId, modality: visit.modality },
        ...(visit.roomId === null ? {} : { roomId: visit.roomId }),
        participants: visit.participants.map((p: Json) => ({ as: p.as, clinicianId: p.clinicianId })),
      },
    }),
  },
]
/** Of five itineraries one is wanted by somebody else too. */
const CONTENDED = 5

type Effort = { readonly clients: readonly number[]; readonly runs: number; readonly holds: boolean }

export async function benchBookings(size: number, { clients: callers, runs, holds }: Effort): Promise<void> {
  const program = pgbench()
  const stage = await raise()
  try {
    print(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`)
    const { free, rivals } = await prepare(stage, size)
    print(
      `${free.length} Standard itineraries of ${free[0]?.visits.length} visits, ${rivals.length} rivals; ${runs} runs, medians`,
    )
    if (!program) print('pgbench is not installed: no ratios')
    print('                      clients   a second     p50     p99    pgbench: a second     p50     p99   ratio')
    for (const kind of KINDS.filter((k) => holds || !k.ofHolds)) {
      const overheard = program ? alike(await overhear(stage, kind, free)) : []
      const contended = free.flatMap((it, n) => [it, ...(n % CONTENDED === 0 ? [rivals[n / CONTENDED]] : [])])
      for (const clients of callers) {
        const ours = await measured(stage, kind, free, clients, runs)
        const theirs =
          program && overheard.length >= clients * 2
            ? await beside(stage, kind, free, overheard, { clients, runs }, program)
            : undefined
        print(
          `${kind.name.padEnd(20)} ${String(clients).padStart(8)} ${cell(ours.aSecond, 10)} ${cell(ours.p50)} ${cell(ours.p99)}` +
            (theirs
              ? ` ${cell(theirs.aSecond, 20)} ${cell(theirs.p50)} ${cell(theirs.p99)} ${(ours.aSecond / theirs.aSecond).toFixed(2).padStart(6)}`
              : ''),
        )
        if (ours.lost > 0) print(`  ${ours.lost} were refused`)
      }
      for (const clients of callers) {
        const busy = await measured(stage, kind, contended, clients, runs)
        print(
          `${'  a fifth contended'.padEnd(20)} ${String(clients).padStart(8)} ${cell(busy.aSecond, 10)} ${cell(busy.p50)} ${cell(busy.p99)}   ${busy.won} booked, ${busy.lost} refused`,
        )
      }
      if (overheard[0]) print(`  ${overheard[0].length} statements a request, BEGIN and COMMIT included`)
    }
    await countStatements(stage)
  } finally {
    await stage.close()
  }
}

/** Itineraries that do not meet, and for every fifth another patient's for the same time. */
async function prepare(stage: Stage, size: number): Promise<{ free: Json[]; rivals: Json[] }> {
  const must = mustOf(stage.first.base, stage.token)
  const { members } = await populate(must, 4 * (size + Math.ceil(size / CONTENDED)), 4)
  const standard = members.filter((m) => m.programKey === 'standard')
  const bySlug = new Map<string, string[]>()
  for (const { slug, id } of standard) bySlug.set(slug, [...(bySlug.get(slug) ?? []), id])
  const slugs = [...bySlug.keys()]
  const [free, rivals]: [Json[], Json[]] = [[], []]
  for (let n = 0; n < size; n++) {
    const waiting = bySlug.get(slugs[n % slugs.length] ?? '') ?? []
    const wish = { notBefore: `${dayFromToday(35 + Math.floor(n / 16) * 14)}T08:00:00Z`, steps: TREATMENT, limit: 1 }
    const propose = async (): Promise<Json> =>
      (await must('POST', `/v1/enrolments/${waiting.pop()}/itineraries`, wish)).itineraries[0]
    const mine = await propose()
    if (n % CONTENDED === 0) rivals.push(await propose())
    await must('POST', `/v1/itineraries/${mine.id}/confirm`, {})
    free.push(mine)
  }
  return { free, rivals }
}

/** As after the proposals: nothing is held or booked. */
const rewind = ({ look }: Stage): Promise<unknown> =>
  look(async (sql) => {
    await sql.unsafe(`delete from claim; delete from patient_claim; delete from participant; delete from appointment;
      update itinerary set status = 'proposed', expires_at = now() + interval '1 day', held_by = null, held_by_token = null`)
    for (const table of ['claim', 'patient_claim', 'participant', 'appointment', 'itinerary'])
      await sql.unsafe(`vacuum analyze ${table}`)
  })

const send = ({ token }: Stage, base: string, { path, body }: Request): Promise<Reply> =>
  ask(base, 'POST', path, body, { token })

async function again(stage: Stage, kind: Kind, itineraries: readonly Json[]): Promise<void> {
  await rewind(stage)
  if (!kind.held) return
  for (const { id } of itineraries)
    await send(stage, stage.first.base, { path: `/v1/itineraries/${id}/hold`, body: { ttlSeconds: 3_600 } })
}

async function measured(
  stage: Stage,
  kind: Kind,
  itineraries: readonly Json[],
  clients: number,
  runs: number,
): Promise<Measured> {
  const all: Measured[] = []
  for (let n = 0; n < runs; n++) {
    await again(stage, kind, itineraries)
    const took: number[] = []
    let [next, won, lost] = [0, 0, 0]
    const began = performance.now()
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (next < itineraries.length) {
          const reply = await send(stage, stage.first.base, kind.request(itineraries[next++]))
          took.push(reply.took)
          if (reply.status < 300) won++
          else lost++
        }
      }),
    )
    const aSecond = (1000 * itineraries.length) / (performance.now() - began)
    took.sort((a, b) => a - b)
    const rank = (share: number): number => took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0
    all.push({ aSecond, p50: rank(0.5), p99: rank(0.99), won, lost })
  }
  return median(all)
}

const median = <T extends { aSecond: number }>(runs: T[]): T =>
  runs.sort((a, b) => a.aSecond - b.aSecond)[Math.floor(runs.length / 2)] as T

async function beside(
  stage: Stage,
  kind: Kind,
  free: readonly Json[],
  requests: readonly (readonly Sent[])[],
  { clients, runs }: { clients: number; runs: number },
  program: string,
) {
  const all = []
  for (let n = 0; n < runs; n++) {
    await again(stage, kind, free)
    all.push(await stage.look((sql) => replay(program, stage.url(), sql, requests, clients)))
  }
  return median(all)
}

/** What the second service sends through the proxy for each request, one after the other. */
async function overhear(stage: Stage, kind: Kind, itineraries: readonly Json[]): Promise<Sent[][]> {
  await again(stage, kind, itineraries)
  const own = new Set<object>()
  let heard: Sent[] = []
  stage.proxy.listener = (statement, connection) => {
    if (statement.text.includes('application_name throughline ')) own.add(connection)
    else if (own.has(connection) && !statement.text.includes('pg_catalog.pg_type')) heard.push(statement)
  }
  // the connections made before nobody listened to: new ones say who they are and prepare anew
  stage.proxy.cutAll()
  await pause(200)
  const out: Sent[][] = []
  // the first connects
  await stage.untilReady(stage.second)
  for (const itinerary of itineraries) {
    heard = []
    const { status } = await send(stage, stage.second.base, kind.request(itinerary))
    // the answer may come before the last packet has been read here
    await pause(2)
    if (status === 201) out.push(heard)
  }
  stage.proxy.listener = undefined
  return out
}

/** The same confirmation with two, four and nine visits. */
async function countStatements(stage: Stage): Promise<void> {
  const must = mustOf(stage.first.base, stage.token)
  await rewind(stage)
  const { members } = await populate(must, 16, 1)
  const counts: string[] = []
  const cases = [
    ['standard', ['prepare']],
    ['introductory', TREATMENT],
    ['standard', TREATMENT],
  ] as const
  for (const [n, [programKey, steps]] of cases.entries()) {
    const member = members.filter((m) => m.programKey === programKey)[n]
    const wish = { notBefore: `${dayFromToday(40)}T08:00:00Z`, steps, limit: 1 }
    const { itineraries } = await must('POST', `/v1/enrolments/${member?.id}/itineraries`, wish)
    const kind = KINDS[0] as Kind
    // jobs of the service are overheard too
    const twice = [...(await overhear(stage, kind, itineraries)), ...(await overhear(stage, kind, itineraries))]
    counts.push(`${itineraries[0]?.visits.length} visits ${Math.min(...twice.map((heard) => heard.length))}`)
  }
  print(`statements of one confirmation: ${counts.join(', ')}`)
}

const cell = (value: number, width = 7): string => value.toFixed(1).padStart(width)
const print = (line: string): void => void process.stdout.write(`${line}\n`)
