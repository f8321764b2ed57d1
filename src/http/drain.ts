/** Closing without dropping a request: stop listening, answer what is under way and what is already on the wire, then close connections. */
import { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { App } from './app-types.ts'

/** Milliseconds for a request that left its client before the client could know, on a connection kept alive. */
const ON_THE_WIRE = 150
/** Milliseconds after which a connection that still lives is cut: more than any handler may take. */
const LIMIT = 12_000

/**
 * Node's own `close` cuts idle connections at once, together with whatever request is on its way over them, and keeps those that were busy
 * until their keep-alive ends. Here every answer from now on says `connection: close`, and idle ones get a moment.
 */
export function drainOnClose(app: App): void {
  let draining = false
  app.addHook('onSend', async (_request, reply) => {
    if (draining) reply.header('connection', 'close')
  })
  app.addHook('preClose', async () => {
    draining = true
    if (!app.server.listening) return
    Server.prototype.close.call(app.server)
    await pause(ON_THE_WIRE)
    setTimeout(() => app.server.closeAllConnections(), LIMIT).unref()
  })
}
