/** The log of what happened: complete, in order, nobody else's; and webhooks, told the same, signed, at least once, in order per enrolment. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { connect, transact } from '../../src/db/client.ts'
import { ok } from '../../src/domain/result.ts'
import type { Instant } from '../../src/domain/time.ts'
import type { WebhookId } from '../../src/domain/webhook.ts'
import * as events from '../../src/repositories/events.ts'
import { claimDeliveries, deliver } from '../../src/services/deliver-webhooks.ts'
import { type Json, testApi } from '../support/api.ts'
import { anEnrolment, aPatient } from '../support/people.ts'

/** Milliseconds until an exchange is given up. */
const TIMEOUT = 300
const test = await testApi(t, { seed: 'catalogue', outbound: { timeout: TIMEOUT } })
const { api, must, as, db, deps, clock, url } = test

const idOf = async (slug: string): Promise<string> => (await must('GET', `/v1/clinics/${slug}`)).id
const [HERE, THERE] = ['montreal-sherbrooke', 'toronto-eglinton']
const tell = (clinicId: string | null, enrolmentId: string | null = null, n = 0) =>
  transact(db, async (tx) => {
    await events.append(tx, [{ type: 'itinerary.held', enrolmentId, clinicId, subject: { n } }])
    return ok(undefined)
  })
const log = async (query = '', call = api): Promise<Json> => (await call('GET', `/v1/events?limit=200${query}`)).json
/** The point after which nothing has happened. */
async function end(): Promise<string> {
  for (let after = '', last = ''; ; after = last) {
    last = (await log(`&after=${after}`)).nextCursor ?? ''
    if (last === '') return after
  }
}

t.test('a poller goes on where it stopped, by id or by cursor, and is never told twice', async (t) => {
  const from = await end()
  const enrolment = await anEnrolment(test, HERE, (await aPatient(test, { givenName: 'Canary' })).id)
  const { items, nextCursor } = await log(`&after=${from}`)
  t.match(items, [
    { type: 'enrolment.opened', enrolmentId: enrolment.id, clinicId: await idOf(HERE), patientId: enrolment.patientId },
  ])
  t.match(items[0].at, /^2026-\d\d-\d\dT\d\d:\d\d:\d\d-0[45]:00$/, 'in the clinic’s time')
  t.notMatch(JSON.stringify(items), /Canary/)
  t.same(await log(`&after=${nextCursor}`), { items: [], nextCursor: null })
  t.same(await log(`&cursor=${nextCursor}`), { items: [], nextCursor: null })
  t.same((await log(`&after=${items[0].id}`)).items, [])
  for (let n = 0; n < 5; n++) await tell(await idOf(HERE), null, n)
  const seen: number[] = []
  for (let after = nextCursor, page: Json; ; after = page.nextCursor) {
    page = await must('GET', `/v1/events?limit=2&after=${after}`)
    if (page.items.length === 0) break
    seen.push(...page.items.map((item: Json) => item.n))
  }
  t.same(seen, [0, 1, 2, 3, 4])
  t.same((await log(`&after=${nextCursor}&types=enrolment.opened,appointment.booked`)).items, [])
  t.equal((await log(`&after=${nextCursor}&types=itinerary.held`)).items.length, 5)
  for (const bad of [
    'after=elsewhere',
    'after=0192f6c4-0000-7000-8000-000000000000',
    'cursor=x',
    'types=no.such',
    'limit=0',
  ])
    t.match(await api('GET', `/v1/events?${bad}`), { status: 400, json: { code: 'validation' } }, bad)
  t.equal((await log('&after=0')).items.length > 0, true, 'from the beginning')
})

