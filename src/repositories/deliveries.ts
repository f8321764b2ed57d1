/** Deliveries in SQL: events become deliveries, the next ones are taken on a lease, what came of them is noted. In order per enrolment. */
import { and, desc, eq, gt, lt, ne, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText, instantText } from '../db/range.ts'
import { delivery, event, webhook } from '../db/schema.ts'
import type { LoggedEvent } from '../domain/event.ts'
import type { Instant } from '../domain/time.ts'
import type { Delivery, DeliveryId, Outcome, Posted, WebhookId } from '../domain/webhook.ts'
import { EVENT_COLUMNS, type EventRow, eventOf } from './events.ts'

/** Events read at once for one webhook. */
const BATCH = 500

/**
 * Of the events up to `upTo` those that the webhook wants become deliveries, behind whatever of the same enrolment is waiting to be tried
 * again. Never more than its owner may see now. → whether there are more
 */
export async function fanOut(tx: Tx, webhookId: WebhookId, upTo: number, now: Instant): Promise<boolean> {
  const [row] = await tx.execute<{ more: boolean }>(sql`
    with w as (select * from webhook where id = ${webhookId} and active for no key update skip locked),
    read as (
      select e.* from event e, w where e.sequence > w.read_up_to and e.sequence <= ${upTo} order by e.sequence limit ${BATCH}),
    put as (
      insert into delivery (webhook_id, event_sequence, enrolment_id, status, next_attempt_at, created_at)
      select w.id, r.sequence, r.enrolment_id, 'pending', coalesce((
          select max(d.next_attempt_at) from delivery d
          where d.webhook_id = w.id and d.enrolment_id = r.enrolment_id and d.status = 'pending'), ${instantText(now)}::timestamptz),
        ${instantText(now)}::timestamptz
      from w join app_user u on u.id = w.owner_id and u.active, read r
      where (cardinality(w.events) = 0 or r.type = any(w.events))
        and (cardinality(w.clinic_ids) = 0 or r.clinic_id = any(w.clinic_ids))
        and case u.role when 'admin' then true when 'scheduler' then r.clinic_id = any(u.clinic_ids)
          when 'integration' then 'events:read' = any(u.scopes) and (cardinality(u.clinic_ids) = 0 or r.clinic_id = any(u.clinic_ids))
          else false end
      order by r.sequence
      on conflict do nothing),
    last as (select max(sequence) as sequence, count(*) as n from read)
    update webhook t set read_up_to = case when last.n < ${BATCH} then greatest(t.read_up_to, ${upTo}) else last.sequence end
    from last where t.id = (select id from w) returning last.n = ${BATCH} as more`)
  return row?.more ?? false
}

/** A delivery in hand, with all that sending it takes. */
export type Claimed = {
  readonly id: DeliveryId
  readonly webhookId: WebhookId
  readonly attempts: number
  readonly url: string
  readonly secrets: readonly string[]
  readonly failingSince: Instant | null
  readonly event: LoggedEvent
}
type ClaimedRow = EventRow & {
  delivery_id: string
  webhook_id: string
  attempts: number
  url: string
  secrets: string[]
  failing_since: string | null
}

/** Takes what is due, at most `free` for each webhook, the first of each enrolment only; until `leasedUntil` nobody else will. */
export async function claim(
  tx: Tx,
  free: readonly { id: WebhookId; free: number }[],
  now: Instant,
  leasedUntil: Instant,
): Promise<Claimed[]> {
  const at = sql`${instantText(now)}::timestamptz`
  const rows = await tx.execute<ClaimedRow>(sql`
    with due as (
      select d.id from jsonb_to_recordset(${JSON.stringify(free)}::jsonb) as f(id uuid, free int)
        join webhook w on w.id = f.id and w.active
        cross join lateral (
          select d.id from delivery d
          where d.webhook_id = w.id and d.status = 'pending' and d.next_attempt_at <= ${at}
            and (d.leased_until is null or d.leased_until <= ${at})
            and not exists (select from delivery b where b.webhook_id = d.webhook_id and b.enrolment_id = d.enrolment_id
              and b.status = 'pending' and b.event_sequence < d.event_sequence)
          order by d.next_attempt_at, d.event_sequence limit f.free for no key update of d skip locked) d),
    taken as (
      update delivery d set leased_until = ${instantText(leasedUntil)}::timestamptz, attempts = d.attempts + 1
      from due where d.id = due.id returning d.*)
    select t.id as delivery_id, t.webhook_id, t.attempts, w.url, w.failing_since,
      array_remove(array[w.secret, case when w.previous_until > ${at} then w.previous_secret end], null) as secrets, ${EVENT_COLUMNS}
    from taken t join webhook w on w.id = t.webhook_id join event e on e.sequence = t.event_sequence
      left join clinic c on c.id = e.clinic_id left join enrolment n on n.id = e.enrolment_id
    order by e.sequence`)
  return [...rows].map((row) => ({
    id: row.delivery_id as DeliveryId,
    webhookId: row.webhook_id as WebhookId,
    attempts: row.attempts,
    url: row.url,
    secrets: row.secrets,
    failingSince: row.failing_since === null ? null : instantFromText(row.failing_since),
    event: eventOf(row),
  }))
}

