/** Forward-only migrations from drizzle/, one process at a time. Reads the files and the database. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { migrate as applyPending } from 'drizzle-orm/postgres-js/migrator'
import { alone } from './alone.ts'
import type { Db } from './client.ts'
import { violationOf } from './sqlstate.ts'

/** Temporal keys and foreign keys (`without overlaps`, `period`) came with 18. */
const OLDEST_SERVER = 18

/** Brings the database up to date, or waits while another process does. Throws on a server older than 18. */
export async function migrate(url: string, folder: string = migrationsFolder()): Promise<void> {
  await alone(url, async (db) => {
    await refuseOldServer(db)
    await applyPending(db, { migrationsFolder: folder })
  })
}

/** Tags of the migrations that this program has and the database has not; [] when it is up to date. */
export async function pendingMigrations(db: Db, folder: string = migrationsFolder()): Promise<string[]> {
  const latest = await latestApplied(db)
  return journal(folder)
    .filter(({ when }) => when > latest)
    .map(({ tag }) => tag)
}

/** drizzle/ beside package.json, from the sources as well as from what was compiled into dist/ or out/. */
export function migrationsFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return join(at, 'drizzle')
    if (at === dirname(at)) throw new Error('no package.json above the program: where is drizzle/?')
  }
}

type JournalEntry = { readonly tag: string; readonly when: number }
const journal = (folder: string): JournalEntry[] =>
  (JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as { entries: JournalEntry[] }).entries

/** Epoch milliseconds of the newest applied migration, as its journal names it; 0 for none. */
async function latestApplied(db: Db): Promise<number> {
  try {
    const [row] = await db.execute<{ latest: string | null }>(
      sql`select max(created_at) as latest from drizzle.__drizzle_migrations`,
    )
    return Number(row?.latest ?? 0)
  } catch (thrown) {
    if (violationOf(thrown)?.sqlstate === UNDEFINED_TABLE) return 0
    throw thrown
  }
}
const UNDEFINED_TABLE = '42P01'

async function refuseOldServer(db: Db): Promise<void> {
  const [row] = await db.execute<{ number: number; name: string }>(
    sql`select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  )
  if (row && row.number < OLDEST_SERVER * 10_000)
    throw new Error(
      `PostgreSQL ${OLDEST_SERVER} or newer is needed (temporal constraints); DATABASE_URL is a server of version ${row.name}.`,
    )
}
