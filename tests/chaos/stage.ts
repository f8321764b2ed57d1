/**
 * Where the chaos plays: two service processes on one database, the first with its own embedded PostgreSQL, the second through a proxy
 * that fails at will; a temp folder, an administrator's token, and sessions past both services for looking at what is stored.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { type Service, serve } from '../support/service.ts'
import { type Faulty, proxyTo } from './proxy.ts'
import { ask, hangUp } from './wire.ts'

export type Party = {
  readonly base: string
  service: Service
  /** After it was killed: on the same port. → milliseconds until /readyz says so */
  readonly restart: () => Promise<number>
}
export type Stage = {
  readonly token: string
  readonly first: Party
  /** Behind the proxy. */
  readonly second: Party
  readonly proxy: Faulty
  /** One session of its own for each look: a fault before it leaves nothing behind. */
  readonly look: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  readonly url: () => string
  readonly postmaster: () => number
  /** → milliseconds until it is ready again */
  readonly untilReady: (party: Party) => Promise<number>
  /** → milliseconds that the second took to stop */
  readonly close: () => Promise<number>
}

const STEP = 10
const READY_LIMIT = 20_000

export async function raise(): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'throughline-chaos-'))
  const token = 'chaos-administrator'
  const folder = join(home, 'first', 'postgres')
  const pidFile = (): string[] => readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
  const url = (port: number): string => {
    const password = readFileSync(join(folder, 'throughline.password'), 'utf8')
    return `postgres://throughline:${password}@127.0.0.1:${port}/postgres`
  }
  const shared = { ADMIN_TOKEN: token, LOG_LEVEL: 'error', MAX_HOLDS: '100000' }
  const first = await party({ ...shared, DATA_DIR: join(home, 'first'), SEED: 'catalogue' }, token)
  let latest = 0
  // stopped and started again, PostgreSQL may be on another one
  const port = (): number => {
    try {
      latest = Number(pidFile()[3]) || latest
    } catch {
      // it is down
    }
    return latest
  }
  port()
  const proxy = await proxyTo(port)
  const second = await party(
    { ...shared, DATA_DIR: join(home, 'second'), SEED: 'none', DATABASE_URL: url(proxy.port) },
    token,
  )
  return {
    token,
    first,
    second,
    proxy,
    url: () => url(port()),
    postmaster: () => Number(pidFile()[0]),
    untilReady: (of) => untilReady(of.base, token),
    look: async (work) => {
      const sql = postgres(url(port()), { max: 1, fetch_types: false, onnotice: () => {} })
      try {
        return await work(sql)
      } finally {
        await sql.end({ timeout: 1 })
      }
    },
    close: async () => {
      hangUp()
      proxy.weather = 'fair'
      const began = performance.now()
      await second.service.end('SIGTERM')
      const took = performance.now() - began
      await proxy.close()
      await first.service.end('SIGTERM')
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
      return took
    },
  }
}

async function party(env: Record<string, string>, token: string): Promise<Party> {
  const service = await serve(env)
  const { base } = service
  const made: Party = {
    base,
    service,
    restart: async () => {
      const began = performance.now()
      made.service = await serve({ ...env, PORT: new URL(base).port })
      await untilReady(base, token)
      return performance.now() - began
    },
  }
  return made
}

async function untilReady(base: string, token: string): Promise<number> {
  for (const began = performance.now(); ; ) {
    const took = (): number => performance.now() - began
    if ((await ask(base, 'GET', '/readyz', undefined, { token, timeout: 1_000 })).status === 200) return took()
    if (took() > READY_LIMIT) throw new Error(`${base} is not ready after ${READY_LIMIT / 1000} s`)
    await pause(STEP)
  }
}
