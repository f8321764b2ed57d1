/**
 * Single changes that would open an itinerary, each tried by planning again: later, another clinic, remote, a handover, an extra shift. Pure.
 * Ranked by how little they change: a longer horizon by its days, an extra shift by its day and minutes.
 */

import { planItinerary } from '../plan.ts'
import type { PlanningProblem, ProblemPatient } from '../problem.ts'
import { patientProtocol, type Stop, withPatient } from './beginnings.ts'
import { type ExtraShift, extraShifts, type ShiftFacts, withShifts } from './extra-shift.ts'
import type { Obstacle } from './scene.ts'

/** A change of a problem, as data: to be applied here or asked of the people and policies it concerns. Times in minutes of the problem. */
export type Change =
  | { kind: 'later'; horizon: number }
  | { kind: 'allow-site'; patientId: string; site: string; points: number }
  | { kind: 'virtual'; protocol: string; visits: string[] }
  | { kind: 'handover'; protocol: string }
  /** `resourceId`: the person; what stands for a part of them (supervision) is on shift too. */
  | ExtraShift
  /** Where one therapist was asked for: whoever is best. */
  | { kind: 'any-therapist' }

/** `cost`: of the itinerary that the changed problem has, in points. */
export type Relaxation = { kind: Change['kind']; detail: string; cost: number; change: Change }

/** What the problem's file cannot say about what could be allowed. */
export type RelaxationFacts = ShiftFacts & {
  /** The therapist who was asked for. */
  readonly lead?: string | undefined
  /** The problem as it will be put once the change is made, where that says more than `applyRelaxation` (prices, licences). */
  readonly changed?: (change: Change) => PlanningProblem | undefined
  /** Clinics of the region that the patient's `travel` leaves out, with their points. */
  readonly travel?: Readonly<Record<string, number>>
  /** Visits that could be held remotely. */
  readonly couldBeRemote?: readonly string[]
}

/** Points for a clinic that neither the problem nor the facts give any. */
const FAR = 40
export function applyRelaxation(problem: PlanningProblem, change: Change): PlanningProblem {
  switch (change.kind) {
    case 'later':
      return { ...problem, horizon: change.horizon }
    case 'allow-site': {
      const patient = problem.patients.find((p) => p.id === change.patientId)
      if (!patient) return problem
      return withPatient(problem, { ...patient, travel: { ...patient.travel, [change.site]: change.points } })
    }
    case 'virtual': {
      const protocol = problem.protocols[change.protocol]
      if (!protocol) return problem
      const visits = protocol.visits.map((visit) =>
        change.visits.includes(visit.id) ? { ...visit, remote: visit.remote ?? ('may' as const) } : visit,
      )
      return { ...problem, protocols: { ...problem.protocols, [change.protocol]: { ...protocol, visits } } }
    }
    case 'handover': {
      const protocol = problem.protocols[change.protocol]
      if (!protocol) return problem
      return { ...problem, protocols: { ...problem.protocols, [change.protocol]: { ...protocol, continuity: 'pair' } } }
    }
    case 'extra-shift':
      return withShifts(problem, change.resourceId, [[change.start, change.end, change.site]])
    case 'any-therapist':
      return problem
  }
}

export function relaxations(
  problem: PlanningProblem,
  patient: ProblemPatient,
  stop: Stop,
  obstacle: Obstacle,
  facts: RelaxationFacts,
): Relaxation[] {
  const options = facts.lead === undefined ? { limit: 1 } : { limit: 1, lead: facts.lead }
  const tried = (change: Change, detail: string): Relaxation[] => {
    const changed = facts.changed?.(change) ?? applyRelaxation(problem, change)
    const [plan] = planItinerary(changed, patient.id, options)
    return plan ? [{ kind: change.kind, detail, cost: plan.cost.total, change }] : []
  }
  const found: Relaxation[] = []
  const attempt = (change: Change, detail: string): void => void found.push(...tried(change, detail))

  const horizon = shortestHorizon(problem, patient)
  if (horizon !== undefined) {
    const last = problem.days.findLast((day) => day.start < horizon)?.date
    attempt({ kind: 'later', horizon }, `visits up to ${last}`)
  }
  for (const site of problem.sites)
    if (typeof patient.travel[site] !== 'number')
      attempt(
        { kind: 'allow-site', patientId: patient.id, site, points: facts.travel?.[site] ?? FAR },
        'visits at another clinic of the region as well',
      )
  const protocol = patientProtocol(problem, patient)
  const remote = protocol.visits.filter((v) => !v.remote && facts.couldBeRemote?.includes(v.id)).map((v) => v.id)
  if (remote.length > 0)
    attempt(
      { kind: 'virtual', protocol: patient.protocol, visits: remote },
      `held remotely where possible: ${remote.join(', ')}`,
    )
  if ((protocol.continuity ?? 'program') === 'program')
    attempt({ kind: 'handover', protocol: patient.protocol }, 'another therapist between pairs of dose and integration')
  found.sort((a, b) => a.cost - b.cost)
  const shifts = extraShifts(problem, patient, stop, obstacle, facts).flatMap((shift) => {
    const date = problem.days.findLast((day) => day.start <= shift.start)?.date
    return tried(shift, `an extra shift of at least ${shift.end - shift.start} minutes on ${date}`)
  })
  return [...found, ...shifts]
}

/** The fewest days more; the calendar must know shifts beyond the horizon. */
function shortestHorizon(problem: PlanningProblem, patient: ProblemPatient): number | undefined {
  const horizons = problem.days.map((day) => day.start).filter((start) => start > problem.horizon)
  const planned = (at: number) =>
    planItinerary({ ...problem, horizon: horizons[at] ?? problem.horizon }, patient.id, { limit: 1 }).length > 0
  let [low, high] = [0, horizons.length - 1]
  if (high < 0 || !planned(high)) return undefined
  while (low < high) {
    const middle = (low + high) >> 1
    if (planned(middle)) high = middle
    else low = middle + 1
  }
  return horizons[low]
}
