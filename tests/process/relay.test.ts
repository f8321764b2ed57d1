/** Webhooks and mail from the real process: prompt, back after kill -9, handed back at SIGTERM; and no name in anything that leaves or is logged. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Json } from '../support/api.ts'
import { testDatabase } from '../support/database.ts'
import { openMailbox } from '../support/mailbox.ts'
import { anEnrolment, aPatient } from '../support/people.ts'
import { command, serve } from '../support/service.ts'

/** Milliseconds: four processes, on a machine that may be busy. */
t.setTimeout(120_000)

type Heard = { webhookId: string; body: Json }
/** Resolves when `enough` says so of what has been heard. */
async function receiver(t: { teardown: (end: () => void) => unknown }) {
  const heard: Heard[] = []
  let waiting: (() => void)[] = []
  const state = { answer: (response: ServerResponse): unknown => response.writeHead(204).end() }
  const server = createServer((request, response) => {
    let raw = ''
    request.on('data', (part) => {
      raw += part
    })
    request.on('end', () => {
      heard.push({ webhookId: String(request.headers['webhook-id']), body: JSON.parse(raw) })
      state.answer(response)
      for (const wake of waiting.splice(0)) wake()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    waiting = []
    server.closeAllConnections()
    server.close()
  })
  const until = async (enough: () => boolean): Promise<void> => {
    while (!enough()) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return { heard, state, until, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

t.test('killed -9 while it delivers, and started again: every event arrives, in order per enrolment', async (t) => {
  const { db, url } = await testDatabase(t)
  const [target, box] = [await receiver(t), await openMailbox()]
  t.teardown(box.close)
  const env = {
    DATABASE_URL: url,
    SEED: 'catalogue',
    ADMIN_TOKEN: 'process-token',
    SMTP_URL: box.url,
    DATA_DIR: 'unused',
  }
  let service = await serve(env)
  const output: string[] = []
  const must = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const answer = await fetch(service.base + path, {
      method,
      headers: { authorization: 'Bearer process-token', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const { id: hook } = await must('POST', '/v1/webhooks', { url: target.url })
  const hanging = await receiver(t)
  hanging.state.answer = () => {}
  await must('POST', '/v1/webhooks', { url: hanging.url })
  const canary = {
    givenName: 'Canaryfirst',
    familyName: 'Canarylast',
    email: 'canary@example.org',
    phone: '514-555-0177',
  }
  const enrol = async () => anEnrolment({ must }, 'montreal-sherbrooke', (await aPatient({ must }, canary)).id)
  await enrol()
  await target.until(() => target.heard.length === 1)

  target.state.answer = () => {}
  const enrolments = [await enrol(), await enrol(), await enrol()]
  await target.until(() => target.heard.length === 4)
  for (const { id } of enrolments) await must('POST', `/v1/enrolments/${id}/withdraw`, {})
  output.push(service.output())
  t.same(await service.end('SIGKILL'), { code: null, signal: 'SIGKILL' })
  target.state.answer = (response) => response.writeHead(200).end()
  // as if the lease had run out in the meantime
  await db.execute(sql`update delivery set leased_until = now() - interval '1 second' where leased_until is not null`)
  const [cut, before] = [target.heard.slice(1).map(({ webhookId }) => webhookId), target.heard.length]
  service = await serve(env)
  await target.until(() => target.heard.length >= before + 6)
  const after = target.heard.slice(before)
  for (const id of cut)
    t.equal(after.filter(({ webhookId }) => webhookId === id).length, 1, 'what was cut off came again')
  for (const { id } of enrolments)
    t.same(
      after.filter(({ body }) => body.data.enrolmentId === id).map(({ body }) => body.type),
      ['enrolment.opened', 'enrolment.withdrawn'],
    )

  target.state.answer = () => {}
  await enrol()
  await target.until(() => target.heard.length === before + 7)
  output.push(service.output())
  t.same(await service.end('SIGTERM'), { code: 0, signal: null }, 'it does not wait for a receiver that hangs')
  t.ok(hanging.heard.length > 0, 'another that hangs all the while held nothing up')
  const [left] = await db.execute(
    sql`select status, attempts, leased_until from delivery where webhook_id = ${hook} order by id desc limit 1`,
  )
  t.same(left, { status: 'pending', attempts: 0, leased_until: null }, 'what it had in hand is handed back')
  t.match(await command(['tz-audit'], env), {
    code: 0,
    stdout: '',
    stderr: '0 of 0 future appointments read differently.\n',
  })
  const told = await db.execute(sql`select subject::text from event union all select coalesce(fault, '') from delivery`)
  for (const text of [JSON.stringify(target.heard), JSON.stringify(told), ...output])
    t.notMatch(text, /canary|555-0177/i, 'no name in what leaves or is logged')
})
