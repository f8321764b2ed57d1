/** Rosters and appointments as read over HTTP: who sees what, in whose time, in which form. */
import { createHash, randomUUID } from 'node:crypto'
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { booked } from '../support/booked.ts'
import { at } from '../support/clinics.ts'
import { faultsOf, linesOf, valuesOf } from '../support/ics.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, as, db, clock } = test
const HOME = 'montreal-laurier-397'
const DATE = '2026-12-01'

/** One therapist's day at a clinic: a dose with its four people, and a preparation for somebody else. */
async function aDay(slug = HOME, { offset = '-05:00', province = 'QC', name = 'Zénaïde', turnover = false } = {}) {
  const clinic = await must('GET', `/v1/clinics/${slug}`)
  const { items: rooms } = await must('GET', `/v1/clinics/${clinic.id}/rooms`)
  const room = (kind: string): Json => rooms.find((one: Json) => one.kind === kind)
  const licences = [{ province, college: 'A college', number: '1', validFrom: '2020-01-01', validUntil: '2035-12-31' }]
  const worker = async (role: string): Promise<string> => {
    const id = await aClinician(test, role, { licences })
    await must('POST', '/v1/availability-rules', {
      subject: { clinicianId: id },
      clinicId: clinic.id,
      rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      startTime: '08:30',
      endTime: '16:30',
      validFrom: '2026-11-01',
    })
    return id
  }
  const [therapist, nurse, prescriber] = [await worker('therapist'), await worker('nurse'), await worker('prescriber')]
  const patient = await aPatient(test, { givenName: name, familyName: 'Quéry', province })
  const enrolment = await anEnrolment(test, slug, patient.id)
  const dosing = room('dosing')
  const dose = await booked(db, {
    enrolment,
    clinicId: clinic.id,
    roomId: dosing.id,
    visitKey: 'dose-1',
    step: 'experience',
    start: `${DATE}T09:00:00${offset}`,
    minutes: 150,
    ...(turnover ? { roomMinutes: 180 } : {}),
    parts: [
      ['nurse', nurse, 0, 30],
      ['nurse', nurse, 120, 150],
      ['therapist', therapist, 15, 150],
      ['prescriber', prescriber, 0, 150, true],
    ],
  })
  const other = await aPatient(test, { province })
  const prep = await booked(db, {
    enrolment: await anEnrolment(test, slug, other.id),
    clinicId: clinic.id,
    roomId: null,
    visitKey: 'prep-1',
    step: 'prepare',
    start: `${DATE}T14:00:00${offset}`,
    minutes: 50,
    parts: [['therapist', therapist, 0, 50]],
  })
  return { clinic, room: dosing, therapist, nurse, prescriber, patient, enrolment, dose, prep, other }
}
const spans = (list: Json[], [from, to] = ['start', 'end']): string =>
  list.map((one) => `${one[from].slice(11, 16)}-${one[to].slice(11, 16)}`).join(' ')

t.test('a therapist’s day: phases, patient, room, who with, shift and free time, in the clinic’s offset', async (t) => {
  const day = await aDay()
  const roster = await must('GET', `/v1/rosters/clinicians/${day.therapist}?date=${DATE}`)
  t.match(roster, {
    date: DATE,
    days: 1,
    timeZone: 'America/Toronto',
    subject: { kind: 'clinician', id: day.therapist, clinicianId: day.therapist },
  })
  t.equal(roster.entries.length, 2)
  t.match(roster.entries[0], {
    appointmentId: day.dose,
    start: `${DATE}T09:00:00-05:00`,
    end: `${DATE}T11:30:00-05:00`,
    phaseStart: `${DATE}T09:15:00-05:00`,
    phaseEnd: `${DATE}T11:30:00-05:00`,
    visitKey: 'dose-1',
    step: 'experience',
    title: 'Experience 1',
    patient: { id: day.patient.id, displayName: 'Zénaïde Quéry' },
    room: { id: day.room.id, name: day.room.name },
    role: 'therapist',
    status: 'booked',
    flags: ['escort-missing', 'first-visit'],
  })
  t.same(
    roster.entries[0].with.map((one: Json) => one.role),
    ['nurse', 'prescriber'],
  )
  t.match(roster.entries[1], { room: null, modality: 'virtual', title: 'Preparation 1' })
  t.same(roster.shifts, [{ start: `${DATE}T08:30:00-05:00`, end: `${DATE}T16:30:00-05:00`, clinicId: day.clinic.id }])
  t.equal(spans(roster.gaps), '08:30-09:15 11:30-14:00 14:50-16:30')
  const french = await must('GET', `/v1/rosters/clinicians/${day.therapist}?date=${DATE}&lang=fr`)
  t.equal(french.entries[0].title, 'Expérience 1')
})

