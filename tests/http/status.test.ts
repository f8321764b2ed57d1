/** An appointment's day over HTTP: the status machine, the way back, what a lost dose takes along, overruns, and withdrawal. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Instant } from '../../src/domain/time.ts'
import { type Call, type Json, testApi } from '../support/api.ts'
import { proposed, ready, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue' })
const montreal = s.then((api) => staffed(api, 'montreal-laurier-397'))
const DAY = 86_400_000

/** A whole Standard itinerary, booked. → its appointments by visit */
async function bookedPlan(
  notBefore: string,
  enrolment: object = {},
): Promise<{ enrolmentId: string; by: Record<string, Json> }> {
  const api = await s
  const { id } = await ready(api, await montreal, { enrolment })
  const itinerary = await proposed(api, id, { notBefore })
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  return { enrolmentId: id, by: Object.fromEntries(appointments.map((a: Json) => [a.visitKey, a])) }
}

/** Sets one status after another; throws on the first refusal. → the last answer */
async function through(id: string, ...statuses: (string | object)[]): Promise<Json> {
  const api = await s
  let last: Json
  for (const status of statuses)
    last = await api.must(
      'POST',
      `/v1/appointments/${id}/status`,
      typeof status === 'string' ? { status } : status,
      200,
    )
  return last
}
const ask = async (id: string, body: object, call?: Call) => {
  const { status, json } = await (call ?? (await s).api)('POST', `/v1/appointments/${id}/status`, body)
  return { status, code: json.code ?? json.status, json }
}
const escort = async (id: string) =>
  (await s).must('PATCH', `/v1/appointments/${id}`, { escort: { name: 'Ann Ho', phone: '514-555-0101' } })
const statuses = async (enrolmentId: string): Promise<Record<string, string>> => {
  const { items } = await (await s).must('GET', `/v1/appointments?enrolmentId=${enrolmentId}&limit=200`)
  return Object.fromEntries(items.map((a: Json) => [a.visitKey, a.status]))
}
const claimsOf = async (id: string): Promise<number> => {
  const [row] = await (await s).db.execute<{ n: number }>(sql`
    select ((select count(*) from claim where appointment_id = ${id}) + (select count(*) from patient_claim where appointment_id = ${id}))::int as n`)
  return row?.n ?? -1
}
const told = async (enrolmentId: string): Promise<string[]> =>
  (
    await (
      await s
    ).db.execute<{ type: string }>(sql`
      select type from event where enrolment_id = ${enrolmentId} order by sequence`)
  ).map(({ type }) => type)

t.test('a visit takes its course, and the clock is written down, not asked', async (t) => {
  const api = await s
  const { by } = await bookedPlan('2027-01-11T08:00:00-05:00')
  const prep = by['prep-1'].id
  const before = { status: 'booked', actual: { arrivedAt: null, startedAt: null, endedAt: null } }
  t.match(await api.must('GET', `/v1/appointments/${prep}`), before)
  const arrived = await through(prep, 'arrived')
  t.match(arrived, { status: 'arrived', actual: { arrivedAt: '2026-11-22T07:00:00-05:00', startedAt: null } })
  const done = await through(prep, 'in-progress', 'completed')
  t.match(done, { status: 'completed', actual: { startedAt: /T/, endedAt: /T/ } })
  t.equal(done.revision, 4)
  t.ok((await claimsOf(prep)) > 0, 'what took place keeps its time')

  const dose = by['dose-1'].id
  await escort(dose)
  t.equal((await through(dose, 'arrived', 'in-progress', 'recovering', 'completed')).status, 'completed')

  t.test('every other step is refused, from and to', async (t) => {
    const next = by['prep-2'].id
    const no = async (status: string, more: object = {}) => {
      const { status: http, json } = await ask(next, { status, ...more })
      t.same([http, json.code, json.to], [409, 'invalid-transition', status])
      return json.from
    }
    for (const to of ['in-progress', 'recovering', 'completed', 'stopped', 'cancelled', 'needs-replanning', 'booked'])
      t.equal(await no(to), 'booked')
    await through(next, 'arrived')
    t.equal(await no('no-show'), 'arrived')
    t.equal(await no('not-dosed', { reason: 'vitals' }), 'arrived', 'nothing was to be dosed')
    await through(next, 'in-progress', 'stopped')
    t.equal(await no('completed'), 'stopped')
    const dose2 = by['dose-2'].id
    await escort(dose2)
    await through(dose2, 'arrived', 'in-progress')
    const early = await ask(dose2, { status: 'completed' })
    t.same([early.status, early.json.from], [409, 'in-progress'], 'a dose is followed by recovery')
  })
  t.test('completed and cancelled are final, even for whoever did it a moment ago', async (t) => {
    for (const to of ['in-progress', 'arrived', 'booked', 'cancelled'])
      t.same((await ask(prep, { status: to })).code, 'invalid-transition')
    await api.must('POST', `/v1/appointments/${by.closing.id}/cancel`, { by: 'clinic' }, 200)
    for (const to of ['booked', 'arrived'])
      t.same((await ask(by.closing.id, { status: to })).code, 'invalid-transition')
  })
  t.test('a bad wish names its field', async (t) => {
    const bad: [object, string][] = [
      [{}, 'status'],
      [{ status: 'asleep' }, 'status'],
      [{ status: 'not-dosed', reason: 'rain' }, 'reason'],
      [{ status: 'arrived', reassessOn: '2027-01-01' }, 'reassessOn'],
      [{ status: 'not-dosed', reason: 'vitals', reassessOn: '2027-02-30' }, 'reassessOn'],
    ]
    for (const [body, path] of bad) {
      const { status, json } = await ask(by['dose-3'].id, body)
      t.same([status, json.errors?.[0]?.path], [400, path])
    }
    const early = await ask(by['dose-3'].id, { status: 'not-dosed' })
    t.same(
      [early.status, early.code, early.json.from],
      [409, 'invalid-transition', 'booked'],
      'a reason may be left out',
    )
  })
  await Promise.resolve()
})

