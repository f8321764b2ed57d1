/** A webhook: where events go, and what an attempt to tell it makes of a delivery. Pure. Signing and sending are outbound's. */
import { z } from 'zod'
import { EVENT_TYPES, type EventItem, eventItem, type LoggedEvent } from './event.ts'
import { ClinicId, UserId } from './ids.ts'
import { DAY, HOUR, Instant, MINUTE } from './time.ts'

export const WebhookId = z.guid().brand<'WebhookId'>()
export type WebhookId = z.infer<typeof WebhookId>
export const DeliveryId = z.guid().brand<'DeliveryId'>()
export type DeliveryId = z.infer<typeof DeliveryId>

export const EventTypes = z.array(z.enum(EVENT_TYPES)).max(EVENT_TYPES.length)

export const Webhook = z.object({
  id: WebhookId,
  url: z.string(),
  /** Empty: every type. */
  events: EventTypes,
  /** Empty: every clinic. */
  clinicIds: z.array(ClinicId),
  active: z.boolean(),
  /** `gone`: it answered 410; `failing`: nothing arrived for days. */
  disabledReason: z.enum(['gone', 'failing', 'switched-off']).nullable(),
  failingSince: Instant.nullable(),
  previousUntil: Instant.nullable(),
  ownerId: UserId,
  createdAt: Instant,
  revision: z.int(),
})
export type Webhook = z.infer<typeof Webhook>

export const DeliveryStatus = z.enum(['pending', 'delivered', 'failed'])

/** One event on its way to one webhook. */
export type Delivery = {
  readonly id: DeliveryId
  readonly eventId: string
  readonly type: string
  readonly status: z.infer<typeof DeliveryStatus>
  readonly attempts: number
  /** Of the last attempt; null when there was no answer, or no attempt yet. */
  readonly responseStatus: number | null
  readonly fault: Fault | null
  readonly createdAt: Instant
  readonly attemptedAt: Instant | null
  readonly nextAttemptAt: Instant | null
}

/** Why there was no answer: the address may not be called, nobody listens, it took too long, TLS failed. */
export type Fault = 'address-refused' | 'unreachable' | 'timeout' | 'tls'
export type Posted = { readonly status: number } | { readonly fault: Fault }

/** The old secret signs beside the new one for this long after a rotation. */
export const ROTATION = DAY
/** After these pauses an attempt is made again; after the last one the delivery has failed. */
const PAUSES = [5_000, 30_000, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]
/** A share of each pause, either way, so that what failed together does not come back together. */
const JITTER = 0.2
/** A webhook to which nothing could be delivered for so long is switched off. */
const PATIENCE = 3 * DAY
const GONE = 410

/** The pause after that many failed attempts, in milliseconds; undefined: no more. `chance` is uniform in [0, 1). */
export function pauseAfter(attempts: number, pauses: readonly number[], chance: number): number | undefined {
  const pause = pauses[attempts - 1]
  return pause === undefined ? undefined : Math.round(pause * (1 - JITTER + 2 * JITTER * chance))
}

export type Outcome = {
  readonly status: 'pending' | 'delivered' | 'failed'
  readonly nextAttemptAt: Instant | null
  readonly disable: 'gone' | 'failing' | null
}

/** Only a 2xx is an arrival: a redirect is not followed. `attempts` counts this one. */
export function judge(
  posted: Posted,
  {
    attempts,
    failingSince,
    now,
    chance,
  }: { attempts: number; failingSince: Instant | null; now: Instant; chance: number },
): Outcome {
  if ('status' in posted && posted.status >= 200 && posted.status < 300)
    return { status: 'delivered', nextAttemptAt: null, disable: null }
  if ('status' in posted && posted.status === GONE) return { status: 'failed', nextAttemptAt: null, disable: 'gone' }
  const pause = pauseAfter(attempts, PAUSES, chance)
  return {
    status: pause === undefined ? 'failed' : 'pending',
    nextAttemptAt: pause === undefined ? null : ((now + pause) as Instant),
    disable: failingSince !== null && now - failingSince >= PATIENCE ? 'failing' : null,
  }
}

/** The body, as Standard Webhooks recommends: what, when, and the item that a poller would read. */
export function payloadOf(event: LoggedEvent): string {
  const item: EventItem = eventItem(event)
  return JSON.stringify({ type: event.type, timestamp: item.at, data: item })
}
