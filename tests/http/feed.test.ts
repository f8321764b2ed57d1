/** Calendars to subscribe to: a secret link, what each detail shows, an entity tag, and what is withdrawn acting at once. */
import { randomUUID } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { appointment, calendarFeed, idempotencyKey } from '../../src/db/schema.ts'
import { DAY, type Instant } from '../../src/domain/time.ts'
import { type Answer, type Json, testApi } from '../support/api.ts'
import { booked } from '../support/booked.ts'
import { faultsOf, linesOf, valuesOf } from '../support/ics.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'
import { onShift } from '../support/staffed-clinic.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, as, db, clock } = test

/** A dose of Zénaïde Quéry: the nurse is there twice, the therapist in between. */
async function aDose(slug = 'montreal-laurier-397', patient: object = {}) {
  const clinic = await must('GET', `/v1/clinics/${slug}`)
  const { items: rooms } = await must('GET', `/v1/clinics/${clinic.id}/rooms`)
  const room = rooms.find((one: Json) => one.kind === 'dosing')
  const who = await aPatient(test, { givenName: 'Zénaïde', familyName: 'Quéry', province: clinic.province, ...patient })
  const enrolment = await anEnrolment(test, slug, who.id)
  const [nurse, therapist] = [await aClinician(test, 'nurse'), await aClinician(test, 'therapist')]
  for (const id of [nurse, therapist]) await onShift(test, id, clinic.id)
  const visit = { enrolment, clinicId: clinic.id, roomId: room.id, visitKey: 'dose-1', step: 'experience' }
  const parts = [
    ['nurse', nurse, 0, 30],
    ['nurse', nurse, 120, 150],
    ['therapist', therapist, 15, 150],
  ] as const
  const dose = await booked(db, { ...visit, start: '2026-12-01T09:00:00-05:00', minutes: 150, parts })
  return { clinic, room, patient: who, enrolment, nurse, therapist, dose, visit }
}

async function feedOf(body: object): Promise<{ id: string; url: string; path: string }> {
  const { id, url } = await must('POST', '/v1/calendar-feeds', body, 201)
  return { id, url, path: new URL(url).pathname }
}
const fetched = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  api('GET', path, undefined, { token: null, headers })
async function lines(path: string): Promise<string[]> {
  const { status, text } = await fetched(path)
  if (status !== 200) throw new Error(`${status}`)
  const faults = faultsOf(text)
  if (faults.length > 0) throw new Error(faults.join('; '))
  return linesOf(text)
}

t.test(
  'a clinician’s feed: one event for each part, by initials, without attendees, with hints when to come back',
  async (t) => {
    const { nurse, dose } = await aDose()
    const { path, url } = await feedOf({ clinicianId: nurse })
    t.match(url, /^http:\/\/localhost:?\d*\/feeds\/tl_[\w-]{43}\.ics$/)
    const answer = await fetched(path)
    t.equal(answer.headers['content-type'], 'text/calendar; method=PUBLISH; charset=utf-8')
    t.equal(answer.headers['cache-control'], 'private, no-cache')
    t.equal(answer.headers['referrer-policy'], 'no-referrer')
    const all = await lines(path)
    t.same(valuesOf(all, 'METHOD'), ['PUBLISH'])
    t.same(valuesOf(all, 'UID'), [`${dose}-0`, `${dose}-1`])
    t.same(valuesOf(all, 'SUMMARY'), ['Experience 1\\, Z. Q.', 'Experience 1\\, Z. Q.'])
    t.same(
      all.filter((line) => line.startsWith('DTSTART;')),
      ['DTSTART;TZID=America/Toronto:20261201T090000', 'DTSTART;TZID=America/Toronto:20261201T110000'],
    )
    t.same([...valuesOf(all, 'REFRESH-INTERVAL'), ...valuesOf(all, 'X-PUBLISHED-TTL')], ['PT1H', 'PT1H'])
    t.notMatch(answer.text, /ATTENDEE|ORGANIZER|Quéry|Zénaïde/)
    t.match(valuesOf(await lines(`${path}?lang=fr`), 'SUMMARY')[0], 'Expérience 1')
  },
)

