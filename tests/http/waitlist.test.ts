/** The waiting list over HTTP: freed time goes to whoever can really use it for the rest of their program, best first, and is booked at once or not at all. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { HOUR, type Instant } from '../../src/domain/time.ts'
import { type Json, testApi } from '../support/api.ts'
import { aClinician } from '../support/people.ts'
import { onShift, proposed, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue', logLevel: 'error', logTarget: process.stderr })

/** 2027-01-11 is a Monday. */
const on = (day: number, time: string) => `2027-01-${String(day).padStart(2, '0')}T${time}:00-05:00`
const codes = ({ status, json }: { status: number; json: Json }) => [status, json?.code]

const book = async (staff: Staff, enrolmentId: string, visitKey: string, start: string, therapist?: string) => {
  const participants = therapist ? { participants: [{ as: 'therapist', clinicianId: therapist }] } : {}
  const wish = { enrolmentId, visitKey, start, clinicId: staff.clinic.id, ...participants }
  return (await s).must('POST', '/v1/appointments', wish, 201)
}
/** Both preparations booked, and all the rest from `notBefore` on. → what is booked, by visit */
const inTreatment = async (
  staff: Staff,
  {
    preps = [on(11, '09:00'), on(12, '09:00')] as [string, string],
    therapist = staff.therapist[0],
    ...over
  }: {
    preps?: [string, string]
    therapist?: string | undefined
    patient?: object
    enrolment?: object
  } = {},
  notBefore = on(18, '08:00'),
) => {
  const api = await s
  const enrolment = await ready(api, staff, over)
  await book(staff, enrolment.id, 'prep-1', preps[0], therapist)
  await book(staff, enrolment.id, 'prep-2', preps[1], therapist)
  const rest = await proposed(api, enrolment.id, { notBefore })
  const { appointments } = await api.must('POST', `/v1/itineraries/${rest.id}/confirm`, {})
  return { enrolment, of: (key: string): Json => appointments.find((a: Json) => a.visitKey === key) }
}
const wait = async (enrolmentId: string, over: object = {}) =>
  (await s).must(
    'POST',
    '/v1/waitlist',
    { enrolmentId, visitKey: 'dose-1', from: on(13, '00:00'), to: on(15, '00:00'), ...over },
    201,
  )
const offered = async (staff: Staff): Promise<Json[]> =>
  (await (await s).must('GET', `/v1/waitlist/offers?clinicId=${staff.clinic.id}`)).items
const answer = async (offer: Json, word: string) => (await s).api('POST', `/v1/waitlist/offers/${offer.id}/${word}`)

t.test('of six who wait for a freed dosing slot it is offered to the one who can really use it', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-397', { therapists: 3, nurses: 3 })
  const [first, second, third] = staff.therapist
  const holder = await inTreatment(
    staff,
    { preps: [on(11, '08:00'), on(12, '08:00')], therapist: third },
    on(13, '08:00'),
  )
  t.equal(holder.of('dose-1').start, on(13, '08:00'))
  const fits = await inTreatment(staff)
  const lag = await inTreatment(staff, { preps: [on(11, '11:00'), on(13, '11:00')] })
  const cleared = await inTreatment(staff, { preps: [on(11, '13:00'), on(12, '13:00')] })
  const consent = await inTreatment(staff, { preps: [on(11, '14:00'), on(12, '14:00')] })
  const therapist = await inTreatment(staff, { preps: [on(11, '09:00'), on(12, '09:00')], therapist: second })
  const language = await inTreatment(staff, { preps: [on(11, '11:00'), on(12, '11:00')], therapist: second })
  const all = [fits, lag, cleared, consent, therapist, language]
  const patientOf = ({ enrolment }: { enrolment: Json }) => enrolment.patientId
  await api.must('POST', `/v1/patients/${patientOf(cleared)}/screenings`, {
    assessedBy: staff.prescriber[0],
    assessedOn: '2026-11-21',
    outcome: 'cleared',
    contraindications: [],
    routes: ['rdt'],
    validUntil: '2027-01-25',
  })
  await api.must('DELETE', `/v1/patients/${patientOf(consent)}/consents/treatment`, undefined, 204)
  await api.must('POST', '/v1/time-off', {
    subject: { clinicianId: second },
    start: on(13, '00:00'),
    end: on(14, '00:00'),
    reason: 'away',
  })
  await api.must('PATCH', `/v1/patients/${patientOf(language)}`, { careLanguages: ['es'] })
  for (const { enrolment } of all) await wait(enrolment.id, enrolment === fits.enrolment ? { visitKey: null } : {})
  t.same(await offered(staff), [], 'nothing has become free yet')

  await api.must('POST', `/v1/appointments/${holder.of('dose-1').id}/cancel`, { by: 'patient' })
  const [offer, ...more] = await offered(staff)
  t.same(more, [])
  t.match(offer, {
    enrolmentId: fits.enrolment.id,
    visitKey: 'dose-1',
    start: on(13, '08:00'),
    gainDays: 5,
    status: 'offered',
    timeZone: 'America/Toronto',
  })
  t.ok(offer.visits.some((v: Json) => v.visitKey === 'integration-1' && v.start.startsWith('2027-01-14')))
  t.ok(
    offer.visits.every((v: Json) =>
      v.participants.every((p: Json) => p.role !== 'therapist' || p.clinicianId === first),
    ),
    'with their own therapist',
  )

  const other = await proposed(api, fits.enrolment.id, { steps: ['connect'] })
  await api.must('POST', `/v1/itineraries/${other.id}/hold`, {})
  t.same(codes(await answer(offer, 'accept')), [409, 'enrolment-held'], 'not while something else is held for them')
  await api.must('DELETE', `/v1/itineraries/${other.id}/hold`, undefined, 204)

  const { status, json } = await answer(offer, 'accept')
  t.same([status, json.status], [200, 'accepted'])
  const moved = await api.must('GET', `/v1/appointments/${fits.of('dose-1').id}`)
  t.match(moved, { status: 'booked', start: on(13, '08:00'), sequence: 1 }, 'the same appointment, moved')
  t.same(codes(await answer(offer, 'accept')), [409, 'invalid-transition'])
  t.same(codes(await answer(offer, 'decline')), [409, 'invalid-transition'])
  const waits = async (query: string) =>
    (await api.must('GET', `/v1/waitlist?enrolmentId=${fits.enrolment.id}${query}`)).items
  t.same(await waits(''), [], 'who has it waits no more')
  const entries = await waits('&status=served')
  t.match(entries, [{ status: 'served', visitKey: null, minNoticeHours: 48 }])
})

