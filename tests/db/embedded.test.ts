/** The embedded server's life: cold, shared, orphaned, stale, crashed, stopped. Real servers in temp folders. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { connect, transact } from '../../src/db/client.ts'
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts'
import { migrate, migrationsFolder, pendingMigrations } from '../../src/db/migrate.ts'
import { ok } from '../../src/domain/result.ts'

const home = mkdtempSync(join(tmpdir(), 'throughline-embedded-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))
// like a home folder: nobody but its owner may enter
const closedToOthers = join(home, 'closed')
mkdirSync(closedToOthers, { mode: 0o700 })

const start = (dataDir: string): Promise<Embedded> => startEmbedded({ dataDir, log: () => {} })
const pidFile = (dataDir: string): string => join(dataDir, 'postgres', 'postmaster.pid')
const serverPid = (dataDir: string): number => {
  const file = pidFile(dataDir)
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0
}

async function ask<T>(url: string, question: string): Promise<T> {
  const { db, close } = connect(url, { max: 1 })
  try {
    const answer = await transact(db, async (tx) =>
      ok((await tx.execute<{ answer: T }>(sql.raw(`select ${question} as answer`)))[0]),
    )
    if (!answer.ok || !answer.value) throw new Error(`no answer to ${question}`)
    return answer.value.answer
  } finally {
    await close()
  }
}

async function inAnotherProcess(dataDir: string): Promise<{ process: ChildProcess; url: string }> {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const child = fork(fileURLToPath(new URL(`../support/embedded-process${extension}`, import.meta.url)), [dataDir])
  const [url] = (await once(child, 'message')) as [string]
  return { process: child, url }
}

t.test(
  'from an empty folder below one that only its owner may enter: PostgreSQL 18, UTF-8, UTC, on loopback, password kept',
  async (t) => {
    const dataDir = join(closedToOthers, 'cold')
    mkdirSync(dataDir)
    const first = await start(dataDir)
    t.match(new URL(first.url), { hostname: '127.0.0.1' })
    t.equal(await ask(first.url, `current_setting('server_version_num')::int / 10000`), 18)
    for (const [name, value] of [
      ['server_encoding', 'UTF8'],
      ['TimeZone', 'UTC'],
      ['fsync', 'on'],
      ['listen_addresses', '127.0.0.1'],
      ['unix_socket_directories', ''],
      ['password_encryption', 'scram-sha-256'],
    ])
      t.equal(await ask(first.url, `current_setting('${name}')`), value, `${name} is '${value}'`)
    t.equal(statSync(join(dataDir, 'postgres', 'throughline.password')).mode & 0o777, 0o600)
    const intruder = new URL(first.url)
    intruder.password = 'guess'
    await t.rejects(ask(intruder.href, '1'), 'another password is refused')

    await Promise.all([migrate(first.url), migrate(first.url)])
    const { db, close } = connect(first.url)
    t.same(await pendingMigrations(db), [], 'two processes that migrate at once are one migration')
    t.same((await pendingMigrations(db, future())).at(-1), '9999_later', 'a newer program sees what is missing')
    await close()

    await first.stop()
    await first.stop()
    t.throws(() => statSync(pidFile(dataDir)), 'stopped cleanly, and twice is once')
    const second = await start(dataDir)
    t.ok(await ask(second.url, `to_regclass('claim') is not null`), 'what was stored is there at the next start')
    await second.stop()
  },
)

/** The migrations and one more that no database has. */
function future(): string {
  const folder = join(home, 'future')
  mkdirSync(join(folder, 'meta'), { recursive: true })
  const journal = JSON.parse(readFileSync(join(migrationsFolder(), 'meta', '_journal.json'), 'utf8')) as {
    entries: object[]
  }
  journal.entries.push({ tag: '9999_later', when: Date.now() + 1e9 })
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify(journal))
  return folder
}

t.test(
  'a server whose process was killed -9 is adopted as it is, and stopped by the one that adopted it',
  async (t) => {
    const dataDir = relative('.', join(home, 'orphan'))
    const killed = await inAnotherProcess(dataDir)
    const pid = serverPid(dataDir)
    killed.process.kill('SIGKILL')
    await once(killed.process, 'exit')
    const heir = await start(dataDir)
    t.equal(serverPid(dataDir), pid, 'the same server')
    t.equal(heir.url, killed.url)
    await heir.stop()
    t.throws(() => statSync(pidFile(dataDir)))
  },
)

t.test('two processes that start at once share one server; the last to leave stops it', async (t) => {
  const dataDir = join(home, 'shared')
  const [ours, theirs] = await Promise.all([start(dataDir), inAnotherProcess(dataDir)])
  t.equal(ours.url, theirs.url)
  t.same(readdirSync(dataDir).sort(), ['postgres', 'postgres.log'], 'the loser of the race left nothing behind')
  await ours.stop()
  t.equal(await ask(theirs.url, '1'), 1, 'it goes on for the other')
  theirs.process.send('stop')
  await once(theirs.process, 'exit')
  t.throws(() => statSync(pidFile(dataDir)))
})

t.test(
  'a pid file left by a power cut does not stand in the way, even when its pid is another program now',
  async (t) => {
    const dataDir = join(home, 'shared')
    for (const pid of [process.pid, 2 ** 22 + 1]) {
      const left = [
        pid,
        join(dataDir, 'postgres'),
        1,
        5432,
        '',
        '127.0.0.1',
        '       1         1',
        'ready   ',
        '',
      ].join('\n')
      writeFileSync(pidFile(dataDir), left)
      const cluster = await start(dataDir)
      t.equal(await ask(cluster.url, '1'), 1)
      await cluster.stop()
    }
  },
)

t.test('a server that is killed -9 under a living process comes back at the same address', async (t) => {
  const dataDir = join(home, 'shared')
  const cluster = await start(dataDir)
  const { db, close } = connect(cluster.url, { max: 2 })
  await db.execute(sql`create table kept (n int)`)
  const stored = await transact(db, async (tx) => ok((await tx.execute(sql`insert into kept values (1)`)).count))
  t.ok(stored.ok)
  const pid = serverPid(dataDir)
  process.kill(pid, 'SIGKILL')
  let count = 0
  // sessions outlive their server for a moment
  for (let tries = 0; tries < 500 && (count === 0 || [0, pid].includes(serverPid(dataDir))); tries++) {
    const read = await transact(db, async (tx) =>
      ok((await tx.execute(sql`select n, pg_sleep(0.02) from kept`)).length),
    )
    if (read.ok) count = read.value
    else t.equal(read.error.code, 'unavailable', 'meanwhile it says unavailable')
  }
  t.equal(count, 1, 'nothing acknowledged is lost')
  t.not(serverPid(dataDir), pid, 'by another server')
  await close()
  await cluster.stop()
})
