/** An enrolment pauses, goes on, and moves to another clinic or program: one transaction each, with its history. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Instant } from '../../src/domain/time.ts'
import { type Json, testApi } from '../support/api.ts'
import { onShift, proposed, ready, staffed, TREATMENT } from '../support/staffed-clinic.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, as, clock, db } = test
const start = clock.now

type Placed = Record<string, Json>
const byKey = (visits: Json[]): Placed => Object.fromEntries(visits.map((v) => [v.visitKey, v]))
const confirmed = async (itinerary: Json): Promise<Placed> =>
  byKey((await must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)).appointments)
const now = async (by: Placed): Promise<Record<string, string>> => {
  const found = await Promise.all(Object.values(by).map((a) => must('GET', `/v1/appointments/${a.id}`)))
  return Object.fromEntries(found.map((a) => [a.visitKey, a.status]))
}
const did = (id: string, ...statuses: string[]) =>
  statuses.reduce(
    (before, status) => before.then(() => must('POST', `/v1/appointments/${id}/status`, { status })),
    Promise.resolve() as Promise<Json>,
  )
/** Each visit happens, an hour after its start. */
const happened = async (visits: Json[]) => {
  for (const visit of visits) {
    clock.now = (Date.parse(visit.start) + 3_600_000) as Instant
    if (visit.step === 'experience') await must('PATCH', `/v1/appointments/${visit.id}`, { escort: { name: 'Ann Ho' } })
    await did(visit.id, 'arrived', 'in-progress', ...(visit.step === 'experience' ? ['recovering'] : []), 'completed')
  }
}
const events = async (enrolmentId: string): Promise<string[]> =>
  [
    ...(await db.execute<{ type: string }>(sql`
      select type from event where enrolment_id = ${enrolmentId} and type like 'enrolment.%' order by sequence`)),
  ].map(({ type }) => type)
const timelineOf = async (id: string): Promise<string[]> =>
  (await must('GET', `/v1/enrolments/${id}`)).timeline
    .map((e: Json) => e.kind)
    .filter((kind: string) => /^enrolment/.test(kind))

