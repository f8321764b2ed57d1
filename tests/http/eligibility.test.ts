/** Who may be treated, as each clinic's policy has it: warned of when planning, refused when booking, flagged when it changes (domain.md §3). */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { sweepEligibility } from '../../src/services/sweep-eligibility.ts'
import { type Json, testApi } from '../support/api.ts'
import { anEnrolment, aPatient, cleared } from '../support/people.ts'
import { proposed, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, deps, db } = test
const INTRODUCTORY = { programKey: 'introductory' }

type Placed = Record<string, Json>
const byKey = (visits: Json[]): Placed => Object.fromEntries(visits.map((v) => [v.visitKey, v]))
const statusOf = async (by: Placed): Promise<Record<string, string>> => {
  const now = await Promise.all(Object.values(by).map((a) => must('GET', `/v1/appointments/${a.id}`)))
  return Object.fromEntries(now.map((a) => [a.visitKey, a.status]))
}
const flaggedOf = async (by: Placed): Promise<string[]> =>
  Object.entries(await statusOf(by))
    .filter(([, status]) => status === 'needs-replanning')
    .map(([key]) => key)
    .sort()
const confirm = (id: string) => api('POST', `/v1/itineraries/${id}/confirm`, {})
const booked = async (enrolmentId: string, over: object = {}): Promise<Placed> => {
  const itinerary = await proposed(test, enrolmentId, over)
  return byKey((await must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)).appointments)
}
const told = async (id: string): Promise<number> => {
  const [row] = await db.execute<{ n: number }>(sql`
    select count(*)::int as n from event where type = 'appointment.needs-replanning' and subject ->> 'appointmentId' = ${id}`)
  return row?.n ?? -1
}
const swept = async () => {
  const done = await sweepEligibility(deps)
  return done.ok ? done.value : done.error.code
}
const policy = (staff: Staff, change: object) => must('PATCH', `/v1/clinics/${staff.clinic.id}`, { policy: change })

t.test('an impossible policy is refused by the path of its member, and changes nothing', async (t) => {
  const before = await must('GET', '/v1/clinics/montreal-laurier-393')
  const cases: [object, string][] = [
    [{ ageMin: 70 }, 'policy.ageMin'],
    [{ ageMin: 13 }, 'policy.ageMin'],
    [{ routes: ['oral'] }, 'policy.routes[0]'],
    [{ residenceProvinces: ['QC', 'XX'] }, 'policy.residenceProvinces[1]'],
    [{ clearanceDays: 0 }, 'policy.clearanceDays'],
    [{ contraindications: { mania: 'ignore' } }, 'policy.contraindications.mania'],
    [{ contactClock: 'sundial' }, 'policy.contactClock'],
    [{ sessionTimes: { dosing: ['25:00'] } }, 'policy.sessionTimes.dosing[0]'],
    [{ sessionTimes: { dosing: ['09:00', '09:07'] } }, 'policy.sessionTimes.dosing[1]'],
    [{ sessionTimes: { ballroom: ['09:00'] } }, 'policy.sessionTimes.ballroom'],
    [{ holidays: { add: ['2026-02-30'] } }, 'policy.holidays.add[0]'],
    [{ youth: true }, 'policy.youth'],
  ]
  for (const [change, path] of cases) {
    const answer = await api('PATCH', '/v1/clinics/montreal-laurier-393', { policy: change })
    t.equal(answer.status, 400, path)
    t.equal(answer.json.errors?.[0]?.path, path, answer.text)
  }
  t.strictSame(await must('GET', '/v1/clinics/montreal-laurier-393'), before)
})