t.test('nobody is checked in for a dose without a named escort', async (t) => {
  const { by } = await bookedPlan('2027-02-01T08:00:00-05:00')
  const refused = await ask(by['dose-1'].id, { status: 'arrived' })
  t.same([refused.status, refused.code], [422, 'escort-missing'])
  t.match(refused.json.reasons, [{ rule: 'escort', visitKey: 'dose-1', source: /./, detail: /./ }])
  t.equal((await through(by['prep-1'].id, 'arrived')).status, 'arrived', 'a conversation needs none')
  await escort(by['dose-1'].id)
  t.equal((await through(by['dose-1'].id, 'arrived')).status, 'arrived')
})

t.test('a lost dose voids its integration, flags the tail and frees its time at once', async (t) => {
  const api = await s
  const lost = {
    'integration-1': 'cancelled',
    'dose-2': 'needs-replanning',
    'integration-2': 'needs-replanning',
    closing: 'needs-replanning',
  }
  t.test('not dosed: with its reason and the day to come again', async (t) => {
    const { by, enrolmentId } = await bookedPlan('2027-03-01T08:00:00-05:00')
    const dose = by['dose-1'].id
    await escort(dose)
    const seen = await through(dose, 'arrived', { status: 'not-dosed', reason: 'vitals', reassessOn: '2027-03-20' })
    t.match(seen, { status: 'not-dosed', statusReason: 'vitals', reassessOn: '2027-03-20' })
    t.match(await statuses(enrolmentId), { 'dose-1': 'not-dosed', ...lost, 'prep-2': 'booked' })
    t.same([await claimsOf(dose), await claimsOf(by['integration-1'].id)], [0, 0])
    t.ok((await claimsOf(by['dose-2'].id)) > 0, 'flagged visits keep their time')
    t.equal((await api.must('GET', `/v1/appointments/${by['integration-1'].id}`)).voidedBy, dose)
    t.same((await told(enrolmentId)).slice(-8).sort(), [
      'appointment.cancelled',
      ...Array.from({ length: 5 }, () => 'appointment.needs-replanning'),
      'appointment.status-changed',
      'appointment.status-changed',
    ])
    const tail = await proposed(api, enrolmentId, { notBefore: '2027-03-01T08:00:00-05:00' })
    t.ok(
      tail.visits.some((v: Json) => v.visitKey === 'dose-1'),
      'it is to be planned again',
    )
  })
  t.test('a no-show is taken back the same day with all that followed', async (t) => {
    const { by, enrolmentId } = await bookedPlan('2027-05-03T08:00:00-04:00')
    const dose = by['dose-1'].id
    const full = [await claimsOf(dose), await claimsOf(by['integration-1'].id)]
    await through(dose, 'no-show')
    t.match(await statuses(enrolmentId), { 'dose-1': 'no-show', ...lost })
    t.same(await claimsOf(dose), 0)
    await through(dose, 'booked')
    t.same([...new Set(Object.values(await statuses(enrolmentId)))], ['booked'])
    t.same([await claimsOf(dose), await claimsOf(by['integration-1'].id)], full)
    t.match(await api.must('GET', `/v1/appointments/${by['integration-1'].id}`), { voidedBy: null, flags: [] })
  })
  t.test('not when its time is somebody else’s by now', async (t) => {
    const { by, enrolmentId } = await bookedPlan('2027-03-08T08:00:00-05:00')
    const visit = await api.must('GET', `/v1/appointments/${by['prep-1'].id}`)
    await through(visit.id, 'no-show')
    t.equal(await claimsOf(visit.id), 0)
    await api.must('POST', '/v1/time-off', {
      subject: { clinicianId: visit.participants[0].clinicianId },
      start: visit.start,
      end: visit.end,
      reason: 'training',
    })
    const { status, code } = await ask(visit.id, { status: 'booked' })
    t.same([status, code], [409, 'outside-availability'])
    t.match(
      await statuses(enrolmentId),
      { 'prep-1': 'no-show', 'dose-1': 'booked' },
      'a lost conversation flags nobody',
    )
  })
  await Promise.resolve()
})

