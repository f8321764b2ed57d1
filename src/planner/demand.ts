/**
 * What must be placed for one patient: the visits that are not fixed, where each may be held and by whom, and the relations between them.
 * Pure. Minutes since the problem's epoch; points.
 */
import type { Calendar, Compiled } from './calendar.ts'
import { type DateCost, dateCost, dateCostOf } from './cost.ts'
import { type Bits, dayOf } from './grid.ts'
import type { ProblemPatient, Protocol, ProtocolVisit } from './problem.ts'
import type { Bans } from './rules/claims.ts'
import { leadBlocks } from './rules/continuity.ts'
import { boundsFromFixed, fixedVisitsAgree } from './rules/fixed.ts'
import { type Relation, relationsOf } from './rules/lag.ts'
import { patientStarts, preferredStarts } from './rules/patient-time.ts'
import { type Venue, venuesOf } from './venue.ts'

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
  /** Starts that suit the patient. */
  readonly suits: Bits
  /** Starts inside a preferred window; undefined: no preference, or it costs nothing. */
  readonly preferred: Bits | undefined
  /** Others may serve it in person than remotely. */
  readonly twoStaffs: boolean
}

export type Demand = {
  readonly compiled: Compiled
  readonly patient: ProblemPatient
  readonly protocol: Protocol
  readonly dates: DateCost
  readonly visits: readonly FreeVisit[]
  /** Between positions in `visits`. */
  readonly relations: readonly Relation[]
  /** Points that fixed visits cost already. */
  readonly sunk: { readonly wait: number; readonly completion: number }
}

/** Undefined: the fixed visits alone already break a rule. */
export function demandOf(compiled: Compiled, patientId: string): Demand | undefined {
  const { problem, clock } = compiled
  const patient = problem.patients.find((p) => p.id === patientId)
  const protocol = patient && problem.protocols[patient.protocol]
  if (!patient || !protocol) throw new Error(`no patient ${patientId} with a known protocol`)
  const relations = relationsOf(protocol)
  const fixedAt = protocol.visits.map((v) => patient.fixed?.[v.id])
  if (!fixedVisitsAgree(clock, protocol, fixedAt, relations)) return undefined

  const dates = dateCostOf(clock, problem, patient, protocol)
  const sunk = { wait: 0, completion: 0 }
  fixedAt.forEach((fixed, i) => {
    if (!fixed) return
    const points = dateCost(dates, i, dayOf(clock, fixed.start))
    sunk.wait += points.wait
    sunk.completion += points.completion
  })

  const free = protocol.visits.flatMap((_, i) => (fixedAt[i] ? [] : [i]))
  const blocks = leadBlocks(free.map((i) => protocol.visits[i] as ProtocolVisit))
  const suiting = new Map<string, Bits>()
  const visits = free.map((index, k): FreeVisit => {
    const visit = protocol.visits[index] as ProtocolVisit
    const [from, to] = boundsFromFixed(clock, index, fixedAt, relations)
    const key = `${visit.dur} ${from} ${to} ${patient.latest?.[visit.id]}`
    const suits = suiting.get(key) ?? patientStarts(clock, problem, patient, protocol, visit, from, to)
    suiting.set(key, suits)
    const pointsPerDay =
      (index === dates.firstDose ? dates.waitPerDay : 0) + (index === dates.last ? dates.completionPerDay : 0)
    const preferred = problem.weights.offPreference ? preferredStarts(clock, patient, visit.dur) : undefined
    const venues = venuesOf(compiled, patient, protocol, visit, suits, new Set())
    const listed = Object.values(patient.candidates?.[visit.id] ?? {})
    const twoStaffs = visit.remote === 'may' && listed.some((list) => list.some((c) => c.remote !== undefined))
    return { index, visit, venues, pointsPerDay, block: blocks[k] ?? null, suits, preferred, twoStaffs }
  })
  const position = new Map(free.map((index, k) => [index, k]))
  const between = relations.flatMap((r) => {
    const a = position.get(r.a)
    const b = position.get(r.b)
    return a === undefined || b === undefined ? [] : [{ ...r, a, b }]
  })
  return { compiled, patient, protocol, dates, visits, relations: between, sunk }
}

/** The demand with resources barred from some visits. */
export const withBans = (demand: Demand, bans: Bans): Demand => ({
  ...demand,
  visits: demand.visits.map((v) => {
    if (![...bans].some((ban) => ban.startsWith(`${v.visit.id}/`))) return v
    return { ...v, venues: venuesOf(demand.compiled, demand.patient, demand.protocol, v.visit, v.suits, bans) }
  }),
})

/** Every therapist who could lead each visit that must be led alike, by id. `program`: those who could lead all of them. */
export function leadsOf({ visits, protocol }: Demand): Calendar[] {
  const led = visits.filter((v) => v.block !== null)
  const perVisit = led.map((v) => new Set(v.venues.flatMap((venue) => [...(venue.leads?.keys() ?? [])])))
  const anyone = new Set(perVisit.flatMap((leads) => [...leads]))
  const able = [...anyone].filter(
    (lead) => protocol.continuity === 'pair' || perVisit.every((leads) => leads.has(lead)),
  )
  return able.sort((x, y) => x.rank - y.rank)
}