t.test('paused, all that is ahead is given back and nothing is planned; resumed, it goes on', async (t) => {
  const staff = await staffed(test, 'montreal-laurier-393')
  const enrolment = await ready(test, staff, { enrolment: { programKey: 'introductory' } })
  const path = `/v1/enrolments/${enrolment.id}`
  const [by, other] = [await confirmed(await proposed(test, enrolment.id)), await ready(test, staff)]
  await happened([by['prep-1']])
  const held = await proposed(test, other.id, { notBefore: '2027-02-01T08:00:00-05:00' })
  await must('POST', `/v1/itineraries/${held.id}/hold`, {}, 201)

  t.match(await api('POST', `${path}/resume`), {
    status: 409,
    json: { code: 'invalid-transition', from: 'open', to: 'open' },
  })
  t.match(await api('POST', `${path}/pause`, { resumeOn: '2026-12-31' }), {
    status: 400,
    json: { errors: [{ path: 'resumeOn' }] },
  })
  t.match(await must('POST', `${path}/pause`, { reason: 'travels', resumeOn: '2027-02-01' }, 200), {
    status: 'paused',
    resumeOn: '2027-02-01',
    endedAt: null,
  })
  t.same(await now(by), {
    'prep-1': 'completed',
    'dose-1': 'cancelled',
    'integration-1': 'cancelled',
    closing: 'cancelled',
  })
  t.match(await must('GET', `/v1/appointments/${by.closing.id}`), {
    cancellation: { by: 'clinic', reason: 'travels', reasonCode: 'paused' },
  })
  await must('POST', `/v1/enrolments/${other.id}/pause`)
  t.equal((await must('GET', `/v1/itineraries/${held.id}`)).status, 'released')

  const wish = { notBefore: '2027-02-01T08:00:00-05:00' }
  const hand = {
    enrolmentId: enrolment.id,
    visitKey: 'closing',
    start: '2027-02-01T15:00:00Z',
    clinicId: staff.clinic.id,
  }
  const refused = [
    await api('POST', `${path}/itineraries`, wish),
    await api('POST', `/v1/itineraries/${held.id}/hold`, {}),
    await api('POST', '/v1/appointments', hand),
    await api('POST', `${path}/pause`),
  ]
  for (const { status, json } of refused)
    t.match({ status, json }, { status: 409, json: { code: 'invalid-transition', from: 'paused' } })
  t.same(
    (
      await must('POST', `${path}/slots`, {
        visitKey: 'closing',
        from: '2027-02-01T13:00:00Z',
        to: '2027-02-02T13:00:00Z',
      })
    ).slots,
    [],
  )
  clock.now = Date.parse('2027-01-28T12:00:00Z') as Instant
  t.match((await must('GET', `/v1/worklist?clinicId=${staff.clinic.id}`)).items, [
    { kind: 'resume-due', action: 'resume', enrolmentId: enrolment.id },
  ])

  t.match(await must('POST', `${path}/resume`, undefined, 200), { status: 'open', resumeOn: null })
  const { itineraries } = await must('POST', `${path}/itineraries`, { ...wish, limit: 1, override: undefined })
  t.same(itineraries, [], 'the first dose would be too late after the preparation')
  t.same(await events(enrolment.id), ['enrolment.opened', 'enrolment.paused', 'enrolment.resumed'])
  t.same(await timelineOf(enrolment.id), ['enrolment.opened', 'enrolment.paused', 'enrolment.resumed'])
  t.match((await must('POST', `${path}/withdraw`)).status, 'withdrawn')
  for (const verb of ['pause', 'resume', 'withdraw', 'transfer'])
    t.match(
      await api(
        'POST',
        `${path}/${verb}`,
        verb === 'transfer' ? { programKey: 'standard', effectiveFrom: '2027-02-01' } : {},
      ),
      {
        status: 409,
        json: { code: 'invalid-transition', from: 'withdrawn' },
      },
    )
  clock.now = start
})

