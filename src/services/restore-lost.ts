/**
 * Takes back that a visit was lost: its time is claimed again, or its seat in the group taken, and what it voided and flagged is booked again
 * where that still stands.
 */
import type { Tx } from '../db/client.ts'
import { type Appointment, isFixedPoint, type StatusChange } from '../domain/appointment.ts'
import type { AppointmentId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import { incomplete } from '../repositories/appointment-claims.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as groupVisits from '../repositories/group-visits.ts'
import * as statusChanges from '../repositories/status-changes.ts'
import { judgePlaces } from './judge-booking.ts'
import type { LockedEnrolment } from './lock-enrolment.ts'
import { placesOf } from './places-of.ts'
import { takeClaims } from './take-claims.ts'
import { tellOfGroups } from './tell-groups.ts'

/**
 * Refuses when the visit itself can no longer be had. A voided visit whose time is gone stays cancelled, a flagged one that has lost
 * something stays flagged. → the others, booked again
 */
export async function restoreLost(
  tx: Tx,
  locked: LockedEnrolment,
  target: Appointment,
  undone: StatusChange,
  at: Instant,
): Promise<Result<AppointmentId[], Refusal>> {
  const { booked } = locked
  const replaced = ({ id, visitKey }: Appointment) =>
    booked.some(
      (a) => a.id !== id && a.visitKey === visitKey && (isFixedPoint(a.status) || a.status === 'needs-replanning'),
    )
  if (replaced(target)) return err({ code: 'already-booked', detail: `${target.visitKey} is booked anew` })
  const placed = await placesOf(tx, locked.program, booked)
  const own = placed.get(target.id)
  if (!own) throw new Error('a visit that its template does not know')
  const taking = (visit: Appointment, place: PlacedVisit) =>
    take(tx, locked, { id: visit.id, start: visit.start, place, at })
  // upper bounds and continuity may have been set aside when it was booked
  const unfit = await judgePlaces(tx, { ...locked, visits: [own], setAside: ['lag', 'span', 'continuity'] })
  if (unfit) return err(unfit)
  const taken = await taking(target, own)
  if (!taken.ok) return taken

  const again: AppointmentId[] = []
  for (const visit of booked.filter((a) => undone.voided.includes(a.id) && a.voidedBy === target.id && !replaced(a))) {
    const place = placed.get(visit.id)
    if (place && (await taking(visit, place)).ok) again.push(visit.id)
  }
  const flagged = booked.filter((a) => undone.flagged.includes(a.id) && a.status === 'needs-replanning')
  const inGroups = await groupVisits.seated(
    tx,
    flagged.map(({ id }) => id),
  )
  const alone = flagged.filter(({ id }) => !inGroups.has(id))
  const broken = await incomplete(
    tx,
    alone.flatMap(({ id }) => (placed.get(id)?.claims ?? []).map((claim) => ({ ...claim, appointmentId: id }))),
  )
  again.push(...flagged.flatMap(({ id }) => (broken.has(id) ? [] : [id])))
  await statusChanges.bookAgain(tx, again, at)
  return ok(again)
}

type Lost = Pick<Appointment, 'id' | 'start'> & { readonly place: PlacedVisit; readonly at: Instant }

async function take(
  tx: Tx,
  { enrolment: { id: enrolmentId, patientId } }: LockedEnrolment,
  { id, start, place, at }: Lost,
): Promise<Result<void, Refusal>> {
  const session = await groupVisits.lockSessionOf(tx, { id, start })
  if (session && session.status !== 'scheduled')
    return err({ code: 'invalid-transition', from: session.status, to: 'booked' })
  const seat = session && (await members.freeSeat(tx, session))
  if (seat === null) return err({ code: 'full' })
  const taken = await takeClaims(tx, {
    patientId,
    enrolmentId,
    // people and room are the session's own
    visits: [session ? { ...place, claims: [] } : place],
    owner: { appointmentOf: new Map([[place.visitKey, id]]) },
    replaces: [],
    ignoreLimit: session !== undefined,
  })
  if (!taken.ok || !session || seat === undefined) return taken
  await groupVisits.seatAgain(tx, session.id, id, seat, at)
  await groups.touch(tx, session.id, at)
  await tellOfGroups(tx, [{ type: 'group-session.seat-taken', session, patientId }])
  return ok(undefined)
}
