/** The patient's answer to an offer of freed time: accepted, all of it is booked at once or nothing; declined, it goes to the next (contract.md §7). */
import { type Tx, transact } from '../db/client.ts'
import { type Appointment, isFixedPoint } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { AppointmentId, type WaitlistOfferId } from '../domain/ids.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import type { WaitlistOffer } from '../domain/waitlist.ts'
import * as appointments from '../repositories/appointments.ts'
import * as itineraries from '../repositories/itineraries.ts'
import * as waitlist from '../repositories/waitlist.ts'
import * as offers from '../repositories/waitlist-offers.ts'
import type { Deps } from './deps.ts'
import { judgeGates, judgePlaces } from './judge-booking.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { tellOfOffers } from './offer-freed-time.ts'
import { isMovable } from './offer-slots.ts'
import { type Placing, storeAppointments, tellOfBookings } from './store-bookings.ts'
import { takeClaims } from './take-claims.ts'
import { mapViolations } from './violations.ts'

export type Accepted = { readonly offer: WaitlistOffer; readonly appointments: Appointment[] }

/** Overtaken or no longer allowed, the offer lapses: what refused it is the answer all the same. */
export async function acceptOffer(deps: Deps, caller: Caller, id: WaitlistOfferId): Promise<Result<Accepted, Refusal>> {
  const done = await mapViolations(() => transact(deps.db, (tx) => accept(tx, deps, caller, id)))
  if (!done.ok && LAPSES.has(done.error.code)) await transact(deps.db, (tx) => lapse(tx, caller, id))
  return done
}

/** Refusals that no later try would mend. */
const LAPSES = new Set<Refusal['code']>([
  'resource-taken',
  'outside-availability',
  'lag-violated',
  'already-booked',
  'not-cleared',
  'not-eligible',
  'consent-missing',
  'precondition-missing',
  'route-not-permitted',
  'not-licensed',
  'wrong-role',
  'wrong-language',
  'limit-exceeded',
  'hold-expired',
])

async function accept(
  tx: Tx,
  { now, newId }: Deps,
  caller: Caller,
  id: WaitlistOfferId,
): Promise<Result<Accepted, Refusal>> {
  const seen = await offers.visibleById(tx, caller, id)
  if (!seen) return err(notFound)
  const locked = await lockEnrolment(tx, seen.enrolmentId)
  const offer = await offers.lock(tx, id)
  if (!offer) return err(notFound)
  if (isStale(caller, offer)) return err(stale)
  if (offer.status !== 'offered') return err({ code: 'invalid-transition', from: offer.status, to: 'accepted' })
  if (offer.expiresAt <= now()) return err({ code: 'hold-expired', detail: 'the offer has run out' })
  const { enrolment, booked } = locked
  if (enrolment.status !== 'open') return err({ code: 'invalid-transition', from: enrolment.status, to: 'booked' })
  const hold = await itineraries.liveHold(tx, enrolment.id)
  if (hold && hold.expiresAt !== null)
    return err({ code: 'enrolment-held', by: hold.heldBy ?? '', until: hold.expiresAt, timeZone: offer.timeZone })
  const placings = placingsOf(locked, offer, () => AppointmentId.parse(newId()))
  if (!placings) return err({ code: 'already-booked', detail: 'a visit of it has begun, or has passed' })
  const moved = new Set<string>(placings.filter(({ moves }) => moves).map((p) => p.id))
  const judged = { ...locked, visits: offer.visits, booked, setAside: [] }
  const refused = (await judgeGates(tx, judged)) ?? (await judgePlaces(tx, judged))
  if (refused) return err(refused)
  await storeAppointments(tx, locked, placings, { itineraryId: null, at: now() })
  const taken = await takeClaims(tx, {
    patientId: enrolment.patientId,
    enrolmentId: enrolment.id,
    visits: offer.visits,
    owner: { appointmentOf: new Map(placings.map((p) => [p.visit.visitKey, p.id])) },
    replaces: [...moved],
    ignoreLimit: false,
  })
  if (!taken.ok) return taken
  await offers.setStatus(tx, id, 'accepted')
  await offers.settleFreed(tx, offer.freedId, 'done')
  await waitlist.setStatus(tx, offer.entryId, 'served')
  const after = await appointments.byIds(
    tx,
    placings.map((p) => p.id),
  )
  await tellOfBookings(tx, caller, after, moved)
  const accepted = { ...offer, status: 'accepted' as const, revision: offer.revision + 1 }
  await tellOfOffers(tx, caller, [accepted], 'waitlist.accepted')
  return ok({ offer: accepted, appointments: after.sort((a, b) => a.start - b.start) })
}

/** Undefined when one of the visits cannot be placed or moved any more. */
function placingsOf(
  { booked }: LockedEnrolment,
  { visits }: WaitlistOffer,
  newId: () => AppointmentId,
): Placing[] | undefined {
  const placings: Placing[] = []
  for (const visit of visits) {
    const standing = booked.find(
      (a) => a.visitKey === visit.visitKey && (isFixedPoint(a.status) || a.status === 'needs-replanning'),
    )
    if (standing && !isMovable(standing)) return undefined
    placings.push({ id: standing?.id ?? newId(), visit, moves: standing !== undefined })
  }
  return placings
}

async function lapse(tx: Tx, caller: Caller, id: WaitlistOfferId): Promise<Result<void, Refusal>> {
  const offer = await offers.lock(tx, id)
  if (offer?.status !== 'offered') return ok(undefined)
  await giveBack(tx, caller, offer, 'lapsed')
  return ok(undefined)
}

export const declineOffer = (
  { db, now }: Deps,
  caller: Caller,
  id: WaitlistOfferId,
): Promise<Result<WaitlistOffer, Refusal>> =>
  transact(db, async (tx) => {
    if (!(await offers.visibleById(tx, caller, id))) return err(notFound)
    const offer = await offers.lock(tx, id)
    if (!offer) return err(notFound)
    if (isStale(caller, offer)) return err(stale)
    const status = isLive(offer, now()) ? undefined : offer.status === 'offered' ? 'lapsed' : offer.status
    if (status) return err({ code: 'invalid-transition', from: status, to: 'declined' })
    return ok(await giveBack(tx, caller, offer, 'declined'))
  })

const isLive = ({ status, expiresAt }: WaitlistOffer, now: Instant): boolean => status === 'offered' && expiresAt > now

/** The time is offered to the next; this entry goes on waiting for another. */
async function giveBack(
  tx: Tx,
  caller: Caller,
  offer: WaitlistOffer,
  status: 'declined' | 'lapsed',
): Promise<WaitlistOffer> {
  await offers.setStatus(tx, offer.id, status)
  await offers.settleFreed(tx, offer.freedId, 'pending', [offer.entryId])
  const after = { ...offer, status, revision: offer.revision + 1 }
  await tellOfOffers(tx, caller, [after], `waitlist.${status}`)
  return after
}
