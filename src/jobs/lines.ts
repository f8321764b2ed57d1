/** What the relay sends: to webhooks, at most so many at once to each and in all; to the mail server. */
import { ok } from '../domain/result.ts'
import type { WebhookId } from '../domain/webhook.ts'
import { type Claimed, claimDeliveries, deliver } from '../services/deliver-webhooks.ts'
import type { Deps } from '../services/deps.ts'
import { type ClaimedMail, claimMails, sendMail } from '../services/send-mail.ts'
import type { Line } from './relay.ts'

/** One that hangs keeps so many busy, and no others wait for it. */
const PER_WEBHOOK = 8
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