t.test('the most urgent is asked first, then who wins most; declined or run out, the next', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 3, nurses: 3 })
  const of = (enrolment: object, hour: string, therapist: string | undefined, notBefore: string) =>
    inTreatment(staff, { preps: [on(11, hour), on(12, hour)], therapist, enrolment }, notBefore)
  const holder = await of({}, '08:00', staff.therapist[2], on(14, '08:00'))
  const [soon, later, urgent] = [
    await of({}, '09:00', staff.therapist[0], on(18, '08:00')),
    await of({}, '10:00', staff.therapist[0], on(20, '08:00')),
    await of({ priority: 4 }, '11:00', staff.therapist[1], on(18, '08:00')),
  ]
  for (const { enrolment } of [soon, later, urgent]) await wait(enrolment.id)
  const broken = await of({ priority: 4 }, '14:00', staff.therapist[1], on(21, '08:00'))
  await wait(broken.enrolment.id)
  await api.db.execute(
    sql`update enrolment set weekly_unavailable = '[{"byDay": ["WE"], "from": "noon"}]' where id = ${broken.enrolment.id}`,
  )
  const twice = await api.api('POST', '/v1/waitlist', {
    enrolmentId: soon.enrolment.id,
    visitKey: 'dose-1',
    from: on(13, '00:00'),
    to: on(15, '00:00'),
  })
  t.same(codes(twice), [409, 'already-booked'])
  await api.must('POST', `/v1/appointments/${holder.of('dose-1').id}/cancel`, { by: 'clinic' })
  const most = await of({ priority: 4 }, '15:00', staff.therapist[1], on(20, '08:00'))
  await wait(most.enrolment.id)
  const [withdrawn] = await offered(staff)
  t.equal(withdrawn.enrolmentId, most.enrolment.id)
  await api.must('POST', `/v1/enrolments/${most.enrolment.id}/withdraw`, {})
  t.same((await api.must('GET', `/v1/waitlist?enrolmentId=${most.enrolment.id}`)).items, [])
  const [first] = await offered(staff)
  t.equal(first.enrolmentId, urgent.enrolment.id, 'one that cannot be planned at all stops nobody')
  t.equal((await answer(first, 'decline')).json.status, 'declined')
  const [second] = await offered(staff)
  t.equal(second.enrolmentId, later.enrolment.id)
  const at = api.clock.now
  api.clock.now = (at + 25 * HOUR) as Instant
  const [third, ...none] = await offered(staff)
  t.same([third.enrolmentId, none], [soon.enrolment.id, []])
  t.equal((await answer(second, 'accept')).json.from, 'lapsed')
  await api.must('PATCH', `/v1/enrolments/${soon.enrolment.id}`, { unavailable: [] })
  const busy = third.visits[0].participants.find((p: Json) => p.role === 'therapist').clinicianId
  const taken = await ready(api, staff)
  await book(staff, taken.id, 'prep-1', third.start, busy)
  t.same(codes(await answer(third, 'accept')), [409, 'resource-taken'], 'overtaken: nothing is booked')
  t.equal((await api.must('GET', `/v1/appointments/${soon.of('dose-1').id}`)).start, soon.of('dose-1').start)
  t.equal((await answer(third, 'accept')).json.from, 'lapsed')
  t.same(await offered(staff), [], 'and nobody is left to ask')
  api.clock.now = at
})

