/** The scene of an explanation: one visit, and the window that the visits before it and the horizon leave its start. Pure. */

import { type Compiled, compile } from '../calendar.ts'
import type { Bits } from '../grid.ts'
import type { PlanningProblem, ProblemPatient, Protocol, ProtocolVisit } from '../problem.ts'
import { patientProtocol } from './beginnings.ts'
import { afterLags, both, minutesOf, reachedStarts, sitesOf, suiting, unbound } from './open-starts.ts'

export type BlockerKind =
  | ('no-shift' | 'all-busy' | 'licence' | 'language' | 'clearance' | 'precondition' | 'room' | 'patient-time')
  | ('session-time' | 'lag' | 'span' | 'closure' | 'limit' | 'therapist')

/** `from` and `to` bound the visit's start, in minutes of the problem; `resourceIds` are those that the rule concerns. */
export type Obstacle = {
  visitKey: string
  kind: BlockerKind
  resourceIds: string[]
  from: number
  to: number
  detail: string
}

/** What the problem's file cannot say: why somebody is not a candidate, and when a clinic is closed. */
export type ObstacleFacts = {
  /** visit → `as` (or the need's first role) → who was left out, and why. */
  readonly excluded?: Readonly<
    Record<string, Readonly<Record<string, readonly { readonly id: string; readonly reason: BlockerKind }[]>>>
  >
  readonly closures?: readonly { readonly site: string; readonly start: number; readonly end: number }[]
}

export type Scene = {
  readonly problem: PlanningProblem
  readonly compiled: Compiled
  readonly patient: ProblemPatient
  readonly protocol: Protocol
  readonly at: number
  readonly visit: ProtocolVisit
  readonly sites: readonly string[]
  /** Where lags and horizon let the visit start. */
  readonly window: Bits
  readonly from: number
  readonly to: number
  readonly facts: ObstacleFacts
}

export function sceneAt(
  problem: PlanningProblem,
  patient: ProblemPatient,
  at: number,
  facts: ObstacleFacts,
  lags = true,
): Scene {
  const compiled = compile(problem)
  const protocol = patientProtocol(problem, patient)
  const visit = protocol.visits[at]
  if (!visit) throw new Error(`no visit ${at}`)
  const horizon = suiting(compiled, unbound(patient), protocol, visit)
  const window = lags
    ? both(horizon, afterLags(compiled, protocol, at, reachedStarts(compiled, patient, protocol, at)))
    : horizon
  const minutes = minutesOf(compiled, window)
  const from = minutes[0] ?? patient.ready
  const to = minutes.at(-1) ?? problem.horizon
  return { problem, compiled, patient, protocol, at, visit, sites: sitesOf(compiled, patient), window, from, to, facts }
}

export const obstacle = (
  scene: Scene,
  kind: BlockerKind,
  resourceIds: readonly string[],
  detail: string,
): Obstacle => ({
  visitKey: scene.visit.id,
  kind,
  resourceIds: [...new Set(resourceIds)].sort(),
  from: scene.from,
  to: scene.to,
  detail: `${scene.visit.id}, ${period(scene)}: ${detail}`,
})

function period({ problem, from, to }: Scene): string {
  const dateOf = (minute: number) =>
    problem.days.findLast((day) => day.start <= minute)?.date ?? problem.days[0]?.date ?? ''
  return dateOf(from) === dateOf(to) ? dateOf(from) : `${dateOf(from)} to ${dateOf(to)}`
}
