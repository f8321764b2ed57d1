/** The audit log: every read and write of a record leaves its entry, reading the log does too, and no name goes where it should not. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'

const lines: string[] = []
const test = await testApi(t, {
  seed: 'catalogue',
  logLevel: 'trace',
  logTarget: { write: (line) => lines.push(line) },
})
const { api, must, as, db } = test

const entriesOf = async (patientId: string): Promise<Json[]> =>
  (await must('GET', `/v1/audit?patientId=${patientId}&limit=200`)).items.filter(
    (entry: Json) => entry.resourceType !== 'audit-log',
  )

t.test('each request about a patient is one entry, in the order of the requests', async (t) => {
  const { id } = await aPatient(test)
  const prescriber = await aClinician(test, 'prescriber')
  const base = `/v1/patients/${id}`
  const screening = { assessedBy: prescriber, assessedOn: '2026-11-20', outcome: 'cleared' }
  const headers = { 'x-purpose': 'call-back' }
  await api('GET', base, undefined, { headers })
  await must('PATCH', base, { note: 'x' })
  await must('POST', `${base}/screenings`, screening)
  await must('GET', `${base}/screenings`)
  await must('POST', `${base}/consents`, { kind: 'treatment', givenOn: '2026-11-20' })
  await must('GET', `${base}/consents`)
  await api('DELETE', `${base}/consents/treatment`)
  await must('POST', `${base}/overrides`, { rule: 'age', prescriberId: prescriber, reason: 'x' })
  const enrolment = await anEnrolment(test, 'montreal-laurier-393', id)
  await must('GET', `/v1/enrolments/${enrolment.id}`)
  await must('PATCH', `/v1/enrolments/${enrolment.id}`, { priority: 2 })
  await must('GET', `/v1/enrolments?patientId=${id}`)
  const entries = (await entriesOf(id)).reverse()
  t.strictSame(
    entries.map(({ action, resourceType }) => `${action} ${resourceType}`),
    [
      'create patient',
      'read patient',
      'update patient',
      'create screening',
      'read screening',
      'create consent',
      'read consent',
      'withdraw consent',
      'override patient-override',
      'create enrolment',
      'read enrolment',
      'update enrolment',
      'read enrolment',
    ],
  )
  t.match(entries[1], {
    purpose: 'call-back',
    actorRole: 'admin',
    actorId: String,
    resourceId: id,
    revision: 1,
    outcome: 'ok',
  })
  t.ok(entries.every(({ requestId, fieldClasses }) => requestId && fieldClasses.length > 0))
  t.equal(new Set(entries.map(({ requestId }) => requestId)).size, entries.length)
})

t.test('a list and a search are one entry per patient shown; a refusal is none', async (t) => {
  const [one, two] = [
    await aPatient(test, { familyName: 'Searched' }),
    await aPatient(test, { familyName: 'Searched' }),
  ]
  const { items } = await must('POST', '/v1/patients/search', { name: 'searched', limit: 1 })
  t.equal(items[0].id, one.id)
  t.match((await entriesOf(one.id))[0], { action: 'search' })
  t.equal((await entriesOf(two.id)).length, 1, 'not shown, not seen')
  await must('GET', '/v1/patients?limit=200')
  for (const { id } of [one, two]) t.match((await entriesOf(id))[0], { action: 'read' })
  const before = (await entriesOf(one.id)).length
  t.equal((await api('PATCH', `/v1/patients/${one.id}`, { birthDate: '2030-01-01' })).status, 400)
  t.equal((await entriesOf(one.id)).length, before)
})

t.test('a purpose is at most 80 characters', async (t) => {
  const headers = { 'x-purpose': 'x'.repeat(81) }
  t.match(await api('GET', '/v1/patients', undefined, { headers }), {
    status: 400,
    json: { errors: [{ path: 'X-Purpose' }] },
  })
})

t.test('the privacy officer reads the log, and the reading is in it', async (t) => {
  const privacy = await as('privacy')
  const { id } = await aPatient(test)
  t.equal((await privacy('GET', `/v1/patients/${id}`)).status, 403)
  t.equal((await privacy('GET', `/v1/audit?patientId=${id}`)).json.items.length, 1)
  const again = (await privacy('GET', `/v1/audit?patientId=${id}`)).json.items
  t.match(again[0], { action: 'read', resourceType: 'audit-log', actorRole: 'privacy', patientId: id })
  const { items, nextCursor } = (await privacy('GET', '/v1/audit?limit=2')).json
  const next = (await privacy('GET', `/v1/audit?limit=2&cursor=${nextCursor}`)).json.items
  t.ok(items[1].sequence > next[0].sequence)
  const mine = (await privacy('GET', `/v1/audit?actor=${again[0].actorId}&limit=200`)).json.items
  t.ok(mine.every(({ actorId }: Json) => actorId === again[0].actorId))
})

t.test('the log is read by day or by instant, at most 184 days at once', async (t) => {
  const { id } = await aPatient(test)
  const [entry] = await entriesOf(id)
  const today = entry.at.slice(0, 10)
  const count = async (window: string) => (await must('GET', `/v1/audit?patientId=${id}&${window}`)).items.length
  t.ok(await count(`from=${today}&to=${today}`))
  t.equal(await count('to=2020-01-01'), 0)
  t.ok(await count(`from=${encodeURIComponent(entry.at)}`))
  for (const query of ['from=2026-01-01&to=2026-12-31', 'from=yesterday', 'format=xml', 'patientId=x', 'limit=0'])
    t.equal((await api('GET', `/v1/audit?${query}`)).status, 400, query)
})

t.test('the log as CSV holds no formula', async (t) => {
  const { id } = await aPatient(test)
  const headers = { 'x-purpose': '=HYPERLINK("x", "y")' }
  await api('GET', `/v1/patients/${id}`, undefined, { headers })
  const { status, text, headers: answered } = await api('GET', `/v1/audit?patientId=${id}&format=csv`)
  t.equal(status, 200)
  t.match(answered['content-type'], /^text\/csv/)
  const [head, first] = text.split('\r\n')
  t.match(head, /^sequence,at,actorId,actorRole,action/)
  t.ok(first?.includes(`"'=HYPERLINK(""x"", ""y"")"`))
})

t.test('the log cannot be changed, and without it there is no answer', async (t) => {
  const { id } = await aPatient(test, { familyName: 'Unlogged' })
  await t.rejects(db.execute(sql`delete from audit_entry`))
  await t.rejects(db.execute(sql`update audit_entry set action = 'none'`))
  await db.execute(
    sql`create trigger audit_entry_full before insert on audit_entry for each row execute function refuse_change()`,
  )
  const { status, text } = await api('GET', `/v1/patients/${id}`)
  t.equal(status, 503)
  t.notMatch(text, /Unlogged/)
  await db.execute(sql`drop trigger audit_entry_full on audit_entry`)
  t.equal((await api('GET', `/v1/patients/${id}`)).status, 200)
})

t.test('names, numbers and addresses are in no log line and in no problem', async (t) => {
  const canaries = {
    givenName: 'Canarygiven',
    familyName: 'Canaryfamily',
    email: 'canary@example.org',
    phone: '514-555-7357',
  }
  const problems: string[] = []
  const { id } = await aPatient(test, canaries)
  for (const over of [
    { province: 'XX' },
    { birthDate: '2030-01-01' },
    { contact: { fax: true } },
    { careLanguages: ['Canarylanguage'] },
  ])
    problems.push((await api('POST', '/v1/patients', { province: 'QC', ...canaries, ...over })).text)
  await must('POST', '/v1/patients/search', { name: 'Canarygiven' })
  problems.push((await api('POST', '/v1/patients', '{"givenName": "Canarygiven", ')).text)
  problems.push((await api('GET', '/v1/patients?name=Canarygiven')).text)
  problems.push((await api('GET', `/v1/patients/${id}/Canaryfamily`)).text)
  for (const text of [...lines, ...problems]) t.notMatch(text, /canary|555-7357/i)
  t.ok(lines.length > 10, 'there are lines')
})
