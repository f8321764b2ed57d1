/**
 * Difference bounds, value(to) ≥ value(from) + least, over values that are multiples of a step each. Pure; exact.
 * Their solutions form a lattice, so raising every value from below, rounded up to its step, ends in the earliest solution or never.
 */

export type Bound<Rule> = { from: number; to: number; least: number; rule: Rule | null }
/** `steps[i]`: what value i is a multiple of. There are two steps, and the coarse one is a multiple of the fine one. */
export type System<Rule> = { readonly steps: readonly number[]; readonly bounds: readonly Bound<Rule>[] }

/** The earliest solution, or bounds that feed each other for ever: they cannot be kept together. */
export type Earliest<Rule> = { values: number[] } | { loop: Bound<Rule>[] }

export const up = (value: number, step: number): number => Math.ceil(value / step) * step
export const down = (value: number, step: number): number => Math.floor(value / step) * step

/** The earliest solution from `from` on, which lies below every solution that is looked for. */
export function earliestFrom<Rule>({ steps, bounds }: System<Rule>, from: readonly number[]): Earliest<Rule> {
  const values = [...from]
  const raisedBy = new Map<number, Bound<Rule>>()
  const nodes = steps.length
  // Between two coarse values a path of fine ones adds a constant: each level settles within its number of nodes, or never.
  for (let round = 1; ; round++) {
    let last: Bound<Rule> | undefined
    for (const bound of bounds) {
      const value = up((values[bound.from] ?? 0) + bound.least, steps[bound.to] ?? 1)
      if (value <= (values[bound.to] ?? 0)) continue
      values[bound.to] = value
      raisedBy.set(bound.to, bound)
      last = bound
    }
    if (!last) return { values }
    if (round % nodes !== 0) continue
    const loop = loopBehind(last, raisedBy)
    if (round > (nodes + 1) ** 2 || climbs(loop, steps)) return { loop }
  }
}

/** From a bound back over those that raised its start, until they repeat; in the order of their effect. */
function loopBehind<Rule>(last: Bound<Rule>, raisedBy: ReadonlyMap<number, Bound<Rule>>): Bound<Rule>[] {
  const trail: Bound<Rule>[] = []
  for (let bound: Bound<Rule> | undefined = last; bound; bound = raisedBy.get(bound.from)) {
    const at = trail.indexOf(bound)
    if (at >= 0) return trail.slice(at).reverse()
    trail.push(bound)
  }
  return []
}

/** Whether once around ends higher. Asked at a coarse value where there is one: from there the answer holds for every round. */
function climbs<Rule>(loop: readonly Bound<Rule>[], steps: readonly number[]): boolean {
  const coarsest = Math.max(0, ...loop.map(({ from }) => steps[from] ?? 1))
  const first = loop.findIndex(({ from }) => steps[from] === coarsest)
  const around = [...loop.slice(first), ...loop.slice(0, first)]
  return around.reduce((value, { to, least }) => up(value + least, steps[to] ?? 1), 0) > 0
}
