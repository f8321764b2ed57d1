/**
 * Rule: who may hold the claims of one visit. Claims with the same `as` are the same person, different ones different persons; the role
 * fits; the licence covers the date; a person's doses of the day are within the limit. Pure.
 */
import { type Calendar, type Compiled, type Part, startsOf } from '../calendar.ts'
import { type Bits, clear, fill } from '../grid.ts'
import { claimName, isRoomNeed, type Need, type ProblemPatient, type ProtocolVisit, servesAt } from '../problem.ts'

/** One way to fill a group: a person, and the resource of theirs for each of the group's needs. */
export type Option = {
  readonly person: string
  readonly res: readonly Calendar[]
  /** Points, all claims of the group together. */
  readonly price: number
  readonly starts: Bits
}

/** Claims that one person fills. */
export type Group = {
  readonly name: string
  /** Indices into the visit's needs. */
  readonly needs: readonly number[]
  /** Which of them bind therapist continuity. */
  readonly leads: readonly number[]
  /** Cheapest first, then by resource ids. */
  readonly options: readonly Option[]
}

/** Resources that one need may not take (`banOf`): how the search resolves two claims on one resource. */
export type Bans = ReadonlySet<string>
export const banOf = (visit: ProtocolVisit, need: number, resource: string): string => `${visit.id}/${need}/${resource}`

/** The groups of a visit held at a clinic; rooms are left out of a remote one. */
export function groupsOf(
  compiled: Compiled,
  patient: ProblemPatient,
  visit: ProtocolVisit,
  site: string,
  remote: boolean,
  bans: Bans,
): Group[] {
  const names = new Map<string, number[]>()
  visit.needs.forEach((need, i) => {
    if (remote && isRoomNeed(need)) return
    const name = need.as === undefined ? `#${i}` : `as ${need.as}`
    const known = names.get(name)
    if (known) known.push(i)
    else names.set(name, [i])
  })
  return [...names].map(([name, needs]) => ({
    name,
    needs,
    leads: needs.filter((i) => visit.needs[i]?.lead),
    options: optionsOf(compiled, patient, visit, { site, remote }, needs, bans),
  }))
}

/** Where a visit is held, and whether remotely. */
type Place = { readonly site: string; readonly remote: boolean }

function optionsOf(
  compiled: Compiled,
  patient: ProblemPatient,
  visit: ProtocolVisit,
  place: Place,
  indices: readonly number[],
  bans: Bans,
): Option[] {
  const needs = indices.map((i) => visit.needs[i] as Need)
  const options: Option[] = []
  const servants = (position: number) =>
    [...new Set(needs[position]?.roles)]
      .flatMap((role) => compiled.byRole.get(role) ?? [])
      .filter((c) => c.sites.has(place.site) && !bans.has(banOf(visit, indices[position] as number, c.resource.id)))
  const extend = (res: Calendar[]): void => {
    if (res.length === needs.length) {
      const option = optionOf(compiled, patient, visit, place, needs, res)
      if (option) options.push(option)
      return
    }
    for (const calendar of servants(res.length)) if (calendar.person === res[0]?.person) extend([...res, calendar])
  }
  for (const calendar of servants(0)) extend([calendar])
  return options.sort((x, y) => x.price - y.price || byRank(x.res, y.res))
}

function byRank(x: readonly Calendar[], y: readonly Calendar[]): number {
  for (let i = 0; i < x.length; i++) {
    const difference = (x[i]?.rank ?? 0) - (y[i]?.rank ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function optionOf(
  compiled: Compiled,
  patient: ProblemPatient,
  visit: ProtocolVisit,
  place: Place,
  needs: readonly Need[],
  res: readonly Calendar[],
): Option | undefined {
  const { clock } = compiled
  let starts: Bits | null = null
  let own = false
  let price = 0
  for (const calendar of new Set(res)) {
    const parts = needs.filter((_, i) => res[i] === calendar)
    const free = startsOf(calendar, clock, place.site, parts.length === 1 ? parts.map(onePart) : lanedParts(parts))
    if (!free) return undefined
    if (starts === null) starts = free
    else {
      starts = starts.map((word, w) => word & (free[w] as number))
      own = true
    }
    price += calendar.resource.price * parts.length
  }
  if (starts === null) return undefined
  const restrict = (allowed: Bits | undefined): void => {
    if (!allowed || starts === null) return
    if (!own) starts = starts.slice()
    own = true
    for (let w = 0; w < starts.length; w++) starts[w] = (starts[w] as number) & (allowed[w] as number)
  }
  needs.forEach((need, i) => {
    restrict(licensedStarts(compiled, patient, visit, place, need, res[i] as Calendar))
  })
  if (visit.dose) for (const calendar of new Set(res)) restrict(startsWithinLimit(compiled, calendar))
  return { person: (res[0] as Calendar).person, res, price, starts }
}

const onePart = (need: Need): Part => ({ from: need.from, to: need.to, lanes: 1 })

/** Parts that overlap take several lanes at once: cut where the count changes. */
function lanedParts(needs: readonly Need[]): Part[] {
  const cuts = [...new Set(needs.flatMap((n) => [n.from, n.to]))].sort((a, b) => a - b)
  const pieces = cuts.slice(1).map((to, i): Part => {
    const from = cuts[i] as number
    return { from, to, lanes: needs.filter((n) => n.from <= from && to <= n.to).length }
  })
  return [...needs.map(onePart), ...pieces.filter((p) => p.lanes > 1)]
}

/** Rule: only named candidates serve a claim, on dates their licence covers, where it does. Undefined: no restriction. */
function licensedStarts(
  { clock }: Compiled,
  patient: ProblemPatient,
  visit: ProtocolVisit,
  { site, remote }: Place,
  need: Need,
  calendar: Calendar,
): Bits | undefined {
  const listed = patient.candidates?.[visit.id]?.[claimName(need)]
  if (!listed) return undefined
  const mine = listed.filter((c) => c.id === calendar.resource.id && servesAt(c, site, remote))
  if (mine.some((c) => c.until === undefined && c.since === undefined)) return undefined
  const allowed = new Uint32Array(clock.words)
  for (const { since = 0, until = Infinity } of mine)
    fill(allowed, clock, Math.ceil(since / clock.grid), Math.min(clock.slots, Math.floor(until / clock.grid)))
  return allowed
}

/** Rule: no more doses per local day than the resource's limit, those already booked included. Undefined: no restriction. */
function startsWithinLimit({ clock, problem }: Compiled, { resource }: Calendar): Bits | undefined {
  const limit = problem.maxPerDay?.[resource.id]
  if (limit === undefined) return undefined
  const booked = problem.dosesBooked?.[resource.id] ?? {}
  const full = clock.dates.flatMap((date, day) => ((booked[date] ?? 0) >= limit ? [day] : []))
  if (full.length === 0) return undefined
  const allowed = new Uint32Array(clock.words).fill(0xffffffff)
  for (const day of full) {
    const first = day === 0 ? 0 : Math.ceil((clock.dayStart[day] as number) / clock.grid)
    const next = clock.dayStart[day + 1]
    clear(allowed, clock, first, next === undefined ? clock.slots - 1 : Math.ceil(next / clock.grid) - 1)
  }
  return allowed
}
