/** The planner's explanation in the contract's words: instants instead of minutes, requests instead of changes. Pure. */
import type { Blocker } from '../domain/itinerary.ts'
import { exclusionsOf } from './candidates.ts'
import { type Frame, frameOf, PATIENT } from './compose.ts'
import { explain } from './explain.ts'
import type { PlanningFacts } from './facts.ts'
import type { PlanningProblem } from './problem.ts'
import type { Change } from './relax.ts'

/** What a kind of exclusion is called among the blockers. */
const EXCLUDED_AS = { licence: 'licence', language: 'language', wish: 'therapist' } as const

export function blockersOf(facts: PlanningFacts, problem: PlanningProblem): Blocker[] {
  const frame = frameOf(facts)
  const excluded = Object.fromEntries(
    Object.entries(exclusionsOf(facts, frame)).map(([visit, byAs]) => [
      visit,
      Object.fromEntries(
        Object.entries(byAs).map(([as, list]) => [
          as,
          list.map(({ id, reason }) => ({ id, reason: EXCLUDED_AS[reason] })),
        ]),
      ),
    ]),
  )
  const couldBeRemote = facts.program.visits.filter((v) => v.modality.length > 1).map((v) => v.key)
  return explain(problem, PATIENT, { excluded, couldBeRemote }).map((blocker) => ({
    ...blocker,
    resourceIds: blocker.resourceIds.map((id) => personOf(facts, id)),
    from: frame.instantOf(blocker.from),
    to: frame.instantOf(blocker.to),
    relaxations: blocker.relaxations.map(({ kind, detail, cost, change }) => ({
      kind,
      detail,
      cost,
      request: requestsFor(facts, frame, change),
    })),
  }))
}

const personOf = ({ clinicians }: PlanningFacts, id: string): string =>
  clinicians.find((c) => c.supervisionId === id)?.id ?? id

/** The calls after which proposing again gives the relaxation's cost. */
function requestsFor(facts: PlanningFacts, frame: Frame, change: Change): Blocker['relaxations'][number]['request'] {
  const { enrolment, wish } = facts
  const again = (body: Record<string, unknown>) => [
    {
      method: 'POST',
      path: `/v1/enrolments/${enrolment.id}/itineraries`,
      body: { notBefore: iso(wish.ready), ...body },
    },
  ]
  switch (change.kind) {
    case 'later':
      return again({ notAfter: iso(frame.instantOf(change.horizon)) })
    case 'virtual':
      return again({ virtual: 'allow' })
    case 'handover':
      return again({ allowHandover: true })
    case 'allow-site':
      return [
        {
          method: 'PATCH',
          path: `/v1/enrolments/${enrolment.id}`,
          body: { allowedClinicIds: [...enrolment.allowedClinicIds, change.site] },
        },
      ]
    case 'extra-shift': {
      const [start, end] = [frame.instantOf(change.start), frame.instantOf(change.end)]
      return [
        {
          method: 'POST',
          path: '/v1/extra-shifts',
          body: {
            subject: { clinicianId: personOf(facts, change.resourceId) },
            clinicId: change.site,
            start: iso(start),
            end: iso(end),
          },
        },
      ]
    }
  }
}

const iso = (at: number): string => new Date(at).toISOString()
