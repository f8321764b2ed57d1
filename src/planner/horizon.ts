/** How far ahead must be looked for a plan to be proven best? Pure. Local days; points of planning.md §2. */
import type { PlanningProblem, Protocol } from './problem.ts'

const DAY_MINUTES = 1440

/**
 * No plan that needs a day past the last `days` days from the ready date costs less. A visit on or after that day pushes the last visit
 * there too (when it follows all others), and the first dose at most the longest way between the two before it.
 */
export function costBeyond(problem: PlanningProblem, patientId: string, days: number): number {
  const patient = problem.patients.find((p) => p.id === patientId)
  const protocol = patient && problem.protocols[patient.protocol]
  if (!patient || !protocol) return 0
  const last = protocol.visits.length - 1
  const dose = protocol.visits.findIndex((v) => v.dose)
  const counted = Math.max(0, dose)
  if (patient.fixed?.[protocol.visits[last]?.id ?? ''] || !followsAll(protocol, last)) return 0
  const { waitPerDay = 0, completionPerDay = 0 } = problem.weights
  const lead = patient.fixed?.[protocol.visits[counted]?.id ?? ''] ? Infinity : longestWay(protocol, counted, last)
  return patient.priority * (completionPerDay * days + waitPerDay * Math.max(0, days - lead))
}

/** Whether every other visit comes before this one, directly or through others. */
function followsAll(protocol: Protocol, last: number): boolean {
  const before = new Set([last])
  for (let i = last; i >= 0; i--)
    if (before.has(i)) for (const lag of protocol.lags) if (lag.to === i) before.add(lag.from)
  return before.size === protocol.visits.length
}

/** Most local days from one visit to another that lags and span allow; Infinity: unbounded. Shortest path over the bounds. */
function longestWay(protocol: Protocol, from: number, to: number): number {
  const n = protocol.visits.length
  const most = new Array<number>(n).fill(Infinity)
  most[from] = 0
  const bounds = protocol.lags.flatMap((lag) => {
    const dur = protocol.visits[lag.from]?.dur ?? 0
    const byMinutes = lag.maxMin === undefined ? Infinity : Math.ceil((dur + lag.maxMin) / DAY_MINUTES) + 1
    return [
      { a: lag.from, b: lag.to, days: Math.min(lag.maxDays ?? Infinity, byMinutes) },
      { a: lag.to, b: lag.from, days: -(lag.minDays ?? 0) },
    ]
  })
  const span = { a: protocol.span.from ?? 0, b: protocol.span.to ?? n - 1 }
  bounds.push({ ...span, days: protocol.span.maxDays }, { a: span.b, b: span.a, days: -protocol.span.minDays })
  for (let round = 0; round < n; round++)
    for (const { a, b, days } of bounds) most[b] = Math.min(most[b] as number, (most[a] as number) + days)
  return most[to] as number
}