t.test('a status is taken back by the same caller, on the same day, step by step', async (t) => {
  const api = await s
  const { clinic, therapist } = await montreal
  const { by } = await bookedPlan('2027-04-05T08:00:00-04:00')
  const prep = by['prep-1'].id
  const mine = await api.as('scheduler', { clinicIds: [clinic.id] })
  const other = await api.as('scheduler', { clinicIds: [clinic.id] })
  for (const status of ['arrived', 'in-progress', 'stopped']) t.equal((await ask(prep, { status }, mine)).status, 200)
  t.same((await ask(prep, { status: 'in-progress' }, other)).code, 'invalid-transition', 'another caller')
  t.same((await ask(prep, { status: 'arrived' }, mine)).code, 'invalid-transition', 'two steps at once')
  const back = await ask(prep, { status: 'in-progress' }, mine)
  t.match(back.json, { status: 'in-progress', actual: { startedAt: /T/, endedAt: null } })
  t.match((await ask(prep, { status: 'arrived' }, mine)).json, { status: 'arrived', actual: { startedAt: null } })
  const now = api.clock.now
  api.clock.now = (now + DAY) as Instant
  t.same((await ask(prep, { status: 'booked' }, mine)).code, 'invalid-transition', 'the next day')
  api.clock.now = now
  t.equal((await ask(prep, { status: 'booked' }, mine)).status, 200)

  t.test('a clinician acts on the own roster', async (t) => {
    const who = by['prep-1'].participants[0].clinicianId
    const own = await api.as('clinician', { clinicianId: who })
    const nobody = await api.as('clinician', { clinicianId: therapist.find((id) => id !== who) ?? '' })
    t.equal((await ask(prep, { status: 'arrived' }, nobody)).status, 404)
    t.equal((await ask(prep, { status: 'arrived' }, own)).status, 200)
  })
  t.test('elsewhere, and unknown, is not found', async (t) => {
    const away = await api.as('scheduler', { clinicIds: [(await api.must('GET', '/v1/clinics/toronto-eglinton')).id] })
    t.equal((await ask(prep, { status: 'in-progress' }, away)).status, 404)
    t.equal((await ask('01890000-0000-7000-8000-000000000000', { status: 'arrived' })).status, 404)
  })
  t.test('If-Match of an older revision is stale', async (t) => {
    const { status, json } = await api.api(
      'POST',
      `/v1/appointments/${prep}/status`,
      { status: 'in-progress' },
      {
        headers: { 'if-match': '"1"' },
      },
    )
    t.same([status, json.code], [412, 'stale'])
  })
  await Promise.resolve()
})

t.test('the last visit completes the enrolment', async (t) => {
  const api = await s
  const { by, enrolmentId } = await bookedPlan('2027-01-18T08:00:00-05:00', { programKey: 'introductory' })
  const stateOf = async () => (await api.must('GET', `/v1/enrolments/${enrolmentId}`)).status
  await escort(by['dose-1'].id)
  await through(by['dose-1'].id, 'arrived', 'in-progress', 'recovering', 'stopped')
  await through(by.closing.id, 'arrived', 'in-progress', 'completed')
  t.equal(await stateOf(), 'open', 'visits are left')
  for (const key of ['prep-1', 'integration-1']) await through(by[key].id, 'arrived', 'in-progress', 'completed')
  t.equal(await stateOf(), 'completed')
  t.equal((await told(enrolmentId)).filter((type) => type === 'enrolment.completed').length, 1)
})

