/** Patients and what is recorded of them: defaults, merging, search, screenings, consents, overrides. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { testApi } from '../support/api.ts'
import { aClinician } from '../support/people.ts'

const test = await testApi(t)
const { api, must, clock } = test

const minimal = { givenName: 'Zoé', familyName: 'Tremblay', province: 'QC' }
const patient = (over: object = {}) => must('POST', '/v1/patients', { ...minimal, ...over }, 201)

t.test('a patient with a name and a province gets the rest by default', async (t) => {
  const made = await patient()
  t.match(made, {
    givenName: 'Zoé',
    birthDate: null,
    preferredLanguage: 'fr',
    careLanguages: ['fr'],
    residences: [{ province: 'QC', from: '2026-11-22' }],
    contact: { email: true, sms: true, voicemail: true, calendar: true },
    communitySupport: null,
    email: null,
    revision: 1,
  })
  t.notOk('intakeClinicIds' in made)
  t.strictSame(await must('GET', `/v1/patients/${made.id}`), made)
  const english = await patient({ province: 'ON', careLanguages: ['es', 'en'], birthDate: null, escort: null })
  t.match(english, { preferredLanguage: 'en', careLanguages: ['es', 'en'] })
})

t.test('what cannot be a patient is refused by the path of its field', async (t) => {
  const cases: [string, object, string][] = [
    ['no family name', { familyName: undefined }, 'familyName'],
    ['an empty name', { givenName: '  ' }, 'givenName'],
    ['a control character', { givenName: 'A\u0000B' }, 'givenName'],
    ['half a character, nested', { communitySupport: { name: '\ud800' } }, 'communitySupport.name'],
    ['no such province', { province: 'XX' }, 'province'],
    ['no such day', { birthDate: '1985-02-30' }, 'birthDate'],
    ['born tomorrow', { birthDate: '2026-11-23' }, 'birthDate'],
    ['no e-mail address', { email: 'nobody' }, 'email'],
    ['a phone of words', { phone: 'call me' }, 'phone'],
    ['a language by its name', { careLanguages: ['French'] }, 'careLanguages[0]'],
    ['an unknown field, nested', { contact: { fax: true } }, 'contact.fax'],
    ['a residence without a day', { residences: [{ province: 'QC' }] }, 'residences[0].from'],
  ]
  for (const [name, over, path] of cases) {
    const { status, json } = await api('POST', '/v1/patients', { ...minimal, ...over })
    t.equal(status, 400, name)
    t.equal(json.errors?.[0]?.path, path, name)
  }
  t.equal((await api('POST', '/v1/patients', { ...minimal, id: randomUUID() })).status, 400)
})

t.test('a change merges into what is there', async (t) => {
  const { id } = await patient({
    communitySupport: { name: 'A Counsellor', profession: 'counsellor', phone: '514-555-0100' },
    note: 'Prefers mornings',
  })
  const path = `/v1/patients/${id}`
  const changed = await must('PATCH', path, {
    contact: { sms: false },
    communitySupport: { phone: null },
    note: null,
    birthDate: '1985-05-05',
  })
  t.match(changed, {
    contact: { email: true, sms: false, voicemail: true, calendar: true },
    communitySupport: { name: 'A Counsellor', profession: 'counsellor', phone: null },
    note: null,
    birthDate: '1985-05-05',
    revision: 2,
  })
  t.match(await must('PATCH', path, { contact: null }), { contact: { sms: true } })
  const headers = { 'content-type': 'application/merge-patch+json' }
  t.match(await api('PATCH', path, { note: 'By its own name' }, { headers }), {
    status: 200,
    json: { note: 'By its own name' },
  })
  t.match(await api('PATCH', path, { communitySupport: null }), { status: 200, json: { communitySupport: null } })
  t.match(await api('PATCH', path, { communitySupport: { phone: '1' } }), {
    status: 400,
    json: { errors: [{ path: 'communitySupport.name' }] },
  })
  t.equal((await api('PATCH', path, { givenName: null })).status, 400)
  t.match(await must('GET', path), { givenName: 'Zoé', communitySupport: null, revision: 5 })
})

t.test('a new province is a move, today', async (t) => {
  const { id } = await patient()
  clock.now = (clock.now + 86_400_000) as typeof clock.now
  t.strictSame((await must('PATCH', `/v1/patients/${id}`, { province: 'BC' })).residences, [
    { province: 'QC', from: '2026-11-22' },
    { province: 'BC', from: '2026-11-23' },
  ])
  const residences = [{ province: 'ON', from: '2027-01-01' }]
  t.strictSame((await must('PATCH', `/v1/patients/${id}`, { province: 'ON', residences })).residences, residences)
})

t.test('names are searched for in a body, whatever their accents and case', async (t) => {
  const one = await patient({
    givenName: 'Hélène',
    familyName: 'Côté-O’Brien',
    birthDate: '1970-01-02',
    phone: '+1 (514) 555-0199',
  })
  const finds = async (criteria: object) =>
    (await must('POST', '/v1/patients/search', criteria, 200)).items.some((p: { id: string }) => p.id === one.id)
  for (const name of ['helene', 'HÉLÈNE COTE', "cote o'brien", 'obrien hel', 'Côté-O’Brien'])
    t.ok(await finds({ name }), name)
  t.notOk(await finds({ name: 'helene roy' }))
  t.notOk(await finds({ name: '%' }), 'no pattern')
  t.ok(await finds({ birthDate: '1970-01-02', name: null }))
  t.ok(await finds({ phone: '514.555.0199' }))
  t.ok(await finds({ phone: '0199' }))
  t.notOk(await finds({ phone: '5550198', name: 'helene' }))
  t.match(await api('POST', '/v1/patients/search', {}), { status: 400, json: { errors: [{ path: 'name' }] } })
  t.equal((await api('POST', '/v1/patients/search', { phone: 'abc' })).status, 400)
})

t.test('a list comes in pages that miss and repeat nobody', async (t) => {
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: { items: { id: string }[]; nextCursor: string | null } = await must(
      'GET',
      `/v1/patients?limit=3${cursor ? `&cursor=${cursor}` : ''}`,
    )
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor)
  t.equal(new Set(seen).size, seen.length)
  t.ok(seen.length > 3)
  const foreign = Buffer.from('["x"]').toString('base64url')
  for (const query of ['limit=0', 'limit=201', 'cursor=x', `cursor=${foreign}`, 'name=Zoé', 'limit=1&limit=2'])
    t.equal((await api('GET', `/v1/patients?${query}`)).status, 400, query)
})

t.test('a screening is a prescriber’s, and not of tomorrow', async (t) => {
  const { id } = await patient()
  const prescriber = await aClinician(test, 'prescriber')
  const nurse = await aClinician(test, 'nurse')
  const path = `/v1/patients/${id}/screenings`
  const body = {
    assessedBy: prescriber,
    assessedOn: '2026-11-20',
    outcome: 'cleared',
    contraindications: [],
    routes: ['rdt'],
  }
  t.match(await must('POST', path, body, 201), { patientId: id, validUntil: null, outcome: 'cleared' })
  t.match(await must('POST', path, { ...body, assessedOn: '2026-11-21', validUntil: '2027-06-30' }, 201), {
    validUntil: '2027-06-30',
  })
  const cases: [object, number, string?][] = [
    [{ assessedBy: nurse }, 400, 'assessedBy'],
    [{ assessedOn: '2026-11-25' }, 400, 'assessedOn'],
    [{ validUntil: '2026-11-19' }, 400, 'validUntil'],
    [{ routes: ['oral'] }, 400, 'routes[0]'],
    [{ outcome: 'fine' }, 400, 'outcome'],
    [{ assessedBy: randomUUID() }, 404],
  ]
  for (const [over, status, at] of cases) {
    const answer = await api('POST', path, { ...body, ...over })
    t.equal(answer.status, status)
    t.equal(answer.json.errors?.[0]?.path, at)
  }
  const { items } = await must('GET', path)
  t.strictSame(
    items.map((s: { assessedOn: string }) => s.assessedOn),
    ['2026-11-21', '2026-11-20'],
  )
  const first = await must('GET', `${path}?limit=1`)
  t.equal((await must('GET', `${path}?limit=1&cursor=${first.nextCursor}`)).items[0].assessedOn, '2026-11-20')
})

t.test('a consent is in force until it is withdrawn', async (t) => {
  const { id } = await patient()
  const path = `/v1/patients/${id}/consents`
  t.equal((await api('DELETE', `${path}/treatment`)).status, 404, 'none given')
  await must('POST', path, { kind: 'treatment', givenOn: '2026-11-20' }, 201)
  await must('POST', path, { kind: 'treatment', givenOn: '2026-11-21' }, 201)
  t.strictSame(
    (await must('GET', path)).items.map((c: { withdrawnAt: string | null }) => c.withdrawnAt !== null),
    [false, true],
    'the later takes the place of the earlier',
  )
  t.match(await api('DELETE', `${path}/treatment`), { status: 204, text: '' })
  t.equal((await api('DELETE', `${path}/treatment`)).status, 404)
  t.equal((await api('DELETE', `${path}/anything`)).status, 404)
  t.equal((await api('POST', path, { kind: 'treatment', givenOn: '2027-01-01' })).status, 400)
  t.equal((await api('POST', path, { kind: 'anything', givenOn: '2026-11-20' })).status, 400)
})

t.test('an override is signed by a prescriber', async (t) => {
  const { id } = await patient()
  const path = `/v1/patients/${id}/overrides`
  const prescriberId = await aClinician(test, 'prescriber', { roles: ['prescriber', 'therapist'] })
  t.match(await must('POST', path, { rule: 'age', prescriberId, reason: 'Fit at 67' }, 201), {
    rule: 'age',
    prescriberId,
  })
  const therapist = await aClinician(test, 'therapist')
  t.equal((await api('POST', path, { rule: 'age', prescriberId: therapist, reason: 'x' })).status, 400)
  t.equal((await api('POST', path, { rule: 'clearance', prescriberId, reason: 'x' })).status, 400)
  t.equal((await api('POST', path, { rule: 'age', prescriberId: randomUUID(), reason: 'x' })).status, 404)
})

t.test('an unknown patient is not found, whatever is asked of it', async (t) => {
  for (const id of [randomUUID(), 'me', '..%2f']) {
    t.equal((await api('GET', `/v1/patients/${id}`)).status, 404)
    t.equal((await api('PATCH', `/v1/patients/${id}`, {})).status, 404)
    t.equal((await api('GET', `/v1/patients/${id}/screenings`)).status, 404)
    t.equal(
      (await api('POST', `/v1/patients/${id}/consents`, { kind: 'treatment', givenOn: '2026-11-20' })).status,
      404,
    )
  }
})
