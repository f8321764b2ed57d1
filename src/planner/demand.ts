/**
 * What must be placed for one patient: the visits that are not fixed, where each may be held and by whom, the relations between them, and
 * the starts that suit everybody but the lead therapist. Pure. Minutes since the problem's epoch; points.
 */
import type { Calendar, Compiled } from './calendar.ts'
import { type DateCost, dateCost, dateCostOf } from './cost.ts'
import { andInto, type Bits, dayOf } from './grid.ts'
import type { FixedVisit, ProblemPatient, Protocol, ProtocolVisit } from './problem.ts'
import { type Bans, type Group, groupsOf, type Option } from './rules/claims.ts'
import { leadBlocks } from './rules/continuity.ts'
import * as lag from './rules/lag.ts'
import { patientStarts, preferredStarts, sessionStarts } from './rules/patient-time.ts'

/** How one therapist fills the lead's group of a visit. */
export type LeadStaff = {
  readonly options: readonly Option[]
  readonly starts: Bits
  /** Least points. */
  readonly least: number
}

/** One clinic and modality in which a visit may be held. */
export type Venue = {
  readonly site: string
  readonly remote: boolean
  /** Travel and in-person points. */
  readonly points: number
  /** The groups other than the lead's. */
  readonly groups: readonly Group[]
  /** How each therapist may fill the lead's group; null: the visit has no lead. */
  readonly leads: ReadonlyMap<Calendar, LeadStaff> | null
  /** The needs that the lead's group fills. */
  readonly leadNeeds: readonly number[]
  /** Least points of those groups together. */
  readonly least: number
  /** Their points when they are the same at every start. */
  readonly flat: number | undefined
  /** One person could serve two groups: staffing must be solved start by start. */
  readonly coupled: boolean
  /** Starts that suit the patient, the session times and every group but the lead's. */
  readonly open: Bits
}

/** A visit to be placed. */
export type FreeVisit = {
  /** Index in the template. */
  readonly index: number
  readonly visit: ProtocolVisit
  readonly venues: readonly Venue[]
  /** Points per local day from the ready date to the visit. */
  readonly pointsPerDay: number
  /** Which visits share their lead (continuity); null: not led. */
  readonly block: number | null
  /** Starts inside a preferred window; undefined: no preference, or it costs nothing. */
  readonly preferred: Bits | undefined
  /** Bounds on the start, from the fixed visits; inclusive. */
  readonly from: number
  readonly to: number
}

export type Demand = {
  readonly compiled: Compiled
  readonly patient: ProblemPatient
  readonly protocol: Protocol
  readonly dates: DateCost
  readonly visits: readonly FreeVisit[]
  /** Between positions in `visits`. */
  readonly relations: readonly lag.Relation[]
  /** Points that fixed visits cost already. */
  readonly sunk: { readonly wait: number; readonly completion: number }
  /** Every therapist who may lead a visit, by id. */
  readonly leads: readonly Calendar[]
  readonly continuity: 'program' | 'pair'
  readonly onlyLead: string | undefined
}

/** Undefined: the fixed visits alone already break a rule. */
export function demandOf(compiled: Compiled, patientId: string, onlyLead?: string): Demand | undefined {
  const { problem, clock } = compiled
  const patient = problem.patients.find((p) => p.id === patientId)
  const protocol = patient && problem.protocols[patient.protocol]
  if (!patient || !protocol) throw new Error(`no patient ${patientId} with a known protocol`)
  const relations = lag.relationsOf(protocol)
  const fixedAt = protocol.visits.map((v) => patient.fixed?.[v.id])
  if (!fixedVisitsAgree(compiled, protocol, fixedAt, relations)) return undefined

  const dates = dateCostOf(clock, problem, patient, protocol)
  const sunk = { wait: 0, completion: 0 }
  fixedAt.forEach((fixed, i) => {
    if (!fixed) return
    const points = dateCost(dates, i, dayOf(clock, fixed.start), true)
    sunk.wait += points.wait
    sunk.completion += points.completion
  })

  const free = protocol.visits.flatMap((_, i) => (fixedAt[i] ? [] : [i]))
  const position = new Map(free.map((index, k) => [index, k]))
  const blocks = leadBlocks(free.map((i) => protocol.visits[i] as ProtocolVisit))
  const visits = free.map((index, k): FreeVisit => {
    const visit = protocol.visits[index] as ProtocolVisit
    const [from, to] = boundsFromFixed(compiled, index, fixedAt, relations)
    const bare = { visit, from, to }
    const preferred = problem.weights.offPreference ? preferredStarts(clock, patient, visit.dur) : undefined
    const pointsPerDay =
      (index === dates.firstDose ? dates.waitPerDay : 0) + (index === dates.last ? dates.completionPerDay : 0)
    return {
      ...bare,
      index,
      block: blocks[k] ?? null,
      pointsPerDay,
      preferred,
      venues: venuesOf(compiled, patient, protocol, bare, onlyLead, new Set()),
    }
  })
  const between = relations.flatMap((r) => {
    const a = position.get(r.a)
    const b = position.get(r.b)
    return a === undefined || b === undefined ? [] : [{ ...r, a, b }]
  })
  const leads = new Set(visits.flatMap((v) => v.venues.flatMap((venue) => [...(venue.leads?.keys() ?? [])])))
  return {
    compiled,
    patient,
    protocol,
    dates,
    visits,
    relations: between,
    sunk,
    leads: [...leads].sort((x, y) => x.rank - y.rank),
    continuity: protocol.continuity ?? 'program',
    onlyLead,
  }
}

