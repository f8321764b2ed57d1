/** Rule: fixed visits are dates. They must agree among themselves, and they bound the visits that lags tie to them. Pure; minutes. */
import { type Clock, dayOf } from '../grid.ts'
import type { FixedVisit, Protocol } from '../problem.ts'
import * as lag from './lag.ts'

/** Per visit of the template, where it is fixed. */
export type FixedAt = readonly (FixedVisit | undefined)[]

export function fixedVisitsAgree(
  clock: Clock,
  { visits }: Protocol,
  fixedAt: FixedAt,
  relations: readonly lag.Relation[],
): boolean {
  for (const r of relations) {
    const [a, b] = [fixedAt[r.a], fixedAt[r.b]]
    if (a && b && !lag.keeps(r, a.start, dayOf(clock, a.start), b.start, dayOf(clock, b.start))) return false
  }
  return fixedAt.every((a, i) =>
    fixedAt.every((b, j) => {
      if (!a || !b || i >= j) return true
      return a.start >= b.start + (visits[j]?.dur ?? 0) || b.start >= a.start + (visits[i]?.dur ?? 0)
    }),
  )
}

/** First and last start that the fixed visits leave to a visit, inclusive. */
export function boundsFromFixed(
  clock: Clock,
  visit: number,
  fixedAt: FixedAt,
  relations: readonly lag.Relation[],
): [number, number] {
  let from = -Infinity
  let to = Infinity
  for (const r of relations) {
    const before = r.b === visit ? fixedAt[r.a] : undefined
    const after = r.a === visit ? fixedAt[r.b] : undefined
    if (before) {
      const day = dayOf(clock, before.start)
      from = Math.max(from, lag.earliestAfter(clock, r, before.start, day))
      to = Math.min(to, lag.latestAfter(clock, r, before.start, day))
    }
    if (after) {
      const day = dayOf(clock, after.start)
      from = Math.max(from, lag.earliestBefore(clock, r, after.start, day))
      to = Math.min(to, lag.latestBefore(clock, r, after.start, day))
    }
  }
  return [from, to]
}
