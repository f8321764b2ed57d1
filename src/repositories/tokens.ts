/** Bearer tokens and their users. A token is known by its SHA-256 alone. */
import { and, eq, isNull, ne } from 'drizzle-orm'
import type { Db, Tx } from '../db/client.ts'
import { instantFromText, instantText } from '../db/range.ts'
import { apiToken, appUser } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { User } from '../domain/caller.ts'
import type { Instant } from '../domain/time.ts'

export type KnownToken = { tokenId: string; lastUsedAt: Instant | null; user: typeof appUser.$inferSelect }

const { columns, read } = reading(appUser)
/** The live token that `condition` finds ($1, of the token `t` and what is joined), with its active user; $2 is now. Needs no transaction. */
export const liveToken = (condition: string, join = '') =>
  statement(
    `select ${columns}, t.id as "tokenId", t.last_used_at as "lastUsedAt"
    from api_token t join app_user on app_user.id = t.user_id ${join}
    where ${condition} and app_user.active and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2)`,
    ({ tokenId, lastUsedAt, ...user }: { tokenId: string; lastUsedAt: string | null }): KnownToken => ({
      tokenId,
      lastUsedAt: lastUsedAt === null ? null : instantFromText(lastUsedAt),
      user: read(user),
    }),
  )
const BY_HASH = liveToken('t.hash = $1')
const BY_ID = liveToken('t.id = $1')

/** Undefined when unknown, revoked, expired or switched off. */
export const findLive = async (db: Db | Tx, hash: Buffer, now: Instant): Promise<KnownToken | undefined> =>
  (await BY_HASH(db, hash, instantText(now)))[0]

export const findLiveById = async (db: Db | Tx, id: string, now: Instant): Promise<KnownToken | undefined> =>
  (await BY_ID(db, id, instantText(now)))[0]

/** Records the use. */
export async function touch(tx: Tx, tokenId: string, now: Instant): Promise<void> {
  await tx.update(apiToken).set({ lastUsedAt: now }).where(eq(apiToken.id, tokenId))
}

export async function insert(
  tx: Tx,
  token: { id: string; userId: User['id']; hash: Buffer; createdAt: Instant; expiresAt: Instant | null },
): Promise<void> {
  await tx.insert(apiToken).values(token)
}

/** The one live token of its user: inserted or brought back, every other one revoked. */
export async function replaceAll(
  tx: Tx,
  token: { id: string; userId: User['id']; hash: Buffer; createdAt: Instant },
): Promise<void> {
  await tx
    .insert(apiToken)
    .values(token)
    .onConflictDoUpdate({ target: apiToken.hash, set: { userId: token.userId, revokedAt: null, expiresAt: null } })
  await tx
    .update(apiToken)
    .set({ revokedAt: token.createdAt })
    .where(and(eq(apiToken.userId, token.userId), ne(apiToken.hash, token.hash), isNull(apiToken.revokedAt)))
}
