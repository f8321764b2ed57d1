/** What the relay sends: to webhooks, at most so many at once to each and in all; to the mail server; freed time to those who wait for it. */
import { ok } from '../domain/result.ts'
import type { WebhookId } from '../domain/webhook.ts'
import { type Claimed, claimDeliveries, deliver } from '../services/deliver-webhooks.ts'
import type { Deps } from '../services/deps.ts'
import { offerFreedTime, pendingTime } from '../services/offer-freed-time.ts'
import { type ClaimedMail, claimMails, sendMail } from '../services/send-mail.ts'
import { sweepHolds } from '../services/sweep-holds.ts'
import type { Line } from './relay.ts'

/** One that hangs keeps so many busy, and no others wait for it. */
const PER_WEBHOOK = 16
const IN_ALL = 128

export const webhookLine = (deps: Deps): Line<Claimed> => ({
  name: 'webhooks',
  take: async (inHand) => {
    const total = [...inHand.values()].reduce((sum, n) => sum + n, 0)
    if (total >= IN_ALL) return ok([])
    return claimDeliveries(deps, { perWebhook: PER_WEBHOOK, inHand: inHand as ReadonlyMap<WebhookId, number> })
  },
  keyOf: ({ webhookId }) => webhookId,
  send: (claimed, signal) => deliver(deps, claimed, { signal }),
})

const LETTERS = 4

export const mailLine = (deps: Deps): Line<ClaimedMail> => ({
  name: 'mail',
  take: (inHand) => claimMails(deps, LETTERS - (inHand.get('mail') ?? 0)),
  keyOf: () => 'mail',
  send: (claimed) => sendMail(deps, claimed),
})

/** One at a time in each process: that a hold has run out is told, and whoever waits is asked, within a second or two. */
export const freedTimeLine = (deps: Deps): Line<'freed time'> => ({
  name: 'waiting list',
  take: async (inHand) => {
    const pending = inHand.size > 0 ? ok(false) : await pendingTime(deps)
    return pending.ok ? ok(pending.value ? ['freed time'] : []) : pending
  },
  keyOf: (found) => found,
  send: async () => {
    const swept = await sweepHolds(deps)
    return swept.ok ? offerFreedTime(deps) : swept
  },
})
