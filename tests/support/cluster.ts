/** The test server: one embedded PostgreSQL per checkout, without fsync, in the temp folder, with a migrated template that test databases are cloned from. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts'
import { migrate, migrationsFolder } from '../../src/db/migrate.ts'

const digest = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 12)
}

const dataDir = join(
  tmpdir(),
  `throughline-test-${process.getuid?.() ?? 'user'}-${digest(dirname(migrationsFolder()))}`,
)
/** While it lies there, test files leave the server running for the next one; it lies there from tap's `before` to its `after`. */
const keepFile = join(dataDir, 'keep')

/** Nothing here must survive a power cut, and everything must be quick. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_wal_size: '256MB',
  max_connections: '300',
}

export const startCluster = (): Promise<Embedded> => startEmbedded({ dataDir, log: () => {}, settings: SETTINGS })

/** For a test file: runs alone, it stops the server that it started. */
export const leaveCluster = (cluster: Embedded): Promise<void> =>
  existsSync(keepFile) ? cluster.leave() : cluster.stop()

export function keepRunning(): void {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(keepFile, '')
}

export const keepNoLonger = (): void => rmSync(keepFile, { force: true })

/** A session on the server's own database, for creating and dropping others. */
export const adminOf = (cluster: Embedded): Sql =>
  postgres(cluster.url, { max: 1, fetch_types: false, onnotice: () => {} })

export const urlOf = (cluster: Embedded, database: string): string =>
  Object.assign(new URL(cluster.url), { pathname: database }).href

/** Session-level advisory lock: of two test files that find no template, one makes it. */
const TEMPLATE = 0x7468_7274

/** Name of a database with all migrations applied. Another set of migrations is another name. */
export async function template(cluster: Embedded, admin: Sql): Promise<string> {
  const folder = migrationsFolder()
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(sql|json)$/.test(name))
  const name = `template_${digest(...files.sort().flatMap((file) => [file, readFileSync(join(folder, file))]))}`
  await admin`select pg_advisory_lock(${TEMPLATE})`
  try {
    const [found] = await admin`select datistemplate from pg_database where datname = ${name}`
    if (!found?.datistemplate) {
      // one without the mark was left half-made
      await admin`drop database if exists ${admin(name)} with (force)`
      await admin`create database ${admin(name)}`
      await migrate(urlOf(cluster, name))
      await admin`alter database ${admin(name)} is_template true`
    }
  } finally {
    await admin`select pg_advisory_unlock(${TEMPLATE})`
  }
  return name
}

/** Drops databases of test processes that were killed, and templates of other migrations. */
export async function tidy(admin: Sql, current: string): Promise<void> {
  for (const { datname } of await admin<{ datname: string }[]>`select datname from pg_database`) {
    const [, pid] = /^test_(\d+)_/.exec(datname) ?? []
    const old = datname.startsWith('template_') && datname !== current
    if (!old && !(pid && !running(Number(pid)))) continue
    if (old) await admin`alter database ${admin(datname)} is_template false`
    await admin`drop database if exists ${admin(datname)}`.catch(() => undefined)
  }
}

function running(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
