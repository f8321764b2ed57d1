/** Why there is no itinerary, and what would open one: obstacles of the first visit that cannot be reached, with verified relaxations. Pure. */
import { patientProtocol, whereItStops, withPatient } from './explain/beginnings.ts'
import { obstacles } from './explain/obstacles.ts'
import { partiesOf } from './explain/open-starts.ts'
import { type Relaxation, type RelaxationFacts, relaxations } from './explain/relax.ts'
import type { Obstacle, ObstacleFacts } from './explain/scene.ts'
import { planItinerary } from './plan.ts'
import type { Candidate, PlanningProblem, ProblemPatient } from './problem.ts'

/** Relaxations open the whole itinerary; they are listed at the first blocker. */
export type Blocker = Obstacle & { relaxations: Relaxation[] }
export type ExplainFacts = ObstacleFacts & RelaxationFacts

/** An empty list: there is an itinerary. */
export function explain(problem: PlanningProblem, patientId: string, facts: ExplainFacts = {}): Blocker[] {
  const anyone = problem.patients.find((p) => p.id === patientId)
  if (!anyone) throw new Error(`no patient ${patientId}`)
  const { lead } = facts
  const patient = lead === undefined ? anyone : ledBy(problem, anyone, lead)
  const asked = withPatient(problem, patient)
  const stop = whereItStops(asked, patient)
  if (!stop) return []
  const known = lead === undefined ? facts : { ...facts, excluded: othersExcluded(problem, anyone, lead, facts) }
  const [first, ...rest] = obstacles(asked, patient, stop, known)
  if (!first) return []
  const open = relaxations(asked, patient, stop, first, facts)
  const unasked = lead === undefined ? undefined : planItinerary(problem, patientId, { limit: 1 })[0]
  if (unasked)
    open.unshift({
      kind: 'any-therapist',
      detail: 'another therapist than the one asked for',
      cost: unasked.cost.total,
      change: { kind: 'any-therapist' },
    })
  return [{ ...first, relaxations: open }, ...rest.map((obstacle) => ({ ...obstacle, relaxations: [] }))]
}

/** Who may lead each visit, by the claim that leads it. */
function leaders(
  problem: PlanningProblem,
  patient: ProblemPatient,
): { visit: string; claim: string; list: readonly Candidate[] }[] {
  return patientProtocol(problem, patient).visits.flatMap((visit) =>
    partiesOf(visit)
      .filter((party) => party.lead)
      .map(({ claim, needs }) => {
        const able = problem.resources.filter((r) => needs.every((need) => need.roles.includes(r.role)))
        return {
          visit: visit.id,
          claim,
          list: patient.candidates?.[visit.id]?.[claim] ?? able.map(({ id }) => ({ id })),
        }
      }),
  )
}

function ledBy(problem: PlanningProblem, patient: ProblemPatient, lead: string): ProblemPatient {
  const candidates: Record<string, Record<string, readonly Candidate[]>> = { ...patient.candidates }
  for (const { visit, claim, list } of leaders(problem, patient))
    candidates[visit] = { ...candidates[visit], [claim]: list.filter((candidate) => candidate.id === lead) }
  return { ...patient, candidates }
}

function othersExcluded(problem: PlanningProblem, patient: ProblemPatient, lead: string, facts: ExplainFacts) {
  const excluded: Record<string, NonNullable<ObstacleFacts['excluded']>[string]> = { ...facts.excluded }
  for (const { visit, claim, list } of leaders(problem, patient)) {
    const others = list.filter(({ id }) => id !== lead).map(({ id }) => ({ id, reason: 'therapist' as const }))
    excluded[visit] = { ...excluded[visit], [claim]: [...(excluded[visit]?.[claim] ?? []), ...others] }
  }
  return excluded
}
