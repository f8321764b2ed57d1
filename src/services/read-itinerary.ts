/** Reads an itinerary, or the problem that it solves. The read is audited in the same transaction. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { ItineraryId } from '../domain/ids.ts'
import type { Itinerary } from '../domain/itinerary.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { asAlternative } from '../planner/compose/alternative.ts'
import type { PlanningProblem } from '../planner/problem.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as itineraries from '../repositories/itineraries.ts'
import type { Deps } from './deps.ts'

export function readItinerary({ db }: Deps, caller: Caller, id: ItineraryId): Promise<Result<Itinerary, Refusal>> {
  return transact(db, async (tx) => {
    const found = await itineraries.visibleById(tx, caller, id)
    const enrolment = found && (await enrolments.byId(tx, found.enrolmentId))
    if (!found || !enrolment) return err(notFound)
    await audit.record(tx, caller, [
      {
        action: 'read',
        resourceType: 'itinerary',
        resourceId: id,
        patientId: enrolment.patientId,
        fieldClasses: ['schedule'],
      },
    ])
    return ok(found)
  })
}

/**
 * In the format of the planner's file, without personal data; `throughline solve` gives the same itinerary again. An alternative's
 * problem is the proposal's with its own therapist and first day.
 */
export function readProblem({ db }: Deps, caller: Caller, id: ItineraryId): Promise<Result<unknown, Refusal>> {
  return transact(db, async (tx) => {
    const found = await itineraries.visibleById(tx, caller, id)
    const stored = found?.problemId ? await itineraries.problemOf(tx, found.problemId) : undefined
    if (!found || !stored) return err(notFound)
    const problem = stored.body as PlanningProblem
    return ok(stored.bestId === id ? problem : asAlternative(problem, found.visits))
  })
}
