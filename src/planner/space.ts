/**
 * The candidate starts of every visit under a choice of lead therapists, as flat sorted lists with what each start costs. One layer per
 * therapist who may lead: a single one under `program`, all of them under `pair`. Pure. Minutes, local days, points.
 */
import type { Calendar } from './calendar.ts'
import { dateCost } from './cost.ts'
import type { Demand, FreeVisit, Venue } from './demand.ts'
import { has, lowestBit } from './grid.ts'
import { cheapestStaffing, groupPrice } from './staffing.ts'

export type Layer = Calendar | null

export type Space = {
  readonly layers: readonly Layer[]
  /** Visit v's starts are at offset[v] … offset[v + 1] − 1. */
  readonly offset: Int32Array
  readonly start: Int32Array
  readonly day: Int32Array
  /** cost[layer × size + position]; infinite where the layer's therapist cannot. */
  readonly cost: Float64Array
  /** Index of the venue that the cost is for. */
  readonly venue: Uint8Array
  readonly size: number
}

/** Bounds per visit on the start, in minutes, inclusive. */
export type Windows = { readonly lo: Float64Array; readonly hi: Float64Array }

/** `firstLead`: who leads the first led visit, when that is settled. */
export function spaceOf(demand: Demand, layers: readonly Layer[], windows: Windows, firstLead?: Calendar): Space {
  const { clock } = demand.compiled
  const count = demand.visits.length
  const offset = new Int32Array(count + 1)
  const slots: number[] = []
  demand.visits.forEach((visit, v) => {
    const first = Math.max(0, Math.ceil((windows.lo[v] as number) / clock.grid))
    const last = Math.min(clock.slots - 1, Math.floor((windows.hi[v] as number) / clock.grid))
    for (let w = first >>> 5; w <= last >>> 5; w++) {
      let word = 0
      for (const layer of visit.block === null ? [null] : layers)
        for (const venue of visit.venues) word |= openWord(venue, layer, w)
      for (; word !== 0; word &= word - 1) {
        const slot = (w << 5) + lowestBit(word)
        if (slot >= first && slot <= last) slots.push(slot)
      }
    }
    offset[v + 1] = slots.length
  })
  const size = slots.length
  const space: Space = {
    layers,
    offset,
    start: new Int32Array(size),
    day: new Int32Array(size),
    cost: new Float64Array(size * layers.length),
    venue: new Uint8Array(size * layers.length),
    size,
  }
  const firstLed = demand.visits.findIndex((v) => v.block !== null)
  demand.visits.forEach((visit, v) => {
    for (let i = offset[v] as number; i < (offset[v + 1] as number); i++) {
      const slot = slots[i] as number
      space.start[i] = slot * clock.grid
      space.day[i] = clock.dayOfSlot[slot] as number
      layers.forEach((layer, l) => {
        const at = l * size + i
        if (v === firstLed && firstLead && layer !== firstLead) space.cost[at] = Infinity
        else if (visit.block === null && l > 0) {
          space.cost[at] = space.cost[i] as number
          space.venue[at] = space.venue[i] as number
        } else place(demand, visit, visit.block === null ? null : layer, slot, space, at)
      })
    }
  })
  return space
}

function openWord(venue: Venue, layer: Layer, w: number): number {
  if (!venue.leads) return venue.open[w] as number
  const lead = layer ? venue.leads.get(layer) : undefined
  return lead ? (venue.open[w] as number) & (lead.starts[w] as number) : 0
}

/** Writes the cheapest venue of one start; the first by clinic, in person before remote, among equals. */
function place(demand: Demand, visit: FreeVisit, layer: Layer, slot: number, space: Space, at: number): void {
  let best = Infinity
  let chosen = 0
  visit.venues.forEach((venue, k) => {
    const points = venue.points + venuePrice(venue, visit.visit.needs.length, layer, slot)
    if (points < best) {
      best = points
      chosen = k
    }
  })
  const day = demand.compiled.clock.dayOfSlot[slot] as number
  const dates = dateCost(demand.dates, visit.index, day, false)
  const off = visit.preferred && !has(visit.preferred, slot) ? (demand.compiled.problem.weights.offPreference ?? 0) : 0
  space.cost[at] = best + dates.wait + dates.completion + off
  space.venue[at] = chosen
}

/** Points for the people and rooms of a visit; infinite when somebody is missing. */
export function venuePrice(venue: Venue, needs: number, layer: Layer, slot: number): number {
  if (!has(venue.open, slot)) return Infinity
  if (venue.coupled) return cheapestStaffing(venue, needs, slot, layer)?.price ?? Infinity
  let price = 0
  if (venue.leads) {
    const lead = layer ? venue.leads.get(layer) : undefined
    const option = lead?.options.find((o) => has(o.starts, slot))
    if (!option) return Infinity
    price = option.price
  }
  for (const group of venue.groups) price += groupPrice(group, slot)
  return price
}
