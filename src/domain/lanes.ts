/** Lanes of a shared resource: which is free, and how to recolour when cancellations have left holes that fit nobody. Pure. */
import { type Interval, overlaps } from './interval.ts'

export type Laned = Interval & { readonly lane: number }

/** The lowest lane that is free for the whole interval; undefined: none. */
export function freeLane(taken: readonly Laned[], wish: Interval, lanes: number): number | undefined {
  const blocked = new Set(taken.filter((t) => overlaps(t, wish)).map((t) => t.lane))
  for (let lane = 1; lane <= lanes; lane++) if (!blocked.has(lane)) return lane
  return undefined
}

/** Everything that hangs together with `wish` by overlaps, directly or through others: what a recolouring may have to move. */
export function cluster<T extends Interval>(taken: readonly T[], wish: Interval): T[] {
  let reach: Interval = wish
  let found: T[] = []
  for (;;) {
    const next = taken.filter((t) => overlaps(t, reach))
    if (next.length === found.length) return next
    found = next
    reach = {
      start: Math.min(reach.start, ...next.map((t) => t.start)),
      end: Math.max(reach.end, ...next.map((t) => t.end)),
    }
  }
}

/** A lane for each interval, first come by start: it uses as few lanes as overlap at once. Undefined: more than `lanes` do. */
export function colour(intervals: readonly Interval[], lanes: number): number[] | undefined {
  const order = intervals.map((_, i) => i).sort((a, b) => (intervals[a]?.start ?? 0) - (intervals[b]?.start ?? 0))
  const out = new Array<number>(intervals.length).fill(0)
  const laned: Laned[] = []
  for (const i of order) {
    const interval = intervals[i]
    if (!interval) continue
    const lane = freeLane(laned, interval, lanes)
    if (lane === undefined) return undefined
    out[i] = lane
    laned.push({ ...interval, lane })
  }
  return out
}
