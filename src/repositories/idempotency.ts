/** Answers stored under an Idempotency-Key: one per token and key, for 24 hours. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { idempotencyKey } from '../db/schema.ts'

export type StoredAnswer = { readonly status: number; readonly contentType: string; readonly body: string }

/** Whether the key is ours until the transaction ends; false: the first request with it is still running. */
export async function tryLock(tx: Tx, tokenId: string, key: string): Promise<boolean> {
  const [row] = (await tx.execute(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`idempotency ${tokenId} ${key}`}, 0)) as locked`,
  )) as unknown as { locked: boolean }[]
  return row?.locked ?? false
}

export async function find(
  tx: Tx,
  tokenId: string,
  key: string,
): Promise<(StoredAnswer & { requestHash: Buffer }) | undefined> {
  const [row] = await tx
    .select()
    .from(idempotencyKey)
    .where(
      sql`${idempotencyKey.tokenId} = ${tokenId} and ${idempotencyKey.key} = ${key}
        and ${idempotencyKey.createdAt} > clock_timestamp() - interval '24 hours'`,
    )
  return row
}

/** Replaces what is older than a day. */
export async function store(
  tx: Tx,
  tokenId: string,
  key: string,
  requestHash: Buffer,
  answer: StoredAnswer,
): Promise<void> {
  const row = { ...answer, requestHash, createdAt: sql`clock_timestamp()` }
  await tx
    .insert(idempotencyKey)
    .values({ tokenId, key, ...row })
    .onConflictDoUpdate({ target: [idempotencyKey.tokenId, idempotencyKey.key], set: row })
}

export async function deleteOld(tx: Tx): Promise<void> {
  await tx.delete(idempotencyKey).where(sql`${idempotencyKey.createdAt} <= clock_timestamp() - interval '24 hours'`)
}
