/** Lets a hold go: everything it claimed is free at once. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { ItineraryId } from '../domain/ids.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as claims from '../repositories/claims.ts'
import * as itineraries from '../repositories/itineraries.ts'
import type { Deps } from './deps.ts'
import { lockEnrolment } from './lock-enrolment.ts'

export function releaseHold({ db }: Deps, caller: Caller, id: ItineraryId): Promise<Result<void, Refusal>> {
  return transact(db, async (tx) => {
    const seen = await itineraries.visibleById(tx, caller, id)
    if (!seen) return err(notFound)
    const { enrolment } = await lockEnrolment(tx, seen.enrolmentId)
    const itinerary = await itineraries.current(tx, id)
    if (itinerary?.status !== 'held') return err({ code: 'not-held' })
    await claims.release(tx, { itineraryIds: [id] })
    await itineraries.setStatus(tx, [id], 'released')
    await audit.record(tx, caller, [
      { action: 'release', resourceType: 'itinerary', resourceId: id, patientId: enrolment.patientId },
    ])
    return ok(undefined)
  })
}
