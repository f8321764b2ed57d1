/**
 * Rule: lags and the span. Every pair of visits has at most one relation, the intersection of what the template says of the two, as
 * bounds on their starts: in elapsed minutes and in local days. Bounds are inclusive. Source: domain.md §1 "Lag semantics". Pure.
 */
import { type Clock, startOfDay } from '../grid.ts'
import type { Protocol } from '../problem.ts'

/** From visit a's start to visit b's start, a ≤ b. Infinite where nothing is said. */
export type Relation = {
  readonly a: number
  readonly b: number
  readonly minGap: number
  readonly maxGap: number
  readonly minDays: number
  readonly maxDays: number
}

/** The template's relations between visit indices, a < b. */
export function relationsOf(protocol: Protocol): Relation[] {
  let list: Relation[] = []
  for (const lag of protocol.lags) {
    const length = protocol.visits[lag.from]?.dur ?? 0
    list = withRelation(list, {
      a: lag.from,
      b: lag.to,
      minGap: length + Math.max(0, lag.minMin ?? 0),
      maxGap: length + (lag.maxMin ?? Infinity),
      minDays: lag.minDays ?? -Infinity,
      maxDays: lag.maxDays ?? Infinity,
    })
  }
  const { from = 0, to = protocol.visits.length - 1, minDays, maxDays } = protocol.span
  return withRelation(list, { a: from, b: to, minGap: -Infinity, maxGap: Infinity, minDays, maxDays })
}

/** The list with one more relation, joined with what the pair already has. */
export function withRelation(list: readonly Relation[], next: Relation): Relation[] {
  const at = list.findIndex((r) => r.a === next.a && r.b === next.b)
  const known = list[at]
  if (!known) return [...list, next]
  const joined: Relation = {
    a: next.a,
    b: next.b,
    minGap: Math.max(known.minGap, next.minGap),
    maxGap: Math.min(known.maxGap, next.maxGap),
    minDays: Math.max(known.minDays, next.minDays),
    maxDays: Math.min(known.maxDays, next.maxDays),
  }
  return list.with(at, joined)
}

/** Earliest start of b when a starts at `start` on `day`. */
export const earliestAfter = (clock: Clock, r: Relation, start: number, day: number): number =>
  Math.max(start + r.minGap, startOfDay(clock, day + r.minDays))

/** Latest start of b when a starts at `start` on `day`. */
export const latestAfter = (clock: Clock, r: Relation, start: number, day: number): number =>
  Math.min(start + r.maxGap, startOfDay(clock, day + r.maxDays + 1) - 1)

/** Earliest start of a when b starts at `start` on `day`. */
export const earliestBefore = (clock: Clock, r: Relation, start: number, day: number): number =>
  Math.max(start - r.maxGap, startOfDay(clock, day - r.maxDays))

/** Latest start of a when b starts at `start` on `day`. */
export const latestBefore = (clock: Clock, r: Relation, start: number, day: number): number =>
  Math.min(start - r.minGap, startOfDay(clock, day - r.minDays + 1) - 1)

/** Do two dated visits keep the relation? */
export const keeps = (r: Relation, startA: number, dayA: number, startB: number, dayB: number): boolean =>
  startB - startA >= r.minGap && startB - startA <= r.maxGap && dayB - dayA >= r.minDays && dayB - dayA <= r.maxDays
