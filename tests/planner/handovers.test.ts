import t from 'tap'
import { planItinerary } from '../../src/planner/plan.ts'
import type { PlanningProblem } from '../../src/planner/problem.ts'
import { bruteForce } from '../support/brute-force.ts'
import { smallProblem } from '../support/small-problem.ts'

/** A small problem whose therapists, three of them, may hand over at a price that changes with the seed; many plans cost the same. */
function withHandovers(seed: number): PlanningProblem {
  const problem = smallProblem(seed)
  const protocols = Object.fromEntries(
    Object.entries(problem.protocols).map(([name, one]) => [name, { ...one, continuity: 'pair' as const }]),
  )
  const resources = problem.resources.map((r) => (seed % 2 ? { ...r, price: 0 } : r))
  const therapist = resources.find((r) => r.role === 'therapist')
  const third = therapist && { ...therapist, id: 'T9', shifts: therapist.shifts.filter((_, i) => i % 3 > 0), busy: [] }
  const completionPerDay = seed % 5 < 2 ? 0 : problem.weights.completionPerDay
  const weights = { ...problem.weights, handover: seed % 3, completionPerDay }
  return { ...problem, protocols, weights, resources: third ? [...resources, third] : resources }
}

t.test('handovers: what trying everything finds, ties included', async (t) => {
  let compared = 0
  for (let seed = 1; seed <= 80; seed++) {
    const problem = withHandovers(seed)
    const expected = bruteForce(problem, 'P001', 15_000)
    if (expected.kind === 'too-large') continue
    compared++
    const [plan] = planItinerary(problem, 'P001')
    t.equal(plan?.cost.total, expected.kind === 'best' ? expected.cost : undefined, `seed ${seed}`)
    if (expected.kind === 'best') t.same(plan?.visits, expected.visits, `seed ${seed}`)
  }
  t.ok(compared > 50, `${compared} problems compared`)
})
