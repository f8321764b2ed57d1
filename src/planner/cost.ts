/** The cost of a plan in points, term by term, as planning.md §2 gives it. Pure; integers when the weights are. */
import { type Clock, dayOf } from './grid.ts'
import type { PlanningProblem, ProblemPatient, Protocol } from './problem.ts'

export type CostParts = {
  total: number
  wait: number
  completion: number
  travel: number
  load: number
  preference: number
  handover: number
}

/** What the dates of the two visits that carry date costs add: points per local day of each, and what fixed ones add already. */
export type DateCost = {
  readonly firstDose: number
  readonly last: number
  readonly readyDay: number
  readonly waitPerDay: number
  readonly completionPerDay: number
}

export function dateCostOf(
  clock: Clock,
  problem: PlanningProblem,
  patient: ProblemPatient,
  protocol: Protocol,
): DateCost {
  return {
    firstDose: Math.max(
      0,
      protocol.visits.findIndex((v) => v.dose),
    ),
    last: protocol.visits.length - 1,
    readyDay: dayOf(clock, patient.ready),
    waitPerDay: patient.priority * (problem.weights.waitPerDay ?? 0),
    completionPerDay: patient.priority * (problem.weights.completionPerDay ?? 0),
  }
}

/** Points for the visit's own date. A first dose before the ready date, which only a fixed one can be, is no gain. */
export function dateCost(dates: DateCost, visit: number, day: number): { wait: number; completion: number } {
  const waited = day - dates.readyDay
  return {
    wait: visit === dates.firstDose ? dates.waitPerDay * Math.max(0, waited) : 0,
    completion: visit === dates.last ? dates.completionPerDay * waited : 0,
  }
}

export const totalled = (parts: Omit<CostParts, 'total'>): CostParts => ({
  total: parts.wait + parts.completion + parts.travel + parts.load + parts.preference + parts.handover,
  ...parts,
})
