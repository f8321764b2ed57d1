/** Forgets what has served its time: answers under idempotency keys after a day, proposals nobody took with the problems they solved, old deliveries. */
import { transact } from '../db/client.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import { DAY, type Instant } from '../domain/time.ts'
import * as deliveries from '../repositories/deliveries.ts'
import * as idempotency from '../repositories/idempotency.ts'
import * as itineraries from '../repositories/itineraries.ts'
import * as sessions from '../repositories/sessions.ts'
import type { Deps } from './deps.ts'

/** What became of a delivery is kept that long. */
const DELIVERIES_KEPT = 30 * DAY

export const forgetStale = ({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    await idempotency.deleteOld(tx)
    await itineraries.deleteLapsedProposals(tx)
    await sessions.forget(tx, (now() - DAY) as Instant)
    await deliveries.forget(tx, (now() - DELIVERIES_KEPT) as Instant)
    return ok(undefined)
  })