t.test(
  'the nurse is there twice, supervision takes no time, a room’s turnover does, a clinic shows each visit once',
  async (t) => {
    const { nurse, prescriber, clinic, room } = await aDay('montreal-sherbrooke', { turnover: true })
    const of = (path: string) => must('GET', `/v1/rosters/${path}?date=${DATE}`)
    const nurses = await of(`clinicians/${nurse}`)
    t.equal(spans(nurses.entries, ['phaseStart', 'phaseEnd']), '09:00-09:30 11:00-11:30')
    t.equal(spans(nurses.gaps), '08:30-09:00 09:30-11:00 11:30-16:30')
    const supervised = await of(`clinicians/${prescriber}`)
    t.match(supervised.entries, [{ role: 'prescriber', supervising: true }])
    t.equal(spans(supervised.gaps), '08:30-16:30')
    const rooms = await of(`rooms/${room.id}`)
    t.match(rooms, { subject: { kind: 'room', id: room.id, displayName: room.name }, entries: [{ role: null }] })
    t.equal(spans(rooms.gaps), '08:00-09:00 12:00-18:00')
    const whole = await of(`clinics/${clinic.id}`)
    t.equal(spans(whole.entries, ['phaseStart', 'phaseEnd']), '09:00-11:30 14:00-14:50')
    t.equal(whole.entries[0].with.length, 3)
    t.strictSame(await of('clinics/montreal-sherbrooke'), whole, 'by slug too')
  },
)

t.test('Vancouver’s day is Vancouver’s, in a winter without clock changes; today is the clinic’s today', async (t) => {
  const day = await aDay('vancouver-commercial', { offset: '-07:00', province: 'BC' })
  const roster = await must('GET', `/v1/rosters/clinicians/${day.therapist}?date=${DATE}`)
  t.match(roster, { timeZone: 'America/Vancouver' })
  t.equal(roster.entries[0].start, `${DATE}T09:00:00-07:00`)
  t.equal(Date.parse(roster.entries[0].start), Date.UTC(2026, 11, 1, 16))
  const before = clock.now
  clock.now = at('2026-12-02T06:30:00Z')
  t.match(await must('GET', `/v1/rosters/clinicians/${day.therapist}`), { date: DATE, entries: { length: 2 } })
  t.match(await must('GET', `/v1/rosters/clinics/${HOME}`), { date: '2026-12-02' })
  clock.now = before
})

