/** Sign-ins of people in SQL: browser sessions and links that sign in once. Each stands for a token; both are known by their SHA-256 alone. */
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Db, Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { browserSession, signInLink } from '../db/schema.ts'
import type { Instant } from '../domain/time.ts'
import { type KnownToken, liveToken } from './tokens.ts'

type Row = { hash: Buffer; tokenId: string; createdAt: Instant; expiresAt: Instant }

export async function insert(tx: Tx, session: Row): Promise<void> {
  await tx.insert(browserSession).values(session)
}

const BY_HASH = liveToken(
  's.hash = $1 and s.revoked_at is null and s.expires_at > $2',
  'join browser_session s on s.token_id = t.id',
)
/** Live as long as neither it has ended nor its token or user. */
export const findLive = async (db: Db | Tx, hash: Buffer, now: Instant): Promise<KnownToken | undefined> =>
  (await BY_HASH(db, hash, instantText(now)))[0]

/** → whether it was live. */
export async function revoke(tx: Tx, hash: Buffer, at: Instant): Promise<boolean> {
  const ended = await tx
    .update(browserSession)
    .set({ revokedAt: at })
    .where(and(eq(browserSession.hash, hash), isNull(browserSession.revokedAt)))
    .returning({ tokenId: browserSession.tokenId })
  return ended.length > 0
}

/** The only one of its token that is not used yet. */
export async function replaceLink(tx: Tx, link: Row): Promise<void> {
  await tx.delete(signInLink).where(and(eq(signInLink.tokenId, link.tokenId), isNull(signInLink.usedAt)))
  await tx.insert(signInLink).values(link)
}

/** The token that it signs in as; undefined when it is unknown, late, or used already. */
export async function useLink(tx: Tx, hash: Buffer, at: Instant): Promise<string | undefined> {
  const [row] = await tx
    .update(signInLink)
    .set({ usedAt: at })
    .where(and(eq(signInLink.hash, hash), isNull(signInLink.usedAt), gt(signInLink.expiresAt, at)))
    .returning({ tokenId: signInLink.tokenId })
  return row?.tokenId
}

/** A day after their end. */
export async function forget(tx: Tx, endedBefore: Instant): Promise<void> {
  await tx.delete(browserSession).where(sql`${browserSession.expiresAt} < ${instantText(endedBefore)}`)
  await tx.delete(signInLink).where(sql`${signInLink.expiresAt} < ${instantText(endedBefore)}`)
}
