/**
 * Telling webhooks: events become deliveries, what is due is taken on a lease and sent, what came of it is noted. At least once: whoever
 * dies in between loses the lease, and another sends again. A delivery holds back later ones of its enrolment, and no others.
 */
import { transact } from '../db/client.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import { judge, payloadOf, type WebhookId } from '../domain/webhook.ts'
import * as audit from '../repositories/audit.ts'
import * as deliveries from '../repositories/deliveries.ts'
import * as events from '../repositories/events.ts'
import * as webhooks from '../repositories/webhooks.ts'
import type { Deps } from './deps.ts'

/** Milliseconds, longer than one exchange may take; a killed worker's deliveries are back after it. */
const LEASE = 15_000

export type Claimed = deliveries.Claimed

/** Without an active webhook, one short query. `inHand`: what this process is sending, by webhook. */
export async function claimDeliveries(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  { perWebhook, inHand }: { perWebhook: number; inHand: ReadonlyMap<WebhookId, number> },
): Promise<Result<Claimed[], Refusal>> {
  return transact(db, async (tx) => {
    const active = await webhooks.active(tx)
    if (active.length === 0) return ok([])
    const upTo = await events.settled(tx)
    for (const { id, readUpTo } of active) if (readUpTo < upTo) while (await deliveries.fanOut(tx, id, upTo, now())) {}
    const free = active.map(({ id }) => ({ id, free: Math.max(0, perWebhook - (inHand.get(id) ?? 0)) }))
    return ok(await deliveries.claim(tx, free, now(), (now() + LEASE) as Instant))
  })
}

/** Sends one and notes what came of it; taken back by `signal`, it is handed back. */
export async function deliver(
  { db, now, outbound }: Pick<Deps, 'db' | 'now' | 'outbound'>,
  claimed: Claimed,
  { signal, chance = Math.random() }: { signal?: AbortSignal; chance?: number } = {},
): Promise<Result<void, Refusal>> {
  const { id, webhookId, attempts, failingSince, event } = claimed
  const posted = await outbound.postWebhook(
    { url: claimed.url, secrets: claimed.secrets, id: event.id, at: now(), body: payloadOf(event) },
    signal,
  )
  return transact(db, async (tx) => {
    if (posted === undefined) {
      await deliveries.handBack(tx, id)
      return ok(undefined)
    }
    const outcome = judge(posted, { attempts, failingSince, now: now(), chance })
    await deliveries.settle(tx, claimed, posted, outcome, now())
    if (outcome.status !== 'delivered') await webhooks.noteFailure(tx, webhookId, now(), outcome.disable)
    else {
      // a failure since it was taken is left to the next success, which has heard of it
      if (failingSince !== null) await webhooks.noteSuccess(tx, webhookId)
      if (event.patientId !== null)
        await audit.record(tx, audit.SYSTEM, [
          {
            action: 'disclose',
            resourceType: 'event',
            resourceId: event.id,
            patientId: event.patientId,
            fieldClasses: ['schedule'],
            recipient: `webhook:${webhookId}`,
          },
        ])
    }
    return ok(undefined)
  })
}
