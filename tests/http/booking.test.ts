/** Itineraries over HTTP: proposed, held, confirmed, cancelled; all or nothing, and never twice. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { parseProblem } from '../../src/planner/problem.ts'
import { solve } from '../../src/planner/solve.ts'
import { type Json, testApi } from '../support/api.ts'
import { aClinician, anEnrolment, aPatient, cleared } from '../support/people.ts'
import { onShift, proposed, ready, staffed, TREATMENT } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue', logLevel: 'error', logTarget: process.stderr })
const montreal = s.then((api) => staffed(api, 'montreal-laurier-397'))

/** Every pair of claims on one lane that overlaps, and every claim outside availability: must be none. */
const broken = async (): Promise<number> => {
  const [row] = (await (
    await s
  ).db.execute(sql`
    select (select count(*) from claim a join claim b on a.resource_id = b.resource_id and a.lane = b.lane
        and a.during && b.during and (a.during, a.visit_key, a.enrolment_id) < (b.during, b.visit_key, b.enrolment_id))
      + (select count(*) from claim c where not coalesce((select range_agg(v.during) @> c.during from availability v
          where v.resource_id = c.resource_id and v.clinic_id = c.clinic_id and v.during && c.during), false)) as n`)) as unknown as {
    n: string
  }[]
  return Number(row?.n)
}

t.test('a held itinerary is confirmed whole, and every visit is on the API', async (t) => {
  const api = await s
  const enrolment = await ready(api, await montreal)
  const itinerary = await proposed(api, enrolment.id)
  t.equal(itinerary.cost.total, 76)
  t.equal(itinerary.status, 'proposed')
  const held = await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, { ttlSeconds: 60 }, 201)
  t.equal(held.status, 'held')
  t.equal((await api.must('GET', `/v1/itineraries/${itinerary.id}`)).status, 'held')
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  t.same(
    appointments.map((a: Json) => a.visitKey),
    ['prep-1', 'prep-2', 'dose-1', 'integration-1', 'dose-2', 'integration-2', 'dose-3', 'integration-3', 'closing'],
  )
  t.equal((await api.must('GET', `/v1/appointments?enrolmentId=${enrolment.id}`)).items.length, 9)
  const overview = await api.must('GET', `/v1/enrolments/${enrolment.id}`)
  t.equal(overview.visits.filter((v: Json) => v.appointmentId).length, 9)
  const twice = await api.api('POST', `/v1/itineraries/${itinerary.id}/confirm`, {})
  t.same([twice.status, twice.json.code], [409, 'already-booked'])
  const again = await api.api('POST', `/v1/itineraries/${itinerary.id}/hold`)
  t.same([again.status, again.json.code], [409, 'already-booked'])
  t.equal(await broken(), 0)
})

t.test('allowing virtual visits never loses a plan: where nobody is licensed they are in person', async (t) => {
  const api = await s
  const { id: patientId } = await aPatient(api, { province: 'ON' })
  await montreal
  const { id } = await anEnrolment(api, 'montreal-laurier-397', patientId)
  for (const virtual of ['allow', 'prefer']) {
    const asked = { notBefore: '2027-01-11T08:00:00-05:00', steps: TREATMENT, limit: 1, virtual }
    const { itineraries } = await api.must('POST', `/v1/enrolments/${id}/itineraries`, asked, 200)
    t.same(new Set(itineraries[0]?.visits.map((v: Json) => v.modality)), new Set(['in-person']), virtual)
  }
})

