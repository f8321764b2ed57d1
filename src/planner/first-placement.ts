/**
 * Among the cheapest placements of a relaxation with several therapists, the first in the documented order: starts in visit order, then
 * sites, then resources. A start chosen early may need one therapist and not another, so each visit keeps the layers that some cheapest
 * placement with all choices so far still uses; on a tree, agreement of neighbours is agreement of all. Pure, exact.
 */
import type { Calendar } from './calendar.ts'
import type { Demand } from './demand.ts'
import type { Placement, Ranges, Relaxation } from './relaxation.ts'
import { earliestAfter, latestAfter } from './rules/lag.ts'
import { cheapestStaffing, compareStaff } from './staffing.ts'
import type { Venue } from './venue.ts'

/** After `relax`. */
export function firstPlacement(r: Relaxation, ranges: Ranges, cost: number, demand: Demand): Placement {
  const { space, tree, best } = r
  const count = tree.parent.length
  const layers = space.layers.length
  const at = new Int32Array(count).fill(-1)
  /** alive[v][l]: some cheapest placement with all choices so far has layer l at v. */
  const alive = Array.from({ length: count }, () => new Uint8Array(layers))
  /** due[v][l]: what v and all below it cost when its parent has layer l (for a root, whatever l). */
  const due = Array.from({ length: count }, () => new Float64Array(layers).fill(Infinity))
  const fee = (v: number, parentLayer: number, layer: number): number => {
    const link = tree.parent[v] ? tree.link[v] : 'free'
    if (link === 'free' || parentLayer === layer) return 0
    return link === 'costed' ? r.handover : Infinity
  }
  const agrees = (v: number, parentLayer: number, layer: number): boolean =>
    (best[layer * space.size + (at[v] as number)] as number) + fee(v, parentLayer, layer) ===
    (due[v] as Float64Array)[parentLayer]
  const agree = (): void => {
    for (let v = count - 1; v >= 0; v--) if (at[v] !== -1) keepSupported(v, true)
    for (let v = 0; v < count; v++) if (at[v] !== -1) keepSupported(v, false)
  }
  /** Drops the parent's layers (or the visit's own) that no layer at the other end agrees with. */
  const keepSupported = (v: number, atParent: boolean): void => {
    const parent = tree.parent[v]
    if (!parent) return
    const [above, own] = [alive[parent.a] as Uint8Array, alive[v] as Uint8Array]
    for (let x = 0; x < layers; x++) {
      if ((atParent ? above : own)[x] === 0) continue
      let supported = false
      for (let y = 0; y < layers && !supported; y++) {
        const [p, l] = atParent ? [x, y] : [y, x]
        supported = above[p] === 1 && own[l] === 1 && agrees(v, p, l)
      }
      if (!supported) (atParent ? above : own)[x] = 0
    }
  }

  for (let v = 0; v < count; v++) {
    const parent = tree.parent[v]
    let lo = ranges.lo[v] as number
    let hi = ranges.hi[v] as number
    if (parent) {
      const p = at[parent.a] as number
      const from = earliestAfter(r.clock, parent, space.start[p] as number, space.day[p] as number)
      const to = latestAfter(r.clock, parent, space.start[p] as number, space.day[p] as number)
      while (lo <= hi && (space.start[lo] as number) < from) lo++
      while (hi >= lo && (space.start[hi] as number) > to) hi--
    }
    const above = parent ? (alive[parent.a] as Uint8Array) : new Uint8Array(layers).fill(1)
    let first = hi
    for (let p = 0; p < layers; p++) {
      if (above[p] === 0) continue
      const [value, position] = leastFrom(r, lo, hi, (l) => fee(v, p, l))
      ;(due[v] as Float64Array)[p] = value
      first = Math.min(first, position)
    }
    at[v] = first
    for (let l = 0; l < layers; l++) {
      let reached = 0
      for (let p = 0; p < layers && reached === 0; p++) if (above[p] === 1 && agrees(v, p, l)) reached = 1
      ;(alive[v] as Uint8Array)[l] = reached
    }
    agree()
  }

  const position = (v: number, l: number) => l * space.size + (at[v] as number)
  const venueOf = (v: number, l: number) => demand.visits[v]?.venues[space.venue[position(v, l)] as number] as Venue
  const keepFirst = (v: number, compare: (x: number, y: number) => number): void => {
    const set = alive[v] as Uint8Array
    const list = layersOf(set)
    if (list.length < 2) return
    const best = list.reduce((x, y) => (compare(y, x) < 0 ? y : x))
    for (const l of list) if (compare(l, best) > 0) set[l] = 0
    agree()
  }
  for (let v = 0; v < count; v++)
    keepFirst(v, (x, y) =>
      venueOf(v, x).site < venueOf(v, y).site ? -1 : venueOf(v, x).site > venueOf(v, y).site ? 1 : 0,
    )
  for (let v = 0; v < count; v++) {
    const visit = demand.visits[v]
    if (!visit || visit.block === null) continue
    const slot = (space.start[at[v] as number] as number) / r.clock.grid
    const staff = (l: number) =>
      cheapestStaffing(venueOf(v, l), visit.visit.needs.length, slot, space.layers[l] as Calendar)?.res ?? []
    keepFirst(v, (x, y) => compareStaff(staff(x), staff(y)))
  }
  return { cost, at, layer: Int32Array.from(alive, (set) => layersOf(set)[0] ?? 0) }
}

const layersOf = (set: Uint8Array): number[] => Array.from(set.keys()).filter((l) => set[l] === 1)

/** Least value over positions and layers, and the first position that has it. */
function leastFrom(
  { space, best }: Relaxation,
  lo: number,
  hi: number,
  fee: (layer: number) => number,
): [number, number] {
  let least = Infinity
  let first = hi
  for (let l = 0; l < space.layers.length; l++) {
    const extra = fee(l)
    if (extra === Infinity) continue
    for (let i = lo; i <= hi; i++) {
      const value = (best[l * space.size + i] as number) + extra
      if (value < least || (value === least && i < first && value < Infinity)) {
        least = value
        first = i
      }
    }
  }
  return [least, first]
}
