/**
 * Cancels an appointment. A lost dose voids its integration and flags what comes later for replanning; flagged visits keep their claims
 * until they are replanned (contract.md §5). One transaction; what is freed is free at once.
 */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { cascadeOf } from '../domain/cascade.ts'
import { AppointmentId } from '../domain/ids.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { HOUR, type Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as bookings from '../repositories/bookings.ts'
import * as claims from '../repositories/claims.ts'
import * as clinics from '../repositories/clinics.ts'
import { approved, type Override } from './approve-override.ts'
import type { Deps } from './deps.ts'
import { judgeGates, judgePlaces } from './judge-booking.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { planTail } from './plan-tail.ts'
import { retryRaces, type Try } from './retry-races.ts'
import { type Placing, storeAppointments, tellOfBookings } from './store-bookings.ts'
import { takeClaims } from './take-claims.ts'
import { tellAppointments } from './tell-appointments.ts'

export type CancelWish = { by: 'patient' | 'clinic'; reason: string | null; reasonCode: string | null } & {
  /** `replan`: the lost dose and what follows it are planned and booked anew. */
  readonly following?: 'flag' | 'replan'
  /** Say what would happen, and change nothing. */
  readonly preview?: boolean
  readonly override?: Override | undefined
}
/** What became of the others: cancelled with it, waiting to be replanned, or booked elsewhere. */
export type Cancelled = {
  readonly appointment: Appointment
  readonly voided: Appointment[]
  readonly flagged: Appointment[]
  readonly moved: Appointment[]
}

/** A preview does all of it and rolls it back, so that it can tell nothing else than the change would. */
export async function cancelAppointment(
  deps: Deps,
  caller: Caller,
  id: AppointmentId,
  wish: CancelWish,
): Promise<Result<Cancelled, Refusal>> {
  let told: Cancelled | undefined
  const done = await retryRaces((attempt) =>
    transact(deps.db, async (tx) => {
      told = undefined
      const tried = await cancel(tx, deps, caller, id, wish, attempt)
      if (!tried.ok || !wish.preview) return tried
      told = tried.value
      return err({ code: 'unavailable' })
    }),
  )
  return told ? toldOf(deps, caller, told) : done
}

/** What was tried is rolled back, and its audit with it: that somebody was told is not. */
const toldOf = ({ db }: Deps, caller: Caller, told: Cancelled): Promise<Result<Cancelled, Refusal>> =>
  transact(db, async (tx) => {
    const { id, patientId } = told.appointment
    const note = { action: 'read', resourceType: 'appointment', resourceId: id, patientId, fieldClasses: ['schedule'] }
    await audit.record(tx, caller, [note])
    return ok(told)
  })

async function cancel(
  tx: Tx,
  { now, newId }: Deps,
  caller: Caller,
  id: AppointmentId,
  wish: CancelWish,
  { lost }: Try,
): Promise<Result<Cancelled, Refusal>> {
  const seen = await appointments.visibleById(tx, caller, id)
  if (!seen) return err(notFound)
  const locked = await lockEnrolment(tx, seen.enrolmentId)
  const { booked, program } = locked
  const target = booked.find((a) => a.id === id)
  if (!target) return err(notFound)
  if (isStale(caller, target)) return err(stale)
  if (!isCancellable(target)) return err({ code: 'invalid-transition', from: target.status, to: 'cancelled' })
  const signed = await approved(tx, wish.override)
  if (!signed.ok) return signed
  const [clinic] = await clinics.byIds(tx, [target.clinicId])
  const notice = (clinic?.policy.lateCancelHours ?? 0) * HOUR
  const { voided, flagged } = cascadeOf(program, target, booked)
  const { by, reason, reasonCode } = wish
  const cancellation = { by, reason, reasonCode, late: target.start - now() < notice }
  const ended = [id, ...voided.map((a) => a.id)]
  await claims.release(tx, { appointmentIds: ended })
  await bookings.end(
    tx,
    [
      { id, status: 'cancelled', cancellation, voidedBy: null },
      ...voided.map((a) => ({
        id: a.id,
        status: 'cancelled' as const,
        cancellation: { ...cancellation, late: false },
        voidedBy: id,
      })),
    ],
    now(),
  )
  const waitingAlready = booked.filter((a) => a.status === 'needs-replanning' && a.start > target.start)
  const anew =
    wish.following === 'replan' && voided.length + flagged.length > 0
      ? await replan(
          tx,
          { ...locked, booked: await appointments.ofEnrolment(tx, target.enrolmentId) },
          { target, voided, flagged, waiting: waitingAlready.filter((a) => !voided.includes(a)) },
          {
            now: now(),
            newId,
            override: wish.override,
            lost,
          },
        )
      : ok({ placings: [], kept: new Set<AppointmentId>() })
  if (!anew.ok) return anew
  const { placings, kept } = anew.value
  const moves = new Set(placings.filter((p) => p.moves).map((p) => p.id))
  const waiting = flagged.filter((a) => !moves.has(a.id) && !kept.has(a.id)).map((a) => a.id)
  const marked = { status: 'needs-replanning' as const, cancellation: null, voidedBy: null }
  await bookings.end(
    tx,
    waiting.map((one) => ({ id: one, ...marked })),
    now(),
  )
  const changed = await appointments.byIds(tx, [...ended, ...waiting, ...placings.map((p) => p.id)])
  const among = (ids: readonly AppointmentId[]) =>
    changed.filter((a) => ids.includes(a.id)).sort((a, b) => a.start - b.start)
  const moved = among(placings.map((p) => p.id))
  await tell(tx, caller, among([...ended, ...waiting]))
  await tellOfBookings(tx, caller, moved, moves, wish.override)
  const [appointment] = among([id])
  const rest = { voided: among(voided.map((a) => a.id)), flagged: among(waiting), moved }
  return appointment ? ok({ appointment, ...rest }) : err(notFound)
}