t.test('licences: the clinic’s province in person, the patient’s own remotely, whoever leads', async (t) => {
  const api = await s
  const { clinic, prescriber } = await staffed(api, 'montreal-laurier-393', { therapists: 0 })
  const therapist = async (provinces: string[], shift: object) => {
    const licence = { college: 'A college', number: '1', validFrom: '2020-01-01', validUntil: null }
    const licences = provinces.map((province) => ({ ...licence, province }))
    const id = await aClinician(api, 'therapist', { licences })
    await onShift(api, id, clinic.id, shift)
    return id
  }
  const hereUntilFriday = await therapist(['QC'], { validUntil: '2027-01-15' })
  const there = await therapist(['ON'], {})
  await therapist(['ON', 'QC'], { validFrom: '2027-02-01' })
  const { id: patientId } = await aPatient(api, { province: 'ON' })
  await cleared(api, patientId, prescriber[0] ?? '')
  await api.must('POST', `/v1/patients/${patientId}/consents`, { kind: 'virtual-care', givenOn: '2026-11-20' })
  const { id } = await anEnrolment(api, 'montreal-laurier-393', patientId, { programKey: 'introductory' })
  const january = { notAfter: '2027-01-30T08:00:00-05:00', virtual: 'allow', allowHandover: true }
  const told = ({ visits }: Json) =>
    visits.map((v: Json) => [
      v.visitKey,
      v.modality,
      v.participants.find((p: Json) => p.as === 'therapist')?.clinicianId,
    ])

  const handedOver = await proposed(api, id, january)
  t.same(told(handedOver), [
    ['prep-1', 'in-person', hereUntilFriday],
    ['dose-1', 'in-person', hereUntilFriday],
    ['integration-1', 'in-person', hereUntilFriday],
    ['closing', 'virtual', there],
  ])
  const problem = await api.must('GET', `/v1/itineraries/${handedOver.id}/problem`)
  t.equal(solve(problem).cost, handedOver.cost.total)
  const here = await therapist(['QC'], {})
  const alone = await proposed(api, id, january)
  t.same(new Set(told(alone).map(([, ...how]: string[]) => how.join(' '))), new Set([`in-person ${here}`]))
  await api.must('POST', `/v1/itineraries/${handedOver.id}/confirm`, {}, 201)
})

t.test('a clinic day is not sold twice: of forty confirmations of the same time one wins', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 1, nurses: 1 })
  const rivals = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const enrolment = await ready(api, staff, { enrolment: { programKey: 'introductory' } })
      return proposed(api, enrolment.id)
    }),
  )
  const answers = await Promise.all(rivals.map((it) => api.api('POST', `/v1/itineraries/${it.id}/confirm`, {})))
  t.equal(answers.filter((a) => a.status === 201).length, 1)
  const lost = answers.filter((a) => a.status === 409)
  t.equal(lost.length, 39)
  for (const { json } of lost) {
    t.equal(json.code, 'resource-taken')
    t.ok(json.conflicts.every((c: Json) => c.visitKey && c.kind && c.id && c.start && c.end))
  }
  t.equal(await broken(), 0)
})

t.test('holds', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial', { therapists: 1, nurses: 1 })
  const [first, second] = [await ready(api, staff), await ready(api, staff)]
  const mine = await proposed(api, first.id)
  const theirs = await proposed(api, second.id)
  await api.must('POST', `/v1/itineraries/${mine.id}/hold`, {}, 201)
  const expire = () =>
    api.db.execute(sql`with a as (update claim set expires_at = now() - interval '1 second' where itinerary_id = ${mine.id}),
      b as (update patient_claim set expires_at = now() - interval '1 second' where itinerary_id = ${mine.id})
      update itinerary set expires_at = now() - interval '1 second' where id = ${mine.id}`)

  t.test('a live hold keeps others out, naming what it holds', async (t) => {
    for (const verb of ['hold', 'confirm']) {
      const { status, json } = await api.api('POST', `/v1/itineraries/${theirs.id}/${verb}`, {})
      t.same([status, json.code], [409, 'resource-taken'])
      t.ok(json.conflicts.some((c: Json) => c.kind === 'clinician' && c.visitKey === 'dose-1'))
      t.ok(json.conflicts.some((c: Json) => c.kind === 'room'))
    }
  })
  t.test('one live hold per enrolment', async (t) => {
    const other = await proposed(api, first.id, { notBefore: '2027-01-18T08:00:00-08:00' })
    const { status, json } = await api.api('POST', `/v1/itineraries/${other.id}/hold`, {})
    t.same([status, json.code], [409, 'enrolment-held'])
    t.ok(json.by && json.until)
  })
  t.test('held again it lasts longer', async (t) => {
    const longer = await api.must('POST', `/v1/itineraries/${mine.id}/hold`, { ttlSeconds: 7200 }, 201)
    t.ok(Date.parse(longer.expiresAt) - Date.now() > 7_000_000)
    const shorter = await api.must('POST', `/v1/itineraries/${mine.id}/hold`, { ttlSeconds: 1 }, 201)
    t.equal(shorter.expiresAt, longer.expiresAt, 'and never less long')
  })
  t.test('an expired hold is not confirmed, blocks nobody, and may be held again', async (t) => {
    await expire()
    t.equal((await api.must('GET', `/v1/itineraries/${mine.id}`)).status, 'expired')
    const late = await api.api('POST', `/v1/itineraries/${mine.id}/confirm`, {})
    t.same([late.status, late.json.code], [409, 'hold-expired'])
    const gone = await api.api('DELETE', `/v1/itineraries/${mine.id}/hold`)
    t.same([gone.status, gone.json.code], [409, 'not-held'])
    await api.must('POST', `/v1/itineraries/${theirs.id}/hold`, {}, 201)
    t.equal((await api.api('DELETE', `/v1/itineraries/${theirs.id}/hold`)).status, 204)
    await api.must('POST', `/v1/itineraries/${mine.id}/hold`, {}, 201)
    t.equal((await api.api('DELETE', `/v1/itineraries/${mine.id}/hold`)).status, 204)
    t.equal((await api.must('GET', `/v1/itineraries/${mine.id}`)).status, 'released')
    t.same((await api.api('DELETE', `/v1/itineraries/${mine.id}/hold`)).json.code, 'not-held')
  })
  t.test('a proposal that has lapsed is not confirmed even where it is still free', async (t) => {
    await api.db.execute(sql`update itinerary set expires_at = now() - interval '1 second' where id = ${theirs.id}`)
    await api.db.execute(
      sql`update itinerary set status = 'proposed', expires_at = now() - interval '1 second' where id = ${theirs.id}`,
    )
    const { status, json } = await api.api('POST', `/v1/itineraries/${theirs.id}/confirm`, {})
    t.same([status, json.code], [409, 'hold-expired'])
  })
  t.test('a time to live beyond three days is a bad request', async (t) => {
    const { status, json } = await api.api('POST', `/v1/itineraries/${mine.id}/hold`, { ttlSeconds: 259_201 })
    t.same([status, json.errors[0].path], [400, 'ttlSeconds'])
  })
  await Promise.resolve()
})