t.test('from Introductory to Standard: what is done counts, the rest is planned', async (t) => {
  const staff = await staffed(test, 'montreal-laurier-397')
  const enrolment = await ready(test, staff, { enrolment: { programKey: 'introductory' } })
  const path = `/v1/enrolments/${enrolment.id}`
  const by = await confirmed(await proposed(test, enrolment.id))
  await happened([by['prep-1'], by['dose-1'], by['integration-1']])
  const body = { programKey: 'standard', effectiveFrom: '2027-01-14' }
  t.match(await api('POST', `${path}/transfer`, { ...body, programKey: 'other' }), { status: 404 })
  t.match(await api('POST', `${path}/transfer`, { ...body, programKey: 'introductory' }), {
    status: 400,
    json: { errors: [{ path: 'programKey' }] },
  })
  t.match(await api('POST', `${path}/transfer`, { effectiveFrom: '2027-01-14' }), {
    status: 400,
    json: { errors: [{ path: 'clinicId' }] },
  })
  t.match(await must('POST', `${path}/transfer`, body, 200), {
    id: enrolment.id,
    program: { key: 'standard', version: 1 },
    status: 'open',
  })
  t.equal((await must('GET', `/v1/appointments/${by.closing.id}`)).status, 'needs-replanning')
  const overview = await must('GET', path)
  t.same(Object.fromEntries(overview.visits.map((v: Json) => [v.visitKey, v.state])), {
    ...{ 'info-call': 'done', 'medical-screening': 'done', 'prep-1': 'done', 'prep-2': 'done', 'dose-1': 'done' },
    ...{ 'integration-1': 'done', 'dose-2': 'unplanned', 'integration-2': 'unplanned', 'dose-3': 'unplanned' },
    ...{ 'integration-3': 'unplanned', closing: 'needs-replanning' },
  })
  t.match(overview, {
    nextStep: 'experience',
    timeline: overview.timeline.map((e: Json) =>
      e.kind === 'enrolment.transferred' ? { fromProgramKey: 'introductory', programKey: 'standard' } : {},
    ),
  })
  const rest = await proposed(test, enrolment.id, { notBefore: new Date(clock.now).toISOString(), steps: null })
  t.same(
    rest.visits.map((v: Json) => v.visitKey),
    ['dose-2', 'integration-2', 'dose-3', 'integration-3', 'closing'],
  )
  const days = (a: Json, b: Json) => Math.round((Date.parse(b.start) - Date.parse(a.start)) / 86_400_000)
  const placed = byKey(rest.visits)
  t.ok(days(by['prep-1'], placed.closing) >= 28 && days(by['dose-1'], placed['dose-2']) >= 7)
  const anew = await confirmed(rest)
  t.equal(anew.closing.id, by.closing.id, 'the same appointment, moved')
  await happened(rest.visits.map((v: Json) => anew[v.visitKey]))
  t.equal((await must('GET', path)).status, 'completed')
  t.same(await events(enrolment.id), ['enrolment.opened', 'enrolment.transferred', 'enrolment.completed'])
  clock.now = start

  t.test('the last visit ends while it is paused: resumed, it is completed', async (t) => {
    const { id } = await ready(test, staff, { enrolment: { programKey: 'introductory' } })
    const own = await confirmed(await proposed(test, id, { notBefore: '2027-03-01T08:00:00-05:00' }))
    await happened([own['prep-1'], own['dose-1'], own['integration-1']])
    await did(own.closing.id, 'arrived', 'in-progress')
    await must('POST', `/v1/enrolments/${id}/pause`)
    await did(own.closing.id, 'completed')
    t.equal((await must('GET', `/v1/enrolments/${id}`)).status, 'paused')
    t.match(await must('POST', `/v1/enrolments/${id}/resume`, undefined, 200), { status: 'completed', resumeOn: null })
    clock.now = start
  })
  await Promise.resolve()
})

