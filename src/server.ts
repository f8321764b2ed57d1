/** The server process: what must be tried first, the database, signals, graceful close. What is served stands in serving.ts. */
import { createServer } from 'node:net'
import type { Config } from './config.ts'
import { connectionLost } from './db/sqlstate.ts'
import { staleTimeZones } from './domain/time.ts'
import { announce } from './http/log.ts'
import { open } from './installation.ts'

/** What must end before the process does, the last begun first. */
export type Closers = (() => Promise<unknown>)[]

/**
 * Serves until asked to stop, then drains: requests under way are answered, timers end, the pool and the embedded server close last.
 * → exit code: 0 after a signal, 1 after a bug that nobody caught.
 * @throws when it cannot start; what was started is stopped again
 */
export async function serve(config: Config): Promise<0 | 1> {
  const stop = untilStopped()
  const stale = staleTimeZones()
  if (stale) throw new Error(stale)
  await refuseTakenPort(config)
  const closers: Closers = []
  try {
    const opening = open(config, announce)
    closers.push(async () => (await opening.catch(() => undefined))?.close())
    // reading the program takes as long as the database takes to start
    const [installation, { begin }] = await Promise.all([opening, import('./serving.ts')])
    const app = await begin(config, installation, closers)
    const fault = await stop
    if (fault) app.log.fatal({ err: fault }, 'stopping: nobody caught this')
    return fault ? 1 : 0
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/**
 * Resolves at the first signal, or with the first error that nobody caught. The listeners stay: a second signal changes nothing.
 * A lost database session is no such error: postgres.js asks a new connection for its array types in a promise that nobody awaits, and opens
 * another connection when that fails.
 */
function untilStopped(): Promise<Error | undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined))
    const fail = (thrown: unknown) => resolve(thrown instanceof Error ? thrown : new Error('not an error'))
    process.on('uncaughtException', fail)
    process.on('unhandledRejection', (thrown) => connectionLost(thrown) || fail(thrown))
  })
}

/** Before anything else is touched: a second server by mistake must not change the first one's administrator. */
function refuseTakenPort({ port, host }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (thrown: NodeJS.ErrnoException) =>
      reject(
        new Error(
          `cannot listen on ${host}:${port}: ${thrown.code === 'EADDRINUSE' ? 'the port is taken' : thrown.message}`,
        ),
      ),
    )
    probe.listen({ port, host }, () => probe.close(() => resolve()))
  })
}