t.test('visit 4 of 9 taken meanwhile: nothing is written, and the refusal names it', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 1 })
  const enrolment = await ready(api, staff)
  const itinerary = await proposed(api, enrolment.id)
  const visit = itinerary.visits[3]
  const { id: rule } = await api.must('POST', '/v1/time-off', {
    subject: { clinicianId: staff.therapist[0] },
    start: visit.start,
    end: visit.end,
    reason: 'training',
  })
  const { status, json } = await api.api('POST', `/v1/itineraries/${itinerary.id}/confirm`, {})
  t.same([status, json.code], [409, 'outside-availability'])
  t.match(json.conflicts, [{ visitKey: visit.visitKey, kind: 'clinician', id: staff.therapist[0] }])
  t.equal((await api.must('GET', `/v1/appointments?enrolmentId=${enrolment.id}`)).items.length, 0)
  await api.api('DELETE', `/v1/time-off/${rule}`)
  t.equal(
    (await api.api('POST', `/v1/itineraries/${itinerary.id}/confirm`, {})).status,
    201,
    'and once it is free again, it is booked',
  )
})

t.test('gates at confirm', async (t) => {
  const api = await s
  const staff = await montreal
  const cases: [string, string, object, object, (patientId: string) => Promise<unknown>][] = [
    [
      'no clearance',
      'not-cleared',
      {},
      {},
      async (id) => api.must('POST', `/v1/patients/${id}/consents`, { kind: 'treatment', givenOn: '2026-11-20' }),
    ],
    [
      'no consent',
      'consent-missing',
      {},
      {},
      async (id) =>
        api.must('POST', `/v1/patients/${id}/screenings`, {
          assessedBy: staff.prescriber[0],
          assessedOn: '2026-11-20',
          outcome: 'cleared',
          contraindications: [],
          routes: ['rdt'],
          validUntil: '2027-06-30',
        }),
    ],
    [
      'a route that is not decided',
      'route-not-permitted',
      {},
      { route: null },
      (id) => cleared(api, id, staff.prescriber[0] ?? ''),
    ],
    ['too young', 'not-eligible', { birthDate: '2010-01-01' }, {}, (id) => cleared(api, id, staff.prescriber[0] ?? '')],
    [
      'no community support for the short program',
      'not-eligible',
      { communitySupport: null },
      { programKey: 'introductory' },
      (id) => cleared(api, id, staff.prescriber[0] ?? ''),
    ],
  ]
  for (const [name, code, patient, enrolment, prepare] of cases) {
    const { id } = await aPatient(api, patient)
    await prepare(id)
    const { id: enrolmentId } = await anEnrolment(api, 'montreal-laurier-397', id, enrolment)
    const itinerary = await proposed(api, enrolmentId)
    const { status, json } = await api.api('POST', `/v1/itineraries/${itinerary.id}/confirm`, {})
    t.same([status, json.code], [422, code], name)
    t.ok(
      json.reasons.every((r: Json) => r.rule && r.source && r.detail),
      `${name}: reasons say rule and source`,
    )
  }
})

