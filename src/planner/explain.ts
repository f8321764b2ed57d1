/** Why there is no itinerary, and what would open one: obstacles of the first visit that cannot be reached, with verified relaxations. Pure. */
import { type Obstacle, type ObstacleFacts, obstacles, whereItStops } from './obstacles.ts'
import type { PlanningProblem } from './problem.ts'
import { type Relaxation, type RelaxationFacts, relaxations } from './relax.ts'

/** Relaxations open the whole itinerary; they are listed at the first blocker. */
export type Blocker = Obstacle & { relaxations: Relaxation[] }
export type ExplainFacts = ObstacleFacts & RelaxationFacts

/** An empty list: there is an itinerary. */
export function explain(problem: PlanningProblem, patientId: string, facts: ExplainFacts = {}): Blocker[] {
  const patient = problem.patients.find((p) => p.id === patientId)
  if (!patient) throw new Error(`no patient ${patientId}`)
  const stop = whereItStops(problem, patient)
  if (!stop) return []
  const [first, ...rest] = obstacles(problem, patient, stop, facts)
  if (!first) return []
  const open = relaxations(problem, patient, stop, first, facts)
  return [{ ...first, relaxations: open }, ...rest.map((obstacle) => ({ ...obstacle, relaxations: [] }))]
}
