/** One process at a time over one database: what several that start together must do one after the other. */
import { sql } from 'drizzle-orm'
import { connect, type Db } from './client.ts'

/** Session-level advisory lock. */
const STARTING = 0x7468_726d

/** Runs `work` while no other process is inside; waits as long as it takes. `work` may use the session that holds the lock. */
export async function alone<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  // one connection, which nothing interrupts: its session is the lock
  const { db, close } = connect(url, {
    max: 1,
    applicationName: 'throughline start',
    statementTimeout: 0,
    lockTimeout: 0,
  })
  try {
    await db.execute(sql`select pg_advisory_lock(${STARTING})`)
    return await work(db)
  } finally {
    await close()
  }
}
