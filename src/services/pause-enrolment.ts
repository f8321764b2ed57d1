/** Pausing an enrolment and going on with it. A pause gives all that is ahead back; while it lasts nothing is planned, held or booked (contract.md §4). */
import { type Tx, transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import type { Enrolment, EnrolmentStatus } from '../domain/enrolment.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { dayOf, type Instant, type LocalDate } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import { cancelAhead, isAhead } from './cancel-ahead.ts'
import type { Deps } from './deps.ts'
import type { PlacedEnrolment } from './enrolments.ts'
import { finishIfDone } from './finish-enrolment.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'

export type PauseWish = { readonly reason: string | null; readonly resumeOn: LocalDate | null }

/** Refuses `invalid-transition` unless it is open. */
export const pauseEnrolment = (
  deps: Deps,
  caller: Caller,
  id: EnrolmentId,
  { reason, resumeOn }: PauseWish,
): Promise<Result<PlacedEnrolment, Refusal>> =>
  step(
    deps,
    caller,
    id,
    { from: 'open', to: 'paused', action: 'pause' },
    async (tx, { enrolment, booked }, at, today) => {
      if (resumeOn !== null && resumeOn < today) return err(invalid('resumeOn', 'is in the past'))
      const why = { by: 'clinic', reason, reasonCode: 'paused' } as const
      await cancelAhead(tx, caller, id, booked.filter(isAhead), why, at)
      const history = [...enrolment.history, { kind: 'paused' as const, at, reason }]
      return ok({ ...enrolment, status: 'paused', resumeOn, history })
    },
  )

/** Refuses `invalid-transition` unless it is paused. */
export const resumeEnrolment = (
  deps: Deps,
  caller: Caller,
  id: EnrolmentId,
): Promise<Result<PlacedEnrolment, Refusal>> =>
  step(deps, caller, id, { from: 'paused', to: 'open', action: 'resume' }, async (_tx, { enrolment }, at) =>
    ok({
      ...enrolment,
      status: 'open',
      resumeOn: null,
      history: [...enrolment.history, { kind: 'resumed' as const, at }],
    }),
  )

type Step = { readonly from: EnrolmentStatus; readonly to: EnrolmentStatus; readonly action: 'pause' | 'resume' }

function step(
  { db, now }: Deps,
  caller: Caller,
  id: EnrolmentId,
  { from, to, action }: Step,
  work: (tx: Tx, locked: LockedEnrolment, at: Instant, today: LocalDate) => Promise<Result<Enrolment, Refusal>>,
): Promise<Result<PlacedEnrolment, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await enrolments.visibleById(tx, caller, id))) return err(notFound)
    const locked = await lockEnrolment(tx, id)
    const { enrolment } = locked
    if (isStale(caller, enrolment)) return err(stale)
    if (enrolment.status !== from) return err({ code: 'invalid-transition', from: enrolment.status, to })
    const { patientId, clinicId } = enrolment
    const [home] = await clinics.byIds(tx, [clinicId])
    if (!home) throw new Error('an enrolment without its clinic')
    const wish = await work(tx, locked, now(), dayOf(now(), home.timeZone))
    if (!wish.ok) return wish
    const after = await enrolments.update(tx, wish.value)
    await audit.record(tx, caller, [
      {
        ...{ action, resourceType: 'enrolment', resourceId: id, patientId },
        ...{ revision: after.revision, fieldClasses: ['program'] },
      },
    ])
    const type = action === 'pause' ? 'enrolment.paused' : 'enrolment.resumed'
    await events.append(tx, [{ type, enrolmentId: id, clinicId, subject: { enrolmentId: id, patientId } }])
    // what was under way when it was paused may have been the last
    if (action === 'resume') await finishIfDone(tx, caller, id, now())
    const settled = (await enrolments.byId(tx, id)) ?? after
    return ok({ ...settled, timeZone: home.timeZone })
  })
}
