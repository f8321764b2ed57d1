/** Bearer tokens and their users. A token is known by its SHA-256 alone. */
import { and, eq, gt, isNull, ne, or } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { apiToken, appUser } from '../db/schema.ts'
import type { User } from '../domain/caller.ts'
import type { Instant } from '../domain/time.ts'

export type KnownToken = { tokenId: string; lastUsedAt: Instant | null; user: typeof appUser.$inferSelect }

/** The live token with this hash and its active user; undefined when unknown, revoked, expired or switched off. */
export async function findLive(tx: Tx, hash: Buffer, now: Instant): Promise<KnownToken | undefined> {
  const [row] = await tx
    .select({ tokenId: apiToken.id, lastUsedAt: apiToken.lastUsedAt, user: appUser })
    .from(apiToken)
    .innerJoin(appUser, eq(appUser.id, apiToken.userId))
    .where(
      and(
        eq(apiToken.hash, hash),
        eq(appUser.active, true),
        isNull(apiToken.revokedAt),
        or(isNull(apiToken.expiresAt), gt(apiToken.expiresAt, now)),
      ),
    )
  return row
}

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