t.test(
  'to another clinic: visits before the day stay, later ones wait; the old clinic reads the history and nothing after',
  async (t) => {
    const [old, next] = [await staffed(test, 'montreal-sherbrooke'), await staffed(test, 'montreal-laurier-393')]
    const enrolment = await ready(test, old, { enrolment: { programKey: 'introductory' } })
    const path = `/v1/enrolments/${enrolment.id}`
    const patient = `/v1/patients/${enrolment.patientId}`
    const by = await confirmed(await proposed(test, enrolment.id))
    await happened([by['prep-1']])
    const [before, after] = [
      await as('scheduler', { clinicIds: [old.clinic.id] }),
      await as('scheduler', { clinicIds: [next.clinic.id] }),
    ]
    t.equal((await after('GET', path)).status, 404)
    const stale = await proposed(test, (await ready(test, old)).id)
    const effectiveFrom = by['integration-1'].start.slice(0, 10)
    t.equal((await api('POST', `${path}/transfer`, { clinicId: randomUUID(), effectiveFrom })).status, 404)
    t.match(await api('POST', `${path}/transfer`, { clinicId: old.clinic.id, effectiveFrom }), {
      status: 400,
      json: { errors: [{ path: 'clinicId' }] },
    })
    t.match(await before('POST', `${path}/transfer`, { clinicId: next.clinic.id, effectiveFrom }), {
      status: 200,
      json: { id: enrolment.id, clinicId: next.clinic.id, allowedClinicIds: [next.clinic.id] },
    })
    t.same(await now(by), {
      'prep-1': 'completed',
      'dose-1': 'booked',
      'integration-1': 'needs-replanning',
      closing: 'needs-replanning',
    })
    t.equal((await after('GET', path)).status, 200)
    t.equal((await after('GET', patient)).status, 200)
    t.equal((await before('GET', path)).status, 200, 'a visit is still ahead there')

    await must('POST', `/v1/appointments/${by['dose-1'].id}/status`, { status: 'no-show' })
    for (const key of ['integration-1', 'closing'])
      if ((await must('GET', `/v1/appointments/${by[key].id}`)).status !== 'cancelled')
        await must('POST', `/v1/appointments/${by[key].id}/cancel`, { by: 'clinic' })
    const planned = await proposed(test, enrolment.id, {
      notBefore: new Date(clock.now).toISOString(),
      steps: TREATMENT,
    })
    t.same([...new Set(planned.visits.map((v: Json) => v.clinicId))], [next.clinic.id])
    const there = await confirmed(planned)
    const lead = there['dose-1'].participants.find((p: Json) => p.role === 'therapist').clinicianId
    const closing = { start: there.closing.start, participants: [{ as: 'therapist', clinicianId: '' }] }
    t.notOk(old.therapist.includes(lead), 'the transfer is the handover: the therapist who stays behind binds nobody')
    for (const other of next.therapist.filter((id) => id !== lead)) {
      closing.participants = [{ as: 'therapist', clinicianId: other }]
      t.match(
        await api('POST', `/v1/appointments/${there.closing.id}/reschedule`, closing),
        { status: 422, json: { violations: [{ rule: 'continuity', required: lead }] } },
        'the visits there are bound among themselves',
      )
    }
    const history = await before('GET', path)
    t.equal(history.status, 200)
    t.match(history.json.timeline.at(-1).kind, /appointment|transferred/)
    t.notOk(history.text.includes(there['dose-1'].id), 'what is booked at the new clinic is not shown')
    t.ok(history.text.includes(by['prep-1'].id))
    t.equal((await before('GET', `/v1/appointments/${by['prep-1'].id}`)).status, 200)
    const closed: [string, string, object?][] = [
      ['GET', patient],
      ['PATCH', patient, { note: 'x' }],
      ['PATCH', path, { priority: 2 }],
      ['POST', `${path}/pause`],
      ['POST', `${path}/itineraries`, { notBefore: '2027-02-01T13:00:00Z' }],
      ['GET', `/v1/appointments/${there['dose-1'].id}`],
    ]
    for (const [method, url, wish] of closed) t.equal((await before(method, url, wish)).status, 404, `${method} ${url}`)
    t.notOk((await before('GET', '/v1/enrolments?limit=200')).json.items.some((e: Json) => e.id === enrolment.id))
    t.ok(stale)
    clock.now = start
  },
)

t.test(
  'a proposal for the old clinic cannot be taken after the transfer; of two transfers at once both are told',
  async (t) => {
    const [old, next] = [
      await staffed(test, 'montreal-laurier-397'),
      await must('GET', '/v1/clinics/montreal-sherbrooke'),
    ]
    await onShift(test, old.therapist[0] ?? '', next.id, { rrule: 'FREQ=WEEKLY;BYDAY=SA' })
    const enrolment = await ready(test, old, { enrolment: { programKey: 'introductory' } })
    const itinerary = await proposed(test, enrolment.id)
    const body = { clinicId: next.id, effectiveFrom: '2026-12-01' }
    const answers = await Promise.all([1, 2, 3].map(() => api('POST', `/v1/enrolments/${enrolment.id}/transfer`, body)))
    t.same(answers.map(({ status }) => status).sort(), [200, 400, 400])
    t.match(await api('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}), {
      status: 409,
      json: { code: 'not-held' },
    })
    const twin = await must('POST', '/v1/enrolments', {
      patientId: enrolment.patientId,
      programKey: 'standard',
      clinicId: next.id,
    })
    t.match(
      await api('POST', `/v1/enrolments/${twin.id}/transfer`, {
        programKey: 'introductory',
        effectiveFrom: '2026-12-01',
      }),
      {
        status: 409,
        json: { code: 'already-enrolled' },
      },
    )
    t.equal((await must('GET', `/v1/enrolments/${twin.id}`)).programKey, 'standard')
  },
)
