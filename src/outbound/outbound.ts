/** The ways out as the use cases are handed them, from the configuration. */
import type { Outbound } from '../services/deps.ts'
import { postWebhook } from './post-webhook.ts'
import { refuseTarget } from './webhook-target.ts'

export type OutboundOptions = {
  /** Webhooks may be on this machine, over http too: in development. */
  readonly allowLoopback: boolean
  /** Milliseconds for one webhook's whole exchange. */
  readonly timeout?: number
}

export const outboundOf = ({ allowLoopback, timeout }: OutboundOptions): Outbound => ({
  refuseTarget: (url) => refuseTarget(url, { allowLoopback }),
  postWebhook: (message, signal) =>
    postWebhook(message, {
      allowLoopback,
      ...(signal ? { signal } : {}),
      ...(timeout === undefined ? {} : { timeout }),
    }),
})