t.test('17 and 66 years old: the default, a changed policy, a prescriber’s signature', async (t) => {
  const staff = await staffed(test, 'vancouver-commercial')
  const of = async (birthDate: string, notBefore = '2027-01-11T08:00:00-07:00') => {
    const enrolment = await ready(test, staff, { patient: { birthDate }, enrolment: INTRODUCTORY })
    const wish = { notBefore, steps: ['prepare', 'experience'], limit: 1 }
    const answer = await must('POST', `/v1/enrolments/${enrolment.id}/itineraries`, wish)
    return { enrolment, id: answer.itineraries[0].id, warnings: answer.warnings }
  }
  const [young, nineteen, old] = [
    await of('2009-12-31'),
    await of('2008-01-11'),
    await of('1960-12-31', '2027-02-01T08:00:00-07:00'),
  ]
  t.same(nineteen.warnings, [], '19 in British Columbia')
  for (const { id, warnings } of [young, old]) {
    t.match(warnings, [{ rule: 'age', visitKey: 'dose-1', source: 'clinic policy', detail: String }])
    t.match(await confirm(id), { status: 422, json: { code: 'not-eligible', reasons: warnings } })
  }
  await policy(staff, { youthAllowed: true, ageMax: 66 })
  const [open, wide] = await Promise.all([confirm(young.id), confirm(old.id)])
  t.same([open.status, wide.status], [201, 201])
  const [youth, elder] = [byKey(open.json.appointments), byKey(wide.json.appointments)]
  t.equal(await swept(), 0)
  await policy(staff, { youthAllowed: false })
  t.same([await flaggedOf(youth), await flaggedOf(elder)], [['dose-1'], []])
  t.equal(await told(youth['dose-1'].id), 1)
  await must('POST', `/v1/patients/${old.enrolment.patientId}/overrides`, {
    ...{ rule: 'age', prescriberId: staff.prescriber[0], reason: 'in good health' },
  })
  await policy(staff, { ageMax: 65 })
  t.same(await flaggedOf(elder), [], 'signed off')
  t.equal(await swept(), 0)
})

t.test('a licence that ends mid-program: nobody is planned beyond it, and who is booked is flagged', async (t) => {
  const staff = await staffed(test, 'montreal-sherbrooke', { therapists: 1 })
  const enrolment = await ready(test, staff)
  const by = await booked(enrolment.id)
  const ends = by['dose-2'].start.slice(0, 10)
  await must('PATCH', `/v1/clinicians/${staff.therapist[0]}`, {
    licences: [{ province: 'QC', college: 'OPQ', number: '1', validFrom: '2020-01-01', validUntil: ends }],
  })
  t.same(await flaggedOf(by), ['closing', 'dose-3', 'integration-2', 'integration-3'], 'the last day counts')
  t.equal(await told(by.closing.id), 1)
  const refused = await api('POST', `/v1/appointments/${by.closing.id}/reschedule`, { start: by.closing.start })
  t.equal(refused.status, 422)
  const { items } = await must('GET', `/v1/worklist?clinicId=${staff.clinic.id}`)
  t.ok(items.some((item: Json) => item.kind === 'needs-replanning' && item.appointmentId === by.closing.id))
})

t.test('a patient who moves from Ontario to Québec with virtual visits booked', async (t) => {
  const staff = await staffed(test, 'toronto-eglinton')
  const enrolment = await ready(test, staff, { enrolment: INTRODUCTORY })
  const by = await booked(enrolment.id, { virtual: 'prefer' })
  const virtual = Object.values(by).filter((a) => a.modality === 'virtual')
  t.ok(virtual.length > 0)
  const [first] = virtual
  await must('PATCH', `/v1/patients/${enrolment.patientId}`, {
    residences: [
      { province: 'ON', from: '2020-01-01' },
      { province: 'QC', from: first.start.slice(0, 10) },
    ],
  })
  t.same(await flaggedOf(by), virtual.map((a) => a.visitKey).sort(), 'in person the clinic’s province counts')
  const again = await must('POST', `/v1/enrolments/${enrolment.id}/itineraries`, {
    ...{
      notBefore: '2027-01-11T08:00:00-05:00',
      limit: 1,
      virtual: 'prefer',
      steps: ['prepare', 'integrate', 'reconnect'],
    },
  })
  t.same(
    [...new Set(again.itineraries[0].visits.map((v: Json) => v.modality))],
    ['in-person'],
    'nobody here is licensed there',
  )
  await must('PATCH', `/v1/patients/${enrolment.patientId}`, { residences: [{ province: 'AB', from: '2020-01-01' }] })
  t.ok((await flaggedOf(by)).includes('dose-1'), 'and Alberta is not where this clinic treats from')
})