t.test('days of 25 and 23 hours, a visit over midnight on both of its days, and a month at most', async (t) => {
  const { therapist, enrolment, clinic } = await aDay('montreal-laurier-393')
  const visit = { enrolment, clinicId: clinic.id, roomId: null, visitKey: 'prep-2', step: 'prepare' }
  const over = { repeatable: true }
  for (const [start, minutes] of [
    ['2027-11-06T23:30:00-04:00', 60],
    ['2027-11-07T23:30:00-05:00', 30],
    ['2027-03-14T01:30:00-05:00', 60],
  ] as const)
    await booked(db, { ...visit, start, minutes, parts: [['therapist', therapist, 0, minutes]] }, over)
  const on = async (query: string) => spans((await must('GET', `/v1/rosters/clinicians/${therapist}?${query}`)).entries)
  t.equal(await on('date=2027-11-06'), '23:30-00:30')
  t.equal(await on('date=2027-11-07'), '23:30-00:30 23:30-00:00')
  t.equal(await on('date=2027-11-08'), '')
  t.equal(await on('date=2027-11-01&days=31'), '23:30-00:30 23:30-00:00')
  t.equal(await on('date=2027-03-14'), '01:30-03:30')
  for (const query of ['date=2026-02-30', 'days=32', 'days=0', 'lang=de', 'names=none', 'extra=1', 'date=today'])
    t.equal((await api('GET', `/v1/rosters/clinicians/${therapist}?${query}`)).status, 400, query)
})

t.test('cancelled visits are gone, what waits to be replanned stays and is marked', async (t) => {
  const { therapist, enrolment, clinic } = await aDay()
  const visit = { enrolment, clinicId: clinic.id, roomId: null, step: 'prepare', minutes: 50 }
  const parts = [['therapist', therapist, 0, 50]] as const
  const [gone, waiting] = [`2026-12-02T09:00:00-05:00`, `2026-12-02T10:00:00-05:00`]
  await booked(db, { ...visit, visitKey: 'prep-1', start: gone, parts }, { status: 'cancelled' })
  await booked(db, { ...visit, visitKey: 'prep-2', start: waiting, parts }, { status: 'needs-replanning' })
  const { entries } = await must('GET', `/v1/rosters/clinicians/${therapist}?date=2026-12-02`)
  t.match(entries, [{ visitKey: 'prep-2', status: 'needs-replanning', flags: ['needs-replanning'] }])
  t.equal(entries.length, 1)
})

