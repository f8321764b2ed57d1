/** Forgets what has served its time: answers under idempotency keys after a day, proposals nobody took with the problems they solved. */
import { transact } from '../db/client.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import * as idempotency from '../repositories/idempotency.ts'
import * as itineraries from '../repositories/itineraries.ts'
import type { Deps } from './deps.ts'

export const forgetStale = ({ db }: Pick<Deps, 'db'>): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    await idempotency.deleteOld(tx)
    await itineraries.deleteLapsedProposals(tx)
    return ok(undefined)
  })
