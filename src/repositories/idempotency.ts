/** Answers stored under an Idempotency-Key: one per token and key, for 24 hours. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { idempotencyKey } from '../db/schema.ts'
import { statement } from '../db/statement.ts'

export type StoredAnswer = { readonly status: number; readonly contentType: string; readonly body: string }

/** Whether the key is ours until the transaction ends; false: the first request with it is still running. */
export const tryLock = async (tx: Tx, tokenId: string, key: string): Promise<boolean> =>
  (await TRY_LOCK(tx, `idempotency ${tokenId} ${key}`))[0] ?? false

const TRY_LOCK = statement(
  'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked',
  ({ locked }: { locked: boolean }) => locked,
)

export async function find(
  tx: Tx,
  tokenId: string,
  key: string,
): Promise<(StoredAnswer & { requestHash: Buffer }) | undefined> {
  return (await FIND(tx, tokenId, key))[0]
}

const FIND = statement<StoredAnswer & { requestHash: Buffer }>(`
  select status, content_type as "contentType", body, request_hash as "requestHash" from idempotency_key
  where token_id = $1 and key = $2 and created_at > clock_timestamp() - interval '24 hours'`)

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
