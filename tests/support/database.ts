/** A database of one's own for a test file: migrated, empty, dropped at the end; a connection that is left open fails the test. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { connect, type Db } from '../../src/db/client.ts'
import { adminOf, leaveCluster, startCluster, template, urlOf } from './cluster.ts'

export type TestDatabase = { readonly db: Db; readonly url: string }
type Tap = { readonly teardown: (last: () => Promise<void>) => unknown }

let made = 0

/** Call it first in the file: teardowns run in reverse, so whatever is opened later is closed before. About 50 ms. */
export async function testDatabase(t: Tap, options: { readonly max?: number } = {}): Promise<TestDatabase> {
  const cluster = await startCluster()
  const admin = adminOf(cluster)
  const name = `test_${process.pid}_${++made}`
  await admin.unsafe(`create database ${name} template ${await template(cluster, admin)} strategy file_copy`)
  const url = urlOf(cluster, name)
  const { db, close } = connect(url, { max: options.max ?? 10, applicationName: 'test' })
  t.teardown(async () => {
    await close()
    const left = await leftOpen(admin, name)
    await admin.unsafe(`drop database ${name} with (force)`)
    await admin.end()
    await leaveCluster(cluster)
    if (left.length > 0) throw new Error(`connections left open by: ${left.join(', ')}`)
  })
  return { db, url }
}

/** Milliseconds: a closed session's process takes a moment to go. */
const GRACE = 1_000
const STEP = 10

async function leftOpen(admin: Sql, name: string): Promise<string[]> {
  for (let waited = 0; ; waited += STEP) {
    const left = await admin<{ by: string }[]>`
      select application_name as by from pg_stat_activity where datname = ${name} and backend_type = 'client backend'`
    if (left.length === 0 || waited >= GRACE) return left.map(({ by }) => by)
    await pause(STEP)
  }
}
