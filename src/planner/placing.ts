/** A complete placement in the planner's own terms, its staffing, and the documented order among placements. Pure. */
import type { Demand } from './demand.ts'
import type { Placement } from './relaxation.ts'
import type { PlacedVisit } from './rules/lanes.ts'
import type { Layer, Space } from './space.ts'
import { cheapestStaffing, compareStaff } from './staffing.ts'
import type { Venue } from './venue.ts'

export type Placing = {
  /** Points without what fixed visits cost. */
  readonly cost: number
  /** Per visit to be placed: its start (minutes), local day, where, and with whom. */
  readonly starts: readonly number[]
  readonly days: readonly number[]
  readonly venues: readonly Venue[]
  readonly leads: readonly Layer[]
  /** With the cheapest staff; computed when first asked for. */
  readonly visits: readonly PlacedVisit[]
  /** Local day of the earliest visit. */
  readonly firstDay: number
}

export function placingOf(demand: Demand, space: Space, { cost, at, layer }: Placement): Placing {
  const { grid } = demand.compiled.clock
  const starts = Array.from(at, (i) => space.start[i] as number)
  const days = Array.from(at, (i) => space.day[i] as number)
  const venues: Venue[] = []
  const leads: Layer[] = []
  demand.visits.forEach(({ venues: choices, block }, v) => {
    const position = (layer[v] as number) * space.size + (at[v] as number)
    venues.push(choices[space.venue[position] as number] as Venue)
    leads.push(block === null ? null : (space.layers[layer[v] as number] as Layer))
  })
  const staffed = () =>
    demand.visits.map(({ visit }, v): PlacedVisit => {
      const start = starts[v] as number
      const found = cheapestStaffing(venues[v] as Venue, visit.needs.length, start / grid, leads[v] as Layer)
      return { visit, start, res: found?.res ?? [] }
    })
  let visits: readonly PlacedVisit[] | undefined
  return {
    cost,
    starts,
    days,
    venues,
    leads,
    get visits() {
      visits ??= staffed()
      return visits
    },
    firstDay: Math.min(...days),
  }
}

/** Cost, then starts in visit order, then sites, then resources in need order. Negative: x comes first. */
export function comparePlacings(x: Placing, y: Placing): number {
  if (x.cost !== y.cost) return x.cost - y.cost
  for (let v = 0; v < x.starts.length; v++) {
    const difference = (x.starts[v] as number) - (y.starts[v] as number)
    if (difference !== 0) return difference
  }
  for (let v = 0; v < x.venues.length; v++) {
    const [siteX, siteY] = [x.venues[v]?.site ?? '', y.venues[v]?.site ?? '']
    if (siteX !== siteY) return siteX < siteY ? -1 : 1
  }
  for (let v = 0; v < x.visits.length; v++) {
    const difference = compareStaff(x.visits[v]?.res ?? [], y.visits[v]?.res ?? [])
    if (difference !== 0) return difference
  }
  return 0
}
