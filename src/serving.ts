/** What one process serves, in the order in which it begins: what the database needs, the application, then what it does unasked. */
import { setTimeout as pause } from 'node:timers/promises'
import { adminToken } from './admin-token.ts'
import { buildApp } from './app.ts'
import { depsOf, orThrow, seed } from './assemble.ts'
import type { Config } from './config.ts'
import { alone } from './db/alone.ts'
import { tzVersion } from './domain/time.ts'
import type { App } from './http/app-types.ts'
import { announce, logTarget } from './http/log.ts'
import type { Installation } from './installation.ts'
import { freedTimeLine, mailLine, webhookLine } from './jobs/lines.ts'
import { startRelay } from './jobs/relay.ts'
import type { Closers } from './server.ts'
import type { Deps } from './services/deps.ts'
import { extendHorizon } from './services/expand-availability.ts'
import { beginMailing } from './services/send-mail.ts'
import { makeSignInLink } from './services/sign-in.ts'
import { ensureAdmin } from './services/tokens.ts'

/** Milliseconds between attempts to start the queue. */
const QUEUE_RETRY = 1_000

/** Listens, and says where. What was begun is in `closers`, even when it throws. */
export async function begin(config: Config, { db, url }: Installation, closers: Closers): Promise<App> {
  const deps = depsOf(config, db)
  const token = adminToken(config)
  // the application is put together while the database stores what it starts with
  const [app] = await Promise.all([
    buildApp(deps, { logLevel: config.logLevel, rateLimit: config.rateLimit, ...logTarget() }),
    alone(url, () => furnish(deps, config, token.text)),
  ])
  closers.push(() => app.close())
  const address = await app.listen({ port: config.port, host: config.host })
  announce(`Throughline answers on ${address} (reference: ${address}/docs, tz data ${tzVersion})`)
  announce(`Sign in with the administrator's token: ${token.file ? `cat ${token.file}` : 'the value of ADMIN_TOKEN'}`)
  await announceSignIn(deps, config, token.text, address)
  const warn = (line: string) => app.log.warn(line)
  const noting = { ...deps, note: warn }
  closers.push(startRelay(webhookLine(deps), warn))
  closers.push(startRelay(freedTimeLine(noting), warn))
  if (deps.outbound.sendMail) closers.push(startRelay(mailLine(deps), warn))
  closers.push(startQueue(noting, url, warn))
  return app
}

/** The administrator, the seed, availability as far ahead as it must reach. */
async function furnish(deps: Deps, config: Config, token: string): Promise<void> {
  orThrow(await ensureAdmin(deps, token), 'the administrator could not be stored')
  await seed(deps, config.seed)
  orThrow(await extendHorizon(deps), 'availability could not be expanded')
  orThrow(await beginMailing(deps), 'the mail could not be begun')
}

/** A link for whoever sits at this machine; logs that are carried elsewhere get none. */
async function announceSignIn(deps: Deps, config: Config, token: string, address: string): Promise<void> {
  if (!config.loopback && !process.stdout.isTTY) return
  const code = await makeSignInLink(deps, token)
  if (code.ok) announce(`Or open once, within 15 minutes: ${config.publicUrl ?? address}/sign-in/${code.value}`)
}

/** Requests do not wait for the queue: it is tried until it starts, or until the returned function is called. */
function startQueue(deps: Deps, url: string, warn: (line: string) => void): () => Promise<void> {
  const stopping = new AbortController()
  const starting = (async () => {
    const { startJobs } = await import('./jobs/queue.ts')
    while (!stopping.signal.aborted) {
      try {
        return await alone(url, () => startJobs(deps, url, warn))
      } catch (thrown) {
        warn(`the queue did not start: ${thrown instanceof Error ? thrown.name : 'unknown'}`)
        await pause(QUEUE_RETRY, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
    return undefined
  })()
  return async () => {
    stopping.abort()
    await (await starting)?.()
  }
}