t.test('a clearance that ends between the second and the third dose', async (t) => {
  const staff = await staffed(test, 'montreal-laurier-397')
  const enrolment = await ready(test, staff)
  const itinerary = await proposed(test, enrolment.id)
  const day = (key: string) => byKey(itinerary.visits)[key].start.slice(0, 10)
  const screen = (over: object) =>
    must('POST', `/v1/patients/${enrolment.patientId}/screenings`, {
      ...{
        assessedBy: staff.prescriber[0],
        assessedOn: '2026-11-21',
        outcome: 'cleared',
        contraindications: [],
        routes: ['rdt'],
      },
      ...over,
    })
  await screen({ validUntil: day('dose-2') })
  t.match(await confirm(itinerary.id), {
    status: 422,
    json: { code: 'not-cleared', reasons: [{ rule: 'clearance', visitKey: 'dose-3' }] },
  })
  await screen({ validUntil: day('dose-3') })
  const by = byKey((await confirm(itinerary.id)).json.appointments)
  await screen({ validUntil: day('dose-2') })
  t.same(await flaggedOf(by), ['dose-3'])
  await screen({ contraindications: ['untreated-thyroid-disorder'], validUntil: '2027-06-30' })
  t.same(await flaggedOf(by), ['dose-3'], 'what the policy lets be managed, and a prescriber cleared, excludes nobody')
  t.equal(
    (await api('POST', `/v1/appointments/${by['dose-3'].id}/reschedule`, { start: by['dose-3'].start })).status,
    200,
  )
  await policy(staff, { contraindications: { 'untreated-thyroid-disorder': 'exclude' } })
  t.same(await flaggedOf(by), ['dose-1', 'dose-2', 'dose-3'])
  await policy(staff, { contraindications: { 'untreated-thyroid-disorder': 'manage' } })

  t.test('consent withdrawn, a route no longer given: flagged at once; nothing is flagged without cause', async (t) => {
    const other = await booked((await ready(test, staff, { enrolment: INTRODUCTORY })).id)
    const path = `/v1/patients/${other['dose-1'].patientIds[0]}`
    await must('PATCH', path, { note: 'called' })
    t.same([await flaggedOf(other), await swept()], [[], 0])
    await must('DELETE', `${path}/consents/treatment`, undefined, 204)
    t.same(await flaggedOf(other), ['dose-1'])
    const third = await booked((await ready(test, staff, { enrolment: INTRODUCTORY })).id)
    await must('PATCH', `/v1/enrolments/${third['dose-1'].enrolmentId}`, { route: 'im' })
    t.same(await flaggedOf(third), ['dose-1'])
    const fourth = await booked((await ready(test, staff, { enrolment: INTRODUCTORY })).id)
    await must('PATCH', `/v1/patients/${fourth['dose-1'].patientIds[0]}`, { communitySupport: null })
    t.same(await flaggedOf(fourth), ['dose-1'])
  })
  await Promise.resolve()
})

