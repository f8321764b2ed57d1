/** Ends an enrolment before its time: by the patient's wish, or because a screening did not clear. What is still ahead is cancelled, what is held is let go, all at once (contract.md §4). */
import { type Tx, transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { type Enrolment, isUnderWay } from '../domain/enrolment.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import { type CancelReason, cancelAhead, isAhead } from './cancel-ahead.ts'
import type { Deps } from './deps.ts'
import type { PlacedEnrolment } from './enrolments.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'

type Ending = { readonly status: 'withdrawn' | 'closed'; readonly action: string; readonly why: CancelReason }

/** Refuses `invalid-transition` when it has ended already. */
export function withdrawEnrolment(
  { db, now }: Deps,
  caller: Caller,
  id: EnrolmentId,
  reason: string | null,
): Promise<Result<PlacedEnrolment, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await enrolments.visibleById(tx, caller, id))) return err(notFound)
    const locked = await lockEnrolment(tx, id)
    const { enrolment } = locked
    if (isStale(caller, enrolment)) return err(stale)
    if (!isUnderWay(enrolment)) return err({ code: 'invalid-transition', from: enrolment.status, to: 'withdrawn' })
    const why: CancelReason = { by: 'patient', reason, reasonCode: 'withdrawn' }
    const after = await end(tx, caller, locked, { status: 'withdrawn', action: 'withdraw', why }, now())
    const [home] = await clinics.byIds(tx, [enrolment.clinicId])
    if (!home) throw new Error('an enrolment without its clinic')
    return ok({ ...after, timeZone: home.timeZone })
  })
}

/** By the clinic, for a reason that the patient did not choose. The enrolment is locked and under way. */
export const closeEnrolment = (
  tx: Tx,
  actor: audit.Actor,
  locked: LockedEnrolment,
  reason: string,
  reasonCode: string,
  at: Instant,
): Promise<Enrolment> =>
  end(tx, actor, locked, { status: 'closed', action: 'close', why: { by: 'clinic', reason, reasonCode } }, at)

async function end(
  tx: Tx,
  actor: audit.Actor,
  { enrolment, booked }: LockedEnrolment,
  { status, action, why }: Ending,
  at: Instant,
): Promise<Enrolment> {
  const { id, patientId, clinicId } = enrolment
  await cancelAhead(tx, actor, id, booked.filter(isAhead), why, at)
  const after = await enrolments.update(tx, {
    ...enrolment,
    status,
    endedAt: at,
    endReason: why.reason,
    resumeOn: null,
  })
  await audit.record(tx, actor, [
    {
      ...{ action, resourceType: 'enrolment', resourceId: id, patientId },
      ...{ revision: after.revision, fieldClasses: ['program'] },
    },
  ])
  await events.append(tx, [
    { type: `enrolment.${status}`, enrolmentId: id, clinicId, subject: { enrolmentId: id, patientId } },
  ])
  return after
}
