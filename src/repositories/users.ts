/** Users in SQL: rows in, domain values out. */
import { and, eq, gt, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { appUser } from '../db/schema.ts'
import { User } from '../domain/caller.ts'
import type { UserId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

export async function list(tx: Tx, page: { limit: number; after: string | undefined }): Promise<User[]> {
  const rows = await tx
    .select()
    .from(appUser)
    .where(page.after === undefined ? undefined : gt(appUser.id, page.after))
    .orderBy(appUser.id)
    .limit(page.limit)
  return rows.map((row) => User.parse(row))
}

/** The row, locked for change. */
export async function lock(tx: Tx, id: UserId): Promise<User | undefined> {
  const [row] = await tx.select().from(appUser).where(eq(appUser.id, id)).for('no key update')
  return row && User.parse(row)
}

export const exists = async (tx: Tx, id: UserId): Promise<boolean> =>
  (await tx.select({ id: appUser.id }).from(appUser).where(eq(appUser.id, id))).length > 0

export async function insert(tx: Tx, user: User, createdAt: Instant): Promise<void> {
  await tx.insert(appUser).values({ ...user, createdAt })
}

/** Writes the whole value; the revision rises by one. */
export async function update(tx: Tx, user: User): Promise<User> {
  const [row] = await tx
    .update(appUser)
    .set({ ...user, revision: sql`${appUser.revision} + 1` })
    .where(and(eq(appUser.id, user.id)))
    .returning()
  return User.parse(row)
}

/** Inserts the user, or makes the stored one like it. */
export async function upsert(tx: Tx, user: User, createdAt: Instant): Promise<void> {
  await tx
    .insert(appUser)
    .values({ ...user, createdAt })
    .onConflictDoUpdate({ target: appUser.id, set: { ...user, revision: sql`${appUser.revision}` } })
}

/** The name that signs what the user prints. */
export async function displayNameOf(tx: Tx, id: UserId): Promise<string> {
  const [row] = await tx.select({ name: appUser.displayName }).from(appUser).where(eq(appUser.id, id))
  return row?.name ?? ''
}
