/** Runs of the model: fast-check draws the commands, shrinks what fails, and says the seed. */
import fc from 'fast-check'
import { type Breach, breaches } from './invariants.ts'
import { faults, type Model, observe, type State } from './model.ts'
import { ACTS, type Wish } from './model-commands.ts'
import type { ModelWorld, Run } from './model-world.ts'

/** Commands of one run at most. */
const COMMANDS = 40
const CHOICES = 5
const LARGEST = 999

type Real = Run & { readonly world: ModelWorld; readonly done: Record<string, number> }

class Command implements fc.AsyncCommand<Model, Real> {
  readonly name: string
  readonly n: readonly number[]
  readonly #world: ModelWorld
  constructor(world: ModelWorld, name: string, n: readonly number[]) {
    this.#world = world
    this.name = name
    this.n = n
  }
  #wish(model: Readonly<Model>): Wish | undefined {
    return ACTS[this.name]?.[1](this.#world, model, this.n)
  }
  check(model: Readonly<Model>): boolean {
    return this.#wish(model) !== undefined
  }
  async run(model: Model, real: Real): Promise<void> {
    const wish = this.#wish(model)
    if (!wish) return
    const before = model.state
    const { found, said } = await this.#found(wish, real, before)
    model.state = found.after
    real.done[`${this.name} ${said}`] = (real.done[`${this.name} ${said}`] ?? 0) + 1
    if (found.faults.length > 0) throw new Error(`${this} ${said}: ${found.faults.join('; ')}`)
  }
  async #found({ ask, work, refused, unsure, touches, shows }: Wish, real: Real, before: State) {
    await work?.(real)
    const answer = ask && (await real.ask(...ask))
    const after = await observe(real)
    const taken = !answer || answer.status < 300
    const said = answer ? `${answer.status}${taken ? '' : ` ${answer.json.code}`}` : 'done'
    const out: string[] = []
    if (taken && refused.size > 0 && !unsure) out.push(`must be refused: ${[...refused].join(', ')}`)
    if (!taken && !refused.has(answer.json.code))
      out.push(`meant: ${[...refused].join(', ') || 'success'}; ${answer.text.slice(0, 400)}`)
    if (!taken && written(before) !== written(after)) out.push('a refusal has written something')
    for (const v of after.visits) {
      const was = before.visits.find((one) => one.id === v.id)
      if (was && !touches(was) && JSON.stringify(was) !== JSON.stringify(v)) out.push(`${v.key} of another has changed`)
    }
    out.push(...faults(real.world, before, after))
    if (taken && shows) out.push(...shows(after, answer?.json))
    return { found: { after, faults: out }, said }
  }
  toString(): string {
    return `${this.name}(${this.n.join(',')})`
  }
}

const written = ({ visits, claims, patientTimes, itineraries }: State): string =>
  JSON.stringify([visits, claims, patientTimes, itineraries.map((i) => [i.id, i.status])])

export type Runs = { readonly count: number; readonly seed: number /** Milliseconds. */; readonly limit: number }

/** `done`: how often each command was answered how. A breach names the seed, the path and the shortest commands that were found. */
export async function modelRuns(world: ModelWorld, { count, seed, limit }: Runs) {
  const done: Record<string, number> = {}
  const commands = Object.entries(ACTS).flatMap(([name, [weight]]) => {
    const one = fc
      .tuple(...Array.from({ length: CHOICES }, () => fc.nat(LARGEST)))
      .map((n) => new Command(world, name, n))
    return Array.from({ length: weight }, () => one)
  })
  const property = fc.asyncProperty(fc.commands(commands, { maxCommands: COMMANDS, size: 'max' }), (drawn) =>
    world.run(async (run) => {
      const real = { ...run, world, done }
      const state = await observe(run)
      await fc.asyncModelRun(() => ({ model: { state, offs: [], clock: run.clock }, real }), drawn)
      const stored = await breaches(run.sql)
      if (stored.length > 0) throw new Error(stored.map(({ rule, detail }) => `${rule}: ${detail}`).join('; '))
    }),
  )
  const result = await fc.check(property, {
    numRuns: count,
    seed,
    interruptAfterTimeLimit: limit,
    markInterruptAsFailure: false,
  })
  const found: Breach[] = []
  if (result.failed)
    found.push({
      rule: 'the model',
      detail: `${result.errorInstance instanceof Error ? result.errorInstance.message : result.errorInstance} after ${result.counterexample} (seed ${result.seed}, path ${result.counterexamplePath})`,
    })
  return { breaches: found, runs: result.numRuns, done }
}
