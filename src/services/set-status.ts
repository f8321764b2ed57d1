/**
 * Takes an appointment through its day: arrived, begun, recovering, completed, or not (contract.md §5). A lost dose voids its integration and
 * flags the tail; the last change may be taken back by whoever made it on the same day, and takes back what followed. One transaction.
 */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment, AppointmentStatus, StatusChange } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { cascadeOf } from '../domain/cascade.ts'
import type { AppointmentId } from '../domain/ids.ts'
import { visitOf } from '../domain/program.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { isLost, stamped, stepTo } from '../domain/status-step.ts'
import type { Instant, LocalDate } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as bookings from '../repositories/bookings.ts'
import * as claims from '../repositories/claims.ts'
import * as statusChanges from '../repositories/status-changes.ts'
import { countInfoCall } from './count-info-call.ts'
import type { Deps } from './deps.ts'
import { finishIfDone } from './finish-enrolment.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { restoreLost } from './restore-lost.ts'
import { type Told, tellAppointments } from './tell-appointments.ts'
import { mapViolations } from './violations.ts'

export type StatusWish = {
  readonly status: AppointmentStatus
  /** Of `not-dosed` one of NOT_DOSED_REASONS, else in somebody's words. */
  readonly reason: string | null
  readonly reassessOn: LocalDate | null
}

type Change = { readonly locked: LockedEnrolment; readonly target: Appointment; readonly changes: StatusChange[] }

/** Refuses `invalid-transition`, `escort-missing`; an undo also what a booking is refused for. */
export function setStatus(
  { db, now }: Deps,
  caller: Caller,
  id: AppointmentId,
  wish: StatusWish,
): Promise<Result<Appointment, Refusal>> {
  return mapViolations(() =>
    transact(db, async (tx) => {
      const seen = await appointments.visibleById(tx, caller, id)
      if (!seen) return err(notFound)
      const locked = await lockEnrolment(tx, seen.enrolmentId)
      const target = locked.booked.find((a) => a.id === id)
      if (!target) return err(notFound)
      if (isStale(caller, target)) return err(stale)
      const changes = await statusChanges.changesOf(tx, id)
      const step = stepTo(target, wish.status, changes, { by: caller.userId, at: now() })
      if (!step) return err({ code: 'invalid-transition', from: target.status, to: wish.status })
      const change = { locked, target, changes }
      const told =
        step.kind === 'undo'
          ? await goBack(tx, change, step.undone, now())
          : await goOn(tx, caller, change, wish, now())
      if (!told.ok) return told
      await tellAppointments(tx, caller, told.value)
      const after = told.value.find((one) => one.appointment.id === id)?.appointment
      if (after?.status === 'completed') {
        await countInfoCall(tx, caller, after, now())
        await finishIfDone(tx, caller, locked.enrolment.id, now())
      }
      return after ? ok(after) : err(notFound)
    }),
  )
}

async function goOn(
  tx: Tx,
  caller: Caller,
  { locked, target, changes }: Change,
  wish: StatusWish,
  at: Instant,
): Promise<Result<Told[], Refusal>> {
  const { id, status: from } = target
  if (wish.status === 'arrived') {
    const missing = escortMissing(locked, target)
    if (missing) return err(missing)
  }
  const lost = isLost(wish.status)
  const { voided, flagged } = lost ? cascadeOf(locked.program, target, locked.booked) : { voided: [], flagged: [] }
  const [voidedIds, flaggedIds] = [voided.map((a) => a.id), flagged.map((a) => a.id)]
  if (lost) await claims.release(tx, { appointmentIds: [id, ...voidedIds] })
  const cancellation = { by: 'clinic' as const, reason: null, reasonCode: wish.status, late: false }
  await bookings.end(
    tx,
    [
      ...voidedIds.map((one) => ({ id: one, status: 'cancelled' as const, cancellation, voidedBy: id })),
      ...flaggedIds.map((one) => ({
        id: one,
        status: 'needs-replanning' as const,
        cancellation: null,
        voidedBy: null,
      })),
    ],
    at,
  )
  const change: StatusChange = {
    ...{ from, to: wish.status, at, by: caller.userId, reason: wish.reason },
    ...{ voided: voidedIds, flagged: flaggedIds },
  }
  await statusChanges.store(
    tx,
    id,
    {
      status: wish.status,
      actual: stamped(target.actual, wish.status, at),
      changes: [...changes, change],
      reassessOn: wish.status === 'not-dosed' ? wish.reassessOn : null,
      flags: wish.status === 'arrived' ? target.flags : target.flags.filter((flag) => flag !== 'running-late'),
    },
    at,
  )
  return ok(await changed(tx, { id, from, to: wish.status, ended: voidedIds, flagged: flaggedIds, again: [] }))
}

async function goBack(
  tx: Tx,
  { locked, target, changes }: Change,
  undone: StatusChange,
  at: Instant,
): Promise<Result<Told[], Refusal>> {
  const { id, status: from } = target
  const restored = isLost(from) ? await restoreLost(tx, locked, target, undone, at) : ok([])
  if (!restored.ok) return restored
  await statusChanges.store(
    tx,
    id,
    {
      status: undone.from,
      actual: stamped(target.actual, undone.to, null),
      changes: changes.slice(0, -1),
      reassessOn: null,
      flags: target.flags,
    },
    at,
  )
  return ok(await changed(tx, { id, from, to: undone.from, ended: [], flagged: [], again: restored.value }))
}

/** Nobody drives on the day of a dose: whoever takes the patient home is named before check-in (domain.md §3). */
function escortMissing({ program }: LockedEnrolment, { visitKey, escort }: Appointment): Refusal | undefined {
  if (escort !== null || !visitOf(program, visitKey)?.requires.includes('escort')) return undefined
  const detail = 'the appointment names nobody who takes the patient home'
  return { code: 'escort-missing', reasons: [{ rule: 'escort', visitKey, source: 'domain: escort', detail }] }
}

type Outcome = {
  readonly id: AppointmentId
  readonly from: AppointmentStatus
  readonly to: AppointmentStatus
  readonly ended: readonly AppointmentId[]
  readonly flagged: readonly AppointmentId[]
  readonly again: readonly AppointmentId[]
}

/** Read again, each with what there is to tell of it. */
async function changed(tx: Tx, { id, from, to, ended, flagged, again }: Outcome): Promise<Told[]> {
  const now = await appointments.byIds(tx, [id, ...ended, ...flagged, ...again])
  return now.map((appointment): Told => {
    if (appointment.id === id)
      return { appointment, action: 'status', event: 'appointment.status-changed', more: { from, to } }
    if (ended.includes(appointment.id)) return { appointment, action: 'cancel', event: 'appointment.cancelled' }
    if (flagged.includes(appointment.id)) return { appointment, action: 'flag', event: 'appointment.needs-replanning' }
    return { appointment, action: 'restore', event: 'appointment.booked' }
  })
}
