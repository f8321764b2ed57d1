/** Rule: the patient is in one place at a time, whatever order the lags leave open. Pure; minutes. */
import type { Relation } from './lag.ts'

/** Two visits that overlap: the first such pair, as the two orders that would part them; undefined: none. */
export function partingOrders(starts: readonly number[], lengths: readonly number[]): [Relation, Relation] | undefined {
  for (let b = 1; b < starts.length; b++)
    for (let a = 0; a < b; a++) {
      const [startA, startB] = [starts[a] as number, starts[b] as number]
      const [lengthA, lengthB] = [lengths[a] as number, lengths[b] as number]
      if (startA < startB + lengthB && startB < startA + lengthA) return [after(a, b, lengthA), after(b, a, lengthB)]
    }
  return undefined
}

/** b starts at least `gap` minutes after a starts; either may come first in the template. */
export const after = (a: number, b: number, gap: number): Relation => ({
  a: Math.min(a, b),
  b: Math.max(a, b),
  minGap: a < b ? gap : -Infinity,
  maxGap: a < b ? Infinity : -gap,
  minDays: -Infinity,
  maxDays: Infinity,
})