t.test('busy tells when and nothing else, full tells names', async (t) => {
  const { therapist, clinic, room } = await aDose()
  const busy = await lines((await feedOf({ clinicianId: therapist, detail: 'busy' })).path)
  t.same(valuesOf(busy, 'SUMMARY'), ['Busy'])
  t.same([...valuesOf(busy, 'LOCATION'), ...valuesOf(busy, 'DESCRIPTION')], [])
  t.notMatch(busy.join(), new RegExp(`${clinic.address.line1}|Experience|Q\\.`))
  const full = await lines((await feedOf({ clinicianId: therapist, detail: 'full' })).path)
  t.same(valuesOf(full, 'SUMMARY'), ['Experience 1\\, Zénaïde Quéry'])
  t.match(valuesOf(full, 'LOCATION')[0], room.name)
  t.match(valuesOf(full, 'DESCRIPTION')[0], 'Tuesday 1 December 2026\\, 09:15\\, Toronto time\\ntherapist')
})

t.test('a patient’s feed is private; only full shows more, and only while the patient consents', async (t) => {
  const { patient, dose } = await aDose('montreal-laurier-393', { preferredLanguage: 'fr' })
  const of = async (detail: string) => (await feedOf({ patientId: patient.id, detail })).path
  const [busy, initials, full] = [await of('busy'), await of('initials'), await of('full')]
  const invite = linesOf((await api('GET', `/v1/appointments/${dose}/invite.ics`)).text)
  const summary = async (path: string) => valuesOf(await lines(path), 'SUMMARY')
  t.same(await summary(busy), ['Occupé'])
  t.same(await summary(initials), ['Rendez-vous'])
  t.same(await summary(full), ['Rendez-vous'])
  t.same(
    valuesOf(await lines(initials), 'UID'),
    valuesOf(invite, 'UID'),
    'a calendar that has the invite knows it again',
  )
  const before = (await fetched(full)).headers.etag
  await must('POST', `/v1/patients/${patient.id}/consents`, { kind: 'detailed-invites', givenOn: '2026-11-20' })
  t.same(await summary(full), ['Expérience 1'])
  t.same(await summary(initials), ['Rendez-vous'])
  t.not((await fetched(full)).headers.etag, before)
  await api('DELETE', `/v1/patients/${patient.id}/consents/detailed-invites`)
  t.same(await summary(full), ['Rendez-vous'])
  await must('POST', `/v1/patients/${patient.id}/consents`, { kind: 'treatment', givenOn: '2026-11-20' })
  await api('DELETE', `/v1/patients/${patient.id}/consents/treatment`)
  t.equal((await fetched(initials)).status, 404, 'who takes back the consent to treatment has none')
  await must('POST', `/v1/patients/${patient.id}/consents`, { kind: 'treatment', givenOn: '2026-11-21' })
  t.equal((await fetched(initials)).status, 200, 'until it is given again')
  await must('PATCH', `/v1/patients/${patient.id}`, { contact: { calendar: false } })
  t.equal((await fetched(initials)).status, 404, 'who wants no calendar has none')
  t.match(await api('POST', '/v1/calendar-feeds', { patientId: patient.id }), {
    status: 422,
    json: { code: 'consent-missing' },
  })
})

t.test('unchanged is 304; any change of what it shows is another tag', async (t) => {
  const { therapist, patient, dose, clinic, room } = await aDose()
  const { path } = await feedOf({ clinicianId: therapist })
  let etag = String((await fetched(path)).headers.etag)
  t.match(etag, /^"[\w-]+"$/)
  for (const sent of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const { status, text, headers } = await fetched(path, { 'if-none-match': sent })
    t.same({ status, text, etag: headers.etag }, { status: 304, text: '', etag })
  }
  t.equal((await fetched(path, { 'if-none-match': '"other"' })).status, 200)
  for (const [what, change] of [
    ['a note at the visit', () => must('PATCH', `/v1/appointments/${dose}`, { note: 'x' })],
    ['the patient’s name', () => must('PATCH', `/v1/patients/${patient.id}`, { familyName: 'Zed' })],
    [
      'the clinic’s address',
      () => must('PATCH', `/v1/clinics/${clinic.id}`, { address: { ...clinic.address, line2: 'B' } }),
    ],
    ['the room’s name', () => must('PATCH', `/v1/rooms/${room.id}`, { name: 'New' })],
  ] as const) {
    await change()
    const { status, headers } = await fetched(path, { 'if-none-match': etag })
    t.equal(status, 200, what)
    etag = String(headers.etag)
  }
})

