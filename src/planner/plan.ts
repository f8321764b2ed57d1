/**
 * The planner: the cheapest complete itinerary for one patient, proven optimal, and the next best that a person would call different.
 * Pure: no clock, no randomness; the same problem gives the same answer anywhere. Start reading here.
 *
 *   compile    calendar.ts    free time → bitmaps of starts, per resource, clinic and claim; kept between calls
 *   demand     demand.ts      what must be placed for this patient, and the starts that suit everybody but the lead therapist
 *   relax      relaxation.ts  the cheapest placement that keeps a tree of the relations: a lower bound
 *   search     search.ts      branch and bound on whatever the tree leaves out, until the bound is a plan
 *   rules/                    the hard rules, one a file; cost.ts has the points
 */
import { type Calendar, compile } from './calendar.ts'
import { type CostParts, dateCost, totalled } from './cost.ts'
import { type Demand, demandOf, type Venue } from './demand.ts'
import { has } from './grid.ts'
import { comparePlacings, type Placing } from './placing.ts'
import type { PlanningProblem } from './problem.ts'
import { search } from './search.ts'
import type { Layer } from './space.ts'

export type { CostParts }
/** In template order; one resource per need, null for a need that a remote visit skips. `start`: minutes since the problem's epoch. */
export type PlannedVisit = { id: string; start: number; site: string; remote?: true; res: (string | null)[] }
/** `lead`: who leads the first led visit that is planned. */
export type Plan = { lead: string | null; visits: PlannedVisit[]; cost: CostParts }
/** `limit`: how many plans (default 1). `lead`: only this therapist may lead. `maxCost`: plans that cost more are not looked for. */
export type PlanOptions = { limit?: number; lead?: string; maxCost?: number }

/**
 * Plans, best first; an empty list is a proof that there is none (that costs at most `maxCost`). The first is the optimum. Each further
 * one is the optimum among all plans whose pair of lead therapist and first planned local day differs from those before it.
 */
export function planItinerary(problem: PlanningProblem, patientId: string, options: PlanOptions = {}): Plan[] {
  const demand = demandOf(compile(problem), patientId, options.lead)
  if (!demand) return []
  const { limit = 1 } = options
  const maxCost = (options.maxCost ?? Infinity) - demand.sunk.wait - demand.sunk.completion
  const plans: Plan[] = []
  let teams = teamsOf(demand)
  while (plans.length < limit) {
    let best: { team: Team; placing: Placing } | undefined
    for (const team of teams) {
      const most = Math.min(maxCost, best ? best.placing.cost : Infinity)
      const placing = search({ ...team, demand, windows: wholeHorizon(demand), maxCost: most })
      if (placing && (!best || comparePlacings(placing, best.placing) < 0)) best = { team, placing }
    }
    if (!best) break
    const { team, placing } = best
    plans.push(planOf(demand, placing))
    if (demand.visits.length === 0) break
    if (team.layers.length > 1 && !team.firstLead) teams = teamsByFirstLead(team)
    const lead = leadOf(placing)
    for (const other of teams) if ((other.firstLead ?? other.layers[0]) === lead) other.notOn.add(placing.firstDay)
  }
  return plans
}

/** Who may lead, and the first days already offered with them. */
type Team = { layers: readonly Layer[]; firstLead: Calendar | undefined; notOn: Set<number> }

/** Under `program` each therapist is a team of their own; under `pair` they are one team, which hands over. */
function teamsOf({ leads, continuity, visits }: Demand): Team[] {
  if (visits.every((v) => v.block === null)) return [{ layers: [null], firstLead: undefined, notOn: new Set() }]
  if (continuity === 'pair') return leads.length > 0 ? [{ layers: leads, firstLead: undefined, notOn: new Set() }] : []
  return leads.map((lead) => ({ layers: [lead], firstLead: undefined, notOn: new Set() }))
}

const teamsByFirstLead = ({ layers }: Team): Team[] =>
  layers.map((lead) => ({ layers, firstLead: lead ?? undefined, notOn: new Set() }))

const leadOf = ({ leads }: Placing): Layer => leads.find((lead) => lead !== null) ?? null

function wholeHorizon({ visits }: Demand) {
  return { lo: Float64Array.from(visits, (v) => v.from), hi: Float64Array.from(visits, (v) => v.to) }
}

function planOf(demand: Demand, placing: Placing): Plan {
  const { protocol, patient, visits } = demand
  const planned = new Map(visits.map((v, k) => [v.index, k]))
  return {
    lead: leadOf(placing)?.resource.id ?? null,
    visits: protocol.visits.map((visit, i): PlannedVisit => {
      const fixed = patient.fixed?.[visit.id]
      const k = planned.get(i)
      if (fixed || k === undefined) {
        const res = fixed?.res ? [...fixed.res] : visit.needs.map(() => null)
        return { id: visit.id, start: fixed?.start ?? 0, site: fixed?.site ?? '', res }
      }
      const venue = placing.venues[k]
      return {
        id: visit.id,
        start: placing.starts[k] ?? 0,
        site: venue?.site ?? '',
        ...(venue?.remote ? { remote: true as const } : {}),
        res: (placing.visits[k]?.res ?? []).map((calendar) => calendar?.resource.id ?? null),
      }
    }),
    cost: costOf(demand, placing),
  }
}

function costOf({ sunk, visits, dates, compiled, patient }: Demand, placing: Placing): CostParts {
  const { weights } = compiled.problem
  const parts = { wait: sunk.wait, completion: sunk.completion, travel: 0, load: 0, preference: 0, handover: 0 }
  let lead: Layer = null
  visits.forEach(({ index, visit, preferred }, k) => {
    const [start, venue] = [placing.starts[k] as number, placing.venues[k] as Venue]
    const points = dateCost(dates, index, placing.days[k] as number, false)
    parts.wait += points.wait
    parts.completion += points.completion
    parts.travel += venue.remote ? 0 : (patient.travel[venue.site] ?? 0)
    parts.preference += visit.remote === 'may' && !venue.remote ? (weights.inPerson ?? 0) : 0
    parts.preference += preferred && !has(preferred, start / compiled.clock.grid) ? (weights.offPreference ?? 0) : 0
    for (const calendar of placing.visits[k]?.res ?? []) parts.load += calendar?.resource.price ?? 0
    const next = placing.leads[k] ?? null
    if (next && lead && next !== lead) parts.handover += weights.handover ?? 0
    lead = next ?? lead
  })
  return totalled(parts)
}