t.test('an overrun is a fact: claims grow where there is room, what follows is running late', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 1, nurses: 1 })
  const plans: Json[] = []
  for (const programKey of ['introductory', 'introductory']) {
    const { id } = await ready(api, staff, { enrolment: { programKey } })
    const itinerary = await proposed(api, id, { notBefore: '2027-01-11T08:00:00-05:00' })
    const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
    plans.push(...appointments.filter((a: Json) => a.visitKey === 'prep-1'))
  }
  const [first, second] = plans.sort((a, b) => Date.parse(a.start) - Date.parse(b.start))
  const gap = (Date.parse(second.start) - Date.parse(first.end)) / 60_000
  t.ok(gap >= 0 && gap < 120, `one therapist sees both on one morning, ${gap} minutes apart`)
  const busy = async () =>
    (
      await api.must(
        'GET',
        `/v1/availability?clinicianId=${staff.therapist[0]}&from=${first.start}&to=${second.end.replace(/T.*(?=-)/, 'T18:00:00')}`.replaceAll(
          '+',
          '%2B',
        ),
      )
    ).busy
  const extend = (minutes: number) => api.api('POST', `/v1/appointments/${first.id}/extend`, { minutes })

  const free = await api.api('POST', `/v1/appointments/${second.id}/extend`, { minutes: 15 })
  t.same([free.status, free.json.affected], [200, []])
  t.equal(Date.parse(free.json.appointment.end) - Date.parse(second.end), 15 * 60_000)
  t.ok(free.json.appointment.sequence > second.sequence)
  t.equal((await busy()).at(-1).end, free.json.appointment.end, 'there was room')

  const over = await extend(gap + 30)
  t.equal(over.status, 200)
  t.same(
    over.json.affected.map((a: Json) => [a.appointmentId, a.visitKey, a.start, a.clinicId]),
    [[second.id, 'prep-1', second.start, staff.clinic.id]],
  )
  const [mine, next] = await busy()
  t.equal(mine.end, second.start, 'the claim ends where the next begins')
  t.same([next.start, next.end], [second.start, free.json.appointment.end])
  t.match(await api.must('GET', `/v1/appointments/${second.id}`), { flags: ['running-late'], status: 'booked' })
  t.ok(Date.parse(over.json.appointment.end) > Date.parse(second.start), 'the end is the fact')
  t.same((await told(second.enrolmentId)).slice(-1), ['appointment.running-late'])
  t.match(
    await api.must('POST', `/v1/appointments/${second.id}/status`, { status: 'arrived' }),
    { flags: ['running-late'] },
    'whoever waits is still late',
  )
  t.match(await api.must('POST', `/v1/appointments/${second.id}/status`, { status: 'in-progress' }), { flags: [] })

  t.test('up to the end of the shift and no further; nothing is refused', async (t) => {
    const { status } = await extend(720)
    t.equal(status, 200)
    const [broken] = await api.db.execute<{ n: number }>(sql`
      select count(*)::int as n from claim c where not coalesce((select range_agg(v.during) @> c.during from availability v
        where v.resource_id = c.resource_id and v.clinic_id = c.clinic_id and v.during && c.during), false)`)
    t.equal(broken?.n, 0)
  })
  t.test('what is over is not extended', async (t) => {
    await api.must('POST', `/v1/appointments/${first.id}/cancel`, { by: 'clinic' })
    const { status, json } = await extend(10)
    t.same([status, json.code, json.from], [409, 'invalid-transition', 'cancelled'])
    for (const minutes of [0, -5, 721, 1.5])
      t.same(
        (await api.api('POST', `/v1/appointments/${second.id}/extend`, { minutes })).json.errors[0].path,
        'minutes',
      )
  })
  await Promise.resolve()
})

