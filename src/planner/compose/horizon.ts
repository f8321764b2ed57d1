/** How far ahead must be looked for a plan to be proven best? Pure. Local days; points of planning.md §2. */
import { compile } from '../calendar.ts'
import { dayOf } from '../grid.ts'
import { type Plan, planItinerary } from '../plan.ts'
import {
  claimName,
  isRoomNeed,
  type Need,
  type PlanningProblem,
  type ProblemPatient,
  type Protocol,
  type ProtocolVisit,
} from '../problem.ts'

const DAY_MINUTES = 1440
const NO_SPAN = { from: 0, to: 0, minDays: 0, maxDays: 100_000 }

/**
 * Whether the first plan stays the best however much farther than `days` days from the ready date is looked, and the dates of whatever lies
 * there cost more than any of the others. `wanted`: how many plans were asked for; fewer are final only where nothing can lie farther.
 */
export function provenWithin(
  problem: PlanningProblem,
  patientId: string,
  days: number,
  plans: readonly Plan[],
  wanted: number,
): boolean {
  const [first, last] = [plans[0], plans.at(-1)]
  if (!first || !last) return false
  const outlook = outlookOf(problem, patientId, days)
  if (!outlook) return false
  const { bound, loose } = outlook
  if (last.cost.total > bound || (plans.length < wanted && (bound < Infinity || loose.size > 0))) return false
  if (loose.size === 0) return true
  // whatever a plan with a loose visit beyond costs, it costs without it: its dates cost nothing, who serves it the least there is
  const cheaper = first.cost.total - outlook.looseLeast - 1
  return planItinerary(without(problem, patientId, loose), patientId, { maxCost: cheaper }).length === 0
}

/** `bound`: of a plan with a visit on day `days` or later, by its dates. `loose`: visits whose date moves none that costs, left out of it. */
type Outlook = { bound: number; loose: Set<string>; looseLeast: number }

function outlookOf(problem: PlanningProblem, patientId: string, days: number): Outlook | undefined {
  const patient = problem.patients.find((p) => p.id === patientId)
  const protocol = patient && problem.protocols[patient.protocol]
  if (!patient || !protocol) return undefined
  const { clock } = compile(problem)
  const ready = dayOf(clock, patient.ready)
  const fixedDay = protocol.visits.map(({ id }) => {
    const fixed = patient.fixed?.[id]
    return fixed && dayOf(clock, fixed.start) - ready
  })
  const most = farthest(protocol)
  const { waitPerDay = 0, completionPerDay = 0 } = problem.weights
  const last = protocol.visits.length - 1
  const dose = Math.max(
    0,
    protocol.visits.findIndex((v) => v.dose),
  )
  /** Least points for dates when visit `moved` is on day `days` or later; Infinity: it cannot be. */
  const datesWith = (moved: number): number => {
    const least = (of: number): number =>
      Math.max(
        ...protocol.visits.map((_, x) => (fixedDay[x] ?? (x === moved ? days : 0)) - (most[of]?.[x] ?? Infinity)),
      )
    for (let x = 0; x <= last; x++) if (least(x) > (fixedDay[x] ?? Infinity)) return Infinity
    const [doseDay, lastDay] = [fixedDay[dose] ?? least(dose), fixedDay[last] ?? least(last)]
    return patient.priority * (waitPerDay * Math.max(0, doseDay) + completionPerDay * lastDay)
  }
  const anyhow = datesWith(-1)
  const outlook: Outlook = { bound: Infinity, loose: new Set(), looseLeast: 0 }
  protocol.visits.forEach((visit, v) => {
    if (fixedDay[v] !== undefined) return
    const dates = datesWith(v)
    if (dates > anyhow || v === dose || v === last) outlook.bound = Math.min(outlook.bound, dates)
    else {
      outlook.loose.add(visit.id)
      outlook.looseLeast += leastLoad(problem, patient, visit)
    }
  })
  return outlook
}

/** `[a][b]`: most local days from visit a to visit b that lags and span allow; Infinity: unbounded. Shortest paths over the bounds. */
function farthest(protocol: Protocol): number[][] {
  const n = protocol.visits.length
  const most = protocol.visits.map((_, a) => protocol.visits.map((_, b) => (a === b ? 0 : Infinity)))
  const bound = (a: number, b: number, days: number): void => {
    const row = most[a]
    if (row) row[b] = Math.min(row[b] ?? Infinity, days)
  }
  for (const lag of protocol.lags) {
    const dur = protocol.visits[lag.from]?.dur ?? 0
    const byMinutes = lag.maxMin === undefined ? Infinity : Math.ceil((dur + lag.maxMin) / DAY_MINUTES) + 1
    bound(lag.from, lag.to, Math.min(lag.maxDays ?? Infinity, byMinutes))
    bound(lag.to, lag.from, -(lag.minDays ?? 0))
  }
  const span = { a: protocol.span.from ?? 0, b: protocol.span.to ?? n - 1 }
  bound(span.a, span.b, protocol.span.maxDays)
  bound(span.b, span.a, -protocol.span.minDays)
  for (let k = 0; k < n; k++)
    for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) bound(a, b, (most[a]?.[k] ?? 0) + (most[k]?.[b] ?? 0))
  return most
}

/** Points that who serves the visit costs at the least, whenever it is. */
function leastLoad(problem: PlanningProblem, patient: ProblemPatient, visit: ProtocolVisit): number {
  const price = (need: Need): number => {
    const named = patient.candidates?.[visit.id]?.[claimName(need)]
    const able = problem.resources.filter(
      (r) => need.roles.includes(r.role) && (!named || named.some(({ id }) => id === r.id)),
    )
    return able.length === 0 ? 0 : Math.min(...able.map((r) => r.price))
  }
  return visit.needs.filter((need) => !isRoomNeed(need)).reduce((sum, need) => sum + price(need), 0)
}

/** The problem without some of the patient's visits: no plan of the whole one is cheaper than what is left of it. */
function without(problem: PlanningProblem, patientId: string, ids: ReadonlySet<string>): PlanningProblem {
  const patient = problem.patients.find((p) => p.id === patientId)
  const protocol = patient && problem.protocols[patient.protocol]
  if (!patient || !protocol) return problem
  const kept = protocol.visits.filter(({ id }) => !ids.has(id))
  const at = new Map(kept.map((visit, i) => [protocol.visits.indexOf(visit), i]))
  const lags = protocol.lags.flatMap((lag) => {
    const [from, to] = [at.get(lag.from), at.get(lag.to)]
    return from === undefined || to === undefined ? [] : [{ ...lag, from, to }]
  })
  const { span } = protocol
  const [from, to] = [at.get(span.from ?? 0), at.get(span.to ?? protocol.visits.length - 1)]
  const left: Protocol = {
    ...protocol,
    visits: kept,
    lags,
    span: from === undefined || to === undefined ? NO_SPAN : { ...span, from, to },
  }
  return { ...problem, protocols: { ...problem.protocols, [patient.protocol]: left } }
}