/** Notes what came of an attempt; what waits behind it waits as long. */
export async function settle(
  tx: Tx,
  { id, webhookId, event: { sequence, enrolmentId } }: Claimed,
  posted: Posted,
  { status, nextAttemptAt }: Outcome,
  now: Instant,
): Promise<void> {
  await tx
    .update(delivery)
    .set({
      status,
      nextAttemptAt,
      leasedUntil: null,
      attemptedAt: now,
      responseStatus: 'status' in posted ? posted.status : null,
      fault: 'fault' in posted ? posted.fault : null,
    })
    .where(and(eq(delivery.id, id), eq(delivery.status, 'pending')))
  if (nextAttemptAt !== null && enrolmentId !== null)
    await tx.execute(sql`
      update delivery set next_attempt_at = ${instantText(nextAttemptAt)}::timestamptz
      where webhook_id = ${webhookId} and enrolment_id = ${enrolmentId} and status = 'pending' and event_sequence > ${sequence}`)
}

/** Given back unsent: it counts as no attempt. */
export async function handBack(tx: Tx, id: DeliveryId): Promise<void> {
  await tx
    .update(delivery)
    .set({ leasedUntil: null, attempts: sql`${delivery.attempts} - 1` })
    .where(and(eq(delivery.id, id), eq(delivery.status, 'pending')))
}

const logged = (tx: Tx) =>
  tx
    .select({
      id: delivery.id,
      eventId: event.id,
      type: event.type,
      status: delivery.status,
      attempts: delivery.attempts,
      responseStatus: delivery.responseStatus,
      fault: delivery.fault,
      createdAt: delivery.createdAt,
      attemptedAt: delivery.attemptedAt,
      nextAttemptAt: delivery.nextAttemptAt,
    })
    .from(delivery)
    .innerJoin(event, eq(event.sequence, delivery.eventSequence))

/** The latest first. */
export async function list(
  tx: Tx,
  webhookId: WebhookId,
  page: { limit: number; before: string | undefined },
): Promise<Delivery[]> {
  const rows = await logged(tx)
    .where(and(eq(delivery.webhookId, webhookId), page.before === undefined ? undefined : lt(delivery.id, page.before)))
    .orderBy(desc(delivery.id))
    .limit(page.limit)
  return rows as Delivery[]
}

export async function byId(tx: Tx, webhookId: WebhookId, id: DeliveryId): Promise<Delivery | undefined> {
  const [row] = await logged(tx).where(and(eq(delivery.webhookId, webhookId), eq(delivery.id, id)))
  return row as Delivery | undefined
}

const AFRESH = { status: 'pending', attempts: 0, fault: null, responseStatus: null } as const

/** To be sent again at once, whatever came of it before. */
export async function replay(tx: Tx, webhookId: WebhookId, id: DeliveryId, now: Instant): Promise<void> {
  await tx
    .update(delivery)
    .set({ ...AFRESH, nextAttemptAt: now })
    .where(and(eq(delivery.webhookId, webhookId), eq(delivery.id, id)))
}

/** The same for all after that event, and for those of which there is no delivery. → how many there are */
export async function replayAfter(tx: Tx, webhookId: WebhookId, sequence: number, now: Instant): Promise<number> {
  const again = await tx
    .update(delivery)
    .set({ ...AFRESH, nextAttemptAt: now })
    .where(and(eq(delivery.webhookId, webhookId), gt(delivery.eventSequence, sequence)))
    .returning({ id: delivery.id })
  await tx
    .update(webhook)
    .set({ readUpTo: sql`least(${webhook.readUpTo}, ${sequence})` })
    .where(eq(webhook.id, webhookId))
  return again.length
}

/** Of what arrived or failed before then nothing is kept. */
export async function forget(tx: Tx, before: Instant): Promise<void> {
  await tx.delete(delivery).where(and(ne(delivery.status, 'pending'), lt(delivery.createdAt, before)))
}