t.test('a screening drives the program: managed first, then closed', async (t) => {
  const staff = await staffed(test, 'montreal-laurier-393')
  const enrolment = await ready(test, staff, { enrolment: INTRODUCTORY })
  const path = `/v1/enrolments/${enrolment.id}`
  const by = await booked(enrolment.id)
  const screen = (over: object) =>
    api('POST', `/v1/patients/${enrolment.patientId}/screenings`, {
      assessedBy: staff.prescriber[0],
      assessedOn: '2026-11-22',
      ...over,
    })
  t.match(await screen({ outcome: 'cleared', reviewOn: '2026-12-01' }), { json: { errors: [{ path: 'reviewOn' }] } })
  t.match(await screen({ outcome: 'needs-management', reviewOn: '2026-12-01' }), { json: { reviewOn: '2026-12-01' } })
  t.match(await must('GET', path), {
    status: 'open',
    nextStep: 'connect',
    reviewOn: '2026-12-01',
    clearance: { outcome: 'needs-management' },
  })
  t.same(await flaggedOf(by), ['dose-1'])
  const kinds = (await must('GET', `/v1/worklist?clinicId=${staff.clinic.id}`)).items.map((i: Json) => [
    i.kind,
    i.dueAt.slice(0, 10),
  ])
  t.match(kinds, [['screening-review', '2026-12-01'], ['needs-replanning']])

  const proposal = await proposed(test, enrolment.id)
  t.equal((await screen({ outcome: 'not-cleared', contraindications: ['mania'] })).status, 201)
  t.match(await must('GET', path), { status: 'closed', endReason: /2026-11-22/, reviewOn: null })
  t.same([...new Set(Object.values(await statusOf(by)))], ['cancelled'])
  const [{ n }] = (await db.execute(
    sql`select count(*)::int as n from event where type = 'enrolment.closed' and enrolment_id = ${enrolment.id}`,
  )) as never as [{ n: number }]
  t.equal(n, 1)
  t.match(await confirm(proposal.id), { status: 422, json: { code: 'not-cleared' } })
  t.match(await api('POST', `${path}/itineraries`, { notBefore: '2027-01-11T13:00:00Z' }), {
    status: 409,
    json: { from: 'closed' },
  })
  t.test('a screening of the past that is written down late closes nothing', async (t) => {
    const other = await ready(test, staff)
    const late = { assessedBy: staff.prescriber[0], assessedOn: '2026-11-01', outcome: 'not-cleared' }
    await must('POST', `/v1/patients/${other.patientId}/screenings`, late)
    t.equal((await must('GET', `/v1/enrolments/${other.id}`)).status, 'open')
  })
  await Promise.resolve()
})

t.test('dated facts: asked for by the program, with as many visits as were granted', async (t) => {
  const introductory = await must('GET', '/v1/programs/introductory')
  const { version: _, ...draft } = introductory
  const visits = draft.visits.map((v: Json) =>
    /^(prep|dose|closing)/.test(v.key) ? { ...v, requires: [...v.requires, 'payer'] } : v,
  )
  await must('POST', '/v1/programs', { ...draft, key: 'paid', visits })
  const staff = await staffed(test, 'montreal-laurier-393')
  const { id: patientId } = await aPatient(test)
  await cleared(test, patientId, staff.prescriber[0] ?? '')
  const { id } = await anEnrolment(test, 'montreal-laurier-393', patientId, { programKey: 'paid' })
  const path = `/v1/enrolments/${id}/preconditions`
  const wish = { notBefore: '2027-01-11T08:00:00-05:00', limit: 1 }
  const { itineraries, warnings } = await must('POST', `/v1/enrolments/${id}/itineraries`, {
    ...wish,
    steps: ['prepare', 'experience', 'integrate', 'reconnect'],
  })
  t.same(
    warnings.map((w: Json) => [w.rule, w.visitKey]),
    [
      ['payer', 'prep-1'],
      ['payer', 'dose-1'],
      ['payer', 'closing'],
    ],
  )
  const bad: [object, string][] = [
    [{ key: 'clearance', metOn: '2026-11-20' }, 'key'],
    [{ key: 'payer', metOn: '2026-11-20', validUntil: '2026-11-19' }, 'validUntil'],
    [{ key: 'payer', metOn: '2026-11-20', visitsGranted: 0 }, 'visitsGranted'],
  ]
  for (const [body, at] of bad)
    t.match(await api('POST', path, body), { status: 400, json: { errors: [{ path: at }] } })
  const fact = await must('POST', path, { key: 'payer', metOn: '2026-11-20', visitsGranted: 2, reference: 'A-17' }, 201)
  t.match(await must('GET', path), { items: [fact] })
  t.match(await must('GET', `/v1/enrolments/${id}`), {
    preconditions: [{ id: fact.id }],
    timeline: [{}, {}, {}, { kind: 'precondition', key: 'payer' }],
  })
  t.match(await confirm(itineraries[0].id), {
    status: 422,
    json: { code: 'precondition-missing', reasons: [{ rule: 'payer', visitKey: 'closing', detail: /every visit/ }] },
  })
  const place = byKey(itineraries[0].visits)
  const hand = (key: string) =>
    api('POST', '/v1/appointments', {
      enrolmentId: id,
      visitKey: key,
      start: place[key].start,
      clinicId: staff.clinic.id,
    })
  const dose = await hand('dose-1')
  t.same([(await hand('prep-1')).status, dose.status], [201, 201])
  t.match(await hand('closing'), { status: 422, json: { code: 'precondition-missing' } })
  const move = { start: dose.json.start }
  t.equal(
    (await api('POST', `/v1/appointments/${dose.json.id}/reschedule`, move)).status,
    200,
    'it does not count itself',
  )
  await must('POST', `/v1/appointments/${dose.json.id}/cancel`, { by: 'clinic' })
  t.equal((await hand('closing')).status, 201, 'a cancelled visit gives its share back')
  await must('POST', path, { key: 'payer', metOn: '2026-11-20', validUntil: place['dose-1'].start.slice(0, 10) }, 201)
  t.equal((await hand('dose-1')).status, 201)
  t.equal(await swept(), 0)
})

