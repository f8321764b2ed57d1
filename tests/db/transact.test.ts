/** `transact` against a real server: what commits, what rolls back, what is tried again, what is said of an overloaded or lost server. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import {
  ask,
  attempt,
  CommitUnknown,
  connect,
  DatabaseFault,
  readSnapshot,
  type Tx,
  transact,
} from '../../src/db/client.ts'
import { violated, violationOf } from '../../src/db/sqlstate.ts'
import { statement } from '../../src/db/statement.ts'
import { notFound } from '../../src/domain/refusal.ts'
import { err, ok } from '../../src/domain/result.ts'
import { proxyTo } from '../chaos/proxy.ts'
import { testDatabase } from '../support/database.ts'

const { db, url } = await testDatabase(t)
await db.execute(
  sql.raw(`
  create table seat (n int constraint seat_key primary key, taken int constraint seat_positive check (taken > 0));
  create table stay (
    seat int constraint stay_seat references seat,
    during tstzrange, constraint stay_once primary key (seat, during without overlaps));
  create function die() returns trigger language plpgsql as 'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
  create table mortal (n int);
  create constraint trigger at_commit after insert on mortal deferrable initially deferred for each row execute function die();
`),
)
t.beforeEach(async () => {
  await db.execute(sql.raw('truncate seat, stay, mortal; insert into seat values (1, 1), (2, 1)'))
})

const take = (tx: Tx, n: number, by = 1) => tx.execute(sql`update seat set taken = taken + ${by} where n = ${n}`)
const add = (tx: Tx, n: number) => tx.execute(sql`insert into seat values (${n}, 1)`)
const seats = async (): Promise<number[]> =>
  (await db.execute<{ n: number }>(sql`select n from seat order by n`)).map(({ n }) => n)
const raise = (tx: Tx, sqlstate: string) =>
  tx.execute(sql.raw(`do $$ begin raise exception 'on purpose' using errcode = '${sqlstate}'; end $$`))
const endSession = (pid: number) => db.execute(sql`select pg_terminate_backend(${pid}::int)`)

async function sessionOf(tx: Tx): Promise<number> {
  const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
  return row?.pid ?? 0
}

t.test('an ok is committed, a refusal and a bug are rolled back', async (t) => {
  t.same(await transact(db, async (tx) => ok((await add(tx, 3)).count)), ok(1))
  t.same(
    await transact(db, async (tx) => {
      await add(tx, 4)
      return err(notFound)
    }),
    err(notFound),
  )
  const bug = transact(db, async (tx) => {
    await add(tx, 5)
    throw new TypeError('a bug')
  })
  await t.rejects(bug, new TypeError('a bug'))
  t.same(await seats(), [1, 2, 3])
})

t.test('a constraint that is broken inside an attempt comes back by name, and the transaction goes on', async (t) => {
  const broken: [string, string, (tx: Tx) => Promise<unknown>][] = [
    ['23505', 'seat_key', (tx) => add(tx, 1)],
    ['23514', 'seat_positive', (tx) => take(tx, 1, -9)],
    ['23503', 'stay_seat', (tx) => tx.execute(sql`insert into stay values (99, '[2026-12-01,2026-12-02)')`)],
    [
      '23P01',
      'stay_once',
      (tx) => tx.execute(sql`insert into stay values (1, '[2026-12-01,2026-12-03)'), (1, '[2026-12-02,2026-12-04)')`),
    ],
  ]
  const done = await transact(db, async (tx) => {
    for (const [sqlstate, constraint, work] of broken)
      t.same(await attempt(tx, work), err({ sqlstate, constraint }), `${sqlstate} is ${constraint}`)
    return ok((await add(tx, 3)).count)
  })
  t.ok(done.ok)
  t.same(await seats(), [1, 2, 3])
  for (const [, constraint, work] of broken) {
    const thrown = await transact(db, async (tx) => ok(await work(tx))).catch((fault: unknown) => fault)
    t.equal(violated(thrown), constraint, `${constraint} can be read from what transact throws`)
  }
})

t.test('an unexpected failure says where, and never what was bound', async (t) => {
  const thrown = await transact(db, async (tx) => ok(await tx.execute(sql`select ${'Zebra'}::int`))).catch(
    (fault: unknown) => fault,
  )
  if (!(thrown instanceof DatabaseFault)) return t.fail('a DatabaseFault is thrown')
  t.match(thrown, { sqlstate: '22P02', message: /select \$1::int/ })
  t.notMatch(`${thrown.stack} ${JSON.stringify(thrown)} ${String(thrown.cause)}`, /Zebra/)
})

t.test('a serialisation failure is tried again on a new snapshot', async (t) => {
  let runs = 0
  const done = await transact(
    db,
    async (tx) => {
      await tx.execute(sql`select * from seat`)
      if (++runs === 1) await db.execute(sql`update seat set taken = 10 where n = 1`)
      await take(tx, 1)
      return ok(undefined)
    },
    { isolation: 'repeatable read' },
  )
  t.ok(done.ok)
  t.equal(runs, 2)
  t.equal((await db.execute(sql`select from seat where n = 1 and taken = 11`)).length, 1)
})

t.test('of two transactions in a deadlock both succeed, one of them at the second try', async (t) => {
  let runs = 0
  let arrived = 0
  let letGo: () => void = () => {}
  const bothThere = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const inOrder = (first: number, second: number) =>
    transact(db, async (tx) => {
      runs++
      await tx.execute(sql`set local deadlock_timeout = '10ms'`)
      await take(tx, first)
      if (++arrived === 2) letGo()
      await bothThere
      await take(tx, second)
      return ok(undefined)
    })
  const both = await Promise.all([inOrder(1, 2), inOrder(2, 1)])
  t.ok(both.every(({ ok }) => ok))
  t.equal(runs, 3)
  t.equal((await db.execute(sql`select from seat where taken = 3`)).length, 2)
})

t.test('what cannot be had now is refused as unavailable, after as many tries as its kind is worth', async (t) => {
  for (const [sqlstate, tries] of [
    ['40001', 3],
    ['40P01', 3],
    ['55P03', 1],
    ['57014', 1],
    ['53300', 1],
    ['53100', 1],
  ] as const) {
    let runs = 0
    const refused = await transact(
      db,
      async (tx) => {
        runs++
        return ok(await raise(tx, sqlstate))
      },
      { tries: 3 },
    )
    t.same([refused, runs], [err({ code: 'unavailable' }), tries], sqlstate)
  }
  await t.rejects(
    transact(db, async (tx) => ok(await raise(tx, 'P0001'))),
    DatabaseFault,
    'anything else is a bug',
  )
})

t.test('a lock that another transaction keeps is waited for 3 s at most, a statement 8 s', async (t) => {
  const [row] = await db.execute(
    sql`select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`,
  )
  t.same(row, { lock: '3s', statement: '8s' })
})

t.test('a session that dies before COMMIT is another try, with nothing of the first one stored', async (t) => {
  for (const statement of ['between two statements', 'during a statement', 'inside an attempt']) {
    let runs = 0
    const done = await transact(db, async (tx) => {
      const pid = await sessionOf(tx)
      if (++runs > 1) return ok((await add(tx, 3)).count)
      await add(tx, 100)
      if (statement === 'between two statements') await endSession(pid)
      else {
        const asleep = (inner: Tx) => inner.execute(sql`select pg_sleep(5)`)
        const over = statement === 'during a statement' ? asleep(tx) : attempt(tx, asleep)
        await Promise.allSettled([over, endSession(pid)])
      }
      await add(tx, 101)
      return ok(0)
    })
    t.same([done, runs, await seats()], [ok(1), 2, [1, 2, 3]], statement)
    await db.execute(sql`delete from seat where n = 3`)
  }
})

t.test('a session that dies during COMMIT leaves the outcome unknown, and that is said', async (t) => {
  let runs = 0
  const unknown = transact(db, async (tx) => {
    runs++
    return ok((await tx.execute(sql`insert into mortal values (1)`)).count)
  })
  await t.rejects(unknown, CommitUnknown)
  t.equal(runs, 1, 'it is not tried again')
  const pool = await Promise.all(
    Array.from({ length: 12 }, (_, n) => transact(db, async (tx) => ok((await add(tx, 10 + n)).count))),
  )
  t.ok(
    pool.every(({ ok }) => ok),
    'the pool goes on',
  )
})

t.test('a question outside a transaction is asked again when its session is gone, and refused like one', async (t) => {
  const one = connect(url, { max: 1 })
  t.teardown(() => one.close())
  const pid = statement<{ pid: number }>('select pg_backend_pid() as pid')
  const asleep = statement<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep($1::float8)')
  const [first] = await pid(one.db)
  let runs = 0
  const question = ask(one.db, () => (++runs === 1 ? asleep(one.db, 5) : pid(one.db)))
  while (
    (await db.execute(sql`select from pg_stat_activity where pid = ${first?.pid ?? 0} and state = 'active'`)).length ===
    0
  );
  await endSession(first?.pid ?? 0)
  const answer = await question
  t.ok(answer.ok && answer.value[0] && answer.value[0].pid !== first?.pid, 'by another session')
  t.ok(runs > 1)
  const overloaded = statement("do $$ begin raise exception 'on purpose' using errcode = '53300'; end $$")
  t.same(await ask(one.db, () => overloaded(one.db)), err({ code: 'unavailable' }))
  const thrown = await ask(one.db, () => statement('select $1::int')(one.db, 'Zebra')).catch((fault: unknown) => fault)
  t.match(thrown, { name: 'DatabaseFault', sqlstate: '22P02', message: /select \$1::int/ })
  t.notMatch(`${(thrown as Error).stack} ${JSON.stringify(thrown)}`, /Zebra/)
})

t.test('statements sent together run in the order in which they were written', async (t) => {
  const rise = statement('update seat set taken = taken + 1 where n = $1')
  const taken = statement('select taken from seat where n = $1', ({ taken }: { taken: number }) => taken)
  const seen = await transact(db, async (tx) =>
    ok(await Promise.all([taken(tx, 1), rise(tx, 1), taken(tx, 1), rise(tx, 1), taken(tx, 1)])),
  )
  t.same(seen, ok([[1], [], [2], [], [3]]))
})

t.test('a connection that never answers is thrown away, and the work is done over another', async (t) => {
  const proxy = await proxyTo(() => Number(new URL(url).port))
  const through = connect(Object.assign(new URL(url), { port: String(proxy.port) }).href, { max: 1, silence: 500 })
  const swallow = (statement: string, times = 1): void => {
    proxy.listener = ({ text }) => {
      if (!text.includes(statement) || times-- === 0) return
      proxy.weather = 'black-hole'
      // only what comes over this connection from now on
      setImmediate(() => {
        proxy.weather = 'fair'
      })
    }
  }
  try {
    for (const [statement, runs] of [
      ['begin', 1],
      ['savepoint', 2],
      ['insert into seat', 2],
    ] as const) {
      let tries = 0
      swallow(statement)
      const done = await transact(through.db, async (tx) => {
        tries++
        const added = await attempt(tx, (inner) => add(inner, 3))
        return ok(added.ok)
      })
      t.same([done, tries], [ok(true), runs], statement)
      await db.execute(sql`delete from seat where n = 3`)
    }
    swallow('commit')
    await t.rejects(
      transact(through.db, async (tx) => ok((await add(tx, 3)).count)),
      CommitUnknown,
    )
    swallow('now()')
    await t.rejects(through.db.execute(sql`select now()`))
    t.same(await transact(through.db, async (tx) => ok((await add(tx, 4)).count)), ok(1), 'the pool goes on')
  } finally {
    await through.close()
    await proxy.close()
  }
})

t.test('a snapshot sees one instant, and cannot write', async (t) => {
  const counts = await readSnapshot(db, async (tx) => {
    const count = async () => (await tx.execute(sql`select from seat`)).length
    const before = await count()
    await db.execute(sql`insert into seat values (7, 1)`)
    return ok([before, await count()])
  })
  t.same(counts, ok([2, 2]))
  const wrote = await readSnapshot(db, async (tx) => ok((await add(tx, 8)).count)).catch((thrown: unknown) => thrown)
  t.equal(violationOf(wrote)?.sqlstate, '25006')
})
