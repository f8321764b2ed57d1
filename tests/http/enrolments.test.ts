/** Enrolments: defaults, wishes, one place per program, and how far the visits have come. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { appointment } from '../../src/db/schema.ts'
import { testApi } from '../support/api.ts'
import { aClinician, anEnrolment, aPatient, cleared } from '../support/people.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, clock, db } = test
const HOME = 'montreal-laurier-393'
const idOf = async (slug: string): Promise<string> => (await must('GET', `/v1/clinics/${slug}`)).id

t.test('an enrolment with nothing wished for has the defaults', async (t) => {
  const [{ id: patientId }, clinicId] = [await aPatient(test), await idOf(HOME)]
  const made = await must('POST', '/v1/enrolments', { patientId, programKey: 'introductory', clinicId }, 201)
  t.match(made, {
    patientId,
    programKey: 'introductory',
    program: { key: 'introductory', version: 1 },
    clinicId,
    route: null,
    priority: 1,
    allowedClinicIds: [clinicId],
    therapist: { requireGender: null, prefer: [], exclude: [] },
    unavailable: [],
    weeklyUnavailable: [],
    preferred: [],
    status: 'open',
    openedAt: '2026-11-22T07:00:00-05:00',
    timeZone: 'America/Toronto',
  })
  const { rows } = { rows: await must('GET', `/v1/enrolments?patientId=${patientId}`) }
  t.strictSame(rows, { items: [made], nextCursor: null })
})

t.test('a second place in the same program is refused, one in another program is not', async (t) => {
  const { id: patientId } = await aPatient(test)
  const clinicId = await idOf(HOME)
  const body = { patientId, programKey: 'standard', clinicId }
  await must('POST', '/v1/enrolments', body, 201)
  t.match(await api('POST', '/v1/enrolments', body), { status: 409, json: { code: 'already-enrolled' } })
  await must('POST', '/v1/enrolments', { ...body, programKey: 'introductory' }, 201)
  const racers = await Promise.all(
    Array.from({ length: 8 }, async () => (await aPatient(test)).id).map(async (racer) => {
      const both = await Promise.all(
        [1, 2].map(async () => api('POST', '/v1/enrolments', { ...body, patientId: await racer })),
      )
      return both.map(({ status }) => status).sort()
    }),
  )
  for (const statuses of racers) t.strictSame(statuses, [201, 409])
})

t.test('what cannot be is refused by the path of its field', async (t) => {
  const { id: patientId } = await aPatient(test)
  const [clinicId, neighbour, toronto] = [
    await idOf(HOME),
    await idOf('montreal-sherbrooke'),
    await idOf('toronto-eglinton'),
  ]
  const therapist = await aClinician(test, 'therapist')
  const body = { patientId, programKey: 'standard', clinicId }
  const cases: [string, object, number, string?][] = [
    ['unknown patient', { patientId: randomUUID() }, 404],
    ['unknown program', { programKey: 'other' }, 404],
    ['unknown clinic', { clinicId: randomUUID() }, 404],
    ['unknown allowed clinic', { allowedClinicIds: [clinicId, randomUUID()] }, 404],
    ['unknown therapist', { therapist: { prefer: [randomUUID()] } }, 404],
    ['allowed without home', { allowedClinicIds: [neighbour] }, 400, 'allowedClinicIds'],
    ['another region', { allowedClinicIds: [clinicId, toronto] }, 400, 'allowedClinicIds'],
    ['preferred and excluded', { therapist: { prefer: [therapist], exclude: [therapist] } }, 400, 'therapist.prefer'],
    ['unknown route', { route: 'oral' }, 400, 'route'],
    ['priority 3', { priority: 3 }, 400, 'priority'],
    ['a program key that no database can hold', { programKey: '\u0000' }, 400, 'programKey'],
    [
      'ends before it starts',
      { unavailable: [{ start: '2027-01-12T10:00:00Z', end: '2027-01-12T10:00:00Z' }] },
      400,
      'unavailable[0].end',
    ],
    [
      'no offset',
      { unavailable: [{ start: '2027-01-12T10:00:00', end: '2027-01-12T11:00:00Z' }] },
      400,
      'unavailable[0].start',
    ],
    ['24:00', { weeklyUnavailable: [{ byDay: ['MO'], from: '08:00', to: '24:00' }] }, 400, 'weeklyUnavailable[0].to'],
    ['no day', { preferred: [{ byDay: [], from: '08:00', to: '12:00' }] }, 400, 'preferred[0].byDay'],
    ['unknown field', { status: 'open' }, 400, 'status'],
  ]
  for (const [name, over, status, path] of cases) {
    const answer = await api('POST', '/v1/enrolments', { ...body, ...over })
    t.equal(answer.status, status, name)
    t.equal(answer.json.errors?.[0]?.path, path, name)
  }
  t.equal((await must('GET', `/v1/enrolments?patientId=${patientId}`)).items.length, 0)
})

t.test('wishes are merged, and null takes one back', async (t) => {
  const { id: patientId } = await aPatient(test)
  const [clinicId, neighbour] = [await idOf(HOME), await idOf('montreal-sherbrooke')]
  const [one, other] = [await aClinician(test, 'therapist'), await aClinician(test, 'therapist')]
  const windows = [{ byDay: ['MO', 'WE'], from: '08:00', to: '12:00' }]
  const { id } = await anEnrolment(test, HOME, patientId, {
    allowedClinicIds: [clinicId, neighbour],
    therapist: { requireGender: 'female', prefer: [one] },
    unavailable: [{ start: '2027-01-12T15:00:00Z', end: '2027-01-13T15:00:00.500Z' }],
    weeklyUnavailable: windows,
    priority: 4,
  })
  const path = `/v1/enrolments/${id}`
  t.match(await must('PATCH', path, { therapist: { exclude: [other] }, preferred: windows, route: 'im' }), {
    therapist: { requireGender: 'female', prefer: [one], exclude: [other] },
    unavailable: [{ start: '2027-01-12T10:00:00-05:00', end: '2027-01-13T10:00:00-05:00' }],
    weeklyUnavailable: windows,
    preferred: windows,
    route: 'im',
    priority: 4,
    revision: 2,
  })
  t.match(
    await must('PATCH', path, {
      therapist: null,
      unavailable: null,
      priority: null,
      allowedClinicIds: null,
      route: null,
    }),
    {
      therapist: { requireGender: null, prefer: [], exclude: [] },
      unavailable: [],
      weeklyUnavailable: windows,
      priority: 1,
      allowedClinicIds: [clinicId],
      route: null,
    },
  )
  t.equal((await api('PATCH', path, { allowedClinicIds: [neighbour] })).status, 400)
  t.equal((await api('PATCH', path, { clinicId: neighbour })).status, 400, 'that would be a transfer')
  t.equal((await api('PATCH', `/v1/enrolments/${randomUUID()}`, {})).status, 404)
})

t.test('a list is narrowed by patient, clinic, status and flag', async (t) => {
  const { id: patientId } = await aPatient(test)
  const { id, clinicId } = await anEnrolment(test, 'toronto-eglinton', patientId)
  const ids = async (query: string) =>
    (await must('GET', `/v1/enrolments?${query}`)).items.map((e: { id: string }) => e.id)
  t.strictSame(await ids(`clinicId=${clinicId}`), [id])
  t.strictSame(await ids(`patientId=${patientId}&status=open`), [id])
  t.strictSame(await ids(`patientId=${patientId}&status=paused`), [])
  t.strictSame(await ids(`patientId=${patientId}&flag=needs-replanning`), [])
  await booked({ id, patientId, clinicId }, { visitKey: 'prep-1', step: 'prepare', status: 'needs-replanning' })
  t.strictSame(await ids(`patientId=${patientId}&flag=needs-replanning`), [id])
  const first = await must('GET', '/v1/enrolments?limit=1')
  t.ok(first.nextCursor)
  t.not((await must('GET', `/v1/enrolments?limit=1&cursor=${first.nextCursor}`)).items[0].id, first.items[0].id)
  t.equal((await api('GET', '/v1/enrolments?status=lost')).status, 400)
  t.equal((await api('GET', '/v1/enrolments?patientId=x')).status, 400)
})

t.test('one enrolment shows its visits, its clearance, what comes next and what happened', async (t) => {
  const { id: patientId } = await aPatient(test)
  const { id, clinicId } = await anEnrolment(test, HOME, patientId)
  const path = `/v1/enrolments/${id}`
  const stateOf = (overview: { visits: { visitKey: string; state: string }[] }) =>
    Object.fromEntries(overview.visits.map(({ visitKey, state }) => [visitKey, state]))
  const fresh = await must('GET', path)
  t.equal(fresh.visits.length, 11)
  t.strictSame(new Set(Object.values(stateOf(fresh))), new Set(['unplanned']))
  t.match(fresh, {
    clearance: null,
    nextStep: 'connect',
    timeline: [{ kind: 'enrolment.opened', at: '2026-11-22T07:00:00-05:00' }],
  })

  const prescriber = await aClinician(test, 'prescriber')
  await cleared(test, patientId, prescriber)
  await booked({ id, patientId, clinicId }, { visitKey: 'info-call', step: 'connect', status: 'no-show' })
  await booked({ id, patientId, clinicId }, { visitKey: 'prep-1', step: 'prepare', status: 'completed' })
  const next = await booked({ id, patientId, clinicId }, { visitKey: 'dose-1', step: 'experience', status: 'booked' })
  const overview = await must('GET', path)
  t.match(stateOf(overview), {
    'info-call': 'unplanned',
    'medical-screening': 'done',
    'prep-1': 'done',
    'prep-2': 'unplanned',
    'dose-1': 'booked',
  })
  t.match(
    overview.visits.find((v: { visitKey: string }) => v.visitKey === 'dose-1'),
    {
      step: 'experience',
      appointmentId: next,
      start: '2026-11-25T07:00:00-05:00',
    },
  )
  t.match(overview, { clearance: { outcome: 'cleared', validUntil: '2027-06-30' }, nextStep: 'experience' })
  const kinds = overview.timeline.map(({ kind }: { kind: string }) => kind)
  t.strictSame(kinds.filter((kind: string) => kind !== 'appointment').sort(), [
    'consent.given',
    'enrolment.opened',
    'screening',
  ])
  t.strictSame(
    [...overview.timeline].sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).map(({ at }) => at),
    overview.timeline.map(({ at }: { at: string }) => at),
  )

  await must('POST', `/v1/patients/${patientId}/screenings`, {
    assessedBy: prescriber,
    assessedOn: '2026-11-22',
    outcome: 'not-cleared',
    contraindications: ['mania'],
    routes: [],
  })
  t.strictSame((await must('GET', path)).clearance, { outcome: 'not-cleared', validUntil: null })
})

/** An appointment straight into the table: three days ahead for a booked one, else three days ago. */
async function booked(
  { id, patientId, clinicId }: { id: string; patientId: string; clinicId: string },
  visit: Pick<typeof appointment.$inferInsert, 'visitKey' | 'step' | 'status'>,
): Promise<string> {
  const start = (clock.now + (visit.status === 'booked' ? 3 : -3) * 86_400_000) as typeof clock.now
  const made = randomUUID()
  await db.insert(appointment).values({
    ...visit,
    id: made,
    enrolmentId: id,
    patientId,
    clinicId,
    start,
    end: (start + 3_000_000) as typeof clock.now,
    modality: 'phone',
    bookedWallTime: '07:00',
    bookedTzVersion: 'test',
    createdAt: clock.now,
    updatedAt: clock.now,
  })
  return made
}
