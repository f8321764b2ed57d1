/**
 * Rule: the patient's own time. A visit starts on the grid, not before the ready date nor after its latest start, ends within the
 * horizon, keeps clear of unavailable times and of fixed visits, and starts at a session time where the clinic has them. Pure.
 */
import { type Bits, type Clock, clear, fill } from '../grid.ts'
import type { PlanningProblem, ProblemPatient, Protocol, ProtocolVisit } from '../problem.ts'

/** Starts that suit the patient, whatever the clinic. `from` and `to`: further bounds on the start, inclusive, in minutes. */
export function patientStarts(
  clock: Clock,
  problem: PlanningProblem,
  patient: ProblemPatient,
  protocol: Protocol,
  visit: ProtocolVisit,
  from: number,
  to: number,
): Bits {
  const bits = new Uint32Array(clock.words)
  const earliest = Math.max(patient.ready, from)
  const latest = Math.min(problem.horizon - visit.dur, patient.latest?.[visit.id] ?? Infinity, to)
  fill(bits, clock, Math.ceil(earliest / clock.grid), Math.floor(latest / clock.grid))
  const keepClear = (start: number, end: number): void =>
    clear(bits, clock, Math.floor((start - visit.dur) / clock.grid) + 1, Math.ceil(end / clock.grid) - 1)
  for (const [start, end] of patient.unavailable) keepClear(start, end)
  for (const [id, fixed] of Object.entries(patient.fixed ?? {})) {
    const other = protocol.visits.find((v) => v.id === id)
    if (other) keepClear(fixed.start, fixed.start + other.dur)
  }
  return bits
}

/** Session times of the visit at a clinic; undefined: any grid point. */
export function sessionStarts(
  clock: Clock,
  problem: PlanningProblem,
  visit: ProtocolVisit,
  site: string,
): Bits | undefined {
  const set = visit.startSet === undefined ? undefined : problem.startSets?.[visit.startSet]
  if (!set) return undefined
  const bits = new Uint32Array(clock.words)
  const list = isList(set) ? set : (set[site] ?? [])
  for (const start of list) if (start % clock.grid === 0) fill(bits, clock, start / clock.grid, start / clock.grid)
  return bits
}

const isList = (set: readonly number[] | { readonly [site: string]: readonly number[] }): set is readonly number[] =>
  Array.isArray(set)

/** Starts that put the whole visit inside one preferred window; undefined: the patient has no preference. */
export function preferredStarts(clock: Clock, patient: ProblemPatient, length: number): Bits | undefined {
  if (!patient.preferred?.length) return undefined
  const bits = new Uint32Array(clock.words)
  for (const [start, end] of patient.preferred)
    fill(bits, clock, Math.ceil(start / clock.grid), Math.floor((end - length) / clock.grid))
  return bits
}
