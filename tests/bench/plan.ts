/**
 * How long planning takes, on generated problems: per preset, occupancy and kind of starts; explanations; growth with the horizon.
 * `--seeds N` problems per row (50), `--presets a,b`, `--out FILE` keeps the medians, `--against FILE` prints ratios to kept ones.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { explain } from '../../src/planner/explain.ts'
import { planItinerary } from '../../src/planner/plan.ts'
import { type PlanningProblem, parseProblem } from '../../src/planner/problem.ts'
import { type GeneratorOptions, generateProblem, PRESETS, type Preset } from '../support/generator.ts'

type Kept = Record<string, number>
/** Any start; session times only; any start with remote visits, preferences, limits, ending licences, half of them with handovers. */
const KINDS = { any: {}, sessions: { sessions: true }, rich: { rich: true } }
const OCCUPANCIES = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
const OPTIONS = {
  seeds: { type: 'string' },
  presets: { type: 'string' },
  out: { type: 'string' },
  against: { type: 'string' },
} as const

export async function benchPlan(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const seeds = Number(values.seeds ?? 50)
  const presets = (values.presets?.split(',') ?? Object.keys(PRESETS)).filter((name): name is Preset => name in PRESETS)
  const before: Kept = values.against ? JSON.parse(await readFile(values.against, 'utf8')) : {}
  const kept: Kept = {}
  const ratio = (name: string, median: number): string => {
    kept[name] = median
    const old = before[name]
    return old ? `  ×${(median / old).toFixed(2)}` : ''
  }
  const cores = cpus()
  const machine = `${cores[0]?.model ?? 'unknown processor'}, ${cores.length} cores, load ${loadavg()[0]?.toFixed(1)}`
  print(`${machine}, Node ${process.version}; seeds 1 to ${seeds}`)
  print('')
  print(
    'Milliseconds for one optimal itinerary, infeasible problems included. warm: calendars known, best of three; cold: from the parsed problem;',
  )
  print(
    'file: from the JSON text. Cold less warm is reading free time into bitmaps; the rest of warm is bounding and search.',
  )
  print('preset    booked kind      found  warm: median   p95   p99  worst  cold: median   p95  file: median   p95')
  for (let seed = 1; seed <= 30; seed++) measure({ preset: 'tiny', seed })
  for (const preset of presets)
    for (const [kind, feature] of Object.entries(KINDS))
      for (const occupancy of OCCUPANCIES) {
        const runs = seedRange(seeds).map((seed) => measure({ preset, seed, occupancy, ...feature }))
        const name = `${preset} ${occupancy} ${kind}`
        const [warm, cold, file] = [ranks(runs, 'warm'), ranks(runs, 'cold'), ranks(runs, 'file')]
        print(
          [
            preset.padEnd(9),
            average(runs, 'booked').toFixed(2).padStart(6),
            kind.padEnd(9),
            `${Math.round(100 * average(runs, 'found'))}%`.padStart(4),
            cell(warm(0.5), 14),
            cell(warm(0.95), 5),
            cell(warm(0.99), 5),
            cell(warm(1), 6),
            cell(cold(0.5), 13),
            cell(cold(0.95), 5),
            cell(file(0.5), 13),
            cell(file(0.95), 5),
          ].join(' ') + ratio(name, warm(0.5)),
        )
      }

  print('')
  print('Growth with the horizon: region12, half booked, any start, milliseconds warm')
  for (const days of [42, 84, 168, 336]) {
    const runs = seedRange(Math.min(seeds, 20)).map((seed) =>
      measure({ preset: 'region12', seed, occupancy: 0.5, days }),
    )
    const warm = ranks(runs, 'warm')
    print(
      `${String(days).padStart(4)} days${cell(warm(0.5), 8)} median ${cell(warm(0.95), 7)} p95${ratio(`days ${days}`, warm(0.5))}`,
    )
  }

  print('')
  print('Explanations with verified relaxations, milliseconds, problems without an itinerary')
  for (const preset of presets) {
    const runs = seedRange(seeds).flatMap((seed) =>
      explained(generateProblem({ preset, seed, occupancy: 0.7, rich: seed % 2 === 0 })),
    )
    if (runs.length === 0) continue
    const took = ranks(runs, 'took')
    const offered = average(runs, 'offered').toFixed(1)
    print(
      `${preset.padEnd(9)} ${String(runs.length).padStart(3)} of them${cell(took(0.5), 8)} median ${cell(took(0.95), 7)} p95 ${cell(took(1), 7)} worst, ${offered} relaxations each${ratio(`explain ${preset}`, took(0.5))}`,
    )
  }
  if (values.out) await writeFile(values.out, JSON.stringify(kept, null, 1))
}

type Run = { warm: number; cold: number; file: number; found: number; booked: number }

function measure(options: GeneratorOptions): Run {
  const problem = generateProblem(options)
  const text = JSON.stringify(problem)
  const [cold] = timed(() => planItinerary(problem, 'P001'))
  // Another problem value with the same people, as a later request brings it.
  const again = [1, 2, 3].map(() => timed(() => planItinerary({ ...problem }, 'P001')))
  const warm = Math.min(...again.map(([ms]) => ms))
  const [file] = timed(() => {
    const parsed = parseProblem(JSON.parse(text))
    return parsed.ok ? planItinerary(parsed.value, 'P001') : []
  })
  return { warm, cold, file, found: again[0]?.[1].length ?? 0, booked: bookedShare(problem) }
}

function explained(problem: PlanningProblem): { took: number; offered: number }[] {
  if (planItinerary(problem, 'P001').length > 0) return []
  const [took, blockers] = timed(() => explain(problem, 'P001'))
  return [{ took, offered: blockers.reduce((sum, b) => sum + b.relaxations.length, 0) }]
}

/** Of the therapists' shift minutes, lunch included. */
function bookedShare({ resources }: PlanningProblem): number {
  const therapists = resources.filter((r) => r.role === 'therapist')
  const sum = (list: readonly (readonly [number, number, ...unknown[]])[]) =>
    list.reduce((all, [s, e]) => all + e - s, 0)
  return sum(therapists.flatMap((r) => r.busy)) / sum(therapists.flatMap((r) => r.shifts))
}

function timed<T>(run: () => T): [ms: number, result: T] {
  const start = performance.now()
  const result = run()
  return [performance.now() - start, result]
}

const seedRange = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
const cell = (ms: number, width: number): string => ms.toFixed(ms < 10 ? 2 : 1).padStart(width)
const print = (line: string): void => void process.stdout.write(`${line}\n`)

function average<K extends string>(runs: readonly Record<K, number>[], key: K): number {
  return runs.reduce((sum, run) => sum + run[key], 0) / runs.length
}

function ranks<K extends string>(runs: readonly Record<K, number>[], key: K): (share: number) => number {
  const sorted = runs.map((run) => run[key]).sort((a, b) => a - b)
  return (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
