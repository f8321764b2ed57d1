/** Closing without dropping a request: stop listening, answer what is under way and what is already on the wire, then close connections. */
import { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { App } from './app-types.ts'

/** Milliseconds for a client that does not know yet, and may be slow, to send its next request over the connection it keeps. */
const ON_THE_WIRE = 2_000
const STEP = 20
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
    for (let waited = 0; waited < ON_THE_WIRE && (await connections(app)) > 0; waited += STEP) await pause(STEP)
    setTimeout(() => app.server.closeAllConnections(), LIMIT).unref()
  })
}

const connections = (app: App): Promise<number> =>
  new Promise((resolve) => {
    app.server.getConnections((error, count) => resolve(error ? 0 : count))
  })