t.test('the sweep and the booking judge alike, gate by gate', async (t) => {
  const staff = await staffed(test, 'montreal-laurier-397')
  const enrolment = await ready(test, staff, { enrolment: INTRODUCTORY })
  const by = await booked(enrolment.id, { notBefore: '2027-04-05T08:00:00-04:00' })
  const dose = by['dose-1']
  const [patient, one] = [`where id = '${enrolment.patientId}'`, `where id = '${enrolment.id}'`]
  const his = `where patient_id = '${enrolment.patientId}'`
  const before = '2027-04-01'
  /** What is changed past the service, how it was, and what a booking says to it. */
  const cases: [string, string, string][] = [
    [`patient set birth_date = null ${patient}`, `birth_date = '1985-05-05'`, 'not-eligible'],
    [`patient set birth_date = '2011-05-05' ${patient}`, `birth_date = '1985-05-05'`, 'not-eligible'],
    [
      `patient set residences = '[{"province": "AB", "from": "2020-01-01"}]' ${patient}`,
      `residences = '[]'`,
      'not-eligible',
    ],
    [
      `patient set community_support = null ${patient}`,
      `community_support = '{"name": "A", "profession": null, "phone": null}'`,
      'not-eligible',
    ],
    [`screening set outcome = 'needs-management' ${his}`, `outcome = 'cleared'`, 'not-cleared'],
    [`screening set valid_until = '${before}' ${his}`, `valid_until = '2027-06-30'`, 'not-cleared'],
    [`screening set contraindications = '{mania}' ${his}`, `contraindications = '{}'`, 'not-cleared'],
    [`screening set routes = '{nasal}' ${his}`, `routes = '{rdt}'`, 'route-not-permitted'],
    [`consent set withdrawn_at = now() ${his}`, 'withdrawn_at = null', 'consent-missing'],
    [`enrolment set route = null ${one}`, `route = 'rdt'`, 'route-not-permitted'],
    [`enrolment set route = 'im' ${one}`, `route = 'rdt'`, 'route-not-permitted'],
    // bounds that hold on the very day
    [`screening set valid_until = '${dose.start.slice(0, 10)}' ${his}`, `valid_until = '2027-06-30'`, ''],
    [`screening set contraindications = '{untreated-thyroid-disorder}' ${his}`, `contraindications = '{}'`, ''],
    [`screening set routes = '{}' ${his}`, `routes = '{rdt}'`, ''],
  ]
  for (const [change, undo, code] of cases) {
    await db.execute(sql.raw(`update ${change}`))
    const answer = await api('POST', `/v1/appointments/${dose.id}/reschedule`, { start: dose.start })
    t.equal(answer.json.code ?? '', code, change)
    t.equal(await swept(), code === '' ? 0 : 1, change)
    await db.execute(sql.raw(`update ${change.replace(/set .*? where/s, `set ${undo} where`)}`))
    await db.execute(sql`update appointment set status = 'booked' where id = ${dose.id}`)
  }
  t.equal(await swept(), 0)
})
