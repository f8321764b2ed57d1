/**
 * The planner: the cheapest complete itinerary for one patient, proven optimal, and the next best that a person would call different.
 * Pure: no clock, no randomness; the same problem gives the same answer anywhere. Start reading here.
 *
 *   compile    calendar.ts    free time → bitmaps of starts, per resource, clinic and claim; kept between calls
 *   demand     demand.ts      what must be placed for this patient, and the starts that suit everybody but the lead therapist
 *   teams      team.ts        who may lead, with a first bound each; the most promising is searched first
 *   relax      relaxation.ts  the cheapest placement that keeps a tree of the relations: a lower bound
 *   search     search.ts      branch and bound on whatever the tree leaves out, until the bound is a plan
 *   compose/                  before it: an enrolment's facts → the problem; after it: a plan → dated, staffed visits
 *   explain.ts, explain/      where there is no plan: what stands in the way, and what would open one
 *   rules/                    the hard rules, one a file; cost.ts has the points
 */
import { compile } from './calendar.ts'
import { type CostParts, dateCost, totalled } from './cost.ts'
import { type Demand, demandOf } from './demand.ts'
import { has } from './grid.ts'
import { comparePlacings, type Placing } from './placing.ts'
import type { PlanningProblem } from './problem.ts'
import { search } from './search.ts'
import type { Layer } from './space.ts'
import { type Outlook, outlookOf, type Team, teamsByFirstLead, teamsOf, withinCost } from './team.ts'
import type { Venue } from './venue.ts'

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
  const demand = demandOf(compile(problem), patientId)
  if (!demand) return []
  const { limit = 1 } = options
  const maxCost = (options.maxCost ?? Infinity) - demand.sunk.wait - demand.sunk.completion
  const plans: Plan[] = []
  const queue = teamsOf(demand, options.lead).flatMap((team) => candidateOf(demand, team))
  while (plans.length < limit) {
    const next = takeFirst(queue)
    if (!next) break
    if (!next.placing) {
      next.placing = bestOf(demand, next, Math.min(maxCost, mostWorth(queue, limit - plans.length)))
      if (next.placing) queue.push(next)
      continue
    }
    const { placing, team } = next
    plans.push(planOf(demand, placing))
    if (demand.visits.length === 0) break
    const again =
      team.layers.length > 1 && !team.firstLead ? teamsByFirstLead(team).flatMap((t) => candidateOf(demand, t)) : [next]
    for (const candidate of again) {
      const { firstLead, layers } = candidate.team
      if ((firstLead ?? layers[0]) === leadOf(placing)) candidate.notOn.add(placing.firstDay)
      candidate.least = Math.max(candidate.least, placing.cost)
      candidate.placing = undefined
      queue.push(candidate)
    }
  }
  return plans
}

/** A team, the least its next plan can cost, the first days already offered with it, and its best plan once that is known. */
type Candidate = { team: Team; outlook: Outlook; least: number; notOn: Set<number>; placing: Placing | undefined }

function candidateOf(demand: Demand, team: Team): Candidate[] {
  const outlook = outlookOf(demand, team)
  return outlook ? [{ team, outlook, least: outlook.bound, notOn: new Set(), placing: undefined }] : []
}

/** Removes the candidate whose plan, or whose bound, comes first; before a plan goes every bound that may hide one in front of it. */
function takeFirst(queue: Candidate[]): Candidate | undefined {
  let first = 0
  for (let i = 1; i < queue.length; i++)
    if (compareCandidates(queue[i] as Candidate, queue[first] as Candidate) < 0) first = i
  return queue.splice(first, 1)[0]
}

function compareCandidates(x: Candidate, y: Candidate): number {
  if (x.placing && y.placing) return comparePlacings(x.placing, y.placing)
  const difference = (x.placing?.cost ?? x.least) - (y.placing?.cost ?? y.least)
  if (difference !== 0) return difference
  const startsX = x.placing?.starts ?? x.outlook.windows.lo
  const startsY = y.placing?.starts ?? y.outlook.windows.lo
  for (let v = 0; v < startsX.length; v++)
    if (startsX[v] !== startsY[v]) return (startsX[v] as number) - (startsY[v] as number)
  return (x.placing ? 1 : 0) - (y.placing ? 1 : 0)
}

/** The cost above which a plan cannot be among the `count` that are still to be given. */
function mostWorth(queue: readonly Candidate[], count: number): number {
  const costs = queue.flatMap((c) => (c.placing ? [c.placing.cost] : [])).sort((a, b) => a - b)
  return costs[count - 1] ?? Infinity
}

/** The first budget above the bound, in days of waiting and completion; each further one is wider. */
const FIRST_BUDGET_DAYS = 3
const WIDER = 4

/** The team's optimum. Few days beyond the bound are tried first, because the windows then are short. */
function bestOf(demand: Demand, candidate: Candidate, maxCost: number): Placing | undefined {
  const { team, outlook, least, notOn } = candidate
  const { waitPerDay, completionPerDay } = demand.dates
  let step = FIRST_BUDGET_DAYS * (waitPerDay + completionPerDay)
  for (;;) {
    const budget = Math.min(maxCost, least + step)
    const windows = withinCost(demand, outlook, budget)
    const last = budget === maxCost || windows === outlook.windows
    const placing = windows && search({ demand, team, windows, maxCost: last ? maxCost : budget, notOn })
    if (placing || last) return placing
    step *= WIDER
  }
}

const leadOf = ({ leads }: Placing): Layer => leads.find((lead) => lead !== null) ?? null

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
    const points = dateCost(dates, index, placing.days[k] as number)
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
