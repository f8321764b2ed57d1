/** Slots over HTTP: every start that is offered can be booked, and no other. */
import { performance } from 'node:perf_hooks'
import t, { type Test } from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'
import { onShift, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue', logLevel: 'error', logTarget: process.stderr })

const QUARTER = 15 * 60_000
/** Of the starts, every so manieth is tried: a prime, so that all minutes of the hour come up. */
const EVERY = 3
const at = (text: string) => new Date(text).toISOString()

const slotsOf = async (enrolmentId: string, visitKey: string, from: string, to: string, over: object = {}) =>
  (await s).must('POST', `/v1/enrolments/${enrolmentId}/slots`, { visitKey, from, to, ...over }, 200)

/** Every grid start of the window: booked and cancelled again, or refused. Offered ones are booked, all others refused. */
async function offeredIsBookable(t: Test, enrolment: Json, staff: Staff, visitKey: string, from: string, to: string) {
  const api = await s
  const { slots, nextFrom } = await slotsOf(enrolment.id, visitKey, from, to)
  t.equal(nextFrom, null)
  const offered = new Map<string, Json>(slots.map((slot: Json) => [at(slot.start), slot]))
  const wrong: string[] = []
  for (let start = Date.parse(from); start < Date.parse(to); start += EVERY * QUARTER) {
    const slot = offered.get(new Date(start).toISOString())
    const { status, json } = await api.api('POST', '/v1/appointments', {
      enrolmentId: enrolment.id,
      visitKey,
      start: new Date(start).toISOString(),
      clinicId: staff.clinic.id,
      // what the slot names can be had, and so can whatever is chosen
      ...(slot && (start / QUARTER) % 2 === 0
        ? {
            roomId: slot.roomId,
            modality: slot.modality,
            participants: [...new Map(slot.participants.map((p: Json) => [p.as, p.clinicianId]))].map(
              ([as, clinicianId]) => ({ as, clinicianId }),
            ),
          }
        : {}),
    })
    if ((status === 201) !== (slot !== undefined)) wrong.push(`${new Date(start).toISOString()} ${status} ${json.code}`)
    if (status >= 500) wrong.push(`${status}`)
    if (status === 201) await api.must('POST', `/v1/appointments/${json.id}/cancel`, { by: 'clinic' }, 200)
  }
  t.same(wrong, [], `${visitKey} from ${from}`)
  return slots
}
t.test('offered is bookable, and nothing else is', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial', { therapists: 2, nurses: 1 })
  const [therapist = ''] = staff.therapist
  await api.must('POST', '/v1/time-off', {
    subject: { clinicianId: therapist },
    start: '2027-01-12T10:00:00-07:00',
    end: '2027-01-12T13:30:00-07:00',
    reason: 'training',
  })
  const other = await ready(api, staff)
  const book = (body: object, want = 201) =>
    api.must('POST', '/v1/appointments', { clinicId: staff.clinic.id, ...body }, want)
  await book({ enrolmentId: other.id, visitKey: 'prep-1', start: '2027-01-11T09:00:00-07:00' })
  await book({ enrolmentId: other.id, visitKey: 'prep-2', start: '2027-01-12T08:45:00-07:00' })
  await book({ enrolmentId: other.id, visitKey: 'dose-1', start: '2027-01-13T11:00:00-07:00' })
  const enrolment = await ready(api, staff, {
    enrolment: {
      unavailable: [{ start: '2027-01-12T16:00:00-07:00', end: '2027-01-12T16:40:00-07:00' }],
      weeklyUnavailable: [{ byDay: ['WE'], from: '08:00', to: '09:00' }],
    },
  })

  await t.test('the first preparation', (t) =>
    offeredIsBookable(t, enrolment, staff, 'prep-1', '2027-01-12T07:30:00-07:00', '2027-01-12T19:00:00-07:00').then(
      () => {},
    ),
  )
  await book({
    enrolmentId: enrolment.id,
    visitKey: 'prep-1',
    start: '2027-01-11T11:00:00-07:00',
    participants: [{ as: 'therapist', clinicianId: therapist }],
  })
  await t.test('the second: with the same therapist, a day later at least', async (t) => {
    const slots = await offeredIsBookable(
      t,
      enrolment,
      staff,
      'prep-2',
      '2027-01-11T17:00:00-07:00',
      '2027-01-12T19:00:00-07:00',
    )
    t.ok(slots.length > 0)
    t.ok(slots.every((slot: Json) => slot.participants[0].clinicianId === therapist))
    t.ok(slots.every((slot: Json) => slot.start >= '2027-01-12'))
  })
  await book({ enrolmentId: enrolment.id, visitKey: 'prep-2', start: '2027-01-12T14:00:00-07:00' })
  await t.test('a dose beside another: the one nurse comes twice to both', async (t) => {
    const slots = await offeredIsBookable(
      t,
      enrolment,
      staff,
      'dose-1',
      '2027-01-13T07:30:00-07:00',
      '2027-01-13T16:30:00-07:00',
    )
    t.match(slots[0], {
      modality: 'in-person',
      participants: [{ as: 'nurse' }, { as: 'nurse' }, { as: 'therapist' }, { as: 'prescriber' }],
    })
  })
  await t.test('a visit that is booked: the starts that it can be moved to, its own among them', async (t) => {
    const { slots } = await slotsOf(enrolment.id, 'prep-2', '2027-01-12T08:00:00-07:00', '2027-01-12T18:00:00-07:00')
    const starts = slots.map((slot: Json) => slot.start)
    t.ok(starts.includes('2027-01-12T14:00:00-07:00'))
    t.ok(starts.includes('2027-01-12T14:15:00-07:00'), 'it does not block itself')
    t.equal(slots[0].participants[0].clinicianId, therapist)
  })
  await t.test('a limit cuts the list, and says where it goes on', async (t) => {
    const window = ['2027-01-14T00:00:00-07:00', '2027-01-22T00:00:00-07:00'] as const
    const whole = (await slotsOf(enrolment.id, 'dose-1', ...window)).slots
    const first = await slotsOf(enrolment.id, 'dose-1', ...window, { limit: 5 })
    t.equal(first.slots.length, 5)
    t.equal(first.nextFrom, whole[5].start)
    const rest = await slotsOf(enrolment.id, 'dose-1', first.nextFrom, window[1])
    t.same(
      [...first.slots, ...rest.slots].map((x: Json) => x.start),
      whole.map((x: Json) => x.start),
    )
  })
})

