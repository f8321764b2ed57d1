/** Which visits may be remote at all: a choice that nobody is licensed for is none (domain.md §2). Pure. */
import { candidatesOf } from './compose/candidates.ts'
import type { PlanningFacts } from './compose/facts.ts'
import type { Frame } from './compose/frame.ts'

/** The facts with every visit in person that nobody could serve where the patient lives, so that allowing virtual visits never loses a plan. */
export function withModalitiesInReach(facts: PlanningFacts, frame: Frame): PlanningFacts {
  if (facts.wish.virtual === 'avoid') return facts
  const candidates = candidatesOf(facts, frame)
  const unserved = new Set(
    Object.keys(candidates).filter((key) =>
      Object.values(candidates[key] ?? {}).some((list) => list.every((c) => c.remote === 'never')),
    ),
  )
  if (unserved.size === 0) return facts
  const visits = facts.program.visits.map((visit) =>
    unserved.has(visit.key) && visit.modality.includes('in-person')
      ? { ...visit, modality: ['in-person' as const] }
      : visit,
  )
  return { ...facts, program: { ...facts.program, visits } }
}
