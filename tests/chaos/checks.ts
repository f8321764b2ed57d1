/** The checks behind each figure: what is done how often, what must not be found, and how quick it was. One stage serves them all, in this order. */
import { setTimeout as pause } from 'node:timers/promises'
import { storm } from './clients.ts'
import { cutAround } from './cuts.ts'
import { type Fault, killDatabase, killService } from './faults.ts'
import { type Breach, breaches } from './invariants.ts'
import { type Ledger, newLedger } from './ledger.ts'
import { misuse, operations } from './malformed.ts'
import { modelRuns } from './model-runs.ts'
import { modelWorld } from './model-world.ts'
import { survivors } from './mutants.ts'
import type { Stage } from './stage.ts'
import { ask } from './wire.ts'
import type { World } from './world.ts'

export type Outcome = {
  readonly check: string
  readonly count: number
  readonly breaches: readonly Breach[]
  /** Milliseconds, or how many: printed. */
  readonly figures: Readonly<Record<string, number>>
  /** Figures that were not reached; a busy machine misses them without being wrong. */
  readonly missed: readonly string[]
}
export type Scene = { readonly stage: Stage; readonly world: World; readonly seed: number }

const CLIENTS = 16
/** Milliseconds between two strikes: long enough to be at work again. */
const BETWEEN = 300
export const TARGET = { p99: 500, ready: 2_000 }

const stormOf = (
  { stage, world, seed }: Scene,
  ledger: Ledger,
  over: { attempts: number; limit: number; faulty: boolean },
) =>
  storm(ledger, {
    ...over,
    seed,
    token: stage.token,
    bases: [stage.first.base, stage.second.base],
    members: world.members,
    clients: CLIENTS,
  })

/** The ledger's own judgement, and the database's. */
async function verdict({ stage }: Scene, ledger: Ledger): Promise<Breach[]> {
  ledger.doubleGrants()
  await stage.look(ledger.settled)
  return [...ledger.breaches, ...(await stage.look(breaches))]
}

export async function attempts(scene: Scene, count: number, limit: number): Promise<Outcome> {
  const ledger = newLedger()
  const { attempts, seconds } = await stormOf(scene, ledger, { attempts: count, limit, faulty: false }).done
  const took = ledger.took.sort((a, b) => a - b)
  const rank = (share: number): number => Math.round(took[Math.floor(share * took.length)] ?? 0)
  const figures = {
    p50: rank(0.5),
    p99: rank(0.99),
    'a second': Math.round(attempts / seconds),
    booked: ledger.confirmations(),
  }
  const missed = [
    ...(figures.p99 > TARGET.p99 ? [`p99 ${figures.p99} ms, not ${TARGET.p99}`] : []),
    ...(attempts < count ? [`${attempts} attempts of ${count} in time`] : []),
  ]
  return { check: 'booking attempts', count: attempts, breaches: await verdict(scene, ledger), figures, missed }
}

/** Under load, one after the other; what is stored is judged after each. */
export async function strikes(scene: Scene, check: string, faults: readonly Fault[], limit: number): Promise<Outcome> {
  const ledger = newLedger()
  const { done, stop } = stormOf(scene, ledger, { attempts: Infinity, limit, faulty: true })
  const found: Breach[] = []
  const known = new Set<string>()
  const ready: number[] = []
  for (const fault of faults) {
    const took = await fault.strike(scene.stage, ledger)
    if (took !== undefined) ready.push(took)
    await pause(BETWEEN)
    for (const { rule, detail } of await scene.stage.look(breaches)) {
      if (!known.has(rule + detail)) found.push({ rule: `${rule} (after ${fault.name})`, detail })
      known.add(rule + detail)
    }
  }
  stop()
  const { attempts } = await done
  const slowest = Math.round(Math.max(0, ...ready))
  const late = ready.filter((ms) => ms > TARGET.ready).length
  return {
    check,
    count: faults.length,
    breaches: [...found, ...(await verdict(scene, ledger))],
    figures: { 'slowest ready again': slowest, attempts, booked: ledger.confirmations() },
    missed: late > 0 ? [`${late} times not ready again within ${TARGET.ready} ms`] : [],
  }
}

export const kills = (scene: Scene, count: number, limit: number): Promise<Outcome> =>
  strikes(
    scene,
    'kill -9, service and PostgreSQL in turn',
    Array.from({ length: count }, (_, n) => (n % 2 === 0 ? killService : killDatabase)),
    limit,
  )

export async function cuts({ stage }: Scene, count: number): Promise<Outcome> {
  const { breaches, lost } = await cutAround(stage, count)
  return { check: 'connection cuts around COMMIT', count, breaches, figures: { 'answers lost': lost }, missed: [] }
}

export async function malformed({ stage, world, seed }: Scene, count: number): Promise<Outcome> {
  const { base } = stage.first
  const ids = [...world.members.flatMap((m) => [m.id, m.patientId]), ...world.staff.map((s) => s.clinic.id)]
  const asked = { base, token: stage.token, seed, count, ids, operations: await operations(base, stage.token) }
  const { breaches, statuses } = await misuse(asked)
  const figures = Object.fromEntries([...statuses].sort(([a], [b]) => a - b))
  return { check: 'malformed inputs', count, breaches, figures, missed: [] }
}

/** Runs of at most forty commands, each on a database of its own, judged after every command. */
export async function model(seed: number, count: number, limit: number): Promise<Outcome> {
  const world = await modelWorld()
  try {
    const { breaches, runs, done } = await modelRuns(world, { count, seed, limit })
    const taken = Object.entries(done).filter(([said]) => !/ [45]\d\d /.test(said))
    const figures = { commands: total(Object.values(done)), taken: total(taken.map(([, times]) => times)) }
    const missed = runs < count && breaches.length === 0 ? [`${runs} runs of ${count} in time`] : []
    return { check: 'runs of the model', count: runs, breaches, figures, missed }
  } finally {
    await world.close()
  }
}
const total = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0)

export async function mutants({ stage, world }: Scene, only?: readonly string[]): Promise<Outcome> {
  const { seen, missed } = await survivors(stage, world.members, only)
  const found = missed.map((detail) => ({ rule: 'a mutant turns it red', detail }))
  return { check: 'mutants', count: seen, breaches: found, figures: {}, missed: [] }
}

/** Stopped while callers ask over connections that they keep: what was taken is answered, and then nobody listens. */
export async function stops({ stage }: Scene, count: number): Promise<Outcome> {
  const found: Breach[] = []
  const { first, token } = stage
  let answered = 0
  for (let n = 0; n < count; n++) {
    const callers = Array.from({ length: CLIENTS }, async () => {
      for (;;) {
        const { status, refused } = await ask(first.base, 'GET', '/v1/clinics', undefined, { token })
        if (refused) return
        answered++
        if (status !== 200) {
          found.push({ rule: 'a stop drops nothing', detail: `${status}` })
          return
        }
      }
    })
    await pause(BETWEEN)
    const { code } = await first.service.end('SIGTERM')
    if (code !== 0) found.push({ rule: 'a stop ends well', detail: `exit code ${code}` })
    await Promise.all(callers)
    await first.restart()
    await stage.untilReady(stage.second)
  }
  return { check: 'SIGTERM under load', count, breaches: found, figures: { answered }, missed: [] }
}
