/**
 * Connections that never answer: a network that swallows everything ends no socket, and PostgreSQL's own timeouts are said over it. Whoever
 * waits for longer than any statement may take ends the connections over which nothing has come meanwhile; postgres.js opens others.
 */
import { Socket } from 'node:net'

export type Silence = {
  /** For postgres.js: a socket on its way. */
  readonly socket: (to: Address) => Socket
  /** Somebody waits for an answer, until the returned function is called. */
  readonly wait: () => () => void
}
/** postgres.js's options: hosts and ports by turns, or a local path. */
type Address = { readonly host: readonly string[]; readonly port: readonly number[]; readonly path?: unknown }

/** Milliseconds. Time is counted in ticks: a process that was stopped has not been waiting. */
const TICK = 250

/** `limit` in milliseconds. */
export function silence(limit: number): Silence {
  const patience = Math.ceil(limit / TICK)
  const heard = new Map<Socket, { bytes: number; at: number }>()
  const waiting = new Set<{ readonly since: number }>()
  let ticks = 0
  let turn = 0
  let timer: NodeJS.Timeout | undefined
  const tick = (): void => {
    ticks++
    if (waiting.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    for (const [socket, { bytes }] of heard)
      if (socket.destroyed) heard.delete(socket)
      else if (socket.bytesRead !== bytes) heard.set(socket, { bytes: socket.bytesRead, at: ticks })
    if (![...waiting].some(({ since }) => ticks - since >= patience)) return
    for (const [socket, { at }] of heard) if (ticks - at >= patience) socket.destroy()
  }
  return {
    socket: ({ host, port, path }) => {
      const socket = new Socket()
      heard.set(socket, { bytes: 0, at: ticks })
      const n = turn++ % Math.max(1, port.length)
      if (typeof path === 'string') socket.connect(path)
      else socket.connect(port[n] ?? 5432, host[n] ?? 'localhost')
      return socket
    },
    wait: () => {
      const mine = { since: ticks }
      waiting.add(mine)
      timer ??= setInterval(tick, TICK).unref()
      return () => void waiting.delete(mine)
    },
  }
}
