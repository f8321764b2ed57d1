/** Referrals: the clock of 24 hours, attempts, the queue, who sees it, what the referrer is told. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Instant } from '../../src/domain/time.ts'
import { sweepReferrals } from '../../src/services/sweep-referrals.ts'
import { type Json, testApi } from '../support/api.ts'
import { aPatient } from '../support/people.ts'
import { ready, staffed } from '../support/staffed-clinic.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, as, clock, db, deps } = test
const HOUR = 3_600_000
let montreal: Json
let toronto: Json
t.before(async () => {
  montreal = await must('GET', '/v1/clinics/montreal-laurier-393')
  toronto = await must('GET', '/v1/clinics/toronto-eglinton')
})

const referrer = { name: 'Dr Léa Roy', profession: 'family physician', fax: '514-555-0199' }
const person = { givenName: 'Zoé', familyName: 'Tremblay', phone: '(514) 555-0123' }
const refer = (over: object = {}) =>
  must('POST', '/v1/referrals', { clinicId: montreal.id, referrer, patient: person, reason: 'low mood', ...over }, 201)
const events = async (id: string, type: string): Promise<Json[]> => [
  ...(await db.execute(sql`select subject from event where type = ${type} and subject ->> 'referralId' = ${id}`)),
]
const swept = async () => {
  const done = await sweepReferrals(deps)
  return done.ok ? done.value : done.error.code
}

t.test('a name and one contact are enough, and the clock runs, by hours and by opening hours', async (t) => {
  const made = await refer({ patient: { ...person, phone: null, email: 'zoe@example.org' } })
  t.match(made, {
    status: 'new',
    source: 'professional',
    referrer: { ...referrer, phone: null, email: null },
    receivedAt: '2026-11-22T07:00:00-05:00',
    contactDueAt: '2026-11-23T07:00:00-05:00',
    // a Sunday: ten hours on Monday, ten on Tuesday, four on Wednesday
    contactDue: { elapsed: '2026-11-23T07:00:00-05:00', business: '2026-11-25T12:00:00-05:00' },
    overdue: false,
    possibleDuplicates: [],
    contacts: [],
    timeZone: 'America/Toronto',
  })
  t.match(await must('GET', `/v1/patients/${made.patientId}`), {
    birthDate: null,
    province: 'QC',
    preferredLanguage: 'fr',
  })
  t.strictSame(await events(made.id, 'referral.received'), [
    {
      subject: {
        referralId: made.id,
        patientId: made.patientId,
        receivedAt: '2026-11-22T07:00:00-05:00',
        contactDueAt: '2026-11-23T07:00:00-05:00',
      },
    },
  ])
  t.test('whoever is referred may be reached through the referrer', async (t) => {
    t.match(await refer({ patient: { ...person, phone: null } }), { status: 'new', referrer: { fax: referrer.fax } })
  })
  t.test('over a weekend and a holiday, also before anything was stored', async (t) => {
    const friday = await refer({ receivedAt: '2026-10-09T16:00:00-04:00', referrer: null })
    t.match(friday, { source: 'self', contactDue: { business: '2026-10-15T10:00:00-04:00' }, overdue: true })
  })
  t.test('the policy says which of the two counts, and a change of it moves what is waiting', async (t) => {
    await must('PATCH', '/v1/clinics/montreal-laurier-393', { policy: { contactClock: 'business' } })
    t.match(await must('GET', `/v1/referrals/${made.id}`), { contactDueAt: '2026-11-25T12:00:00-05:00' })
    t.match(await refer(), { contactDueAt: '2026-11-25T12:00:00-05:00' })
    await must('PATCH', '/v1/clinics/montreal-laurier-393', { policy: { contactClock: 'elapsed' } })
    t.match(await must('GET', `/v1/referrals/${made.id}`), { contactDueAt: '2026-11-23T07:00:00-05:00' })
  })
  await Promise.resolve()
})

t.test('what cannot be is refused by the path of its field, and leaves nothing behind', async (t) => {
  const count = async () =>
    (await db.execute(sql`select from patient`)).length + (await db.execute(sql`select from referral`)).length
  const before = await count()
  const body = { clinicId: montreal.id, referrer, patient: person, reason: 'low mood' }
  const cases: [string, object, number, string?][] = [
    ['no contact', { patient: { ...person, phone: null }, referrer: null }, 400, 'patient.phone'],
    ['no name', { patient: { phone: '514-555-0123' } }, 400, 'patient.givenName'],
    ['nobody', { patient: null }, 400, 'patient'],
    ['somebody twice', { patientId: randomUUID() }, 400, 'patient'],
    ['a professional without a name', { referrer: null, source: 'professional' }, 400, 'referrer'],
    ['a self-referral with a referrer', { source: 'self' }, 400, 'referrer'],
    ['tomorrow', { receivedAt: '2026-11-23T12:00:00Z' }, 400, 'receivedAt'],
    ['born tomorrow', { patient: { ...person, birthDate: '2026-11-23' } }, 400, 'patient.birthDate'],
    ['without a reason', { reason: '' }, 400, 'reason'],
    ['an unknown field', { patient: { ...person, name: 'x' } }, 400, 'patient.name'],
    ['an unknown clinic', { clinicId: randomUUID() }, 404],
    ['an unknown patient', { patient: null, patientId: randomUUID() }, 404],
    ['an unknown program', { programKey: 'other' }, 404],
  ]
  for (const [name, over, status, path] of cases) {
    const answer = await api('POST', '/v1/referrals', { ...body, ...over })
    t.equal(answer.status, status, `${name}: ${answer.text}`)
    t.equal(answer.json.errors?.[0]?.path, path, name)
  }
  t.equal(await count(), before)
})

t.test('every attempt is recorded; who is reached, or hears what the program is, has been contacted', async (t) => {
  const { id } = await refer()
  const contact = (body: object) => api('POST', `/v1/referrals/${id}/contacts`, body)
  t.match(await contact({ outcome: 'voicemail', note: 'left a number' }), {
    status: 201,
    json: { outcome: 'voicemail', note: 'left a number', status: 'new', contactedAt: null },
  })
  t.match(
    await contact({ outcome: 'no-answer', at: '2026-11-22T11:59:30Z' }),
    { status: 201, json: { status: 'new', at: '2026-11-22T07:00:00-05:00' } },
    'written down to the minute, it may seem to come before the referral',
  )
  clock.now = (clock.now + HOUR) as Instant
  t.match(await contact({ outcome: 'reached', at: '2026-11-22T12:30:00Z', infoCallDone: true }), {
    json: { status: 'contacted', contactedAt: '2026-11-22T07:30:00-05:00' },
  })
  t.match(await must('GET', `/v1/referrals/${id}`), {
    status: 'contacted',
    infoCallDone: true,
    contacts: [{ outcome: 'voicemail' }, { outcome: 'no-answer' }, { outcome: 'reached' }],
  })
  const bad: [object, string][] = [
    [{ outcome: 'reached', at: '2026-11-22T11:59:00Z' }, 'at'],
    [{ outcome: 'reached', at: '2026-11-23T12:00:00Z' }, 'at'],
    [{ outcome: 'shouted' }, 'outcome'],
  ]
  for (const [body, path] of bad) t.match(await contact(body), { status: 400, json: { errors: [{ path }] } })
  t.match(await contact({ outcome: 'declined' }), { json: { status: 'declined' } })
  t.match(await contact({ outcome: 'reached' }), { status: 201, json: { status: 'declined' } }, 'a fact all the same')
  t.match(await api('PATCH', `/v1/referrals/${id}`, { status: 'accepted' }), {
    status: 409,
    json: { code: 'invalid-transition', from: 'declined', to: 'accepted' },
  })
  clock.now = (clock.now - HOUR) as Instant
})

t.test('an information call that was planned and held is the first contact', async (t) => {
  const clinic = await staffed(test, 'montreal-laurier-393')
  const { id, patientId } = await refer({ clinicId: clinic.clinic.id, programKey: 'standard' })
  const enrolment = await must('POST', '/v1/enrolments', {
    ...{ patientId, programKey: 'standard', clinicId: clinic.clinic.id },
  })
  const { itineraries } = await must('POST', `/v1/enrolments/${enrolment.id}/itineraries`, {
    ...{ notBefore: '2026-11-23T08:00:00-05:00', steps: ['connect'] },
  })
  const { appointments } = await must('POST', `/v1/itineraries/${itineraries[0].id}/confirm`, {})
  t.match(await must('GET', `/v1/referrals/${id}`), { status: 'accepted', contactedAt: null, infoCallDone: false })
  const call = appointments.find((a: Json) => a.visitKey === 'info-call')
  for (const status of ['arrived', 'in-progress', 'completed'])
    await must('POST', `/v1/appointments/${call.id}/status`, { status })
  t.match(await must('GET', `/v1/referrals/${id}`), { contactedAt: '2026-11-22T07:00:00-05:00', infoCallDone: true })
})

t.test('the queue: by when contact is due, what is overdue, page by page; told of once', async (t) => {
  const clinicId = toronto.id
  const made: Json[] = []
  for (const hour of ['11', '09', '10', '08'])
    made.push(await refer({ clinicId, receivedAt: `2026-11-21T${hour}:00:00-05:00` }))
  const [, , ten, eight] = made
  await must('POST', `/v1/referrals/${ten.id}/contacts`, { outcome: 'reached' }, 201)
  const queue = async (query = '') => (await must('GET', `/v1/referrals?clinicId=${clinicId}${query}`)).items as Json[]
  const due = (items: Json[]) => items.map(({ contactDueAt }) => contactDueAt.slice(8, 13))
  t.same(due(await queue()), ['22T08', '22T09', '22T10', '22T11'])
  t.same(due(await queue('&status=contacted')), ['22T10'])
  t.same(due(await queue('&overdue=true')), [])
  clock.now = Date.parse('2026-11-22T09:30:00-05:00') as Instant
  t.same(due(await queue('&overdue=true')), ['22T08', '22T09'])
  t.same(due(await queue('&overdue=false')), ['22T10', '22T11'])
  const paged: string[] = []
  for (let cursor = ''; ; ) {
    const page = await must('GET', `/v1/referrals?clinicId=${clinicId}&limit=3${cursor && `&cursor=${cursor}`}`)
    paged.push(...due(page.items))
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  t.same(paged, due(await queue()))
  for (const key of [[9e15, made[0].id], [-1, made[0].id], [0, 'x'], [0]]) {
    const cursor = Buffer.from(JSON.stringify(key)).toString('base64url')
    t.match(await api('GET', `/v1/referrals?cursor=${cursor}`), { status: 400, json: { errors: [{ path: 'cursor' }] } })
  }
  const [first, second, third] = await Promise.all([swept(), swept(), swept()])
  t.ok((first as number) + (second as number) + (third as number) >= 2)
  t.equal(await swept(), 0)
  for (const one of made) {
    const late = one === made[1] || one === eight
    t.equal((await events(one.id, 'referral.overdue')).length, late ? 1 : 0, one.contactDueAt)
  }
  const work = (await must('GET', `/v1/worklist?clinicId=${clinicId}`)).items
  t.match(work, [
    {
      kind: 'referral-due',
      action: 'call',
      overdue: true,
      referralId: eight.id,
      enrolmentId: null,
      mayLeaveMessage: true,
    },
    { kind: 'referral-due', overdue: true },
    { kind: 'referral-due', overdue: false },
  ])
  const one = await must('GET', `/v1/worklist?clinicId=${clinicId}&limit=1`)
  const rest = await must('GET', `/v1/worklist?clinicId=${clinicId}&cursor=${one.nextCursor}`)
  t.same([...one.items, ...rest.items], work)
  await must('PATCH', `/v1/referrals/${eight.id}`, { status: 'declined' })
  t.same(due(await queue('&overdue=true')), ['22T09'])
  clock.now = Date.parse('2026-11-22T12:00:00Z') as Instant
})

t.test('who may be the same person, among those whom the caller sees', async (t) => {
  const known = await aPatient(test, {
    givenName: 'Éloïse',
    familyName: "O'Hara",
    birthDate: '1990-02-03',
    email: null,
  })
  const other = await aPatient(test, { phone: '+1 438 555 0777', email: 'Someone@Example.org' })
  const found = async (patient: object) =>
    (await refer({ patient: { ...person, phone: '1', ...patient } })).possibleDuplicates
  t.same(await found({ givenName: 'eloise', familyName: 'O’HARA', birthDate: '1990-02-03' }), [known.id])
  t.same(await found({ givenName: 'Eloise', familyName: 'OHara', birthDate: '1990-02-04', phone: '2' }), [])
  t.same(await found({ phone: '(438) 555-0777' }), [other.id])
  t.same(await found({ phone: '3', email: 'someone@example.org' }), [other.id])
  const scheduler = await as('scheduler', { clinicIds: [montreal.id] })
  const body = {
    clinicId: montreal.id,
    patient: { ...person, phone: '438 555 0777', email: 'a@example.org' },
    reason: 'x',
  }
  const seen = await scheduler('POST', '/v1/referrals', body)
  t.equal(seen.status, 201)
  t.notOk(seen.json.possibleDuplicates.includes(other.id), 'another clinic’s patient is told of to nobody')
})

t.test('another clinic’s referral is not found; what is seen and done is in the log', async (t) => {
  const { id, patientId } = await refer()
  const home = await as('scheduler', { clinicIds: [montreal.id] })
  const away = await as('scheduler', { clinicIds: [toronto.id] })
  const missing = (await away('GET', `/v1/referrals/${randomUUID()}`)).json
  const questions: [string, string, object?][] = [
    ['GET', `/v1/referrals/${id}`],
    ['PATCH', `/v1/referrals/${id}`, { status: 'contacted' }],
    ['POST', `/v1/referrals/${id}/contacts`, { outcome: 'reached' }],
    ['GET', `/v1/referrals/${id}/letter`],
  ]
  for (const [method, path, body] of questions) {
    const refused = await away(method, path, body)
    t.same([refused.status, refused.json], [404, missing], `${method} ${path}`)
  }
  t.equal((await away('POST', '/v1/referrals', { clinicId: montreal.id, patient: person, reason: 'x' })).status, 404)
  t.notOk((await away('GET', '/v1/referrals?limit=200')).json.items.some((r: Json) => r.id === id))
  t.ok((await home('GET', '/v1/referrals?limit=200')).json.items.some((r: Json) => r.id === id))
  const { json } = await home('GET', `/v1/referrals/${id}`)
  const users = await must('GET', '/v1/users?limit=200')
  const assignedTo = users.items[0].id
  t.match(await home('PATCH', `/v1/referrals/${id}`, { assignedTo }), {
    status: 200,
    json: { assignedTo, status: 'new' },
  })
  t.equal((await home('PATCH', `/v1/referrals/${id}`, { assignedTo: randomUUID() })).status, 404)
  const stale = await home(
    'PATCH',
    `/v1/referrals/${id}`,
    { status: 'contacted' },
    { headers: { 'if-match': `"${json.revision}"` } },
  )
  t.equal(stale.status, 412)
  const audit = await must('GET', `/v1/audit?patientId=${patientId}&limit=200`)
  const actions = audit.items.filter((e: Json) => e.resourceType === 'referral').map((e: Json) => e.action)
  t.same([...new Set(actions)].sort(), ['create', 'read', 'update'])
})

t.test('accepted: an enrolment, the referrer told with consent and no more', async (t) => {
  const { id, patientId } = await refer({ programKey: 'introductory', patient: { ...person, familyName: 'Roy <b>' } })
  const letter = (lang = '') => api('GET', `/v1/referrals/${id}/letter${lang}`)
  t.match(await letter(), { status: 422, json: { code: 'consent-missing', reasons: [{ rule: 'consent' }] } })
  await must('POST', `/v1/patients/${patientId}/consents`, { kind: 'share-with-referrer', givenOn: '2026-11-21' })
  t.match(await letter(), { status: 409, json: { code: 'invalid-transition', from: 'new' } })
  const accepted = await must('PATCH', `/v1/referrals/${id}`, { status: 'accepted', enrolment: { route: 'rdt' } })
  t.match(await must('GET', `/v1/enrolments/${accepted.enrolmentId}`), {
    programKey: 'introductory',
    route: 'rdt',
    clinicId: montreal.id,
    timeline: [
      { kind: 'referral.received', referralId: id },
      { kind: 'referral.accepted' },
      { kind: 'enrolment.opened' },
      { kind: 'consent.given' },
    ],
  })
  const french = await letter()
  t.match(french.headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-store' })
  t.match(french.text, /Zoé Roy &lt;b&gt;, demande reçue le dimanche 22 novembre 2026/)
  t.match(french.text, 'Nous avons accepté cette demande.')
  t.match((await letter('?lang=en')).text, 'We have accepted this referral.')
  t.notMatch(french.text, /introductory|rdt|low mood/i)
  t.equal((await api('GET', `/v1/referrals/${(await refer({ referrer: null })).id}/letter`)).status, 404)
  t.match(await api('PATCH', `/v1/referrals/${id}`, { status: 'declined' }), {
    status: 409,
    json: { from: 'accepted' },
  })
  t.match(await api('PATCH', `/v1/referrals/${(await refer()).id}`, { status: 'accepted', enrolment: {} }), {
    status: 400,
    json: { errors: [{ path: 'enrolment.programKey' }] },
  })
})

t.test('somebody known is referred, and an enrolment opened later accepts the referral', async (t) => {
  const staff = await staffed(test, 'montreal-laurier-393')
  const enrolled = await ready(test, staff)
  const again = await refer({ patient: null, patientId: enrolled.patientId, programKey: 'introductory' })
  t.same(
    (await must('GET', `/v1/enrolments/${enrolled.id}`)).timeline.filter((e: Json) => /referral/.test(e.kind)),
    [],
  )
  await must('POST', `/v1/referrals/${again.id}/contacts`, { outcome: 'reached', infoCallDone: true }, 201)
  const { id } = await must('POST', '/v1/enrolments', {
    patientId: enrolled.patientId,
    programKey: 'introductory',
    clinicId: montreal.id,
  })
  t.match(await must('GET', `/v1/referrals/${again.id}`), { status: 'accepted', enrolmentId: id })
  const states = Object.fromEntries(
    (await must('GET', `/v1/enrolments/${id}`)).visits.map((v: Json) => [v.visitKey, v.state]),
  )
  t.match(states, { 'info-call': 'done', 'medical-screening': 'done', 'prep-1': 'unplanned' })
})
