/** Tells once of every referral whose patient was not reached in time. Any number of processes may run it at once. */
import { type Tx, transact } from '../db/client.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import { type Instant, toWire } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as events from '../repositories/events.ts'
import * as referrals from '../repositories/referrals.ts'
import type { Deps } from './deps.ts'

/** Referrals of one transaction. */
const BATCH = 200

/** → how many were told of */
export async function sweepReferrals({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<Result<number, Refusal>> {
  for (let told = 0; ; ) {
    const done = await transact(db, async (tx) => ok(await tell(tx, now())))
    if (!done.ok) return done
    told += done.value
    if (done.value < BATCH) return ok(told)
  }
}

async function tell(tx: Tx, now: Instant): Promise<number> {
  const late = await referrals.markOverdue(tx, now, BATCH)
  const zones = new Map(
    (await clinics.byIds(tx, [...new Set(late.map((r) => r.clinicId))])).map((c) => [c.id, c.timeZone]),
  )
  await audit.record(
    tx,
    audit.SYSTEM,
    late.map(({ id, patientId }) => ({
      ...{ action: 'overdue', resourceType: 'referral', resourceId: id },
      ...{ patientId, fieldClasses: ['referral'] },
    })),
  )
  await events.append(
    tx,
    late.flatMap(({ id, clinicId, patientId, due }) => {
      const zone = zones.get(clinicId)
      if (!zone) return []
      const subject = { referralId: id, patientId, contactDueAt: toWire(due as Instant, zone) }
      return [{ type: 'referral.overdue' as const, enrolmentId: null, clinicId, subject }]
    }),
  )
  return late.length
}
