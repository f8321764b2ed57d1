/** Holds an itinerary: claims all of its visits for a while, or none. Held again by itself, it lasts longer. One transaction. */
import { type Tx, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { ItineraryId } from '../domain/ids.ts'
import type { Itinerary } from '../domain/itinerary.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { toWire, ZoneId } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as claims from '../repositories/claims.ts'
import * as events from '../repositories/events.ts'
import * as itineraries from '../repositories/itineraries.ts'
import type { Deps } from './deps.ts'
import { judgePlaces } from './judge-booking.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { replacedBy, standsInTheWay } from './replaced-visits.ts'
import { takeClaims } from './take-claims.ts'
import { mapViolations } from './violations.ts'

/** Live holds of one patient, over all enrolments (contract.md §1). */
const HOLDS_PER_PATIENT = 5
const UTC = ZoneId.parse('UTC')

export function holdItinerary(
  { db, now, maxHolds }: Deps,
  caller: Caller,
  id: ItineraryId,
  ttlSeconds: number,
): Promise<Result<Itinerary, Refusal>> {
  return mapViolations(() =>
    transact(db, async (tx) => {
      const seen = await itineraries.visibleById(tx, caller, id)
      if (!seen) return err(notFound)
      const locked = await lockEnrolment(tx, seen.enrolmentId)
      const itinerary = await itineraries.current(tx, id)
      if (!itinerary) return err(notFound)
      if (itinerary.status === 'booked') return err({ code: 'already-booked' })
      const again = itinerary.status === 'held'
      const done = again
        ? await lengthen(tx, itinerary, ttlSeconds)
        : await take(tx, caller, locked, itinerary, { ttlSeconds, now: now(), maxHolds })
      if (!done.ok) return done
      const { expiresAt, lapsed } = await itineraries.setHeld(tx, id, caller, ttlSeconds)
      const { enrolment } = locked
      await audit.record(tx, caller, [
        {
          action: 'hold',
          resourceType: 'itinerary',
          resourceId: id,
          patientId: enrolment.patientId,
          fieldClasses: ['schedule'],
        },
      ])
      const about = { enrolmentId: enrolment.id, clinicId: enrolment.clinicId }
      const until = toWire(expiresAt, itinerary.visits[0]?.timeZone ?? UTC)
      await events.append(tx, [
        ...(lapsed ? [{ ...about, type: 'itinerary.expired' as const, subject: { itineraryId: id } }] : []),
        ...(again
          ? []
          : [{ ...about, type: 'itinerary.held' as const, subject: { itineraryId: id, expiresAt: until } }]),
      ])
      return ok({ ...itinerary, status: 'held' as const, expiresAt })
    }),
  )
}

async function lengthen(tx: Tx, itinerary: Itinerary, ttlSeconds: number): Promise<Result<void, Refusal>> {
  const { times } = await claims.extend(tx, itinerary.id, ttlSeconds)
  // it was live a moment ago, and has run out between the two statements
  return times === itinerary.visits.length ? ok(undefined) : err({ code: 'hold-expired' })
}

async function take(
  tx: Tx,
  caller: Caller,
  locked: LockedEnrolment,
  itinerary: itineraries.StoredItinerary,
  { ttlSeconds, now, maxHolds }: { ttlSeconds: number; now: number; maxHolds: number },
): Promise<Result<void, Refusal>> {
  const { enrolment, booked } = locked
  if (enrolment.status !== 'open') return err({ code: 'invalid-transition', from: enrolment.status, to: 'held' })
  const other = await itineraries.liveHold(tx, enrolment.id)
  if (other && other.expiresAt !== null)
    return err({
      code: 'enrolment-held',
      by: other.heldBy ?? '',
      until: other.expiresAt,
      timeZone: itinerary.visits[0]?.timeZone,
    })
  const refused = standsInTheWay(itinerary, booked, now)
  if (refused) return err(refused)
  const holds = await itineraries.countHolds(tx, caller.tokenId, enrolment.patientId)
  if (holds.token >= maxHolds || holds.patient >= HOLDS_PER_PATIENT) return err({ code: 'hold-limit' })
  const setAside = itinerary.override?.rules ?? []
  const unfit = await judgePlaces(tx, {
    ...locked,
    visits: itinerary.visits,
    setAside,
    problemId: itinerary.problemId,
  })
  if (unfit) return err(unfit)
  // an expired hold of its own may still have rows that nobody has met
  await claims.release(tx, { itineraryIds: [itinerary.id] })
  return takeClaims(tx, {
    patientId: enrolment.patientId,
    enrolmentId: enrolment.id,
    visits: itinerary.visits,
    owner: { itineraryId: itinerary.id, ttlSeconds },
    replaces: replacedBy(itinerary, booked).map((a) => a.id),
    ignoreLimit: setAside.includes('limit'),
  })
}
