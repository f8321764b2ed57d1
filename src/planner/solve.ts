/**
 * Answers a whole problem: its patients one after another, the urgent and the early first, each optimally, what one takes being busy for the
 * next. Pure. The answer is optimal when its cost reaches the bound, the sum of what each patient would cost alone.
 */
import { type Blocker, explain } from './explain.ts'
import { type Plan, planItinerary } from './plan.ts'
import type { Answer, AnswerItinerary, PlanningProblem, ProblemPatient } from './problem.ts'

/** `progress`, when given, hears of each patient as it is decided. */
export function solve(
  problem: PlanningProblem,
  progress?: (done: number, of: number, patientId: string, cost: number | null) => void,
): Answer<Blocker> {
  const plans = new Map<string, Plan | null>()
  let bound = 0
  let left = problem
  const queue = [...problem.patients].sort((a, b) => b.priority - a.priority || a.ready - b.ready)
  for (const patient of queue) {
    const plan = planItinerary(left, patient.id, { limit: 1 })[0] ?? null
    const alone = left === problem ? plan : planItinerary(problem, patient.id, { limit: 1 })[0]
    const unplanned = problem.weights.unplanned * patient.priority
    bound += alone ? (queue.length === 1 ? alone.cost.total : Math.min(alone.cost.total, unplanned)) : unplanned
    plans.set(patient.id, plan)
    if (plan) left = withPlanBooked(left, patient, plan)
    progress?.(plans.size, queue.length, patient.id, plan?.cost.total ?? null)
  }

  const patients: Record<string, AnswerItinerary | null> = {}
  const blockers: Record<string, Blocker[]> = {}
  let cost = overtime(problem, plans)
  for (const patient of problem.patients) {
    const plan = plans.get(patient.id) ?? null
    cost += plan ? plan.cost.total : problem.weights.unplanned * patient.priority
    patients[patient.id] = plan ? { lead: plan.lead, visits: plan.visits } : null
    if (!plan) blockers[patient.id] = explain(left, patient.id)
  }
  return {
    patients,
    cost,
    optimal: cost === bound,
    bound,
    ...(Object.keys(blockers).length > 0 ? { blockers } : {}),
  }
}

/** The problem after a plan was booked: its claims are busy, its doses count. */
export function withPlanBooked(problem: PlanningProblem, patient: ProblemPatient, plan: Plan): PlanningProblem {
  const taken = claimsOf(problem, patient, plan)
  const resources = problem.resources.map((resource) => {
    const claims = taken.get(resource.id)
    return claims ? { ...resource, busy: [...resource.busy, ...claims.map((c) => c.busy)] } : resource
  })
  const dosesBooked: Record<string, Record<string, number>> = { ...problem.dosesBooked }
  for (const [id, claims] of taken) {
    const doses = new Map(claims.filter((c) => c.dose).map((c) => [c.visitId, c.date]))
    for (const date of doses.values()) {
      const known = dosesBooked[id]
      dosesBooked[id] = { ...known, [date]: (known?.[date] ?? 0) + 1 }
    }
  }
  return { ...problem, resources, dosesBooked }
}

type Claim = { busy: [number, number]; visitId: string; dose: boolean; date: string }

/** What a plan claims, by resource; visits that were fixed hold their resources already. */
function claimsOf(problem: PlanningProblem, patient: ProblemPatient, plan: Plan): Map<string, Claim[]> {
  const out = new Map<string, Claim[]>()
  const visits = problem.protocols[patient.protocol]?.visits ?? []
  for (const [i, held] of plan.visits.entries()) {
    const visit = visits[i]
    if (!visit || patient.fixed?.[held.id]) continue
    const date = problem.days.findLast((day) => day.start <= held.start)?.date ?? ''
    for (const [k, need] of visit.needs.entries()) {
      const id = held.res[k]
      if (id === null || id === undefined) continue
      const busy: [number, number] = [held.start + need.from, held.start + need.to]
      const claim = { busy, visitId: visit.id, dose: visit.dose === true, date }
      const claims = out.get(id)
      if (claims) claims.push(claim)
      else out.set(id, [claim])
    }
  }
  return out
}

/** Points for grid slots beyond fair-share targets. */
function overtime(problem: PlanningProblem, plans: ReadonlyMap<string, Plan | null>): number {
  const slots = new Map<string, number>()
  for (const patient of problem.patients) {
    const plan = plans.get(patient.id)
    if (!plan) continue
    for (const [id, claims] of claimsOf(problem, patient, plan))
      for (const { busy } of claims) slots.set(id, (slots.get(id) ?? 0) + Math.ceil((busy[1] - busy[0]) / problem.grid))
  }
  let points = 0
  for (const { id, target } of problem.resources)
    if (target !== undefined)
      points += problem.weights.overPerSlot * Math.max(0, (slots.get(id) ?? 0) - target / problem.grid)
  return points
}
