/** Beginnings of a program: how far planning gets before it stops. Pure. */
import { planItinerary } from '../plan.ts'
import type { PlanningProblem, ProblemPatient, Protocol } from '../problem.ts'

/** The first visits of a program only; its span counts once both its ends are among them. */
export function firstVisits(
  problem: PlanningProblem,
  patient: ProblemPatient,
  count: number,
  span = true,
): PlanningProblem {
  const protocol = patientProtocol(problem, patient)
  const { from = 0, to = protocol.visits.length - 1 } = protocol.span
  return withProtocol(problem, patient, {
    ...protocol,
    visits: protocol.visits.slice(0, count),
    lags: protocol.lags.filter((lag) => lag.to < count),
    span:
      span && to < count
        ? { ...protocol.span, from, to }
        : { from: 0, to: 0, minDays: 0, maxDays: problem.days.length },
  })
}

export function patientProtocol(problem: PlanningProblem, patient: ProblemPatient): Protocol {
  const protocol = problem.protocols[patient.protocol]
  if (!protocol) throw new Error(`no protocol ${patient.protocol}`)
  return protocol
}

export const withProtocol = (
  problem: PlanningProblem,
  { protocol }: ProblemPatient,
  changed: Protocol,
): PlanningProblem => ({
  ...problem,
  protocols: { ...problem.protocols, [protocol]: changed },
})

export const withPatient = (problem: PlanningProblem, patient: ProblemPatient): PlanningProblem => ({
  ...problem,
  patients: problem.patients.map((p) => (p.id === patient.id ? patient : p)),
})

export const plannable = (problem: PlanningProblem, patient: ProblemPatient, lead?: string): boolean =>
  planItinerary(problem, patient.id, { limit: 1, ...(lead === undefined ? {} : { lead }) }).length > 0

/** Where planning stops: at this visit, or only at the span of the whole; undefined: it does not. */
export type Stop = { readonly at: number; readonly span: boolean }

export function whereItStops(problem: PlanningProblem, patient: ProblemPatient): Stop | undefined {
  const count = patientProtocol(problem, patient).visits.length
  for (const span of [false, true]) {
    const opens = (at: number) => plannable(firstVisits(problem, patient, at + 1, span), patient)
    if (opens(count - 1)) continue
    // What a beginning cannot do, no longer one can.
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (opens(middle)) low = middle + 1
      else high = middle
    }
    return { at: low, span }
  }
  return undefined
}