t.test('what is cancelled is shown as cancelled for 30 days, what is past for as long', async (t) => {
  const { therapist, dose } = await aDose()
  const { path } = await feedOf({ clinicianId: therapist })
  const status = async () => valuesOf(await lines(path), 'STATUS')
  const before = clock.now
  await db
    .update(appointment)
    .set({ status: 'cancelled', sequence: 1, updatedAt: before })
    .where(eq(appointment.id, dose))
  t.same(await status(), ['CANCELLED'])
  t.same(valuesOf(await lines(path), 'SEQUENCE'), ['1'])
  clock.now = (before + 31 * DAY) as Instant
  t.same(await status(), [])
  await db.update(appointment).set({ status: 'completed' }).where(eq(appointment.id, dose))
  t.same(await status(), ['CONFIRMED'])
  clock.now = (before + 45 * DAY) as Instant
  t.same(await status(), [])
  clock.now = before
})

t.test('a link that is unknown, revoked or of somebody who left is nowhere, always alike', async (t) => {
  const { nurse, therapist } = await aDose()
  const [kept, gone] = [await feedOf({ clinicianId: nurse }), await feedOf({ clinicianId: nurse })]
  t.equal((await api('DELETE', `/v1/calendar-feeds/${gone.id}`)).status, 204)
  t.equal((await api('DELETE', `/v1/calendar-feeds/${gone.id}`)).status, 404)
  const nowhere = await fetched(`/feeds/tl_${'A'.repeat(43)}.ics`)
  for (const path of [
    gone.path,
    kept.path.slice(0, -4),
    `${kept.path}x`,
    '/feeds/x.ics',
    '/feeds/.ics',
    '/feeds/%00.ics',
  ]) {
    const { status, text } = await fetched(path)
    t.same({ status, text }, { status: 404, text: nowhere.text }, path)
  }
  t.equal((await fetched(kept.path)).status, 200)
  await must('PATCH', `/v1/clinicians/${nurse}`, { activeUntil: '2026-11-20' })
  t.equal((await fetched(kept.path)).status, 404, 'after the last day of work')
  const own = await feedOf({ clinicianId: therapist })
  const user = await must('POST', '/v1/users', { displayName: 'T', role: 'clinician', clinicianId: therapist })
  t.equal((await fetched(own.path)).status, 200)
  await must('PATCH', `/v1/users/${user.id}`, { active: false })
  t.equal((await fetched(own.path)).status, 404, 'switched off')
  const stored = await db.select({ feed: sql<string>`row_to_json(f)::text` }).from(sql`${calendarFeed} f`)
  const token = kept.path.slice('/feeds/'.length, -4)
  t.notOk(
    stored.some(({ feed }) => feed.includes(token)),
    'the database holds no token',
  )
  const retried = () =>
    api('POST', '/v1/calendar-feeds', { clinicianId: therapist }, { headers: { 'idempotency-key': 'once' } })
  const [made, again] = [await retried(), await retried()]
  t.match(again, { status: 201, headers: { 'idempotent-replayed': 'true' }, text: made.text })
  const [remembered] = await db.select().from(idempotencyKey)
  t.notMatch(remembered?.body, '/feeds/', 'not even to give the answer again')
})

t.test('feeds are made and seen by those who may see the subject; a fetch is in the audit log', async (t) => {
  const { nurse, therapist, patient, clinic } = await aDose()
  const toronto = await must('GET', '/v1/clinics/toronto-eglinton')
  const [here, there] = [
    await as('scheduler', { clinicIds: [clinic.id] }),
    await as('scheduler', { clinicIds: [toronto.id] }),
  ]
  const self = await as('clinician', { clinicianId: nurse })
  const make = (body: object, call = api) => call('POST', '/v1/calendar-feeds', body)
  for (const [why, answer, status] of [
    ['own', make({ clinicianId: nurse }, self), 201],
    ['a colleague’s', make({ clinicianId: therapist }, self), 404],
    ['a patient’s, by a clinician', make({ patientId: patient.id }, self), 403],
    ['there', make({ clinicianId: nurse }, there), 404],
    ['patient there', make({ patientId: patient.id }, there), 404],
    ['here', make({ clinicianId: nurse, patientId: null, detail: null }, here), 201],
    ['privacy', make({ clinicianId: nurse }, await as('privacy')), 403],
    ['without scope', make({ clinicianId: nurse }, await as('integration', { scopes: ['invites:read'] })), 403],
    ['with scope', make({ clinicianId: nurse }, await as('integration', { scopes: ['feeds:write'] })), 201],
    ['nobody', make({}), 400],
    ['two', make({ clinicianId: nurse, patientId: patient.id }), 400],
    ['unknown', make({ clinicianId: randomUUID() }), 404],
    ['other detail', make({ clinicianId: nurse, detail: 'all' }), 400],
  ] as const)
    t.equal((await answer).status, status, why)
  const { json: made } = await make({ patientId: patient.id }, here)
  const listed = async (call = api) => (await call('GET', '/v1/calendar-feeds?limit=200')).json.items
  t.ok((await listed(here)).some((feed: Json) => feed.id === made.id && !('url' in feed)))
  t.same(await listed(there), [])
  t.same(
    (await listed(self)).map((feed: Json) => feed.clinicianId),
    [nurse, nurse, nurse],
  )
  t.equal((await there('DELETE', `/v1/calendar-feeds/${made.id}`)).status, 404)
  await fetched(new URL(made.url).pathname)
  const entries = (await must('GET', `/v1/audit?patientId=${patient.id}`)).items
  t.match(entries[0], { action: 'read', resourceType: 'calendar-feed', resourceId: made.id, recipient: 'feed' })
})

