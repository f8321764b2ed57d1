/** Reads an itinerary, or the problem that it solves. The read is audited in the same transaction. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { ItineraryId } from '../domain/ids.ts'
import type { Itinerary } from '../domain/itinerary.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
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

/** In the format of the planner's file, without personal data; `throughline solve` gives the same itinerary again. */
export function readProblem({ db }: Deps, caller: Caller, id: ItineraryId): Promise<Result<unknown, Refusal>> {
  return transact(db, async (tx) => {
    const found = await itineraries.visibleById(tx, caller, id)
    const problem = found?.problemId ? await itineraries.problemOf(tx, found.problemId) : undefined
    return problem === undefined ? err(notFound) : ok(problem)
  })
}
