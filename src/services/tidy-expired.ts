/** Deletes claims of expired holds. They block nobody, so this only keeps the table small (architecture.md §2). */
import { transact } from '../db/client.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import { deleteExpired } from '../repositories/expired-claims.ts'
import type { Deps } from './deps.ts'

export const tidyExpired = ({ db }: Pick<Deps, 'db'>): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    await deleteExpired(tx)
    return ok(undefined)
  })