t.test('a clearance that ends inside the horizon bounds the doses', async (t) => {
  const api = await s
  const staff = await montreal
  const { id } = await aPatient(api)
  await api.must('POST', `/v1/patients/${id}/screenings`, {
    assessedBy: staff.prescriber[0],
    assessedOn: '2026-11-20',
    outcome: 'cleared',
    contraindications: [],
    routes: ['rdt'],
    validUntil: '2027-01-20',
  })
  const { id: enrolmentId } = await anEnrolment(api, 'montreal-laurier-397', id)
  const { itineraries, blockers } = await api.must('POST', `/v1/enrolments/${enrolmentId}/itineraries`, {
    notBefore: '2027-01-11T08:00:00-05:00',
    steps: TREATMENT,
  })
  t.same(itineraries, [])
  t.ok(
    blockers.some((b: Json) => b.kind === 'clearance'),
    JSON.stringify(blockers).slice(0, 300),
  )
})

t.test('cancelling a dose voids its integration, flags what comes later, and frees its time at once', async (t) => {
  const api = await s
  const enrolment = await ready(api, await montreal)
  const itinerary = await proposed(api, enrolment.id, { notBefore: '2027-02-15T08:00:00-05:00' })
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  const dose = appointments.find((a: Json) => a.visitKey === 'dose-2')
  const cancelled = await api.must(
    'POST',
    `/v1/appointments/${dose.id}/cancel`,
    { by: 'patient', reason: 'a cold' },
    200,
  )
  t.same([cancelled.status, cancelled.late], ['cancelled', false])
  const after = (await api.must('GET', `/v1/appointments?enrolmentId=${enrolment.id}`)).items
  const statusOf = Object.fromEntries(after.map((a: Json) => [a.visitKey, a.status]))
  t.match(statusOf, {
    'dose-1': 'booked',
    'integration-1': 'booked',
    'dose-2': 'cancelled',
    'integration-2': 'cancelled',
    'dose-3': 'needs-replanning',
    'integration-3': 'needs-replanning',
    closing: 'needs-replanning',
  })
  t.equal(after.find((a: Json) => a.visitKey === 'integration-2').voidedBy, dose.id)
  t.same(
    (await api.api('POST', `/v1/appointments/${dose.id}/cancel`, { by: 'clinic' })).json.code,
    'invalid-transition',
  )

  const tail = await proposed(api, enrolment.id, { notBefore: '2027-02-15T08:00:00-05:00', steps: undefined })
  t.same(
    tail.visits.map((v: Json) => v.visitKey),
    ['info-call', 'dose-2', 'integration-2', 'dose-3', 'integration-3', 'closing'].filter((k) =>
      tail.visits.some((v: Json) => v.visitKey === k),
    ),
  )
  t.equal(tail.visits.find((v: Json) => v.visitKey === 'dose-2').start, dose.start, 'the freed time is the best again')
  const rebooked = await api.must('POST', `/v1/itineraries/${tail.id}/confirm`, {}, 201)
  const closing = rebooked.appointments.find((a: Json) => a.visitKey === 'closing')
  t.equal(
    closing.id,
    appointments.find((a: Json) => a.visitKey === 'closing').id,
    'a flagged visit moves, it is not booked twice',
  )
  t.ok(closing.sequence > 0)
  t.equal(await broken(), 0)
})

t.test('a patient who is somewhere else is planned around', async (t) => {
  const api = await s
  const staff = await montreal
  const enrolment = await ready(api, staff)
  await api.must('PATCH', `/v1/enrolments/${enrolment.id}`, {
    weeklyUnavailable: [{ byDay: ['MO'], from: '00:00', to: '23:59' }],
  })
  const itinerary = await proposed(api, enrolment.id)
  t.ok(itinerary.visits.every((v: Json) => new Date(v.start.slice(0, 10)).getUTCDay() !== 1))
})

