/** Tidies after holds that have run out, and tells of each once. They block nobody, so nothing depends on when (architecture.md §2). */
import { transact } from '../db/client.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as events from '../repositories/events.ts'
import { deleteExpired, lapsedUntold } from '../repositories/expired-claims.ts'
import type { Deps } from './deps.ts'

/** Rows of one transaction. */
const BATCH = 500

/** → how many holds have been told of */
export async function sweepHolds({ db }: Pick<Deps, 'db'>): Promise<Result<number, Refusal>> {
  for (let told = 0; ; ) {
    const batch = await transact(db, async (tx) => {
      const lapsed = await lapsedUntold(tx, BATCH)
      await audit.record(
        tx,
        audit.SYSTEM,
        lapsed.map(({ id, patientId }) => ({
          action: 'expire',
          resourceType: 'itinerary',
          resourceId: id,
          patientId,
        })),
      )
      await events.append(
        tx,
        lapsed.map(({ id, enrolmentId, clinicId }) => ({
          type: 'itinerary.expired',
          enrolmentId,
          clinicId,
          subject: { itineraryId: id },
        })),
      )
      return ok({ lapsed: lapsed.length, more: await deleteExpired(tx, BATCH) })
    })
    if (!batch.ok) return batch
    told += batch.value.lapsed
    if (batch.value.lapsed < BATCH && !batch.value.more) return ok(told)
  }
}