t.test('a gate that is closed leaves no slot; one that closes on a day leaves those before it', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke')
  const { id } = await aPatient(api)
  const { id: enrolmentId } = await anEnrolment(api, 'montreal-sherbrooke', id)
  const window = ['2027-01-11T00:00:00-05:00', '2027-02-10T00:00:00-05:00'] as const
  t.same((await slotsOf(enrolmentId, 'dose-1', ...window)).slots, [], 'neither cleared nor consenting')
  t.ok((await slotsOf(enrolmentId, 'prep-1', ...window)).slots.length > 0, 'which a conversation does not ask for')
  await api.must('POST', `/v1/patients/${id}/consents`, { kind: 'treatment', givenOn: '2026-11-20' })
  await api.must('POST', `/v1/patients/${id}/screenings`, {
    assessedBy: staff.prescriber[0],
    assessedOn: '2026-11-20',
    outcome: 'cleared',
    contraindications: [],
    routes: ['rdt'],
    validUntil: '2027-01-20',
  })
  const { slots } = await slotsOf(enrolmentId, 'dose-1', ...window)
  t.equal(slots.at(-1).start.slice(0, 10), '2027-01-20')
  await api.must('PATCH', `/v1/clinics/${staff.clinic.id}`, {
    policy: { sessionTimes: { dosing: ['09:00', '13:30'] } },
  })
  const sessions = (await slotsOf(enrolmentId, 'dose-1', ...window)).slots
  t.same([...new Set(sessions.map((x: Json) => x.start.slice(11, 16)))], ['09:00', '13:30'])
  await api.must('PATCH', `/v1/clinics/${staff.clinic.id}`, { policy: { sessionTimes: null } })
})

