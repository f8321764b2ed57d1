/**
 * `npm run chaos`: the full figures, as a table. `--seed N` repeats a run's choices, `--share 0.01` does a hundredth of it, `--only a,b` picks
 * checks by the beginnings of their names. Ends by itself; exit code 1 when anything was found that must never be.
 */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { attempts, cuts, kills, malformed, model, mutants, type Outcome, type Scene, stops, strikes } from './checks.ts'
import { FAULTS } from './faults.ts'
import { watch } from './invariants.ts'
import { raise } from './stage.ts'
import { mustOf, populate } from './world.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, share: { type: 'string' }, only: { type: 'string' } },
})
const seed = Number(values.seed ?? (Date.now() % 1_000_000) + 1)
const share = Number(values.share ?? 1)
const of = (full: number): number => Math.max(1, Math.round(full * share))
const HOUR = 3_600_000
const [MEMBERS, FRESH, CLINICS] = [96, 14, 4]
const SHOWN = 10

const CHECKS: Record<string, (scene: Scene, fresh: Scene) => Promise<Outcome>> = {
  attempts: (scene) => attempts(scene, of(100_000), HOUR),
  kills: (scene) => kills(scene, of(200), HOUR),
  faults: (scene) => strikes(scene, 'other faults', Array.from({ length: of(10) }, () => FAULTS).flat(), HOUR),
  cuts: (scene) => cuts(scene, of(500)),
  malformed: (scene) => malformed(scene, of(50_000)),
  model: () => model(seed, of(2_000), HOUR),
  stops: (scene) => stops(scene, of(50)),
  // last: what they leave behind stays
  mutants: (_, fresh) => mutants(fresh),
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const cores = cpus()
print(
  `seed ${seed}; ${cores[0]?.model ?? 'unknown processor'}, ${cores.length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
)
const stage = await raise()
try {
  await stage.look(watch)
  const everybody = await populate(mustOf(stage.first.base, stage.token), MEMBERS + FRESH, CLINICS)
  const sceneOf = (members: typeof everybody.members): Scene => ({ stage, world: { ...everybody, members }, seed })
  const scene = sceneOf(everybody.members.slice(0, MEMBERS))
  const fresh = sceneOf(everybody.members.slice(MEMBERS))
  const wanted = values.only?.split(',')
  for (const [name, run] of Object.entries(CHECKS)) {
    if (wanted && !wanted.some((start) => name.startsWith(start))) continue
    const began = performance.now()
    const { check, count, breaches, figures, missed } = await run(scene, fresh)
    const seconds = ((performance.now() - began) / 1_000).toFixed(0)
    const said = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`)
    print(
      `${breaches.length === 0 ? 'held  ' : 'BROKEN'} ${String(count).padStart(6)} ${check} (${seconds} s): ${said.join(', ')}`,
    )
    for (const figure of missed) print(`         not reached: ${figure}`)
    for (const { rule, detail } of breaches.slice(0, SHOWN)) print(`         ${rule}: ${detail}`)
    if (breaches.length > 0) process.exitCode = 1
  }
} finally {
  await stage.close()
}
