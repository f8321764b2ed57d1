/** The queue on a real database: two processes' workers share it, and the job of a worker that died comes back. */
import { EventEmitter, once } from 'node:events'
import PgBoss from 'pg-boss'
import t from 'tap'
import { ok } from '../../src/domain/result.ts'
import { startJobs } from '../../src/jobs/queue.ts'
import { TASKS, type Task } from '../../src/jobs/tasks.ts'
import { testApi } from '../support/api.ts'

const s = testApi(t)
const never = '0 0 1 1 *'

t.test('every task does its work on an empty database', async (t) => {
  const { deps } = await s
  for (const task of TASKS) t.ok((await task.run(deps)).ok, task.name)
})

t.test('the job of a worker that died is run by another', async (t) => {
  const { deps, url } = await s
  const ran = new EventEmitter()
  const task: Task = { name: 'heirloom', cron: never, run: async () => ok(ran.emit('ran')) }
  const times = { expire: 1, maintenance: 1, poll: 0.5, stop: 2 }
  const dying = new PgBoss({ connectionString: url, schema: 'queue', max: 1, supervise: false, schedule: false })
  dying.on('error', () => {})
  const first = await startJobs(deps, url, () => {}, { tasks: [], times })
  await dying.start()
  await dying.createQueue(task.name, {
    name: task.name,
    policy: 'stately',
    expireInSeconds: 1,
    retryLimit: 5,
    retryDelay: 1,
  })
  await dying.send(task.name, {})
  const [taken] = await dying.fetch(task.name)
  t.ok(taken, 'taken, and never finished')
  await dying.stop({ graceful: false, wait: true })
  const done = once(ran, 'ran')
  const second = await startJobs(deps, url, () => {}, { tasks: [task], times })
  await done
  t.pass('and finished by another worker')
  await Promise.all([first(), second()])
})

t.test('two processes and one schedule: a failing task is tried again', async (t) => {
  const { deps, url } = await s
  const ran = new EventEmitter()
  let tries = 0
  const task: Task = {
    name: 'stubborn',
    cron: never,
    run: async () => {
      if (++tries === 1) throw new Error('the first try fails')
      return ok(ran.emit('ran'))
    },
  }
  const times = { poll: 0.5, maintenance: 1, stop: 2 }
  const stops = [
    await startJobs(deps, url, () => {}, { tasks: [task], times }),
    await startJobs(deps, url, () => {}, { tasks: [task], times }),
  ]
  const sender = new PgBoss({ connectionString: url, schema: 'queue', max: 1, supervise: false, schedule: false })
  sender.on('error', () => {})
  await sender.start()
  const done = once(ran, 'ran')
  await sender.send('stubborn', {}, { retryDelay: 0 })
  await done
  t.equal(tries, 2)
  await sender.stop({ graceful: false, wait: true })
  for (const stop of stops) await stop()
})
