/** A retried request takes effect once: effect and answer are stored in one transaction under the token's key (quality.md §1, invariant 7). */
import { transact, within } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as idempotency from '../repositories/idempotency.ts'
import type { Deps } from './deps.ts'

export type OnceAnswer = idempotency.StoredAnswer & { readonly replayed: boolean }

/**
 * Runs `work`, whose own transactions become savepoints of this one, and stores its answer; or gives the stored answer again. What `work`
 * throws is stored nowhere, and neither is its effect.
 */
export function answerOnce(
  { db }: Deps,
  caller: Caller,
  key: string,
  requestHash: Buffer,
  work: () => Promise<idempotency.StoredAnswer>,
): Promise<Result<OnceAnswer, Refusal>> {
  return transact<OnceAnswer>(db, async (tx) => {
    // sent together, answered in this order: an answer is looked for under the lock
    const [ours, known] = await Promise.all([
      idempotency.tryLock(tx, caller.tokenId, key),
      idempotency.find(tx, caller.tokenId, key),
    ])
    if (!ours) return err({ code: 'idempotency-in-progress' })
    if (known)
      return known.requestHash.equals(requestHash)
        ? ok({ ...known, replayed: true })
        : err({ code: 'idempotency-key-reused' })
    const answer = await within(tx, work)
    await idempotency.store(tx, caller.tokenId, key, requestHash, answer)
    return ok({ ...answer, replayed: false })
  })
}
