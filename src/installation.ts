/** From the configuration to a migrated database. Imports little: the database starts while the rest of the program is still being read. */
import { resolve } from 'node:path'
import type { Config } from './config.ts'
import { connect, type Database } from './db/client.ts'
import { startEmbedded } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'

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
