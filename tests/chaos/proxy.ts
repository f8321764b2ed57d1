/** A TCP proxy on loopback between the service and PostgreSQL that can cut, delay and swallow, also around one COMMIT. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Sent, statements } from './protocol.ts'

/**
 * Where the next transaction is cut: before its BEGIN, at its first savepoint, before COMMIT arrives, before COMMIT's answer does. The last
 * two only in a transaction that has a savepoint: one that answers under an Idempotency-Key.
 */
export type CutPoint = 'begin' | 'savepoint' | 'commit' | 'commit-answer'
/** A connection that meets a black hole stays in it: the network never loses what is in the middle. */
export type Weather = 'fair' | 'slow' | 'black-hole'
export type Faulty = {
  readonly port: number
  weather: Weather
  /** Hears every statement, and over which connection; a connection's first is its startup message. */
  listener: ((statement: Sent, connection: object) => void) | undefined
  /** Ends every connection at once, without a word. */
  readonly cutAll: () => void
  /** Cuts the next connection that comes to this point. Resolves when it has. */
  readonly cutNext: (point: CutPoint) => { readonly done: Promise<void>; readonly forget: () => void }
  readonly close: () => Promise<void>
}

/** Milliseconds for each packet in slow weather. */
const DELAY = 15
const STATEMENT: Record<CutPoint, string> = {
  begin: 'begin',
  savepoint: 'savepoint',
  commit: 'commit',
  'commit-answer': 'commit',
}

export async function proxyTo(port: () => number): Promise<Faulty> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let waiting: { point: CutPoint; cut: () => void } | undefined
  const proxy: Pick<Faulty, 'weather' | 'listener'> = { weather: 'fair', listener: undefined }
  const server = createServer((near) => {
    const far = connect(port(), '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    let deaf = false
    let swallowed = false
    let answering = false
    const read = statements()
    const cutIn = (sent: readonly Sent[]): typeof waiting => {
      let due: typeof waiting
      for (const { text } of sent) {
        const statement = text.toLowerCase()
        answering ||= statement.startsWith(STATEMENT.savepoint)
        if (waiting && statement.startsWith(STATEMENT[waiting.point]) && (waiting.point === 'begin' || answering)) {
          due = waiting
          waiting = undefined
        }
        if (statement.startsWith(STATEMENT.commit)) answering = false
      }
      return due
    }
    for (const socket of pair) socket.setNoDelay(true).on('error', end).once('close', end)
    near.on('data', (part) => {
      const sent = read(part)
      for (const statement of sent) proxy.listener?.(statement, near)
      const point = cutIn(sent)
      if (point && point.point !== 'commit-answer') {
        end()
        point.cut()
        return
      }
      if (point) {
        deaf = true
        far.once('data', () => {
          end()
          point.cut()
        })
      }
      pass(part, far)
    })
    far.on('data', (part) => deaf || pass(part, near))
    function pass(part: Buffer, to: Socket): void {
      swallowed ||= proxy.weather === 'black-hole'
      if (!swallowed) send(part, to)
    }
  })
  function send(part: Buffer, to: Socket): void {
    if (proxy.weather === 'slow') setTimeout(() => to.writable && to.write(part), DELAY)
    else to.write(part)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = (): void => {
    for (const [near, far] of [...pairs]) {
      near.destroy()
      far.destroy()
    }
  }
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    cutAll,
    cutNext: (point: CutPoint) => {
      let forget = (): void => {}
      const done = new Promise<void>((resolve) => {
        const mine = { point, cut: resolve }
        waiting = mine
        forget = () => {
          if (waiting === mine) waiting = undefined
          resolve()
        }
      })
      return { done, forget }
    },
    close: async () => {
      cutAll()
      server.close()
      await once(server, 'close')
    },
  })
}
