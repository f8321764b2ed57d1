/** HTTP as a client that outlives its server sees it: an answer, or none. Loopback only; one keep-alive agent for all clients. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import type { Json } from '../support/api.ts'

export type Reply = {
  /** 0: no answer came; whether there was an effect is unknown. */
  readonly status: number
  /** Nobody listened: it was never taken. */
  readonly refused?: boolean
  readonly json: Json
  readonly headers: IncomingHttpHeaders
  /** Milliseconds. */
  readonly took: number
}
export type Asking = {
  readonly token: string
  readonly key?: string | undefined
  readonly headers?: Record<string, string>
  /** Milliseconds. */
  readonly timeout?: number
}

/** Longer than the handler's own limit: whoever is silent for that long hangs. */
const TIMEOUT = 15_000
const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })
export const hangUp = (): void => agent.destroy()

/** Never rejects. A Buffer or text body goes out as it is. */
export function ask(base: string, method: string, path: string, body: unknown, asking: Asking): Promise<Reply> {
  const began = performance.now()
  const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  return new Promise((resolve) => {
    const none = (thrown?: NodeJS.ErrnoException): void => {
      const refused = thrown?.code === 'ECONNREFUSED'
      resolve({ status: 0, refused, json: undefined, headers: {}, took: performance.now() - began })
    }
    const { hostname, port } = new URL(base)
    const headers: Record<string, string> = { authorization: `Bearer ${asking.token}` }
    if (bytes) Object.assign(headers, { 'content-type': 'application/json', 'content-length': String(bytes.length) })
    if (asking.key !== undefined) headers['idempotency-key'] = asking.key
    try {
      const sent = request({ agent, hostname, port, method, path, headers: { ...headers, ...asking.headers } })
      sent.setTimeout(asking.timeout ?? TIMEOUT, () => sent.destroy())
      sent.once('error', none)
      sent.once('response', (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.once('close', () =>
          answer.complete
            ? resolve({
                status: answer.statusCode ?? 0,
                json: parsed(Buffer.concat(parts).toString()),
                headers: answer.headers,
                took: performance.now() - began,
              })
            : none(),
        )
      })
      sent.end(bytes)
    } catch {
      // a path or header that Node itself refuses to send
      none()
    }
  })
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
