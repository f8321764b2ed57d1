/** Narrowing of windows: a start that no start of a related visit can go with is dropped, until nothing changes. Pure. */
import type { Clock } from './grid.ts'
import { earliestAfter, earliestBefore, latestAfter, latestBefore, type Relation } from './rules/lag.ts'

/** Bounds per visit on the start, in minutes, inclusive. */
export type Windows = { readonly lo: Float64Array; readonly hi: Float64Array }

/** The starts that a visit has, wherever they are kept. Minutes; infinite where there is none. */
export type Starts = {
  /** The first start at or after the minute. */
  firstFrom(visit: number, minute: number): number
  /** The last start at or before the minute. */
  lastUpTo(visit: number, minute: number): number
}

/** Moves the windows' ends, in place, to starts that exist and agree pairwise; false: some visit has no start left. */
export function narrow(clock: Clock, relations: readonly Relation[], { lo, hi }: Windows, starts: Starts): boolean {
  for (let v = 0; v < lo.length; v++) {
    lo[v] = starts.firstFrom(v, lo[v] as number)
    hi[v] = starts.lastUpTo(v, hi[v] as number)
    if ((lo[v] as number) > (hi[v] as number)) return false
  }
  const dayAt = (minute: number) => clock.dayOfSlot[minute / clock.grid] as number
  for (let changed = true; changed; ) {
    changed = false
    for (const r of relations) {
      const { a, b } = r
      const [loA, hiA] = [lo[a] as number, hi[a] as number]
      const earliestB = earliestAfter(clock, r, loA, dayAt(loA))
      if ((lo[b] as number) < earliestB) {
        lo[b] = starts.firstFrom(b, earliestB)
        changed = true
      }
      const latestB = latestAfter(clock, r, hiA, dayAt(hiA))
      if ((hi[b] as number) > latestB) {
        hi[b] = starts.lastUpTo(b, latestB)
        changed = true
      }
      const [loB, hiB] = [lo[b] as number, hi[b] as number]
      if (loB > hiB) return false
      const earliestA = earliestBefore(clock, r, loB, dayAt(loB))
      if (loA < earliestA) {
        lo[a] = starts.firstFrom(a, earliestA)
        changed = true
      }
      const latestA = latestBefore(clock, r, hiB, dayAt(hiB))
      if (hiA > latestA) {
        hi[a] = starts.lastUpTo(a, latestA)
        changed = true
      }
      if ((lo[a] as number) > (hi[a] as number)) return false
    }
  }
  return true
}
