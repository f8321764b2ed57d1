/** A clinic's fixed session times as the problem's start sets, per room kind (domain.md §1). Pure. */
import type { VisitTemplate } from '../../domain/program.ts'
import { atLocal, type LocalDate } from '../../domain/time.ts'
import type { PlanningProblem, ProblemDay } from '../problem.ts'
import type { PlanningFacts } from './facts.ts'
import type { Frame } from './frame.ts'

/** Undefined when no clinic fixes the starts of a kind of room in play: then every grid point is a start. */
export function startSetsOf(
  facts: PlanningFacts,
  frame: Frame,
  days: readonly ProblemDay[],
  visits: readonly VisitTemplate[],
): PlanningProblem['startSets'] {
  const kinds = new Set(visits.flatMap((v) => v.claims.flatMap((c) => (c.roomKind ? [c.roomKind] : []))))
  const sets: Record<string, Record<string, number[]>> = {}
  for (const kind of kinds) {
    if (!facts.clinics.some((c) => c.policy.sessionTimes?.[kind])) continue
    sets[kind] = Object.fromEntries(
      facts.clinics.map((clinic) => {
        const times = clinic.policy.sessionTimes?.[kind]
        if (!times) return [clinic.id, everyGridStart(days, facts.program.grid)]
        const starts = days.flatMap((day) =>
          times.flatMap((time) => {
            const at = atLocal(day.date as LocalDate, time, clinic.timeZone)
            return at.ok ? [frame.minuteOf(at.value)] : []
          }),
        )
        return [clinic.id, starts.filter((m) => m % facts.program.grid === 0).sort((a, b) => a - b)]
      }),
    )
  }
  return Object.keys(sets).length > 0 ? sets : undefined
}

function everyGridStart(days: readonly ProblemDay[], grid: number): number[] {
  const last = days.at(-1)?.start ?? 0
  return Array.from({ length: Math.floor(last / grid) }, (_, i) => i * grid)
}