/** A visit under way ends by its own statuses. */
const isCancellable = ({ status }: Appointment): boolean =>
  status === 'booked' || status === 'arrived' || status === 'needs-replanning'

/** What is not to take place, what goes with it, what may have to move for it, and what waited already. */
type Lost = {
  readonly target: Appointment
  readonly voided: readonly Appointment[]
  readonly flagged: readonly Appointment[]
  readonly waiting: readonly Appointment[]
}
/** `kept`: of what might have had to move, what has not. */
type Replanned = { readonly placings: Placing[]; readonly kept: ReadonlySet<AppointmentId> }

/** Books the lost visit anew, never at the time that was just given up, and moves of what followed it as little as need be. */
async function replan(
  tx: Tx,
  locked: LockedEnrolment,
  { target, voided, flagged, waiting }: Lost,
  {
    now,
    newId,
    override,
    lost,
  }: { now: Instant; newId: () => string; override: Override | undefined } & Pick<Try, 'lost'>,
): Promise<Result<Replanned, Refusal>> {
  const { enrolment } = locked
  if (enrolment.status !== 'open') return err({ code: 'invalid-transition', from: enrolment.status, to: 'booked' })
  const standing = [...flagged, ...waiting]
  const replaces = standing.map((a) => a.id)
  await claims.release(tx, { appointmentIds: replaces })
  const setAside = override?.rules ?? []
  const planned = await planTail(tx, locked, {
    visits: [target, ...voided, ...standing],
    lost: new Set([target, ...voided, ...waiting].map((a) => a.visitKey)),
    moved: undefined,
    now,
    away: [{ start: target.start, end: target.end }],
    setAside,
  })
  if (!planned.ok) return err({ code: 'lag-violated', violations: [], blockers: planned.error })
  const { anew, kept } = planned.value
  const judged = { ...locked, visits: anew, setAside }
  const refused = (await judgeGates(tx, judged)) ?? (await judgePlaces(tx, judged))
  if (refused) return err(refused)
  const placings = anew.map((visit): Placing => {
    const moves = standing.find((a) => a.visitKey === visit.visitKey)
    return { id: moves?.id ?? AppointmentId.parse(newId()), visit, moves: moves !== undefined }
  })
  await storeAppointments(tx, locked, placings, { itineraryId: null, override, at: now })
  const taken = await takeClaims(tx, {
    patientId: enrolment.patientId,
    enrolmentId: enrolment.id,
    visits: [...anew, ...kept],
    owner: {
      appointmentOf: new Map(
        [...standing, ...placings.map((p) => ({ ...p, visitKey: p.visit.visitKey }))].map((a) => [a.visitKey, a.id]),
      ),
    },
    replaces,
    ignoreLimit: setAside.includes('limit'),
  })
  if (!taken.ok) return err(lost(taken.error))
  const stays = new Set(kept.map((visit) => visit.visitKey))
  return ok({ placings, kept: new Set(standing.filter((a) => stays.has(a.visitKey)).map((a) => a.id)) })
}

const tell = (tx: Tx, caller: Caller, changed: readonly Appointment[]): Promise<void> =>
  tellAppointments(
    tx,
    caller,
    changed.map((appointment) =>
      appointment.status === 'cancelled'
        ? { appointment, action: 'cancel', event: 'appointment.cancelled' }
        : { appointment, action: 'flag', event: 'appointment.needs-replanning' },
    ),
  )
