/**
 * The cheapest placement that keeps the tree's relations, by dynamic programming from the last visit to the first. It bounds every plan
 * from below and, where it happens to keep the other rules too, it is the answer. Pure. Positions index the flat lists of `Space`.
 */
import type { Clock } from './grid.ts'
import type { Windows } from './narrow.ts'
import { earliestAfter, latestAfter, type Relation } from './rules/lag.ts'
import { firstPosition, type Space } from './space.ts'
import type { Tree } from './tree.ts'

/** First and last position per visit, inclusive. */
export type Ranges = { readonly lo: Int32Array; readonly hi: Int32Array }

export function rangesOf({ offset, start }: Space, { lo, hi }: Windows): Ranges {
  const position = (v: number, from: number) => firstPosition(start, offset[v] as number, offset[v + 1] as number, from)
  return {
    lo: Int32Array.from(lo, (from, v) => position(v, from)),
    hi: Int32Array.from(hi, (to, v) => position(v, to)),
  }
}

/** Per visit the position of its start and the layer of its lead. */
export type Placement = { cost: number; at: Int32Array; layer: Int32Array }

export type Relaxation = {
  readonly clock: Clock
  readonly space: Space
  readonly tree: Tree
  readonly handover: number
  /** best[layer × size + position]: the visit there and everything below it in the tree. */
  readonly best: Float64Array
  readonly message: Float64Array
  readonly cheapestLayer: Float64Array
  readonly queue: Int32Array
}

export function relaxationOf(clock: Clock, space: Space, tree: Tree, handover: number): Relaxation {
  return {
    clock,
    space,
    tree,
    handover,
    best: new Float64Array(space.cost.length),
    message: new Float64Array(space.size),
    cheapestLayer: new Float64Array(space.size),
    queue: new Int32Array(space.size),
  }
}

/** The least cost within the ranges; infinite: none. Fills `best`. */
export function relax(r: Relaxation, ranges: Ranges): number {
  const { space, tree } = r
  const layers = space.layers.length
  let total = 0
  for (let v = tree.parent.length - 1; v >= 0; v--) {
    const lo = ranges.lo[v] as number
    const hi = ranges.hi[v] as number
    for (let l = 0; l < layers; l++)
      for (let i = l * space.size + lo, end = l * space.size + hi; i <= end; i++) r.best[i] = space.cost[i] as number
    for (const child of tree.children[v] as readonly number[]) addChild(r, ranges, v, child)
    if (tree.parent[v]) continue
    let least = Infinity
    for (let l = 0; l < layers; l++) least = Math.min(least, minimum(r.best, l * space.size + lo, l * space.size + hi))
    total += least
    if (total === Infinity) return total
  }
  return total
}

function addChild(r: Relaxation, ranges: Ranges, v: number, child: number): void {
  const { space, best, message } = r
  const layers = space.layers.length
  const link = layers === 1 ? 'same' : (r.tree.link[child] as string)
  const relation = r.tree.parent[child] as Relation
  const lo = ranges.lo[v] as number
  const hi = ranges.hi[v] as number
  if (link !== 'same') {
    leastOverLayers(r, ranges, child)
    windowMinimum(r, relation, r.cheapestLayer, 0, lo, hi, ranges.lo[child] as number, ranges.hi[child] as number)
    const fee = link === 'free' ? 0 : r.handover
    if (link === 'free') {
      for (let l = 0; l < layers; l++)
        for (let i = lo; i <= hi; i++)
          best[l * space.size + i] = (best[l * space.size + i] as number) + (message[i] as number)
      return
    }
    const changed = message.slice(lo, hi + 1)
    for (let l = 0; l < layers; l++) {
      windowMinimum(r, relation, best, l * space.size, lo, hi, ranges.lo[child] as number, ranges.hi[child] as number)
      for (let i = lo; i <= hi; i++) {
        const at = l * space.size + i
        best[at] = (best[at] as number) + Math.min(message[i] as number, (changed[i - lo] as number) + fee)
      }
    }
    return
  }
  for (let l = 0; l < layers; l++) {
    windowMinimum(r, relation, best, l * space.size, lo, hi, ranges.lo[child] as number, ranges.hi[child] as number)
    for (let i = lo; i <= hi; i++) {
      const at = l * space.size + i
      best[at] = (best[at] as number) + (message[i] as number)
    }
  }
}

function leastOverLayers({ space, best, cheapestLayer }: Relaxation, ranges: Ranges, v: number): void {
  for (let i = ranges.lo[v] as number; i <= (ranges.hi[v] as number); i++) {
    let least = Infinity
    for (let l = 0; l < space.layers.length; l++) least = Math.min(least, best[l * space.size + i] as number)
    cheapestLayer[i] = least
  }
}

/**
 * message[i] = least value among the child's positions that the relation allows from parent position i. Both ends of that window only
 * move forward, so a queue of ever larger values gives each minimum in constant time.
 */
function windowMinimum(
  { clock, space, message, queue }: Relaxation,
  relation: Relation,
  values: Float64Array,
  base: number,
  lo: number,
  hi: number,
  childLo: number,
  childHi: number,
): void {
  const { start, day } = space
  let head = 0
  let tail = 0
  let next = childLo
  for (let i = lo; i <= hi; i++) {
    const from = earliestAfter(clock, relation, start[i] as number, day[i] as number)
    const to = latestAfter(clock, relation, start[i] as number, day[i] as number)
    for (; next <= childHi && (start[next] as number) <= to; next++) {
      const value = values[base + next] as number
      if (value === Infinity) continue
      while (tail > head && (values[base + (queue[tail - 1] as number)] as number) > value) tail--
      queue[tail++] = next
    }
    while (head < tail && (start[queue[head] as number] as number) < from) head++
    message[i] = head < tail ? (values[base + (queue[head] as number)] as number) : Infinity
  }
}

function minimum(values: Float64Array, lo: number, hi: number): number {
  let least = Infinity
  for (let i = lo; i <= hi; i++) if ((values[i] as number) < least) least = values[i] as number
  return least
}

/**
 * After `relax` with one layer: the cheapest placement that is first in the order of start vectors, because every visit's parent comes
 * before it. With several layers see first-placement.ts.
 */
export function placementOf({ space, tree, clock, best }: Relaxation, ranges: Ranges, cost: number): Placement {
  const count = tree.parent.length
  const at = new Int32Array(count)
  for (let v = 0; v < count; v++) {
    const parent = tree.parent[v]
    const p = parent ? (at[parent.a] as number) : 0
    const from = parent ? earliestAfter(clock, parent, space.start[p] as number, space.day[p] as number) : -Infinity
    const to = parent ? latestAfter(clock, parent, space.start[p] as number, space.day[p] as number) : Infinity
    let least = Infinity
    for (let i = ranges.lo[v] as number; i <= (ranges.hi[v] as number); i++) {
      const start = space.start[i] as number
      if (start < from || (best[i] as number) >= least) continue
      if (start > to) break
      least = best[i] as number
      at[v] = i
    }
  }
  return { cost, at, layer: new Int32Array(count) }
}
