/**
 * Moves an appointment: it does not block itself, and keeps its people and room where they can stay. If later visits no longer fit, the
 * move is refused, or they are planned anew in the same transaction (contract.md §5). Lock, judge, choose, plan, claim, store, tell.
 */
import { type Tx, transact } from '../db/client.ts'
import { type Appointment, endForLags, isFixedPoint } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { handoversRefused } from '../domain/continuity.ts'
import { followingOf } from '../domain/following.ts'
import type { AppointmentId, ClinicId, ClinicianId, RoomId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { datedOf, lagViolations } from '../domain/lags.ts'
import { type VisitTemplate, visitOf } from '../domain/program.ts'
import { type LagViolation, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addMinutes, type Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as claims from '../repositories/claims.ts'
import * as groupVisits from '../repositories/group-visits.ts'
import { approved, type Override } from './approve-override.ts'
import { choosePlace } from './choose-place.ts'
import type { Deps } from './deps.ts'
import { judgeGates, judgePlaces } from './judge-booking.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { isMovable } from './offer-slots.ts'
import { placesOf } from './places-of.ts'
import { planTail } from './plan-tail.ts'
import { retryRaces, type Try } from './retry-races.ts'
import { type Placing, storeAppointments, tellOfBookings } from './store-bookings.ts'
import { takeClaims } from './take-claims.ts'

export type RescheduleWish = {
  readonly start: Instant
  readonly clinicId: ClinicId | undefined
  readonly roomId: RoomId | undefined
  readonly participants: readonly { readonly as: string; readonly clinicianId: ClinicianId }[]
  readonly following: 'refuse' | 'replan'
  readonly override: Override | undefined
}
/** `moved`: later visits that were planned anew and are elsewhere now. */
export type Rescheduled = { readonly appointment: Appointment; readonly moved: Appointment[] }

export const rescheduleAppointment = (
  deps: Deps,
  caller: Caller,
  id: AppointmentId,
  wish: RescheduleWish,
): Promise<Result<Rescheduled, Refusal>> =>
  retryRaces((attempt) => transact(deps.db, (tx) => reschedule(tx, deps, caller, id, wish, attempt)))

async function reschedule(
  tx: Tx,
  { now }: Deps,
  caller: Caller,
  id: AppointmentId,
  wish: RescheduleWish,
  { lockAll, lost }: Try,
): Promise<Result<Rescheduled, Refusal>> {
  const seen = await appointments.visibleById(tx, caller, id)
  if (!seen) return err(notFound)
  const locked = await lockEnrolment(tx, seen.enrolmentId)
  const { enrolment, program, booked } = locked
  const target = booked.find((a) => a.id === id)
  const visit = target && visitOf(program, target.visitKey)
  if (!target || !visit) return err(notFound)
  if (isStale(caller, target)) return err(stale)
  if (!isMovable(target)) return err({ code: 'invalid-transition', from: target.status, to: 'booked' })
  if (enrolment.status !== 'open') return err({ code: 'invalid-transition', from: enrolment.status, to: 'booked' })
  const signed = await approved(tx, wish.override)
  if (!signed.ok) return signed
  const setAside = wish.override?.rules ?? []
  const tail = await tailOf(tx, locked, target, visit, wish)
  if (tail.visits.length > 0) await claims.release(tx, { appointmentIds: [id, ...tail.visits.map((a) => a.id)] })
  const chosen = await choosePlace(tx, locked, {
    ...wish,
    clinicId: wish.clinicId ?? target.clinicId,
    visit,
    modality: target.modality,
    moving: target,
    binding: booked.filter((a) => !tail.visits.includes(a)),
    setAside,
    now: now(),
    lockAll,
  })
  if (!chosen.ok) return chosen
  const placed = { id, visit: chosen.value }
  const later = await placeTail(tx, locked, tail, placed, { now: now(), setAside })
  if (!later.ok) return later
  const placings = [{ ...placed, moves: true }, ...later.value.anew.filter((p) => isElsewhere(p, booked))]
  await storeAppointments(tx, locked, placings, { itineraryId: null, override: wish.override, at: now() })
  const all = [placed, ...later.value.anew, ...later.value.kept]
  const taken = await takeClaims(tx, {
    patientId: enrolment.patientId,
    enrolmentId: enrolment.id,
    visits: all.map((p) => p.visit),
    owner: { appointmentOf: new Map(all.map((p) => [p.visit.visitKey, p.id])) },
    replaces: all.map((p) => p.id),
    ignoreLimit: setAside.includes('limit'),
  })
  if (!taken.ok) return err(lost(taken.error))
  const ids = placings.map((p) => p.id)
  const after = await appointments.byIds(tx, ids)
  await tellOfBookings(tx, caller, after, new Set(ids), wish.override)
  const appointment = after.find((a) => a.id === id)
  const moved = after.filter((a) => a.id !== id).sort((a, b) => a.start - b.start)
  return appointment ? ok({ appointment, moved }) : err(notFound)
}

/** The visits to be planned anew, and the lags that the move would break. */
type BrokenTail = { readonly visits: readonly Appointment[]; readonly violations: LagViolation[] }

/** Empty unless that was asked for and some later visit no longer fits. A seat in a group stays: others set its time. */
async function tailOf(
  tx: Tx,
  locked: LockedEnrolment,
  target: Appointment,
  visit: VisitTemplate,
  wish: RescheduleWish,
): Promise<BrokenTail> {
  const { program, booked } = locked
  const none = { visits: [], violations: [] }
  if (wish.following !== 'replan') return none
  const later = followingOf(program, target, booked)
  const inGroups = await groupVisits.seated(
    tx,
    later.map((a) => a.id),
  )
  const following = later.filter((a) => !inGroups.has(a.id))
  const keys = new Set(following.map((a) => a.visitKey))
  const moved = { ...target, start: wish.start, end: addMinutes(wish.start, visit.minutes) }
  const others = booked.filter((a) => isFixedPoint(a.status) && a.id !== target.id)
  const rules = wish.override?.rules ?? []
  const dated = [...others.map((a) => ({ ...a, end: endForLags(a) })), moved].map(datedOf)
  const violations = lagViolations(program, dated, new Set([target.visitKey]), {
    lag: rules.includes('lag'),
    span: rules.includes('span'),
  }).filter((v) => keys.has(v.visitKey))
  const overlapped = following.some((a) => a.status === 'booked' && a.start < moved.end && moved.start < a.end)
  return violations.length > 0 || overlapped ? { visits: following, violations } : none
}

/** The others stay: what they take is claimed again. */
type Later = { readonly anew: Placing[]; readonly kept: Pick<Placing, 'id' | 'visit'>[] }

async function placeTail(
  tx: Tx,
  locked: LockedEnrolment,
  { visits, violations }: BrokenTail,
  target: { readonly id: AppointmentId; readonly visit: PlacedVisit },
  { now, setAside }: { now: Instant; setAside: readonly string[] },
): Promise<Result<Later, Refusal>> {
  if (visits.length === 0) return ok({ anew: [], kept: [] })
  const lost = await displacedBy(tx, locked, visits, target.visit, setAside)
  for (const { visitKey } of violations) lost.add(visitKey)
  const planned = await planTail(tx, locked, { visits, lost, moved: target, now, away: [], setAside })
  if (!planned.ok) return err({ code: 'lag-violated', violations, blockers: planned.error })
  const { anew, kept } = planned.value
  const judged = { ...locked, visits: [target.visit, ...anew], setAside }
  const refused = (await judgeGates(tx, { ...judged, visits: anew })) ?? (await judgePlaces(tx, judged))
  if (refused) return err(refused)
  const withIds = (list: readonly PlacedVisit[]) =>
    list.flatMap((visit) => {
      const appointment = visits.find((a) => a.visitKey === visit.visitKey)
      return appointment ? [{ id: appointment.id, visit, moves: true }] : []
    })
  return ok({ anew: withIds(anew), kept: withIds(kept) })
}

/** Those that wait to be placed anew, and those whose time, room, people or therapist the moved visit has now. */
async function displacedBy(
  tx: Tx,
  { enrolment, program, booked }: LockedEnrolment,
  visits: readonly Appointment[],
  moved: PlacedVisit,
  setAside: readonly string[],
): Promise<Set<string>> {
  const places = await placesOf(tx, program, visits)
  const { start, timeZone, clinicId, participants } = moved
  const standing = booked.flatMap((a) =>
    a.visitKey === moved.visitKey ? [{ ...a, status: 'booked' as const, start, timeZone, clinicId, participants }] : [],
  )
  const handed = setAside.includes('continuity') ? [] : handoversRefused(enrolment, program, visits, standing)
  const hit = visits.filter(
    (a) =>
      a.status !== 'booked' ||
      (a.start < moved.end && moved.start < a.end) ||
      places
        .get(a.id)
        ?.claims.some((c) =>
          moved.claims.some((m) => !m.shared && m.resourceId === c.resourceId && m.start < c.end && c.start < m.end),
        ),
  )
  return new Set([...handed, ...hit].map((v) => v.visitKey))
}

/** An appointment that stays where it is, with whom it is, is not told of. */
function isElsewhere({ id, visit }: Placing, booked: readonly Appointment[]): boolean {
  const before = booked.find((a) => a.id === id)
  const people = (v: Pick<PlacedVisit, 'participants'>) => v.participants.map((p) => `${p.as} ${p.clinicianId}`).join()
  return !(
    before?.status === 'booked' &&
    before.start === visit.start &&
    before.clinicId === visit.clinicId &&
    before.roomId === visit.roomId &&
    before.modality === visit.modality &&
    people(before) === people(visit)
  )
}
