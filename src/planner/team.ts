/**
 * Who may lead, and what that alone says: the starts left to each visit, and a first bound on the cost, before any search. Under `program`
 * each therapist is a team of one; under `pair` all of them are one team, which hands over. Pure. Minutes; points.
 */
import type { Calendar } from './calendar.ts'
import { type Demand, leadsOf } from './demand.ts'
import { type Bits, highestBit, lowestBit } from './grid.ts'
import { narrow, type Starts, type Windows } from './narrow.ts'
import type { Layer } from './space.ts'
import type { Venue } from './venue.ts'

export type Team = {
  readonly layers: readonly Layer[]
  /** Who leads the first led visit, when that is settled. */
  readonly firstLead: Calendar | undefined
}

/** `only`: the therapist asked for, who then holds every lead claim. */
export function teamsOf(demand: Demand, only?: string): Team[] {
  const { visits, protocol } = demand
  if (visits.every((v) => v.block === null)) return [{ layers: [null], firstLead: undefined }]
  const leads = leadsOf(demand).filter((lead) => only === undefined || lead.resource.id === only)
  if (protocol.continuity !== 'pair') return leads.map((lead) => ({ layers: [lead], firstLead: undefined }))
  const twice = visits.some((v) => v.venues.every((venue) => venue.groups.some((g) => g.leads.length > 0)))
  return leads.length === 0 || (only !== undefined && twice) ? [] : [{ layers: leads, firstLead: undefined }]
}

export const teamsByFirstLead = ({ layers }: Team): Team[] =>
  layers.map((lead) => ({ layers, firstLead: lead ?? undefined }))

/** Where a team's plans can lie: every plan starts its visits within the windows and costs at least `bound`. */
export type Outlook = { readonly windows: Windows; readonly bound: number; readonly starts: Starts }

/** Undefined: the team has no plan. */
export function outlookOf(demand: Demand, team: Team): Outlook | undefined {
  const { clock } = demand.compiled
  const starts = teamStarts(demand, team)
  const windows = {
    lo: new Float64Array(demand.visits.length).fill(-Infinity),
    hi: new Float64Array(demand.visits.length).fill(Infinity),
  }
  if (!narrow(clock, demand.relations, windows, starts)) return undefined
  let bound = 0
  demand.visits.forEach((visit, v) => {
    const day = clock.dayOfSlot[(windows.lo[v] as number) / clock.grid] as number
    bound += visit.pointsPerDay * (day - demand.dates.readyDay) + leastPoints(visit.venues, team.layers)
  })
  return { windows, bound, starts }
}

/** The windows outside of which a plan would cost more than `most`; undefined: no plan costs that little. */
export function withinCost(demand: Demand, { windows, bound, starts }: Outlook, most: number): Windows | undefined {
  const { clock } = demand.compiled
  const trimmed = { lo: windows.lo.slice(), hi: windows.hi.slice() }
  let cut = false
  demand.visits.forEach(({ pointsPerDay }, v) => {
    if (pointsPerDay === 0) return
    const day = clock.dayOfSlot[(windows.lo[v] as number) / clock.grid] as number
    const next = clock.dayStart[day + Math.floor((most - bound) / pointsPerDay) + 1]
    if (next === undefined || next > (trimmed.hi[v] as number)) return
    trimmed.hi[v] = next - 1
    cut = true
  })
  if (!cut) return windows
  return narrow(clock, demand.relations, trimmed, starts) ? trimmed : undefined
}

function leastPoints(venues: readonly Venue[], layers: readonly Layer[]): number {
  let least = Infinity
  for (const venue of venues) {
    let lead = venue.leads ? Infinity : 0
    if (venue.leads)
      for (const layer of layers) if (layer) lead = Math.min(lead, venue.leads.get(layer)?.least ?? Infinity)
    least = Math.min(least, venue.points + venue.least + lead)
  }
  return least
}

/** A visit's bitmaps: it may start where, for one of its venues, both have the start. */
type Pair = { readonly open: Bits; readonly lead: Bits }

function teamStarts(demand: Demand, { layers, firstLead }: Team): Starts {
  const { grid, slots } = demand.compiled.clock
  const firstLed = demand.visits.findIndex((v) => v.block !== null)
  const pairs = demand.visits.map(({ venues }, v) => {
    const who = firstLead && v === firstLed ? [firstLead] : layers
    return venues.flatMap((venue): Pair[] => {
      if (!venue.leads) return [{ open: venue.open, lead: venue.open }]
      const lead = anyLead(venue, who)
      return lead ? [{ open: venue.open, lead }] : []
    })
  })
  return {
    firstFrom(visit, minute) {
      if (minute > slots * grid) return Infinity
      const slot = firstSlot(pairs[visit] as Pair[], Math.max(0, Math.ceil(minute / grid)), slots)
      return slot < 0 ? Infinity : slot * grid
    },
    lastUpTo(visit, minute) {
      const slot = lastSlot(pairs[visit] as Pair[], Math.min(slots - 1, Math.floor(minute / grid)))
      return slot < 0 ? -Infinity : slot * grid
    },
  }
}

function anyLead({ leads }: Venue, layers: readonly Layer[]): Bits | undefined {
  let union: Bits | undefined
  let own = false
  for (const layer of layers) {
    const starts = layer ? leads?.get(layer)?.starts : undefined
    if (!starts) continue
    if (!union) {
      union = starts
      continue
    }
    if (!own) union = union.slice()
    own = true
    for (let w = 0; w < starts.length; w++) union[w] = (union[w] as number) | (starts[w] as number)
  }
  return union
}

function firstSlot(pairs: readonly Pair[], from: number, slots: number): number {
  let mask = 0xffffffff << (from & 31)
  for (let w = from >>> 5; w << 5 < slots; w++) {
    let word = 0
    for (const { open, lead } of pairs) word |= (open[w] as number) & (lead[w] as number)
    word &= mask
    if (word !== 0) return (w << 5) + lowestBit(word)
    mask = 0xffffffff
  }
  return -1
}

function lastSlot(pairs: readonly Pair[], to: number): number {
  if (to < 0) return -1
  let mask = 0xffffffff >>> (31 - (to & 31))
  for (let w = to >>> 5; w >= 0; w--) {
    let word = 0
    for (const { open, lead } of pairs) word |= (open[w] as number) & (lead[w] as number)
    word &= mask
    if (word !== 0) return (w << 5) + highestBit(word)
    mask = 0xffffffff
  }
  return -1
}