t.test('the form is what `format` or Accept asks for', async (t) => {
  const { therapist, patient } = await aDay()
  const path = `/v1/rosters/clinicians/${therapist}?date=${DATE}`
  const typed = async (query: string, accept?: string) => {
    const { status, headers } = await api('GET', `${path}${query}`, undefined, { headers: accept ? { accept } : {} })
    return `${status} ${headers['content-type']}`
  }
  const json = '200 application/json; charset=utf-8'
  const html = '200 text/html; charset=utf-8'
  for (const [query, accept, expected] of [
    ['', undefined, json],
    ['', '*/*', json],
    ['', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', html],
    ['', 'text/html;q=0.1, application/json', json],
    ['', 'image/png', json],
    ['&format=html', 'application/json', html],
    ['&format=csv', undefined, '200 text/csv; charset=utf-8'],
    ['', 'text/csv', '200 text/csv; charset=utf-8'],
    ['&format=ics', undefined, '200 text/calendar; method=PUBLISH; charset=utf-8'],
    ['', 'text/calendar', '200 text/calendar; method=PUBLISH; charset=utf-8'],
    ['&format=pdf', undefined, '400 application/problem+json'],
  ] as const)
    t.match(await typed(query, accept), expected, `${query} ${accept}`)
  const page = await api('GET', `${path}&format=html&names=initials`)
  t.match(page.text, '<html lang="en-CA">')
  t.match(page.text, 'Z. Q.')
  t.notMatch(page.text, patient.familyName)
  t.match(page.text, /Printed Sunday 22 November 2026, 07:00, Toronto time, by \w/)
  const style = /<style>(.*)<\/style>/s.exec(page.text)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  t.match(page.headers['content-security-policy'], `default-src 'none'; style-src 'sha256-${hash}';`)
  t.equal(page.headers['cache-control'], 'private, no-store')
  t.match((await api('GET', `${path}&format=html&lang=fr`)).text, '<html lang="fr-CA">')
})

t.test('as a calendar it has an event for each part, by initials unless names are asked for', async (t) => {
  const { nurse, clinic } = await aDay()
  const of = async (path: string) => {
    const { text } = await api('GET', `/v1/rosters/${path}?date=${DATE}&format=ics`)
    t.same(faultsOf(text), [])
    t.notMatch(text, /ATTENDEE|Quéry/)
    return linesOf(text)
  }
  const own = await of(`clinicians/${nurse}`)
  t.same(valuesOf(own, 'SUMMARY'), ['Experience 1\\, Z. Q.', 'Experience 1\\, Z. Q.'])
  t.equal(new Set(valuesOf(own, 'UID')).size, 2)
  t.same(
    own.filter((line) => line.startsWith('DTSTART;')),
    ['DTSTART;TZID=America/Toronto:20261201T090000', 'DTSTART;TZID=America/Toronto:20261201T110000'],
  )
  t.equal(valuesOf(await of(`clinics/${clinic.id}`), 'UID').length >= 2, true)
  const named = await api('GET', `/v1/rosters/clinicians/${nurse}?date=${DATE}&format=ics&names=full&lang=fr`)
  t.match(named.text.replaceAll('\r\n ', ''), 'SUMMARY:Expérience 1\\, Zénaïde Quéry')
})

t.test('a clinic’s day begins a sheet for each person who has a part in it', async (t) => {
  const day = await aDay('montreal-sherbrooke')
  const { text } = await api('GET', `/v1/rosters/clinics/montreal-sherbrooke?date=${DATE}&format=html`)
  const sheets = text.split('<article>').slice(1)
  const { entries } = await must('GET', `/v1/rosters/clinics/montreal-sherbrooke?date=${DATE}`)
  t.ok(entries.length > 1)
  const { displayName } = await must('GET', `/v1/clinicians/${day.nurse}`)
  const nurse = sheets.filter((sheet) => sheet.includes(`<h1>${displayName}</h1>`))
  t.equal(nurse.length, 1)
  t.match(nurse[0], /09:00–09:30.*11:00–11:30/s)
  t.ok(sheets.every((sheet) => sheet.includes('<footer>Printed ')))
  t.match(text, /article \+ article \{[^}]*break-before: page/)
})

t.test('who comes newly to a patient, and a clearance that ends soon, are flagged', async (t) => {
  const day = await aDay('montreal-laurier-393')
  const visit = { enrolment: day.enrolment, clinicId: day.clinic.id, roomId: null }
  const colleague = await aClinician(test, 'therapist')
  await booked(db, {
    ...{ ...visit, visitKey: 'integration-1', step: 'integrate', start: '2026-12-02T09:00:00-05:00', minutes: 90 },
    parts: [['therapist', colleague, 0, 90]],
  })
  await booked(db, {
    ...{ ...visit, visitKey: 'dose-2', step: 'experience', start: '2026-12-10T09:00:00-05:00', minutes: 150 },
    parts: [['therapist', colleague, 15, 150]],
  })
  const flags = async (id: string, date: string) =>
    (await must('GET', `/v1/rosters/clinicians/${id}?date=${date}`)).entries[0].flags
  t.same(await flags(colleague, '2026-12-02'), ['handover'])
  t.same(await flags(colleague, '2026-12-10'), ['escort-missing'], 'the same therapist as at the visit before')
  await must('POST', `/v1/patients/${day.patient.id}/consents`, { kind: 'treatment', givenOn: '2026-11-20' })
  await must('POST', `/v1/patients/${day.patient.id}/screenings`, {
    ...{ assessedBy: day.prescriber, assessedOn: '2026-11-20', outcome: 'cleared', contraindications: [] },
    ...{ routes: ['rdt'], validUntil: '2026-12-12' },
  })
  t.same(await flags(day.therapist, DATE), ['clearance-expires', 'escort-missing', 'first-visit'])
  t.same(await flags(colleague, '2026-12-10'), ['clearance-expires', 'escort-missing'])
})

t.test(
  'a scheduler sees a clinician at its own clinics, a clinician only itself, an integration with the scope',
  async (t) => {
    const day = await aDay()
    const away = await aDay('toronto-eglinton', { province: 'ON' })
    const path = `/v1/rosters/clinicians/${day.therapist}?date=${DATE}`
    const scheduler = await as('scheduler', { clinicIds: [day.clinic.id] })
    const stranger = await as('scheduler', { clinicIds: [away.clinic.id] })
    const self = await as('clinician', { clinicianId: day.therapist })
    const colleague = await as('clinician', { clinicianId: day.nurse })
    const machine = await as('integration', { scopes: ['rosters:read'] })
    const blind = await as('integration', { scopes: ['invites:read'] })
    const privacy = await as('privacy')
    const cases = { scheduler: 200, stranger: 404, self: 200, colleague: 404, machine: 200, blind: 403, privacy: 403 }
    const callers = { scheduler, stranger, self, colleague, machine, blind, privacy }
    for (const [who, status] of Object.entries(cases))
      t.equal((await callers[who as keyof typeof callers]('GET', path)).status, status, who)
    for (const roster of [`clinics/${day.clinic.id}`, `rooms/${day.room.id}`]) {
      t.equal((await scheduler('GET', `/v1/rosters/${roster}`)).status, 200)
      t.equal((await stranger('GET', `/v1/rosters/${roster}`)).status, 404)
      t.equal((await self('GET', `/v1/rosters/${roster}`)).status, 403)
    }
    for (const roster of [`clinicians/${randomUUID()}`, 'clinics/nowhere', `rooms/${randomUUID()}`, 'rooms/x'])
      t.equal((await api('GET', `/v1/rosters/${roster}`)).status, 404, roster)
  },
)

t.test('a roster is one audit entry per patient on it', async (t) => {
  const day = await aDay()
  await must('GET', `/v1/rosters/clinicians/${day.therapist}?date=${DATE}`)
  await must('GET', `/v1/rosters/clinicians/${day.nurse}?date=${DATE}`)
  const reads = async (patientId: string) =>
    (await must('GET', `/v1/audit?patientId=${patientId}`)).items
      .filter((entry: Json) => entry.resourceType === 'clinician-roster')
      .map((entry: Json) => entry.resourceId)
  t.same(await reads(day.patient.id), [day.nurse, day.therapist])
  t.same(await reads(day.other.id), [day.therapist])
})

t.test('appointments come by any filter, by start, a page at a time', async (t) => {
  const day = await aDay()
  const ids = async (query: string): Promise<string[]> =>
    (await must('GET', `/v1/appointments?${query}`)).items.map((one: Json) => one.id)
  const both = [day.dose, day.prep]
  for (const [query, expected] of [
    [`clinicianId=${day.therapist}`, both],
    [`clinicianId=${day.nurse}`, [day.dose]],
    [`patientId=${day.patient.id}`, [day.dose]],
    [`enrolmentId=${day.enrolment.id}`, [day.dose]],
    [`enrolmentId=${day.enrolment.id}&status=cancelled`, []],
    [`enrolmentId=${day.enrolment.id}&status=booked`, [day.dose]],
    [`roomId=${day.room.id}&enrolmentId=${day.enrolment.id}`, [day.dose]],
    [`clinicianId=${day.therapist}&from=${DATE}T11:30:00-05:00`, [day.prep]],
    [`clinicianId=${day.therapist}&from=${DATE}T11:29:00-05:00&to=${DATE}T14:00:00-05:00`, [day.dose]],
    [`clinicId=${day.clinic.id}&clinicianId=${day.therapist}`, both],
    [`clinicId=${randomUUID()}`, []],
  ] as const)
    t.same(await ids(query), expected, query)
  const first = await must('GET', `/v1/appointments?clinicianId=${day.therapist}&limit=1`)
  t.same(first.items[0].id, day.dose)
  const rest = await must('GET', `/v1/appointments?clinicianId=${day.therapist}&limit=1&cursor=${first.nextCursor}`)
  t.same(rest.items[0].id, day.prep)
  for (const query of [
    'from=2026-12-01',
    'from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z',
    'from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z',
    'status=gone',
    'clinicianId=x',
    'cursor=x',
    'unknown=1',
  ])
    t.match(await api('GET', `/v1/appointments?${query}`), { status: 400, json: { code: 'validation' } }, query)
})

t.test('one appointment has its people, supervision included, and is found by those who may', async (t) => {
  const day = await aDay()
  const path = `/v1/appointments/${day.dose}`
  const found = await must('GET', path)
  t.match(found, {
    id: day.dose,
    enrolmentId: day.enrolment.id,
    visitKey: 'dose-1',
    step: 'experience',
    status: 'booked',
    timeZone: 'America/Toronto',
    patientIds: [day.patient.id],
    sequence: 0,
    revision: 1,
    actual: { arrivedAt: null, startedAt: null, endedAt: null },
    escort: null,
    patientResponse: 'needs-action',
    flags: [],
    late: null,
  })
  t.same(
    found.participants.map((p: Json) => `${p.as} ${p.role} ${p.start.slice(11, 16)}-${p.end.slice(11)}`),
    [
      'nurse nurse 09:00-09:30:00-05:00',
      'nurse nurse 11:00-11:30:00-05:00',
      'therapist therapist 09:15-11:30:00-05:00',
      'prescriber prescriber 09:00-11:30:00-05:00',
    ],
  )
  t.notOk('uid' in found, 'the calendar’s UID is the patient’s secret')
  const stranger = await as('scheduler', { clinicIds: [(await must('GET', '/v1/clinics/toronto-eglinton')).id] })
  t.equal((await stranger('GET', path)).status, 404)
  t.same((await stranger('GET', `/v1/appointments?patientId=${day.patient.id}`)).json.items, [])
  t.equal((await (await as('clinician', { clinicianId: day.nurse }))('GET', path)).status, 200)
  t.equal((await (await as('clinician', { clinicianId: day.nurse }))('PATCH', path, { note: 'x' })).status, 403)
})

t.test('details are merged: an escort, a link, a note; time and people stay', async (t) => {
  const day = await aDay()
  const path = `/v1/appointments/${day.dose}`
  const change = (body: object) => must('PATCH', path, body)
  const escort = { name: 'Ann Ho', phone: '514-555-0101', relationship: 'sister' }
  t.match(await change({ escort, note: 'call first' }), { escort, note: 'call first', revision: 2, sequence: 0 })
  t.match(await change({ escort: { phone: null } }), { escort: { ...escort, phone: null }, note: 'call first' })
  t.match(await change({ joinUrl: 'https://video.example/1', patientLocation: 'QC' }), { patientLocation: 'QC' })
  const roster = await must('GET', `/v1/rosters/clinicians/${day.nurse}?date=${DATE}`)
  t.same(roster.entries[0].flags, ['first-visit'], 'the escort is named now')
  t.match(await change({ escort: null, joinUrl: null }), { escort: null, joinUrl: null, revision: 5 })
  for (const [body, at] of [
    [{ escort: { phone: '1' } }, 'escort.name'],
    [{ joinUrl: 'javascript:alert(1)' }, 'joinUrl'],
    [{ joinUrl: 'http://video.example' }, 'joinUrl'],
    [{ start: `${DATE}T10:00:00Z` }, 'start'],
    [{ note: '' }, 'note'],
  ] as const) {
    const { status, json } = await api('PATCH', path, body)
    t.match({ status, path: json.errors?.[0].path }, { status: 400, path: at })
  }
  t.equal((await api('PATCH', `/v1/appointments/${randomUUID()}`, { note: 'x' })).status, 404)
  t.equal((await must('GET', path)).revision, 5, 'a refused change changes nothing')
})
