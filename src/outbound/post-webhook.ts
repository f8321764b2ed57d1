/** One signed POST to a webhook (standardwebhooks.com): no redirects, to the address that was checked, the whole exchange within a time limit. */
import { type ClientRequest, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Fault, Posted } from '../domain/webhook.ts'
import type { SignedMessage } from '../services/deps.ts'
import { type Address, addressesOf, type Guard, parseTarget } from './webhook-target.ts'

/** Milliseconds, from looking the name up to the end of the answer. */
export const EXCHANGE_TIMEOUT = 10_000
/** Of an answer's body this much is read, and nothing of it kept. */
const BODY_CAP_BYTES = 64 * 1024

const signatures = ({ id, at, body, secrets }: SignedMessage): string =>
  secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body)).join(' ')

/** → what came of it; undefined when `signal` took it back. */
export async function postWebhook(
  message: SignedMessage,
  { signal, timeout = EXCHANGE_TIMEOUT, ...guard }: Guard & { signal?: AbortSignal; timeout?: number },
): Promise<Posted | undefined> {
  const target = parseTarget(message.url, guard)
  if ('fault' in target) return { fault: 'address-refused' }
  const cut = new AbortController()
  const takeBack = (): void => cut.abort()
  const limit = setTimeout(takeBack, timeout)
  signal?.addEventListener('abort', takeBack, { once: true })
  if (signal?.aborted) takeBack()
  try {
    const addresses = await unless(cut.signal, addressesOf(target.url, target.loopback))
    if (!addresses) return { fault: 'address-refused' }
    return { status: await exchange(target.url, addresses, message, cut.signal) }
  } catch (thrown) {
    if (signal?.aborted) return undefined
    return { fault: cut.signal.aborted ? 'timeout' : faultOf(thrown) }
  } finally {
    clearTimeout(limit)
    signal?.removeEventListener('abort', takeBack)
  }
}

function exchange(url: URL, addresses: Address[], message: SignedMessage, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? overHttps : overHttp
    const sent: ClientRequest = send(url, {
      method: 'POST',
      agent: false,
      lookup: only(addresses),
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(message.body),
        'user-agent': 'Throughline-Webhooks/1',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(message.at / 1000)),
        'webhook-signature': signatures(message),
      },
    })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      let read = 0
      const done = (): void => {
        resolve(answer.statusCode ?? 0)
        sent.destroy()
      }
      answer.on('data', (part: Buffer) => {
        read += part.length
        if (read > BODY_CAP_BYTES) done()
      })
      answer.on('end', done)
      answer.on('error', reject)
      answer.on('aborted', () => reject(new Error('cut off')))
    })
    sent.end(message.body)
  })
}

/** The socket connects to what was checked, whatever the name means by now. */
const only =
  (addresses: Address[]): LookupFunction =>
  (_host, options, found) => {
    const [first] = addresses
    if (options.all) found(null, addresses)
    else if (first) found(null, first.address, first.family)
  }

function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

function faultOf(thrown: unknown): Fault {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  return /CERT|TLS|SSL|SELF_SIGNED|ALTNAME|EPROTO|VERIFY/.test(code) ? 'tls' : 'unreachable'
}