t.test('a feed never shows more clinics than its maker saw', async (t) => {
  const { therapist, visit, clinic } = await aDose()
  const away = await must('GET', '/v1/clinics/montreal-sherbrooke')
  const parts = [['therapist', therapist, 0, 50]] as const
  const other = await anEnrolment(test, 'montreal-sherbrooke', (await aPatient(test)).id)
  const elsewhere = { ...visit, enrolment: other, clinicId: away.id, roomId: null, visitKey: 'prep-1', step: 'prepare' }
  await booked(db, { ...elsewhere, start: '2026-12-02T09:00:00-05:00', minutes: 50, parts })
  const here = await as('scheduler', { clinicIds: [clinic.id] })
  const { json } = await here('POST', '/v1/calendar-feeds', { clinicianId: therapist })
  t.equal(valuesOf(await lines(new URL(json.url).pathname), 'UID').length, 1)
  t.equal(valuesOf(await lines((await feedOf({ clinicianId: therapist })).path), 'UID').length, 2)
})

t.test('a group is in the calendar of who leads it, and in each member’s as theirs alone', async (t) => {
  const clinic = await must('GET', '/v1/clinics/toronto-eglinton')
  const licence = {
    province: 'ON',
    college: 'A college',
    number: '1',
    validFrom: '2020-01-01',
    validUntil: '2035-12-31',
  }
  const leader = await aClinician(test, 'therapist', { licences: [licence] })
  await onShift(test, leader, clinic.id)
  const room = (await must('GET', `/v1/clinics/${clinic.id}/rooms`)).items.find((one: Json) => one.kind === 'group')
  const { sessions } = await must('POST', '/v1/group-sessions', {
    clinicId: clinic.id,
    roomId:
      room?.id ?? (await must('POST', `/v1/clinics/${clinic.id}/rooms`, { name: 'G', kind: 'group', seats: 8 })).id,
    title: { en: 'Integration circle', fr: 'Cercle' },
    facilitatorIds: [leader],
    start: '2026-12-01T10:00:00-05:00',
    minutes: 60,
    seats: 4,
  })
  const seats = `/v1/group-sessions/${sessions[0].id}/seats`
  const [one, two] = [await aPatient(test, { province: 'ON' }), await aPatient(test, { province: 'ON' })]
  for (const { id: patientId } of [one, two]) await must('POST', seats, { patientId })
  const lead = (await feedOf({ clinicianId: leader })).path
  const [own, other] = [(await feedOf({ patientId: one.id })).path, (await feedOf({ patientId: two.id })).path]
  t.same(valuesOf(await lines(lead), 'SUMMARY'), ['Integration circle'])
  t.same(valuesOf(await lines(own), 'SUMMARY'), ['Appointment'])
  t.not(valuesOf(await lines(own), 'UID')[0], valuesOf(await lines(other), 'UID')[0])
  const etag = String((await fetched(own)).headers.etag)
  await api('DELETE', `${seats}/${one.id}`)
  t.equal((await fetched(own, { 'if-none-match': etag })).status, 200)
  t.same(valuesOf(await lines(own), 'STATUS'), ['CANCELLED'])
  t.match(valuesOf(await lines(other), 'STATUS'), ['CONFIRMED'])
})
