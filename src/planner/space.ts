/**
 * The candidate starts of every visit under a choice of lead therapists, as flat sorted lists with what each start costs. One layer per
 * therapist who may lead: a single one under `program`, all of them under `pair`. Pure. Minutes, local days, points.
 */
import type { Calendar } from './calendar.ts'
import type { Demand, FreeVisit } from './demand.ts'
import { has, lowestBit } from './grid.ts'
import type { Starts, Windows } from './narrow.ts'
import { cheapestStaffing, comesBefore, groupPrice } from './staffing.ts'
import type { Team } from './team.ts'
import type { Venue } from './venue.ts'

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
  readonly venue: Uint16Array
  readonly size: number
  readonly starts: Starts
}

export function spaceOf(demand: Demand, { layers, firstLead }: Team, windows: Windows): Space {
  const { grid, slots, dayOfSlot } = demand.compiled.clock
  const count = demand.visits.length
  const offset = new Int32Array(count + 1)
  const found: number[] = []
  for (let v = 0; v < count; v++) {
    const visit = demand.visits[v] as FreeVisit
    const first = Math.max(0, Math.ceil((windows.lo[v] as number) / grid))
    const last = Math.min(slots - 1, Math.floor((windows.hi[v] as number) / grid))
    collectSlots(visit, visit.block === null ? NOBODY : layers, first, last, found)
    offset[v + 1] = found.length
  }
  const size = found.length
  const start = new Int32Array(size)
  const day = new Int32Array(size)
  for (let i = 0; i < size; i++) {
    const slot = found[i] as number
    start[i] = slot * grid
    day[i] = dayOfSlot[slot] as number
  }
  const cost = new Float64Array(size * layers.length)
  const venue = new Uint16Array(size * layers.length)
  const space = { layers, offset, start, day, cost, venue, size, starts: listedStarts(offset, start) }
  const firstLed = demand.visits.findIndex((v) => v.block !== null)
  for (let v = 0; v < count; v++) {
    const visit = demand.visits[v] as FreeVisit
    const [lo, hi] = [offset[v] as number, offset[v + 1] as number]
    for (let l = 0; l < layers.length; l++) {
      const base = l * size
      const layer = layers[l] as Layer
      if (v === firstLed && firstLead && layer !== firstLead) cost.fill(Infinity, base + lo, base + hi)
      else if (visit.block === null && l > 0) {
        cost.copyWithin(base + lo, lo, hi)
        venue.copyWithin(base + lo, lo, hi)
      } else price(demand, visit, visit.block === null ? null : layer, space, base, lo, hi)
    }
  }
  return space
}

const NOBODY: readonly Layer[] = [null]

function collectSlots(visit: FreeVisit, layers: readonly Layer[], first: number, last: number, into: number[]): void {
  const pairs = visit.venues.flatMap((venue) =>
    layers.flatMap((layer) => {
      const lead = venue.leads ? (layer ? venue.leads.get(layer)?.starts : undefined) : venue.open
      return lead ? [venue.open, lead] : []
    }),
  )
  const lastWord = last >>> 5
  for (let w = first >>> 5; w <= lastWord; w++) {
    let word = 0
    for (let p = 0; p < pairs.length; p += 2)
      word |= ((pairs[p] as Uint32Array)[w] as number) & ((pairs[p + 1] as Uint32Array)[w] as number)
    if (word === 0) continue
    if (w === first >>> 5) word &= 0xffffffff << (first & 31)
    if (w === lastWord) word &= 0xffffffff >>> (31 - (last & 31))
    for (; word !== 0; word &= word - 1) into.push((w << 5) + lowestBit(word))
  }
}

/** Writes the cheapest venue of each start; the first by clinic, then by people and rooms, in person before remote, among equals. */
function price(
  demand: Demand,
  visit: FreeVisit,
  layer: Layer,
  space: Space,
  base: number,
  lo: number,
  hi: number,
): void {
  const { clock, problem } = demand.compiled
  const { start, day, cost, venue } = space
  const { pointsPerDay, preferred, venues } = visit
  const offPreference = problem.weights.offPreference ?? 0
  const flat = venues.map((v) => flatPrice(v, layer))
  for (let i = lo; i < hi; i++) {
    const slot = (start[i] as number) / clock.grid
    let best = Infinity
    for (let k = 0; k < venues.length; k++) {
      const choice = venues[k] as Venue
      const staff = flat[k] ?? staffPrice(choice, visit.visit.needs.length, layer, slot)
      const points = choice.points + staff
      const tied = points === best
      if (tied ? !visit.twoStaffs : points > best) continue
      if (!has(choice.open, slot) || !leads(choice, layer, slot)) continue
      if (tied && !comesFirst(visit, k, venue[base + i] as number, layer, slot)) continue
      best = points
      venue[base + i] = k
    }
    if (preferred && !has(preferred, slot)) best += offPreference
    cost[base + i] = best + pointsPerDay * ((day[i] as number) - demand.dates.readyDay)
  }
}

/** Of two modalities at one clinic that cost the same, does the one that is looked at later have the earlier people and rooms? */
function comesFirst({ venues, visit }: FreeVisit, later: number, earlier: number, layer: Layer, slot: number): boolean {
  const [x, y] = [venues[later], venues[earlier]]
  if (!x || !y || x.site !== y.site) return false
  const [staffX, staffY] = [x, y].map((venue) => cheapestStaffing(venue, visit.needs.length, slot, layer))
  return staffX !== undefined && staffY !== undefined && comesBefore(staffX.res, staffY.res)
}

function leads(venue: Venue, layer: Layer, slot: number): boolean {
  if (!venue.leads) return true
  const lead = layer ? venue.leads.get(layer) : undefined
  return lead !== undefined && has(lead.starts, slot)
}

/** Points for the people and rooms when they are the same at every start. */
function flatPrice(venue: Venue, layer: Layer): number | undefined {
  if (venue.coupled || venue.flat === undefined) return undefined
  if (!venue.leads) return venue.flat
  const lead = layer ? venue.leads.get(layer) : undefined
  if (!lead) return Infinity
  return lead.options.length === 1 ? venue.flat + lead.least : undefined
}

/** Points for the people and rooms at one start; infinite when somebody is missing. */
function staffPrice(venue: Venue, needs: number, layer: Layer, slot: number): number {
  if (venue.coupled) return cheapestStaffing(venue, needs, slot, layer)?.price ?? Infinity
  let points = 0
  if (venue.leads) {
    const lead = layer ? venue.leads.get(layer) : undefined
    const option = lead?.options.find((o) => has(o.starts, slot))
    if (!option) return Infinity
    points = option.price
  }
  for (const group of venue.groups) points += groupPrice(group, slot)
  return points
}

/** The lists' own starts, to narrow windows on them. */
function listedStarts(offset: Int32Array, start: Int32Array): Starts {
  return {
    firstFrom(visit, minute) {
      const at = firstPosition(start, offset[visit] as number, offset[visit + 1] as number, minute)
      return at < (offset[visit + 1] as number) ? (start[at] as number) : Infinity
    },
    lastUpTo(visit, minute) {
      const at = firstPosition(start, offset[visit] as number, offset[visit + 1] as number, minute + 1) - 1
      return at >= (offset[visit] as number) ? (start[at] as number) : -Infinity
    },
  }
}

/** First position in [first, end) whose start is at least `from`; `end` if none. */
export function firstPosition(start: Int32Array, first: number, end: number, from: number): number {
  let low = first
  let high = end
  while (low < high) {
    const middle = (low + high) >> 1
    if ((start[middle] as number) < from) low = middle + 1
    else high = middle
  }
  return low
}
