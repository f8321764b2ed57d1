/** Webhooks in SQL. The secrets leave only to sign. */
import { and, eq, getTableColumns, gt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { webhook } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { Instant } from '../domain/time.ts'
import { Webhook, type WebhookId } from '../domain/webhook.ts'

const { secret: _secret, previousSecret: _previous, readUpTo: _read, ...columns } = getTableColumns(webhook)

/** All of its clinics are the caller's; one for every clinic is for whoever sees every clinic. */
const visible = (caller: Caller): SQL | undefined =>
  caller.clinicIds === null
    ? undefined
    : sql`(cardinality(${webhook.clinicIds}) > 0 and ${webhook.clinicIds} <@ ${sql.param([...caller.clinicIds])}::uuid[])`

export async function list(
  tx: Tx,
  caller: Caller,
  page: { limit: number; after: string | undefined },
): Promise<Webhook[]> {
  const rows = await tx
    .select(columns)
    .from(webhook)
    .where(and(visible(caller), page.after === undefined ? undefined : gt(webhook.id, page.after)))
    .orderBy(webhook.id)
    .limit(page.limit)
  return rows.map((row) => Webhook.parse(row))
}

export async function visibleById(tx: Tx, caller: Caller, id: WebhookId): Promise<Webhook | undefined> {
  const [row] = await tx
    .select(columns)
    .from(webhook)
    .where(and(eq(webhook.id, id), visible(caller)))
  return row && Webhook.parse(row)
}

/** Locked for a change. */
export async function lockVisible(tx: Tx, caller: Caller, id: WebhookId): Promise<Webhook | undefined> {
  const [row] = await tx
    .select(columns)
    .from(webhook)
    .where(and(eq(webhook.id, id), visible(caller)))
    .for('no key update')
  return row && Webhook.parse(row)
}

/** It is told of what comes after `readUpTo`. */
export async function insert(tx: Tx, one: Webhook, kept: { secret: string; readUpTo: number }): Promise<void> {
  await tx.insert(webhook).values({ ...one, ...kept })
}

export async function update(
  tx: Tx,
  id: WebhookId,
  change: Partial<Pick<Webhook, 'url' | 'events' | 'clinicIds' | 'active' | 'disabledReason' | 'failingSince'>>,
): Promise<Webhook> {
  const [row] = await tx
    .update(webhook)
    .set({ ...change, revision: sql`${webhook.revision} + 1` })
    .where(eq(webhook.id, id))
    .returning(columns)
  return Webhook.parse(row)
}

/** From now on the new secret signs, and the old one beside it until then. */
export async function rotate(tx: Tx, id: WebhookId, secret: string, previousUntil: Instant): Promise<Webhook> {
  const [row] = await tx
    .update(webhook)
    .set({ secret, previousSecret: webhook.secret, previousUntil, revision: sql`${webhook.revision} + 1` })
    .where(eq(webhook.id, id))
    .returning(columns)
  return Webhook.parse(row)
}

/** With its deliveries. */
export async function remove(tx: Tx, id: WebhookId): Promise<void> {
  await tx.delete(webhook).where(eq(webhook.id, id))
}

/** Those that want to be told, and how far each has been read for. */
export async function active(tx: Tx): Promise<{ id: WebhookId; readUpTo: number }[]> {
  const rows = await tx
    .select({ id: webhook.id, readUpTo: webhook.readUpTo })
    .from(webhook)
    .where(eq(webhook.active, true))
  return rows.map(({ id, readUpTo }) => ({ id: id as WebhookId, readUpTo }))
}

/** After a success there is no failure to remember. */
export async function noteSuccess(tx: Tx, id: WebhookId): Promise<void> {
  await tx
    .update(webhook)
    .set({ failingSince: null })
    .where(and(eq(webhook.id, id), sql`${webhook.failingSince} is not null`))
}

/** Remembers the first failure; switches it off where there is a reason to. */
export async function noteFailure(
  tx: Tx,
  id: WebhookId,
  at: Instant,
  disable: 'gone' | 'failing' | null,
): Promise<void> {
  await tx
    .update(webhook)
    .set({
      failingSince: sql`coalesce(${webhook.failingSince}, ${new Date(at).toISOString()}::timestamptz)`,
      ...(disable ? { active: false, disabledReason: disable, revision: sql`${webhook.revision} + 1` } : {}),
    })
    .where(eq(webhook.id, id))
}
