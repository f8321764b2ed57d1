/** Narrowing of windows: a start that no start of a related visit can go with is dropped, until nothing changes. Pure. */
import type { Clock } from './grid.ts'
import type { Ranges } from './relaxation.ts'
import { earliestAfter, earliestBefore, latestAfter, latestBefore, type Relation } from './rules/lag.ts'
import type { Space, Windows } from './space.ts'

/** Positions of the starts within the windows; empty where lo > hi. */
export function rangesOf({ offset, start }: Space, windows: Windows): Ranges {
  const count = windows.lo.length
  const lo = new Int32Array(count)
  const hi = new Int32Array(count)
  for (let v = 0; v < count; v++) {
    const [first, end] = [offset[v] as number, offset[v + 1] as number]
    lo[v] = firstFrom(start, first, end, windows.lo[v] as number)
    hi[v] = firstFrom(start, first, end, (windows.hi[v] as number) + 1) - 1
  }
  return { lo, hi }
}

/** First position in [low, high) whose start is at least `from`; `high` if none. */
function firstFrom(start: Int32Array, first: number, end: number, from: number): number {
  let low = first
  let high = end
  while (low < high) {
    const middle = (low + high) >> 1
    if ((start[middle] as number) < from) low = middle + 1
    else high = middle
  }
  return low
}

/** Writes the ranges; false: some visit has no start left. */
export function narrow(clock: Clock, space: Space, relations: readonly Relation[], { lo, hi }: Ranges): boolean {
  const { start, day } = space
  for (let v = 0; v < lo.length; v++) if ((lo[v] as number) > (hi[v] as number)) return false
  const raise = (v: number, from: number): boolean => {
    const now = lo[v] as number
    if ((start[now] as number) >= from) return false
    lo[v] = firstFrom(start, now, (hi[v] as number) + 1, from)
    return true
  }
  const lower = (v: number, to: number): boolean => {
    const now = hi[v] as number
    if ((start[now] as number) <= to) return false
    hi[v] = firstFrom(start, lo[v] as number, now + 1, to + 1) - 1
    return true
  }
  const startAt = (at: Int32Array, v: number) => start[at[v] as number] as number
  const dayAt = (at: Int32Array, v: number) => day[at[v] as number] as number
  for (let changed = true; changed; ) {
    changed = false
    for (const r of relations) {
      const { a, b } = r
      if (raise(b, earliestAfter(clock, r, startAt(lo, a), dayAt(lo, a)))) changed = true
      if ((lo[b] as number) > (hi[b] as number)) return false
      if (lower(b, latestAfter(clock, r, startAt(hi, a), dayAt(hi, a)))) changed = true
      if ((lo[b] as number) > (hi[b] as number)) return false
      if (raise(a, earliestBefore(clock, r, startAt(lo, b), dayAt(lo, b)))) changed = true
      if ((lo[a] as number) > (hi[a] as number)) return false
      if (lower(a, latestBefore(clock, r, startAt(hi, b), dayAt(hi, b)))) changed = true
      if ((lo[a] as number) > (hi[a] as number)) return false
    }
  }
  return true
}