t.test('what follows a dose is planned from its end as it is booked and, once known, as it was', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial', { therapists: 1 })
  const { id } = await ready(api, staff, { enrolment: { programKey: 'introductory' } })
  const itinerary = await proposed(api, id)
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  const [, dose, integration] = appointments
  const [minute, end] = [60_000, Date.parse(dose.end)]
  const cancel = (appointment: string) => api.must('POST', `/v1/appointments/${appointment}/cancel`, { by: 'clinic' })
  let off: string | undefined
  /** The therapist comes in that many minutes after the dose's booked end, a day later. → when the integration is, in the same minutes */
  const integratedWith = async (from: number) => {
    if (off) await api.api('DELETE', `/v1/time-off/${off}`)
    const subject = { clinicianId: staff.therapist[0] }
    const [start, until] = [end + 600 * minute, end + DAY + from * minute].map((ms) => new Date(ms).toISOString())
    off = (await api.must('POST', '/v1/time-off', { subject, start, end: until, reason: 'training' })).id
    const wish = { notBefore: dose.end, steps: ['integrate'], limit: 1 }
    const { itineraries } = await api.must('POST', `/v1/enrolments/${id}/itineraries`, wish)
    const [plan] = itineraries
    return { id: plan?.id, at: plan && (Date.parse(plan.visits[0].start) - end - DAY) / minute }
  }

  await cancel(integration.id)
  t.equal((await integratedWith(15)).at, undefined, 'more than 24 hours after its end')
  await api.must('POST', `/v1/appointments/${dose.id}/extend`, { minutes: 25 })
  t.equal((await integratedWith(30)).at, undefined)
  const later = await integratedWith(15)
  t.equal(later.at, 15)
  const { appointments: moved } = await api.must('POST', `/v1/itineraries/${later.id}/confirm`, {}, 201)

  const now = api.clock.now
  await escort(dose.id)
  api.clock.now = (end - 30 * minute - 40_000) as Instant
  await through(dose.id, 'arrived', 'in-progress', 'recovering', 'completed')
  await cancel(moved[0].id)
  t.equal((await integratedWith(-30)).at, undefined, 'it ended more than half an hour early')
  const earlier = await integratedWith(-45)
  t.equal(earlier.at, -45)
  t.equal((await api.api('POST', `/v1/itineraries/${earlier.id}/confirm`, {})).status, 201)
  api.clock.now = now
})

t.test('withdrawing cancels what is ahead, lets holds go, and ends the enrolment', async (t) => {
  const api = await s
  const { by, enrolmentId } = await bookedPlan('2027-06-07T08:00:00-04:00')
  await through(by['prep-1'].id, 'arrived', 'in-progress', 'completed')
  const left = await api.must('POST', `/v1/enrolments/${enrolmentId}/withdraw`, { reason: 'moved away' }, 200)
  t.match(left, { status: 'withdrawn', endReason: 'moved away', endedAt: /^2026-11-22T/ })
  const { 'prep-1': prep, ...rest } = await statuses(enrolmentId)
  t.equal(prep, 'completed')
  t.same([...new Set(Object.values(rest))], ['cancelled'])
  t.equal(await claimsOf(by['dose-1'].id), 0)
  t.equal((await told(enrolmentId)).at(-1), 'enrolment.withdrawn')
  const twice = await api.api('POST', `/v1/enrolments/${enrolmentId}/withdraw`)
  t.same([twice.status, twice.json.code, twice.json.from], [409, 'invalid-transition', 'withdrawn'])

  const held = await ready(api, await montreal)
  const itinerary = await proposed(api, held.id)
  await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
  t.equal((await api.must('POST', `/v1/enrolments/${held.id}/withdraw`)).endReason, null)
  t.equal((await api.must('GET', `/v1/itineraries/${itinerary.id}`)).status, 'released')
})

t.test('overruns, no-shows and bookings at once: nothing overlaps, nothing breaks', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 1, nurses: 1 })
  const enrolments = await Promise.all(
    Array.from({ length: 4 }, () => ready(api, staff, { enrolment: { programKey: 'introductory' } })),
  )
  const visits: Json[] = []
  for (const { id } of enrolments.slice(0, 3)) {
    const { id: itinerary } = await proposed(api, id)
    visits.push(...(await api.must('POST', `/v1/itineraries/${itinerary}/confirm`, {}, 201)).appointments)
  }
  const rival = await proposed(api, enrolments[3]?.id)
  const answers = await Promise.all([
    ...visits.flatMap(({ id }) =>
      [10, 25].map((minutes) => api.api('POST', `/v1/appointments/${id}/extend`, { minutes })),
    ),
    ...visits
      .filter((_, i) => i % 5 === 0)
      .map(({ id }) => api.api('POST', `/v1/appointments/${id}/status`, { status: 'no-show' })),
    api.api('POST', `/v1/itineraries/${rival.id}/confirm`, {}),
  ])
  t.same(
    answers.filter(({ status }) => status >= 500),
    [],
  )
  const [broken] = await api.db.execute<{ n: number }>(sql`
    select ((select count(*) from claim a join claim b on a.resource_id = b.resource_id and a.lane = b.lane
        and a.during && b.during and a.ctid < b.ctid)
      + (select count(*) from claim c where not coalesce((select range_agg(v.during) @> c.during from availability v
          where v.resource_id = c.resource_id and v.clinic_id = c.clinic_id and v.during && c.during), false)))::int as n`)
  t.equal(broken?.n, 0)
})
