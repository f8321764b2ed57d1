/** Offers the starts at which one visit can be booked, or moved to, now (contract.md §5): the predicate of booking, and no other. One snapshot. */
import { type Tx, transact } from '../db/client.ts'
import { type Appointment, isFixedPoint } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { type Modality, type VisitTemplate, visitOf } from '../domain/program.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, dayOf, type Instant, startOfDay } from '../domain/time.ts'
import { LOAD_DAYS } from '../planner/compose/compose.ts'
import { openings } from '../planner/compose/openings.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import { usualModality } from './choose-place.ts'
import type { Deps } from './deps.ts'
import { loadOpening, loadPlaces } from './load-opening.ts'
import { type LockedEnrolment, readEnrolment } from './lock-enrolment.ts'

export type SlotsWish = {
  readonly visitKey: string
  readonly from: Instant
  readonly to: Instant
  readonly limit: number
  readonly modality: Modality | undefined
}
/** `next`: the first one that the limit left out. */
export type Slots = { readonly slots: PlacedVisit[]; readonly next: PlacedVisit | undefined }

export function offerSlots(
  { db, now }: Deps,
  caller: Caller,
  id: EnrolmentId,
  wish: SlotsWish,
): Promise<Result<Slots, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const enrolment = await enrolments.visibleById(tx, caller, id)
      if (!enrolment) return err(notFound)
      const known = await readEnrolment(tx, enrolment)
      const visit = visitOf(known.program, wish.visitKey)
      if (!visit) return err(invalid('visitKey', 'is not a visit of the enrolment’s program'))
      if (wish.modality && !visit.modality.includes(wish.modality))
        return err(invalid('modality', `must be one of ${visit.modality.join(', ')}`))
      const found = await search(tx, known, visit, wish, now())
      await audit.record(tx, caller, [
        {
          action: 'search',
          resourceType: 'enrolment',
          resourceId: id,
          patientId: enrolment.patientId,
          fieldClasses: ['schedule'],
        },
      ])
      return ok({ slots: found.slice(0, wish.limit), next: found[wish.limit] })
    },
    { isolation: 'repeatable read' },
  )
}

async function search(
  tx: Tx,
  known: LockedEnrolment,
  visit: VisitTemplate,
  wish: SlotsWish,
  now: Instant,
): Promise<PlacedVisit[]> {
  const from = Math.max(wish.from, now) as Instant
  const moving = standingOf(visit, known.booked)
  if (known.enrolment.status !== 'open' || from >= wish.to || (moving && !isMovable(moving))) return []
  const places = await loadPlaces(tx, known)
  const zone = places.home.timeZone
  const opening = await loadOpening(tx, known, places, {
    visit,
    modality: wish.modality ?? moving?.modality ?? usualModality(visit),
    clinicIds: [],
    moving,
    binding: known.booked,
    from,
    until: Math.max(
      startOfDay(addDays(dayOf(wish.to, zone), 3), zone),
      startOfDay(addDays(dayOf(from, zone), LOAD_DAYS), zone),
    ) as Instant,
    setAside: [],
    named: {},
  })
  return openings(opening, from, wish.to, wish.limit + 1)
}

/** The appointment that stands for the visit; a repeatable one can always be booked again. */
export const standingOf = (visit: VisitTemplate, booked: readonly Appointment[]): Appointment | undefined =>
  visit.repeatable
    ? undefined
    : booked.find((a) => a.visitKey === visit.key && (isFixedPoint(a.status) || a.status === 'needs-replanning'))

/** Only what has not begun is moved. */
export const isMovable = ({ status }: Pick<Appointment, 'status'>): boolean =>
  status === 'booked' || status === 'needs-replanning'
