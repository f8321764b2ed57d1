/** The problem whose optimum is a given alternative: the same, with that lead therapist and that first day. Pure. */
import type { PlacedVisit } from '../../domain/itinerary.ts'
import { MINUTE } from '../../domain/time.ts'
import { claimName, type PlanningProblem } from '../problem.ts'

/** @param visits the alternative's, in time order. */
export function asAlternative(problem: PlanningProblem, visits: readonly PlacedVisit[]): PlanningProblem {
  const [patient] = problem.patients
  const protocol = patient && problem.protocols[patient.protocol]
  const [first] = visits
  if (!patient || !protocol || !first) return problem
  const start = (first.start - Date.parse(problem.epochUtc)) / MINUTE
  const day = problem.days.findLastIndex((d) => d.start <= start)
  const [from, to] = [problem.days[day]?.start ?? 0, problem.days[day + 1]?.start ?? problem.horizon]
  const leads = new Map(
    protocol.visits.flatMap((v) => {
      const need = v.needs.find((n) => n.lead)
      const placed = visits.find((p) => p.visitKey === v.id)
      const lead = need && placed?.participants.find((p) => p.as === claimName(need))
      return need && lead ? [[v.id, { as: claimName(need), id: lead.clinicianId }] as const] : []
    }),
  )
  return {
    ...problem,
    patients: [
      {
        ...patient,
        // nothing before the day; the first visit on it
        unavailable: from > patient.ready ? [[patient.ready, from], ...patient.unavailable] : patient.unavailable,
        latest: { ...patient.latest, [first.visitKey]: Math.min(patient.latest?.[first.visitKey] ?? to - 1, to - 1) },
        candidates: Object.fromEntries(
          Object.entries(patient.candidates ?? {}).map(([visit, byAs]) => {
            const lead = leads.get(visit)
            return [visit, lead ? { ...byAs, [lead.as]: (byAs[lead.as] ?? []).filter((c) => c.id === lead.id) } : byAs]
          }),
        ),
      },
    ],
  }
}
