/** What the server and the command line share: from the configuration to a migrated database and the dependencies of every use case. */
import { resolve } from 'node:path'
import { v7 } from 'uuid'
import type { Config } from './config.ts'
import { connect, type Database, type Db } from './db/client.ts'
import { startEmbedded } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'
import type { Refusal } from './domain/refusal.ts'
import type { Result } from './domain/result.ts'
import type { Instant } from './domain/time.ts'
import type { Deps } from './services/deps.ts'
import { seedCatalogue } from './services/seed-catalogue.ts'

export type Log = (line: string) => void

/** Migrated. `close` ends the pool, then leaves the embedded server, which the last to leave shuts down. */
export type Installation = Database & { readonly url: string }

/** Joins or starts the embedded server of `dataDir`, unless `databaseUrl` names another one. */
export async function open(config: Pick<Config, 'databaseUrl' | 'dataDir'>, log: Log): Promise<Installation> {
  const server = config.databaseUrl
    ? { url: config.databaseUrl, stop: async () => {} }
    : await startEmbedded({ dataDir: resolve(config.dataDir), log })
  try {
    await migrate(server.url)
  } catch (thrown) {
    await server.stop()
    throw thrown
  }
  const { db, close } = connect(server.url)
  return {
    db,
    url: server.url,
    close: async () => {
      await close()
      await server.stop()
    },
  }
}

export const depsOf = (config: Pick<Config, 'mailFrom' | 'maxHolds'>, db: Db): Deps => ({
  db,
  now: () => Date.now() as Instant,
  newId: () => v7(),
  mailFrom: config.mailFrom,
  maxHolds: config.maxHolds,
})

export type Seed = Config['seed']

/** → whether it wrote anything: a database with data of its own is left alone. */
export async function seed(deps: Deps, which: Seed): Promise<boolean> {
  return which === 'none' ? false : orThrow(await seedCatalogue(deps), 'the catalogue could not be stored')
}

/** For what must succeed before anything else can: start-up and the command line. */
export function orThrow<T>(result: Result<T, Refusal>, what: string): T {
  if (result.ok) return result.value
  const { code } = result.error
  const detail = 'errors' in result.error ? result.error.errors.map((e) => `${e.path} ${e.message}`).join('; ') : code
  throw new Error(`${what}: ${detail}`)
}