/** The demand with resources barred from some visits. */
export const withBans = (demand: Demand, bans: Bans): Demand => ({
  ...demand,
  visits: demand.visits.map((v) => {
    if (![...bans].some((ban) => ban.startsWith(`${v.visit.id}/`))) return v
    return { ...v, venues: venuesOf(demand.compiled, demand.patient, demand.protocol, v, demand.onlyLead, bans) }
  }),
})

function fixedVisitsAgree(
  { clock }: Compiled,
  protocol: Protocol,
  fixedAt: readonly (FixedVisit | undefined)[],
  relations: readonly lag.Relation[],
): boolean {
  const day = (f: FixedVisit) => dayOf(clock, f.start)
  for (const r of relations) {
    const [a, b] = [fixedAt[r.a], fixedAt[r.b]]
    if (a && b && !lag.keeps(r, a.start, day(a), b.start, day(b))) return false
  }
  return fixedAt.every((a, i) =>
    fixedAt.every((b, j) => {
      if (!a || !b || i >= j) return true
      return a.start >= b.start + (protocol.visits[j]?.dur ?? 0) || b.start >= a.start + (protocol.visits[i]?.dur ?? 0)
    }),
  )
}

function boundsFromFixed(
  { clock }: Compiled,
  index: number,
  fixedAt: readonly (FixedVisit | undefined)[],
  relations: readonly lag.Relation[],
): [number, number] {
  let from = -Infinity
  let to = Infinity
  for (const r of relations) {
    const before = r.b === index ? fixedAt[r.a] : undefined
    const after = r.a === index ? fixedAt[r.b] : undefined
    if (before) {
      const day = dayOf(clock, before.start)
      from = Math.max(from, lag.earliestAfter(clock, r, before.start, day))
      to = Math.min(to, lag.latestAfter(clock, r, before.start, day))
    }
    if (after) {
      const day = dayOf(clock, after.start)
      from = Math.max(from, lag.earliestBefore(clock, r, after.start, day))
      to = Math.min(to, lag.latestBefore(clock, r, after.start, day))
    }
  }
  return [from, to]
}

function venuesOf(
  compiled: Compiled,
  patient: ProblemPatient,
  protocol: Protocol,
  { visit, from, to }: Pick<FreeVisit, 'visit' | 'from' | 'to'>,
  onlyLead: string | undefined,
  bans: Bans,
): Venue[] {
  const { clock, problem } = compiled
  const suits = patientStarts(clock, problem, patient, protocol, visit, from, to)
  const venues: Venue[] = []
  for (const site of [...problem.sites].sort((a, b) => (a < b ? -1 : 1))) {
    const travel = patient.travel[site]
    if (travel === null || travel === undefined) continue
    const session = sessionStarts(clock, problem, visit, site)
    for (const remote of [false, true]) {
      if (remote ? !visit.remote : visit.remote === 'only') continue
      const all = groupsOf(compiled, patient, visit, site, remote, bans).map((g) => ledBy(g, onlyLead))
      const leadNeed = visit.needs.findLastIndex((n) => n.lead)
      const leadGroup = all.find((g) => g.leads.includes(leadNeed))
      if (protocol.continuity !== 'pair' && all.some((g) => g !== leadGroup && g.leads.length > 0)) continue
      const groups = all.filter((g) => g !== leadGroup)
      const open = suits.slice()
      if (session) andInto(open, session)
      for (const group of groups) andInto(open, anyOf(group.options, clock.words))
      venues.push({
        site,
        remote,
        points: remote ? 0 : travel + (visit.remote === 'may' ? (problem.weights.inPerson ?? 0) : 0),
        groups,
        least: groups.reduce((sum, g) => sum + (g.options[0]?.price ?? Infinity), 0),
        flat: groups.every((g) => g.options[0]?.price === g.options.at(-1)?.price)
          ? groups.reduce((sum, g) => sum + (g.options[0]?.price ?? 0), 0)
          : undefined,
        leads: leadGroup ? staffByLead(leadGroup, leadNeed, protocol.continuity === 'pair', clock.words) : null,
        leadNeeds: leadGroup?.needs ?? [],
        coupled: sharesPersons(all),
        open,
      })
    }
  }
  return venues
}

/** Rule: when a therapist is asked for, only that one holds lead claims. */
const ledBy = (group: Group, onlyLead: string | undefined): Group =>
  onlyLead === undefined || group.leads.length === 0
    ? group
    : { ...group, options: group.options.filter((o) => group.leads.every((n) => holder(group, o, n) === onlyLead)) }

const holder = (group: Group, option: Option, need: number) => option.res[group.needs.indexOf(need)]?.resource.id

function staffByLead(group: Group, leadNeed: number, pair: boolean, words: number): Map<Calendar, LeadStaff> {
  const byLead = new Map<Calendar, Option[]>()
  for (const option of group.options) {
    const lead = option.res[group.needs.indexOf(leadNeed)] as Calendar
    if (!pair && group.leads.some((n) => holder(group, option, n) !== lead.resource.id)) continue
    const known = byLead.get(lead)
    if (known) known.push(option)
    else byLead.set(lead, [option])
  }
  return new Map(
    [...byLead].map(([lead, options]) => [
      lead,
      {
        options,
        starts: options.length === 1 ? (options[0] as Option).starts : anyOf(options, words),
        least: options[0]?.price ?? 0,
      },
    ]),
  )
}

function sharesPersons(groups: readonly Group[]): boolean {
  const seen = new Map<string, Group>()
  for (const group of groups)
    for (const { person } of group.options) {
      const other = seen.get(person)
      if (other && other !== group) return true
      seen.set(person, group)
    }
  return false
}

export function anyOf(options: readonly Option[], words: number): Bits {
  const bits = new Uint32Array(words)
  for (const { starts } of options)
    for (let w = 0; w < words; w++) bits[w] = (bits[w] as number) | (starts[w] as number)
  return bits
}