t.test('a live hold takes its time, an expired one does not', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-393', { therapists: 1, nurses: 1 })
  const [mine, theirs] = [await ready(api, staff), await ready(api, staff)]
  const [itinerary] = (
    await api.must('POST', `/v1/enrolments/${theirs.id}/itineraries`, {
      notBefore: '2027-01-11T08:00:00-05:00',
      steps: ['prepare', 'experience', 'integrate', 'reconnect'],
      limit: 1,
    })
  ).itineraries
  const [visit] = itinerary.visits
  const offered = async () => {
    const { slots } = await slotsOf(mine.id, 'prep-1', visit.start, visit.end)
    return slots.some((x: Json) => x.start === visit.start)
  }
  t.equal(await offered(), true)
  await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
  t.equal(await offered(), false)
  await api.api('DELETE', `/v1/itineraries/${itinerary.id}/hold`)
  t.equal(await offered(), true)
})

t.test('what may be taken virtually is offered so when asked for', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 1 })
  const late = await aClinician(api, 'therapist', {
    licences: [{ province: 'ON', college: 'A college', number: '1', validFrom: '2020-01-01', validUntil: null }],
  })
  await onShift(api, late, staff.clinic.id, { startTime: '18:00', endTime: '20:00' })
  const enrolment = await ready(api, staff)
  const evening = ['2027-01-11T18:00:00-05:00', '2027-01-11T20:00:00-05:00'] as const
  t.same((await slotsOf(enrolment.id, 'prep-1', ...evening)).slots, [], 'the clinic is closed')
  const { slots } = await slotsOf(enrolment.id, 'prep-1', ...evening, { modality: 'virtual' })
  t.match(slots[0], { start: '2027-01-11T18:00:00-05:00', roomId: null, modality: 'virtual' })
  const booked = await api.must('POST', '/v1/appointments', {
    enrolmentId: enrolment.id,
    visitKey: 'prep-1',
    start: slots[0].start,
    clinicId: staff.clinic.id,
    modality: 'virtual',
  })
  t.match(booked, { modality: 'virtual', roomId: null, participants: [{ clinicianId: late }] })
})

t.test('bad wishes name their field', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-397', { therapists: 4, nurses: 3 })
  const enrolment = await ready(api, staff)
  const good = { visitKey: 'prep-1', from: '2027-01-11T00:00:00-05:00', to: '2027-04-11T00:00:00-04:00' }
  for (const [over, path] of [
    [{ visitKey: 'nap' }, 'visitKey'],
    [{ to: good.from }, 'to'],
    [{ to: '2027-08-11T00:00:00-04:00' }, 'to'],
    [{ limit: 0 }, 'limit'],
    [{ from: '2027-01-11' }, 'from'],
    [{ modality: 'phone' }, 'modality'],
  ] as const) {
    const { status, json } = await api.api('POST', `/v1/enrolments/${enrolment.id}/slots`, { ...good, ...over })
    t.same([status, json.errors?.[0]?.path], [400, path], JSON.stringify(over))
  }
  const stranger = await api.as('scheduler', {
    clinicIds: [(await api.must('GET', '/v1/clinics/toronto-eglinton')).id],
  })
  t.equal((await stranger('POST', `/v1/enrolments/${enrolment.id}/slots`, good)).status, 404)

  const times: number[] = []
  for (let i = 0; i < 12; i++) {
    const began = performance.now()
    await slotsOf(enrolment.id, i % 2 ? 'prep-1' : 'dose-1', good.from, good.to)
    times.push(performance.now() - began)
  }
  const [slowest = 0] = times.slice(2).sort((a, b) => b - a)
  t.comment(`90 days: ${times.map((ms) => ms.toFixed(0)).join(' ')} ms`)
  t.ok(slowest < 1000, `ninety days in ${slowest.toFixed(0)} ms`)
})
