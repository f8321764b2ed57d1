/** The queue on PostgreSQL (pg-boss): tasks run on schedule, one at a time over all processes; a killed worker's job comes back. */
import PgBoss from 'pg-boss'
import type { Deps } from '../services/deps.ts'
import { TASKS, type Task } from './tasks.ts'

/** Seconds. A killed worker's job is taken for lost after `expire`, found at the next `maintenance`, and run again: within a minute. */
const TIMES = { expire: 25, maintenance: 15, poll: 2, stop: 8, answer: 9 }
const RETRIES = 5
/** Its own schema, beside the organisation's. */
const SCHEMA = 'queue'
const CONNECTIONS = 2

export type QueueOptions = { readonly tasks?: readonly Task[]; readonly times?: Partial<typeof TIMES> }

/** Starts working at once; the returned function hands back what is running and stops. Payloads are empty: ids and times are looked up. */
export async function startJobs(
  deps: Deps,
  url: string,
  log: (line: string) => void,
  { tasks = TASKS, times: given = {} }: QueueOptions = {},
): Promise<() => Promise<void>> {
  const times = { ...TIMES, ...given }
  const boss = new PgBoss({
    connectionString: url,
    schema: SCHEMA,
    max: CONNECTIONS,
    application_name: 'throughline jobs',
    maintenanceIntervalSeconds: times.maintenance,
    // pg's own: a query, and a connection, that is never answered
    ...({ query_timeout: times.answer * 1000, connectionTimeoutMillis: times.answer * 1000 } as object),
  })
  boss.on('error', (thrown) => log(`queue: ${nameOf(thrown)}`))
  try {
    await boss.start()
    for (const task of tasks) {
      // one waiting, one running: a sweep that is late need not run twice
      const options = { policy: 'stately' as const, expireInSeconds: times.expire, retryLimit: RETRIES, retryDelay: 1 }
      await boss.createQueue(task.name, { name: task.name, ...options })
      await boss.schedule(task.name, task.cron, {}, { tz: 'UTC' })
      await boss.work(task.name, { pollingIntervalSeconds: times.poll }, () => once(task, deps, log))
    }
  } catch (thrown) {
    await boss.stop({ graceful: false, wait: false }).catch(() => {})
    throw thrown
  }
  return async () => {
    await boss.stop({ graceful: true, wait: true, timeout: times.stop * 1000 })
  }
}

/** A refusal (the database is busy or away) counts as failed: the queue tries again. */
async function once(task: Task, deps: Deps, log: (line: string) => void): Promise<void> {
  const done = await task.run(deps)
  if (done.ok) return
  log(`job ${task.name}: ${done.error.code}`)
  throw new Error(done.error.code)
}

/** Messages hold bound values. */
const nameOf = (thrown: unknown): string =>
  thrown instanceof Error
    ? ['code' in thrown ? String(thrown.code) : '', thrown.name].filter(Boolean).join(' ')
    : 'unknown'
