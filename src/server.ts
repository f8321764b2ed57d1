/** The server process: configuration, database, application, housekeeping, signals, graceful close. Everything that lives longer than a request. */
import { createServer } from 'node:net'
import { adminToken } from './admin-token.ts'
import { buildApp } from './app.ts'
import { depsOf, open, orThrow, seed } from './assemble.ts'
import type { Config } from './config.ts'
import { alone } from './db/alone.ts'
import { connectionLost } from './db/sqlstate.ts'
import { staleTimeZones, tzVersion } from './domain/time.ts'
import { announce, logTarget } from './http/log.ts'
import { freedTimeLine, mailLine, webhookLine } from './jobs/lines.ts'
import { startJobs } from './jobs/queue.ts'
import { startRelay } from './jobs/relay.ts'
import type { Deps } from './services/deps.ts'
import { extendHorizon } from './services/expand-availability.ts'
import { beginMailing } from './services/send-mail.ts'
import { makeSignInLink } from './services/sign-in.ts'
import { ensureAdmin } from './services/tokens.ts'

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
  const closers: (() => Promise<unknown>)[] = []
  try {
    const { db, url, close } = await open(config, announce)
    closers.push(close)
    const deps = depsOf(config, db)
    const token = adminToken(config)
    // the application is put together while the database stores what it starts with
    const [app] = await Promise.all([
      buildApp(deps, { logLevel: config.logLevel, rateLimit: config.rateLimit, ...logTarget() }),
      alone(url, () => furnish(deps, config, token.text)),
    ])
    closers.push(() => app.close())
    const address = await app.listen({ port: config.port, host: config.host })
    const warn = (line: string) => app.log.warn(line)
    const noting = { ...deps, note: warn }
    closers.push(await alone(url, () => startJobs(noting, url, warn)))
    closers.push(startRelay(webhookLine(deps), warn))
    closers.push(startRelay(freedTimeLine(noting), warn))
    if (deps.outbound.sendMail) closers.push(startRelay(mailLine(deps), warn))
    announce(`Throughline answers on ${address} (reference: ${address}/docs, tz data ${tzVersion})`)
    announce(`Sign in with the administrator's token: ${token.file ? `cat ${token.file}` : 'the value of ADMIN_TOKEN'}`)
    await announceSignIn(deps, config, token.text, address)
    const fault = await stop
    if (fault) app.log.fatal({ err: fault }, 'stopping: nobody caught this')
    return fault ? 1 : 0
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/** A link for whoever sits at this machine; logs that are carried elsewhere get none. */
async function announceSignIn(deps: Deps, config: Config, token: string, address: string): Promise<void> {
  if (!config.loopback && !process.stdout.isTTY) return
  const code = await makeSignInLink(deps, token)
  if (code.ok) announce(`Or open once, within 15 minutes: ${config.publicUrl ?? address}/sign-in/${code.value}`)
}

/** The administrator, the seed, availability as far ahead as it must reach. */
async function furnish(deps: Deps, config: Config, token: string): Promise<void> {
  orThrow(await ensureAdmin(deps, token), 'the administrator could not be stored')
  await seed(deps, config.seed)
  orThrow(await extendHorizon(deps), 'availability could not be expanded')
  orThrow(await beginMailing(deps), 'the mail could not be begun')
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
