/** The ways out as the use cases are handed them, from the configuration. */
import type { Outbound } from '../services/deps.ts'
import { postWebhook } from './post-webhook.ts'
import { smtp } from './smtp.ts'
import { refuseTarget } from './webhook-target.ts'

export type OutboundOptions = {
  /** Webhooks may be on this machine, over http too: in development. */
  readonly allowLoopback: boolean
  /** Milliseconds for one webhook's whole exchange. */
  readonly timeout?: number
  /** Absent: no mail. */
  readonly mail?: { readonly url: string; readonly from: string } | undefined
}

export const outboundOf = ({ allowLoopback, timeout, mail }: OutboundOptions): Outbound => ({
  refuseTarget: (url) => refuseTarget(url, { allowLoopback }),
  postWebhook: (message, signal) =>
    postWebhook(message, {
      allowLoopback,
      ...(signal ? { signal } : {}),
      ...(timeout === undefined ? {} : { timeout }),
    }),
  ...(mail ? { sendMail: smtp(mail.url, mail.from) } : {}),
})
