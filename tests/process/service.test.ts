/** The service as its operator meets it: cold, beside other processes, under load, losing its database sessions, killed, stopped. Real processes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import t from 'tap'
import { startEmbedded } from '../../src/db/embedded.ts'
import { tzVersion } from '../../src/domain/time.ts'
import { command, type Service, serve } from '../support/service.ts'

/** Milliseconds: two dozen processes, on a machine that may be busy. */
t.setTimeout(240_000)

const home = mkdtempSync(join(tmpdir(), 'throughline-service-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))
const DATA_DIR = join(home, 'data')
const env = { DATA_DIR, SEED: 'catalogue' }
const adminToken = (): string => readFileSync(join(DATA_DIR, 'admin-token'), 'utf8').trim()
const get = (base: string, path: string, token = adminToken()): Promise<Response> =>
  fetch(base + path, { headers: { authorization: `Bearer ${token}` } })

let service: Service
t.teardown(() => (service.process.exitCode === null ? service.end('SIGTERM') : undefined))

t.test('an empty folder is enough: it answers, knows its clock, and keeps the key to itself', async (t) => {
  mkdirSync(DATA_DIR)
  service = await serve({ ...env, LOG_LEVEL: 'silent' })
  t.match(await (await fetch(`${service.base}/healthz`)).json(), { status: 'ok' })
  const ready = await fetch(`${service.base}/readyz`)
  t.equal(ready.status, 200)
  t.match(await ready.json(), { status: 'ready', database: 'ok', migrations: 'ok', tzVersion })
  t.equal(statSync(join(DATA_DIR, 'admin-token')).mode & 0o777, 0o600)
  t.equal(((await (await get(service.base, '/v1/clinics')).json()) as { items: unknown[] }).items.length, 5)
  t.equal((await get(service.base, '/v1/clinics', 'another')).status, 401)
  t.notOk(service.output().includes(adminToken()), 'the token is where it is kept, and nowhere else')
  for (const line of service.output().trim().split('\n')) t.type(JSON.parse(line), 'object', 'every line is JSON')
})

t.test('beside it: a token is made, a seed changes nothing, a second server is refused or shares', async (t) => {
  const made = await command(['token', 'create', '--role', 'scheduler', '--clinic', 'toronto-eglinton'], env)
  t.match(made, { code: 0, stdout: /^tl_\S+\n$/, stderr: '' })
  t.equal((await get(service.base, '/v1/clinics', made.stdout.trim())).status, 200)
  t.equal((await get(service.base, '/v1/users', made.stdout.trim())).status, 403)
  t.match(await command(['seed', 'catalogue'], env), { code: 0, stdout: '', stderr: /nothing was changed/ })
  const second = await command(['serve'], { ...env, PORT: new URL(service.base).port, ADMIN_TOKEN: 'another-token' })
  t.match(second, { code: 1, stdout: '', stderr: /^throughline: cannot listen on \S+: the port is taken\n$/ })
  t.equal((await get(service.base, '/v1/clinics')).status, 200, 'and the first one’s administrator is still that')
  const other = await serve(env)
  t.equal((await get(other.base, '/v1/clinics')).status, 200)
  t.same(await other.end('SIGINT'), { code: 0, signal: null })
  t.equal((await get(service.base, '/readyz')).status, 200, 'the shared database stays up')
})

t.test('the command line says what is wrong with it', async (t) => {
  const cases: [string, string[], number, RegExp][] = [
    ['no verb', [], 2, /a verb is needed\nusage:/],
    ['an unknown verb', ['plan'], 2, /there is no verb plan\nusage:/],
    ['a verb that every object has', ['constructor'], 2, /there is no verb/],
    ['an unknown flag', ['serve', '--port', '1'], 2, /--port(.|\n)*usage:/],
    ['a surplus word', ['migrate', 'now'], 2, /now(.|\n)*usage:/],
    ['an unknown seed', ['seed', 'all'], 2, /demo or catalogue/],
    ['a token without a role', ['token', 'create'], 2, /--role is needed/],
    ['an unknown role', ['token', 'create', '--role', 'boss'], 2, /--role boss/],
    ['an unknown clinic', ['token', 'create', '--role', 'scheduler', '--clinic', 'nowhere'], 1, /--clinic nowhere/],
    ['a clinician’s token for nobody', ['token', 'create', '--role', 'clinician'], 1, /clinicianId/],
  ]
  for (const [name, args, code, says] of cases)
    t.match(await command(args, env), { code, stdout: '', stderr: says }, name)
  t.match(await command(['--help']), { code: 0, stdout: /usage:/, stderr: '' })
  t.match(await command(['serve'], { PORT: '99999' }), { code: 1, stdout: '', stderr: /^throughline: PORT: [^\n]*\n$/ })
  const nobody = { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none', DATA_DIR }
  const refused = await command(['migrate'], nobody)
  t.match(refused, { code: 1, stdout: '', stderr: /^throughline: [^\n]*ECONNREFUSED[^\n]*\n$/ })
  t.notMatch(refused.stderr, /secret/)
})

t.test('its database sessions are ended under requests: some answers are 503, none is a 500, it lives', async (t) => {
  const cluster = await startEmbedded({ dataDir: DATA_DIR, log: () => {} })
  const admin = postgres(cluster.url, { max: 1, onnotice: () => {} })
  try {
    for (let round = 0; round < 5; round++) {
      const asked = Array.from({ length: 16 }, () => get(service.base, '/v1/clinics'))
      await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('throughline', 'throughline jobs')`
      for (const { status } of await Promise.all(asked)) t.ok(status === 200 || status === 503, `answered ${status}`)
    }
    t.equal((await get(service.base, '/v1/clinics')).status, 200)
    t.equal(service.process.exitCode, null)
  } finally {
    await admin.end()
    await cluster.leave()
  }
})

t.test('killed -9 and started again: what was acknowledged is there, the orphaned database is adopted', async (t) => {
  const body = { displayName: 'Kept', role: 'privacy' }
  const headers = { authorization: `Bearer ${adminToken()}`, 'content-type': 'application/json' }
  const made = await fetch(`${service.base}/v1/users`, { method: 'POST', headers, body: JSON.stringify(body) })
  t.equal(made.status, 201)
  t.same(await service.end('SIGKILL'), { code: null, signal: 'SIGKILL' })
  service = await serve(env)
  const { items } = (await (await get(service.base, '/v1/users?limit=200')).json()) as { items: object[] }
  t.ok(items.some((user) => 'displayName' in user && user.displayName === 'Kept'))
  t.notOk(service.output().includes(adminToken()))
})

/** Asks over kept-alive connections until nobody listens. */
async function caller(base: string): Promise<{ answered: number; dropped: unknown[]; statuses: Set<number> }> {
  const statuses = new Set<number>()
  const dropped: unknown[] = []
  for (let answered = 0; ; answered++)
    try {
      const answer = await get(base, '/v1/clinics')
      await answer.arrayBuffer()
      statuses.add(answer.status)
    } catch (thrown) {
      const cause = thrown instanceof Error && typeof thrown.cause === 'object' ? thrown.cause : undefined
      const refused = cause && 'code' in cause && cause.code === 'ECONNREFUSED'
      if (!refused) dropped.push(cause ?? thrown)
      return { answered, dropped, statuses }
    }
}

t.test('SIGTERM under load: every request that it took is answered; twice is once; exit code 0', async (t) => {
  const callers = Array.from({ length: 16 }, () => caller(service.base))
  // time enough for each to have asked more than once
  for (let i = 0; i < 20; i++) await get(service.base, '/readyz')
  const ended = service.end('SIGTERM')
  service.process.kill('SIGTERM')
  const outcomes = await Promise.all(callers)
  service.process.kill('SIGINT')
  t.same(await ended, { code: 0, signal: null })
  for (const { answered, dropped, statuses } of outcomes) {
    t.ok(answered > 0)
    t.same(dropped, [], 'nothing was cut off')
    t.same([...statuses], [200])
  }
  t.throws(() => statSync(join(DATA_DIR, 'postgres', 'postmaster.pid')), 'the database server is down too')
  const after = await command(['token', 'create', '--role', 'admin'], env)
  t.match(after, { code: 0, stdout: /^tl_\S+\n$/ }, 'and comes up for the moment when a command needs it')
  t.throws(() => statSync(join(DATA_DIR, 'postgres', 'postmaster.pid')))
})