t.test('an extra shift opens time as well, for a whole program where nothing is booked', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial', { therapists: 0, nurses: 2 })
  const licence = { province: 'BC', college: 'A college', number: '9', validFrom: '2020-01-01', validUntil: null }
  const therapist = await aClinician(api, 'therapist', { licences: [licence] })
  await onShift(api, therapist, staff.clinic.id, { validFrom: '2027-02-01', startTime: '09:00', endTime: '17:00' })
  const enrolment = await ready(api, staff, { enrolment: { programKey: 'introductory' } })
  const entry = await wait(enrolment.id, {
    visitKey: 'prep-1',
    from: '2027-01-25T00:00:00-07:00',
    to: '2027-01-30T00:00:00-07:00',
  })
  t.match(entry, { clinicId: staff.clinic.id, timeZone: 'America/Vancouver', status: 'waiting' })
  t.same(await offered(staff), [])
  await api.must('POST', '/v1/extra-shifts', {
    subject: { clinicianId: therapist },
    clinicId: staff.clinic.id,
    start: '2027-01-29T10:00:00-07:00',
    end: '2027-01-29T12:00:00-07:00',
  })
  const [offer] = await offered(staff)
  t.match(offer, { start: '2027-01-29T10:00:00-07:00', gainDays: null, enrolmentId: enrolment.id })
  t.same(
    offer.visits.map((v: Json) => v.visitKey),
    ['prep-1', 'dose-1', 'integration-1', 'closing'],
  )
  await api.must('DELETE', `/v1/waitlist/${entry.id}`, undefined, 204)
  t.equal((await answer(offer, 'accept')).json.from, 'lapsed', 'an entry that is taken back takes its offer along')
  t.equal((await api.api('DELETE', `/v1/waitlist/${entry.id}`)).status, 404)
})

t.test('what cannot be waited for is refused, and another clinic sees nothing', async (t) => {
  const api = await s
  const clinic = await api.must('GET', '/v1/clinics/montreal-sherbrooke')
  const staff = { clinic, therapist: [], nurse: [], prescriber: [await aClinician(api, 'prescriber')], navigator: [] }
  const { id } = await ready(api, staff)
  const window = { from: on(13, '00:00'), to: on(15, '00:00') }
  const REFUSED: [string, object, number, string][] = [
    ['an unknown visit', { visitKey: 'dose-9' }, 400, 'visitKey'],
    ['a window that ends before it begins', { to: on(12, '00:00') }, 400, 'to'],
    ['a window of the past', { from: '2026-10-01T00:00:00Z', to: '2026-10-02T00:00:00Z' }, 400, 'to'],
    ['a window of a year', { to: '2027-12-01T00:00:00Z' }, 400, 'to'],
    ['notice in the past', { minNoticeHours: -1 }, 400, 'minNoticeHours'],
    ['nobody known', { enrolmentId: '01900000-0000-7000-8000-000000000000' }, 404, 'not-found'],
    ['an unknown member', { colour: 'blue' }, 400, 'colour'],
  ]
  for (const [name, over, status, told] of REFUSED) {
    const { status: got, json } = await api.api('POST', '/v1/waitlist', { enrolmentId: id, ...window, ...over })
    t.same([got, json.code === 'validation' ? json.errors[0].path : json.code], [status, told], name)
  }
  const entry = await wait(id, { visitKey: null })
  const toronto = await api.must('GET', '/v1/clinics/toronto-eglinton')
  const stranger = await api.as('scheduler', { clinicIds: [toronto.id] })
  t.equal((await stranger('DELETE', `/v1/waitlist/${entry.id}`)).status, 404)
  t.same((await stranger('GET', `/v1/waitlist?enrolmentId=${id}`)).json.items, [])
  t.same(
    (await stranger('GET', '/v1/waitlist/offers')).json.items.filter((o: Json) => o.clinicId !== toronto.id),
    [],
  )
  for (const word of ['accept', 'decline'])
    t.equal((await answer({ id: entry.id }, word)).status, 404, 'an entry is no offer')
})
