/** The planner's explanation in the contract's words: instants instead of minutes, requests instead of changes. Pure. */
import { ClinicId } from '../../domain/ids.ts'
import type { Blocker } from '../../domain/itinerary.ts'
import { MINUTE } from '../../domain/time.ts'
import type { Change } from '../explain/relax.ts'
import { type ExplainFacts, explain } from '../explain.ts'
import { withModalitiesInReach } from '../modalities.ts'
import { exclusionsOf } from './candidates.ts'
import { compose, PATIENT, wayPoints } from './compose.ts'
import type { ExplanationFacts, PlanningFacts } from './facts.ts'
import { type Frame, frameOf } from './frame.ts'

/** What a kind of exclusion is called among the blockers. */
const EXCLUDED_AS = { licence: 'licence', language: 'language', wish: 'therapist' } as const

export function blockersOf(facts: PlanningFacts, asked: ExplanationFacts): Blocker[] {
  const frame = frameOf(facts)
  const excluded = Object.fromEntries(
    Object.entries(exclusionsOf(withModalitiesInReach(facts, frame), frame)).map(([visit, byAs]) => [
      visit,
      Object.fromEntries(
        Object.entries(byAs).map(([as, list]) => [
          as,
          list.map(({ id, reason }) => ({ id, reason: EXCLUDED_AS[reason] })),
        ]),
      ),
    ]),
  )
  const explained = explain(compose(facts), PATIENT, { excluded, ...beyondTheFile(facts, asked, frame) })
  return explained.map((blocker) => ({
    ...blocker,
    resourceIds: blocker.resourceIds.map((id) => personOf(facts, id)),
    from: frame.instantOf(blocker.from),
    to: frame.instantOf(blocker.to),
    relaxations: blocker.relaxations.map(({ kind, detail, cost, change }) => ({
      kind,
      detail,
      cost,
      request: requestsFor(facts, asked, frame, change),
    })),
  }))
}

/** What the problem's file cannot say. */
function beyondTheFile(facts: PlanningFacts, asked: ExplanationFacts, frame: Frame): ExplainFacts {
  const away: Record<string, [number, number][]> = {}
  for (const { resourceId, start, end } of asked.away)
    away[resourceId] = [...(away[resourceId] ?? []), [frame.minuteOf(start), frame.minuteOf(end)]]
  return {
    lead: asked.therapistId,
    away,
    closures: asked.closures.map((c) => ({
      site: c.clinicId,
      start: frame.minuteOf(c.start),
      end: frame.minuteOf(c.end),
    })),
    travel: Object.fromEntries(facts.clinics.map((c) => [c.id, wayPoints(facts, c.id)])),
    couldBeRemote: facts.program.visits.filter((v) => v.modality.length > 1).map((v) => v.key),
    changed: (change) => compose(afterChange(facts, frame, change)),
  }
}

/** The facts as they will be once a relaxation's requests are made: the stated cost is that of the very problem that is put then. */
function afterChange(facts: PlanningFacts, frame: Frame, change: Change): PlanningFacts {
  const { wish, enrolment } = facts
  switch (change.kind) {
    case 'later':
      return { ...facts, wish: { ...wish, until: frame.instantOf(change.horizon) } }
    case 'virtual':
      return { ...facts, wish: { ...wish, virtual: 'allow' } }
    case 'handover':
      return { ...facts, wish: { ...wish, continuity: 'pair' } }
    case 'any-therapist':
      return facts
    case 'allow-site':
      return {
        ...facts,
        enrolment: { ...enrolment, allowedClinicIds: [...enrolment.allowedClinicIds, ClinicId.parse(change.site)] },
      }
    case 'extra-shift': {
      const person = facts.clinicians.find((c) => c.id === change.resourceId)
      const [start, end] = [frame.instantOf(change.start) / MINUTE, frame.instantOf(change.end) / MINUTE]
      const shift = [start, end, ClinicId.parse(change.site)] as const
      return {
        ...facts,
        calendars: facts.calendars.map((c) =>
          c.resourceId === person?.id || c.resourceId === person?.supervisionId
            ? { ...c, shifts: [...c.shifts, shift] }
            : c,
        ),
      }
    }
  }
}

const personOf = ({ clinicians }: PlanningFacts, id: string): string =>
  clinicians.find((c) => c.supervisionId === id)?.id ?? id

/** The calls after which proposing again gives the relaxation's cost; the last one is the proposal itself. */
function requestsFor(
  { enrolment }: PlanningFacts,
  { request }: ExplanationFacts,
  frame: Frame,
  change: Change,
): Blocker['relaxations'][number]['request'] {
  const propose = (body: Record<string, unknown>) => ({
    method: 'POST',
    path: `/v1/enrolments/${enrolment.id}/itineraries`,
    body: { ...request, ...body },
  })
  switch (change.kind) {
    case 'later':
      return [propose({ notAfter: iso(frame.instantOf(change.horizon)) })]
    case 'virtual':
      return [propose({ virtual: 'allow' })]
    case 'handover':
      return [propose({ allowHandover: true })]
    case 'any-therapist':
      return [propose({ therapistId: null })]
    case 'allow-site': {
      const allowedClinicIds = [...enrolment.allowedClinicIds, change.site]
      return [{ method: 'PATCH', path: `/v1/enrolments/${enrolment.id}`, body: { allowedClinicIds } }, propose({})]
    }
    case 'extra-shift': {
      const [start, end] = [iso(frame.instantOf(change.start)), iso(frame.instantOf(change.end))]
      const subject = { clinicianId: change.resourceId }
      return [
        { method: 'POST', path: '/v1/extra-shifts', body: { subject, clinicId: change.site, start, end } },
        propose({}),
      ]
    }
  }
}

const iso = (at: number): string => new Date(at).toISOString()