t.test('one wall clock: 10:00 in Vancouver on a winter day is 17:00Z', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial', { therapists: 1, nurses: 1 })
  await onShift(
    api,
    (await staffed(api, 'vancouver-commercial', { therapists: 0, nurses: 0, prescribers: 1 })).prescriber[0] ?? '',
    staff.clinic.id,
    { startTime: '18:00', endTime: '19:00' },
  )
  const enrolment = await ready(api, staff, {
    enrolment: {
      therapist: { prefer: [], exclude: [] },
      preferred: [{ byDay: ['MO', 'TU', 'WE', 'TH', 'FR'], from: '10:00', to: '12:30' }],
    },
  })
  const itinerary = await proposed(api, enrolment.id, { notBefore: '2026-12-01T00:00:00-07:00' })
  for (const visit of itinerary.visits) {
    t.equal(visit.timeZone, 'America/Vancouver')
    t.match(visit.start, /T1[0-2]:\d\d:00-07:00$/, 'preferred hours, at the offset that Vancouver keeps')
  }
})

t.test('bad wishes name their path, unknown ids are not found', async (t) => {
  const api = await s
  const enrolment = await ready(api, await montreal)
  const path = `/v1/enrolments/${enrolment.id}/itineraries`
  const notBefore = '2027-01-11T08:00:00-05:00'
  const bad: [object, string][] = [
    [{}, 'notBefore'],
    [{ notBefore: '2027-01-11T08:00:00' }, 'notBefore'],
    [{ notBefore, limit: 11 }, 'limit'],
    [{ notBefore, steps: ['nap'] }, 'steps[0]'],
    [{ notBefore, notAfter: '2026-01-11T08:00:00-05:00' }, 'notAfter'],
    [{ notBefore: '2030-01-11T08:00:00-05:00' }, 'notBefore'],
    [{ notBefore, override: { rules: ['span'], reason: 'travel' } }, 'override.approvedBy'],
    [{ notBefore, surprise: 1 }, 'surprise'],
  ]
  for (const [body, field] of bad) {
    const { status, json } = await api.api('POST', path, body)
    t.same([status, json.code, json.errors?.[0]?.path], [400, 'validation', field], JSON.stringify(body))
  }
  t.equal(
    (await api.api('POST', '/v1/enrolments/00000000-0000-4000-8000-000000000000/itineraries', { notBefore })).status,
    404,
  )
  t.equal((await api.api('POST', '/v1/itineraries/nonsense/hold', {})).status, 404)
  t.equal((await api.api('POST', path, { notBefore, therapistId: '00000000-0000-4000-8000-000000000000' })).status, 404)
  const stranger = await api.as('scheduler', {
    clinicIds: [(await api.must('GET', '/v1/clinics/toronto-eglinton')).id],
  })
  t.equal((await stranger('POST', path, { notBefore })).status, 404)
})

t.test('the exported problem of each alternative has that alternative for its optimum', async (t) => {
  const api = await s
  const staff = await montreal
  const enrolment = await ready(api, staff)
  for (const wish of [{}, { therapistId: staff.therapist[1] }]) {
    const { itineraries } = await api.must('POST', `/v1/enrolments/${enrolment.id}/itineraries`, {
      notBefore: '2027-01-11T08:00:00-05:00',
      steps: TREATMENT,
      limit: 3,
      ...wish,
    })
    t.equal(itineraries.length, 3)
    t.equal(
      new Set(itineraries.map((it: Json) => `${leadOf(it)} ${it.visits[0].start.slice(0, 10)}`)).size,
      3,
      'different',
    )
    t.same(
      itineraries.map((it: Json) => it.cost.total),
      itineraries.map((it: Json) => it.cost.total).sort((a: number, b: number) => a - b),
    )
    for (const it of itineraries) {
      const problem = await api.must('GET', `/v1/itineraries/${it.id}/problem`)
      const read = parseProblem(problem)
      if (!read.ok) throw new Error(JSON.stringify(read.error))
      const answer = solve(read.value)
      t.equal(answer.cost, it.cost.total)
      const solved =
        answer.patients.P001?.visits.map((v) => [v.id, Date.parse(problem.epochUtc) + v.start * 60_000]) ?? []
      t.same(
        Object.fromEntries(solved),
        Object.fromEntries(it.visits.map((v: Json) => [v.visitKey, Date.parse(v.start)])),
      )
      t.notMatch(JSON.stringify(problem), /Given|Family|example\.org|1985/, 'without personal data')
    }
    if ('therapistId' in wish) t.ok(itineraries.every((it: Json) => leadOf(it) === staff.therapist[1]))
  }
})

const leadOf = (it: Json): string => it.visits[0].participants.find((p: Json) => p.role === 'therapist').clinicianId