t.test('an event that commits late is not skipped, nor one that is given up waited for', async (t) => {
  const from = await end()
  const clinicId = await idOf(HERE)
  const other = connect(url, { max: 2, applicationName: 'test late' })
  t.teardown(other.close)
  const late = open(other.db, clinicId, 1)
  const doomed = open(other.db, clinicId, 2)
  await Promise.all([late.written, doomed.written])
  await tell(clinicId, null, 3)
  t.same((await log(`&after=${from}`)).items, [], 'what came after them waits for them')
  doomed.finish(false)
  await doomed.done
  t.same((await log(`&after=${from}`)).items, [])
  late.finish(true)
  await late.done
  t.same(
    (await log(`&after=${from}`)).items.map((item: Json) => item.n),
    [1, 3],
  )
})

/** A transaction that has written its event and waits to be told how it ends. */
function open(on: typeof db, clinicId: string, n: number) {
  let [finish, wrote]: [(commit: boolean) => void, () => void] = [() => {}, () => {}]
  const decided = new Promise<boolean>((resolve) => {
    finish = resolve
  })
  const written = new Promise<void>((resolve) => {
    wrote = resolve
  })
  const done = transact(on, async (tx) => {
    await events.append(tx, [{ type: 'itinerary.held', enrolmentId: null, clinicId, subject: { n } }])
    wrote()
    return (await decided) ? ok(undefined) : { ok: false as const, error: { code: 'not-found' as const } }
  })
  return { written, done, finish: (commit: boolean) => finish(commit) }
}

t.test('a scheduler reads of the own clinics, an integration with the scope; what is read is audited', async (t) => {
  const [here, there] = [await idOf(HERE), await idOf(THERE)]
  const from = await end()
  const enrolment = await anEnrolment(test, THERE, (await aPatient(test, { province: 'ON' })).id)
  await tell(here)
  await tell(null)
  const clinics = async (call: typeof api) =>
    (await log(`&after=${from}`, call)).items.map((item: Json) => item.clinicId)
  t.same(await clinics(api), [there, here, null])
  t.same(await clinics(await as('scheduler', { clinicIds: [here] })), [here])
  t.same(await clinics(await as('integration', { clinicIds: [there], scopes: ['events:read'] })), [there])
  t.equal((await (await as('integration', { scopes: ['patients:read'] }))('GET', '/v1/events')).status, 403)
  const { items } = await must('GET', `/v1/audit?patientId=${enrolment.patientId}&limit=200`)
  t.equal(items.filter((entry: Json) => entry.resourceType === 'event').length, 2)
})

type Heard = { id: string; body: Json; raw: string; headers: IncomingMessage['headers'] }
type Answering = (heard: Heard, response: ServerResponse) => void

/** A real receiver on this machine; it answers 204 unless told otherwise. */
async function receiver(
  t: { teardown: (end: () => void) => unknown },
  answering: Answering = (_, response) => response.writeHead(204).end(),
) {
  const heard: Heard[] = []
  const state = { answering }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const raw = Buffer.concat(parts).toString()
      const one = { id: String(request.headers['webhook-id']), body: JSON.parse(raw), raw, headers: request.headers }
      heard.push(one)
      state.answering(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { heard, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}

/** One look of the relay at what is due, all of it sent. → how many attempts */
async function look(): Promise<number> {
  const taken = await claimDeliveries(deps, { perWebhook: 8, inHand: new Map<WebhookId, number>() })
  if (!taken.ok) throw new Error(taken.error.code)
  await Promise.all(taken.value.map((one) => deliver(deps, one, { chance: 0.5 })))
  return taken.value.length
}
async function looks(): Promise<number> {
  for (let all = 0, n = 0; ; all += n) {
    n = await look()
    if (n === 0) return all
  }
}
const later = (seconds: number): void => {
  clock.now = (clock.now + seconds * 1000) as Instant
}
const ns = (heard: Heard[]): number[] => heard.map(({ body }) => body.data.n)
const deliveriesOf = async (id: string): Promise<Json[]> =>
  (await must('GET', `/v1/webhooks/${id}/deliveries?limit=200`)).items

t.test('a webhook is told what a poller reads, signed with a secret that was shown once', async (t) => {
  const target = await receiver(t)
  const here = await idOf(HERE)
  const made = await must(
    'POST',
    '/v1/webhooks',
    { url: target.url, events: ['itinerary.held'], clinicIds: [here] },
    201,
  )
  t.match(made, { url: target.url, events: ['itinerary.held'], clinicIds: [here], active: true, secret: /^whsec_/ })
  for (const path of ['/v1/webhooks', `/v1/webhooks/${made.id}`])
    t.notMatch((await api('GET', path)).text, /whsec_|secret":/, 'never again')
  const from = await end()
  await tell(here, null, 7)
  await tell(await idOf(THERE), null, 8)
  t.equal(await looks(), 1)
  const [{ id, body, raw, headers }] = target.heard as [Heard]
  const [item] = (await log(`&after=${from}`)).items
  t.same(body, { type: 'itinerary.held', timestamp: item.at, data: item })
  t.equal(id, item.id)
  const at = new Date(clock.now)
  t.equal(headers['webhook-timestamp'], String(clock.now / 1000))
  t.equal(headers['webhook-signature'], new Webhook(made.secret).sign(id, at, raw))
  t.match(await deliveriesOf(made.id), [
    { eventId: id, status: 'delivered', attempts: 1, responseStatus: 204, fault: null },
  ])

  await t.test('after a rotation both secrets sign, a day later only the new one', async (t) => {
    const turned = await must('POST', `/v1/webhooks/${made.id}/rotate`, undefined, 200)
    t.not(turned.secret, made.secret)
    const signs = async () => {
      await tell(here)
      await looks()
      const last = target.heard.at(-1) as Heard
      const given = String(last.headers['webhook-signature']).split(' ')
      return [turned, made].map(({ secret }) =>
        given.includes(new Webhook(secret).sign(last.id, new Date(clock.now), last.raw)),
      )
    }
    t.same(await signs(), [true, true])
    later(86_400)
    t.same(await signs(), [true, false])
  })

  await t.test('asked again, all after an event or one delivery is sent again', async (t) => {
    const count = target.heard.length
    t.same(await must('POST', `/v1/webhooks/${made.id}/replay`, { after: id }, 200), { replayed: 2 })
    t.equal(await looks(), 2)
    const [last] = await deliveriesOf(made.id)
    t.match(await must('POST', `/v1/webhooks/${made.id}/deliveries/${last.id}/replay`, undefined, 200), {
      status: 'pending',
    })
    t.equal(await looks(), 1)
    t.equal(target.heard.length, count + 3)
    t.equal((await api('POST', `/v1/webhooks/${made.id}/replay`, { after: made.id })).status, 400)
    t.equal((await api('POST', `/v1/webhooks/${made.id}/deliveries/${made.id}/replay`)).status, 404)
  })
  t.equal((await api('DELETE', `/v1/webhooks/${made.id}`)).status, 204)
  t.equal((await api('GET', `/v1/webhooks/${made.id}`)).status, 404)
  await tell(here)
  t.equal(await looks(), 0)
})

t.test('what fails is tried again after a while, and holds back its enrolment only', async (t) => {
  const here = await idOf(HERE)
  const [one, other] = [
    await anEnrolment(test, HERE, (await aPatient(test)).id),
    await anEnrolment(test, HERE, (await aPatient(test)).id),
  ]
  const target = await receiver(t, ({ body }, response) => response.writeHead(body.data.n === 1 ? 500 : 200).end('no'))
  const { id } = await must('POST', '/v1/webhooks', { url: target.url, clinicIds: [here] }, 201)
  for (const [enrolmentId, n] of [
    [one.id, 1],
    [one.id, 2],
    [other.id, 3],
    [null, 4],
  ] as const)
    await tell(here, enrolmentId, n)
  await looks()
  t.same(ns(target.heard).sort(), [1, 3, 4])
  t.match((await deliveriesOf(id)).map((d) => [d.status, d.attempts, d.responseStatus]).sort(), [
    ['delivered', 1, 200],
    ['delivered', 1, 200],
    ['pending', 0, null],
    ['pending', 1, 500],
  ])
  for (const pause of [5, 30, 120]) {
    const before = target.heard.length
    later(pause - 1)
    await looks()
    t.equal(target.heard.length, before, `not before ${pause} seconds`)
    later(1)
    await looks()
    t.same(ns(target.heard.slice(before)), [1])
  }
  t.match((await must('GET', `/v1/webhooks/${id}`)).failingSince, String)
  target.state.answering = (_, response) => response.writeHead(200).end()
  await tell(here, one.id, 5)
  later(600)
  await looks()
  t.same(ns(target.heard).slice(-3), [1, 2, 5], 'in order')
  t.equal((await must('GET', `/v1/webhooks/${id}`)).failingSince, null)

  await t.test('in the end it has failed, and what waited goes on', async (t) => {
    target.state.answering = ({ body }, response) => response.writeHead(body.data.n === 6 ? 400 : 200).end()
    await tell(here, one.id, 6)
    await tell(here, one.id, 7)
    for (const pause of [0, 5, 30, 120, 600, 3_600, 21_600, 86_400]) {
      later(pause)
      await looks()
    }
    t.match(await deliveriesOf(id), [
      { status: 'delivered', attempts: 1 },
      { status: 'failed', attempts: 8, responseStatus: 400, nextAttemptAt: null },
    ])
  })
  await api('DELETE', `/v1/webhooks/${id}`)
})

t.test('it hangs, drips, redirects, is gone, or nobody is there', async (t) => {
  const here = await idOf(HERE)
  const cases: [string, Answering, object][] = [
    ['hangs', () => {}, { status: 'pending', fault: 'timeout', responseStatus: null }],
    [
      'drips',
      (_, r) => void r.writeHead(200).write('.'),
      { status: 'pending', fault: 'timeout', responseStatus: null },
    ],
    [
      'talks without end',
      (_, r) => r.writeHead(200).end(Buffer.alloc(1 << 20)),
      { status: 'delivered', responseStatus: 200 },
    ],
    [
      'redirects',
      (_, r) => r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { status: 'pending', responseStatus: 302 },
    ],
    ['hangs up', (_, r) => r.destroy(), { status: 'pending', fault: 'unreachable' }],
  ]
  for (const [name, answering, expected] of cases) {
    const target = await receiver(t, answering)
    const { id } = await must('POST', '/v1/webhooks', { url: target.url, clinicIds: [here] }, 201)
    await tell(here)
    await looks()
    t.match(await deliveriesOf(id), [expected], name)
    await api('DELETE', `/v1/webhooks/${id}`)
  }
  const target = await receiver(t, (_, response) => response.writeHead(410).end())
  const { id } = await must('POST', '/v1/webhooks', { url: target.url, clinicIds: [here] }, 201)
  await tell(here, null, 1)
  await looks()
  t.match(await must('GET', `/v1/webhooks/${id}`), { active: false, disabledReason: 'gone' })
  await tell(here, null, 2)
  t.equal(await looks(), 0)
  target.state.answering = (_, response) => response.writeHead(200).end()
  await must('PATCH', `/v1/webhooks/${id}`, { active: true }, 200)
  await looks()
  t.same(ns(target.heard), [1, 2], 'switched on again, it goes on where it stopped')

  await t.test('days of failure switch it off', async (t) => {
    target.state.answering = (_, response) => response.writeHead(503).end()
    await tell(here, null, 3)
    await looks()
    later(3 * 86_400)
    await looks()
    t.match(await must('GET', `/v1/webhooks/${id}`), { active: false, disabledReason: 'failing' })
    await api('DELETE', `/v1/webhooks/${id}`)
  })
})

t.test('an address that is not public is refused, when it is registered and when it is called', async (t) => {
  const refused = [
    'ftp://example.org/',
    'http://example.org/hook',
    'https://user:pass@example.org/',
    'https://10.0.0.1/',
    'https://172.16.3.4/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::10.0.0.1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'http://10.1/',
    'https://intranet/',
    'https://localhost.localdomain/',
    'https://metadata.google.internal./',
    'https://0xa000001/',
    'https://224.0.0.1/',
    'not a url',
    'https://',
  ]
  for (const bad of refused)
    t.match(await api('POST', '/v1/webhooks', { url: bad }), { status: 400, json: { errors: [{ path: 'url' }] } }, bad)
  t.equal(
    (await api('POST', '/v1/webhooks', { url: 'https://hooks.example.org:8443/in' })).status,
    201,
    'a public name',
  )
  t.equal((await api('POST', '/v1/webhooks', { url: 'https://93.184.216.34/' })).status, 201)
  const elsewhere = {
    ...deps,
    outbound: (await import('../../src/outbound/outbound.ts')).outboundOf({ allowLoopback: false }),
  }
  for (const own of ['http://127.0.0.1:9/', 'https://127.0.0.1/', 'https://localhost/', 'https://[::1]/'])
    t.type(await elsewhere.outbound.refuseTarget(own), 'string', `${own} is for development`)
  await api('DELETE', `/v1/webhooks/${(await must('GET', '/v1/webhooks')).items[0].id}`)
  await api('DELETE', `/v1/webhooks/${(await must('GET', '/v1/webhooks')).items[0].id}`)

  const here = await idOf(HERE)
  const target = await receiver(t)
  const { id } = await must('POST', '/v1/webhooks', { url: target.url, clinicIds: [here] }, 201)
  await db.execute(sql`update webhook set url = 'https://10.0.0.1/' where id = ${id}`)
  await tell(here)
  await looks()
  t.match(await deliveriesOf(id), [{ status: 'pending', fault: 'address-refused' }])
  await api('DELETE', `/v1/webhooks/${id}`)
})

t.test('a scheduler’s webhook hears of the own clinics, as long as the scheduler acts for them', async (t) => {
  const [here, there] = [await idOf(HERE), await idOf(THERE)]
  const target = await receiver(t)
  const user = await must('POST', '/v1/users', { displayName: 'S', role: 'scheduler', clinicIds: [here] }, 201)
  const ours = await as('scheduler', { clinicIds: [here] })
  const theirs = await as('scheduler', { clinicIds: [there] })
  const made = await ours('POST', '/v1/webhooks', { url: target.url, events: ['itinerary.held'] })
  t.same(made.json.clinicIds, [here])
  t.equal((await ours('POST', '/v1/webhooks', { url: target.url, clinicIds: [there] })).status, 404)
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/rotate'],
    ['GET', '/deliveries'],
  ] as const)
    t.equal(
      (await theirs(method, `/v1/webhooks/${made.json.id}${path}`, method === 'PATCH' ? {} : undefined)).status,
      404,
      `${method} ${path}`,
    )
  t.same((await theirs('GET', '/v1/webhooks')).json.items, [])
  await tell(here, null, 1)
  await tell(there, null, 2)
  await looks()
  t.same(ns(target.heard), [1])
  await db.execute(sql`update webhook set owner_id = ${user.id} where id = ${made.json.id}`)
  await must('PATCH', `/v1/users/${user.id}`, { active: false }, 200)
  await tell(here, null, 3)
  await looks()
  t.same(ns(target.heard), [1])
})

t.test('a worker that dies takes nothing along: its delivery comes back with the lease', async (t) => {
  const here = await idOf(HERE)
  const target = await receiver(t)
  const { id } = await must('POST', '/v1/webhooks', { url: target.url, clinicIds: [here] }, 201)
  await tell(here, null, 1)
  const taken = await claimDeliveries(deps, { perWebhook: 8, inHand: new Map() })
  t.equal(taken.ok && taken.value.length, 1)
  t.equal(await looks(), 0, 'nobody else takes it')
  later(15)
  t.equal(await looks(), 1)
  t.same(ns(target.heard), [1])
  t.match(await deliveriesOf(id), [{ status: 'delivered', attempts: 2 }])
})
