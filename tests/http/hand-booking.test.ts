/** One visit by hand over HTTP: named people and rooms are used or refused, the rest is chosen; the order of refusals; races. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { aClinician, anEnrolment, aPatient, cleared } from '../support/people.ts'
import { onShift, proposed, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue', logLevel: 'error', logTarget: process.stderr })
const laurier = s.then((api) => staffed(api, 'montreal-laurier-397', { therapists: 3, nurses: 2, prescribers: 1 }))

/** 2027-01-11 is a Monday. */
const MONDAY = '2027-01-11T10:00:00-05:00'
const on = (day: number, time: string) => `2027-01-${day}T${time}:00-05:00`

const book = async (staff: Staff, enrolmentId: string, visitKey: string, start: string, over: object = {}) =>
  (await s).api('POST', '/v1/appointments', { enrolmentId, visitKey, start, clinicId: staff.clinic.id, ...over })
const booked = async (...args: Parameters<typeof book>): Promise<Json> => {
  const { status, json, text } = await book(...args)
  if (status !== 201) throw new Error(`${args[2]} ${args[3]}: ${text}`)
  return json
}
const by = (as: string, clinicianId: string | undefined) => ({ participants: [{ as, clinicianId }] })
const personOf = (appointment: Json, as: string): string =>
  appointment.participants.find((p: Json) => p.as === as).clinicianId

t.test('unnamed people and room are chosen; named ones are used', async (t) => {
  const api = await s
  const staff = await laurier
  const enrolment = await ready(api, staff)
  const [, second] = staff.therapist
  const { items: rooms } = await api.must('GET', `/v1/clinics/${staff.clinic.id}/rooms?limit=50`)
  const room = rooms.filter((r: Json) => r.kind === 'consultation').at(-1)
  const prep = await booked(staff, enrolment.id, 'prep-1', MONDAY, { roomId: room.id, ...by('therapist', second) })
  t.match(prep, {
    status: 'booked',
    start: MONDAY,
    end: on(11, '10:50'),
    roomId: room.id,
    modality: 'in-person',
    sequence: 0,
    revision: 1,
    timeZone: 'America/Toronto',
  })
  t.equal(personOf(prep, 'therapist'), second)
  t.same(await api.must('GET', `/v1/appointments/${prep.id}`), prep)
  const again = await book(staff, enrolment.id, 'prep-1', on(12, '10:00'))
  t.same([again.status, again.json.code], [409, 'already-booked'])
  const call = await booked(staff, enrolment.id, 'info-call', on(11, '09:00'))
  t.match(call, { modality: 'phone', roomId: null, participants: [{ as: 'navigator' }] })

  const prep2 = await booked(staff, enrolment.id, 'prep-2', on(12, '10:00'))
  t.equal(personOf(prep2, 'therapist'), second, 'who led the first leads the second')
  const dose = await booked(staff, enrolment.id, 'dose-1', on(14, '09:00'))
  t.same(
    dose.participants.map((p: Json) => p.as),
    ['nurse', 'nurse', 'therapist', 'prescriber'],
  )
  const rest = await proposed(api, enrolment.id)
  t.same([...new Set(rest.visits.map((v: Json) => personOf(v, 'therapist')))], [second], 'and all that is planned')
})

t.test('refused before anything is claimed', async (t) => {
  const api = await s
  const staff = await laurier
  const enrolment = await ready(api, staff)
  const [first, second] = staff.therapist
  const nobody = '00000000-0000-4000-8000-000000000000'
  const { items: rooms } = await api.must('GET', `/v1/clinics/${staff.clinic.id}/rooms?limit=50`)
  const dosing = rooms.find((r: Json) => r.kind === 'dosing').id
  const paths: [string, string, object, string][] = [
    ['prep-1', '2026-11-02T10:00:00-05:00', {}, 'start'],
    ['prep-1', on(18, '10:05'), {}, 'start'],
    ['prep-1', '2027-01-18T10:00:30-05:00', {}, 'start'],
    ['nap', on(18, '10:00'), {}, 'visitKey'],
    ['prep-1', on(18, '10:00'), { modality: 'phone' }, 'modality'],
    ['prep-1', on(18, '10:00'), { modality: 'virtual', roomId: dosing }, 'roomId'],
    ['prep-1', on(18, '10:00'), { roomId: dosing }, 'roomId'],
    ['prep-1', on(18, '10:00'), by('nurse', first), 'participants[0].as'],
    ['prep-1', on(18, '10:00'), { clinicId: (await api.must('GET', '/v1/clinics/toronto-eglinton')).id }, 'clinicId'],
    ['prep-1', on(18, '10:00'), { override: { rules: ['lag'], reason: 'x' } }, 'override.approvedBy'],
    ['prep-1', on(18, '10:00'), { override: { rules: ['claims'], reason: 'x' } }, 'override.rules[0]'],
  ]
  for (const [visitKey, start, over, path] of paths) {
    const { status, json } = await book(staff, enrolment.id, visitKey, start, over)
    t.same([status, json.errors?.[0]?.path], [400, path], `${visitKey} ${start} ${JSON.stringify(over)}`)
  }
  for (const over of [{ clinicId: nobody }, { roomId: nobody }, by('therapist', nobody), { enrolmentId: nobody }])
    t.equal((await book(staff, enrolment.id, 'prep-1', on(18, '10:00'), over)).status, 404, JSON.stringify(over))

  const ontario = { province: 'ON', college: 'A college', number: '1', validFrom: '2020-01-01', validUntil: null }
  const english = await aClinician(api, 'therapist', { languages: ['de'] })
  const elsewhere = await aClinician(api, 'therapist', { licences: [ontario] })
  for (const id of [english, elsewhere]) await onShift(api, id, staff.clinic.id)
  const codes: [string, string, object, number, string][] = [
    ['prep-1', on(18, '10:00'), by('therapist', staff.nurse[0]), 422, 'wrong-role'],
    ['prep-1', on(18, '10:00'), by('therapist', elsewhere), 422, 'not-licensed'],
    ['prep-1', on(18, '10:00'), by('therapist', english), 422, 'wrong-language'],
    ['prep-1', on(16, '10:00'), {}, 409, 'outside-availability'],
    ['prep-1', on(18, '17:30'), by('therapist', first), 409, 'outside-availability'],
  ]
  for (const [visitKey, start, over, status, code] of codes) {
    const answer = await book(staff, enrolment.id, visitKey, start, over)
    t.same([answer.status, answer.json.code], [status, code], `${visitKey} ${start}`)
    if (status === 422) t.match(answer.json, { visitKey, clinicianId: String })
    else t.match(answer.json.conflicts[0], { visitKey, kind: String, id: String, start: String, end: String })
  }
  await booked(staff, enrolment.id, 'prep-1', on(18, '10:00'), by('therapist', first))
  const lag = await book(staff, enrolment.id, 'prep-2', on(18, '14:00'))
  t.same([lag.status, lag.json.code], [422, 'lag-violated'])
  t.match(lag.json.violations, [{ visitKey: 'prep-2', after: 'prep-1', rule: 'minDays', actual: 0, required: 1 }])
  const other = await book(staff, enrolment.id, 'prep-2', on(19, '14:00'), by('therapist', second))
  t.match(other.json, { code: 'lag-violated', violations: [{ rule: 'continuity', actual: second, required: first }] })
  const override = { rules: ['continuity'], reason: 'The therapist is moving.' }
  const handed = await booked(staff, enrolment.id, 'prep-2', on(19, '14:00'), { ...by('therapist', second), override })
  t.equal(personOf(handed, 'therapist'), second)
  const { items } = await api.must('GET', `/v1/audit?patientId=${enrolment.patientId}`)
  t.match(
    items.find((e: Json) => e.action === 'override'),
    { resourceType: 'appointment', resourceId: handed.id, fieldClasses: ['rule:continuity'] },
  )
})

t.test(
  'who leads a visit that was booked since leads the itinerary, or it is neither held nor confirmed',
  async (t) => {
    const api = await s
    const staff = await laurier
    const enrolment = await ready(api, staff)
    const [first, second] = staff.therapist
    const rest = { notBefore: '2027-02-15T08:00:00-05:00', steps: ['experience', 'integrate'], therapistId: first }
    const before = await proposed(api, enrolment.id, rest)
    const override = { rules: ['continuity'], reason: 'The therapist is moving.' }
    const waived = await proposed(api, enrolment.id, { ...rest, override })
    await booked(staff, enrolment.id, 'prep-2', '2027-02-12T10:00:00-05:00', by('therapist', second))
    for (const action of ['hold', 'confirm']) {
      const { status, json } = await api.api('POST', `/v1/itineraries/${before.id}/${action}`, {})
      t.same([status, json.code], [422, 'lag-violated'], action)
      t.match(json.violations[0], { visitKey: 'dose-1', after: 'prep-2', rule: 'continuity', actual: first })
      t.ok(json.violations.every((v: Json) => v.required === second))
    }
    const handed = await proposed(api, enrolment.id, { ...rest, allowHandover: true })
    await api.must('POST', `/v1/itineraries/${handed.id}/hold`, {}, 201)
    await api.must('DELETE', `/v1/itineraries/${handed.id}/hold`, undefined, 204)
    const { appointments } = await api.must('POST', `/v1/itineraries/${waived.id}/confirm`, {}, 201)
    t.ok(appointments.every((a: Json) => personOf(a, 'therapist') === first))
  },
)

t.test('gates of the visit’s date', async (t) => {
  const api = await s
  const staff = await laurier
  const { id } = await aPatient(api)
  const enrolment = await anEnrolment(api, 'montreal-laurier-397', id)
  const dose = () => book(staff, enrolment.id, 'dose-1', on(20, '09:00'))
  t.match(await dose(), { status: 422, json: { code: 'not-cleared', reasons: [{ visitKey: 'dose-1' }] } })
  await cleared(api, id, staff.prescriber[0] ?? '')
  const open = await dose()
  t.equal(open.status, 201, 'a visit that has no date binds nobody')
  await api.must('POST', `/v1/appointments/${open.json.id}/cancel`, { by: 'clinic' }, 200)
  await api.api('DELETE', `/v1/patients/${id}/consents/treatment`)
  t.match(await dose(), { status: 422, json: { code: 'consent-missing' } })
})

t.test('what is taken is named, what is given back is free at once', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 2, nurses: 1, prescribers: 1 })
  const [first, second] = staff.therapist
  const people = await Promise.all(Array.from({ length: 5 }, () => ready(api, staff)))
  const [a, b, c, d, e] = people.map((p) => p.id)
  const held = await booked(staff, a, 'prep-1', MONDAY, by('therapist', first))
  const named = await book(staff, b, 'prep-1', on(11, '10:30'), by('therapist', first))
  t.match(named, {
    status: 409,
    json: { code: 'resource-taken', conflicts: [{ kind: 'clinician', id: first, visitKey: 'prep-1' }] },
  })
  const room = await book(staff, b, 'prep-1', on(11, '10:30'), { roomId: held.roomId })
  t.match(room, { status: 409, json: { code: 'resource-taken', conflicts: [{ kind: 'room', id: held.roomId }] } })
  const free = await booked(staff, b, 'prep-1', MONDAY)
  t.equal(personOf(free, 'therapist'), second, 'interchangeable, and one is taken')
  const none = await book(staff, c, 'prep-1', MONDAY)
  t.match(none, { status: 409, json: { code: 'resource-taken' } })
  t.same(
    none.json.conflicts.flatMap((x: Json) => (x.kind === 'clinician' ? [x.id] : [])).sort(),
    [first, second].sort(),
    'every candidate on shift',
  )
  await booked(staff, c, 'prep-1', on(11, '11:00'), by('therapist', first))
  t.match(
    await book(staff, a, 'info-call', on(11, '10:15')),
    { status: 409, json: { code: 'resource-taken', conflicts: [{ kind: 'patient' }] } },
    'a patient is in one place at a time',
  )
  await api.must('POST', `/v1/appointments/${held.id}/cancel`, { by: 'patient' }, 200)
  const retaken = await booked(staff, d, 'prep-1', MONDAY)
  t.equal(personOf(retaken, 'therapist'), first)

  t.test('turnover is part of the room’s claim, and doses of a day have a limit', async (t) => {
    const tuesday = await Promise.all([
      booked(staff, d, 'dose-1', on(13, '08:00')),
      booked(staff, e, 'dose-1', on(13, '11:00')),
    ])
    const taken = await book(staff, b, 'dose-1', on(13, '10:30'), { roomId: tuesday[0].roomId })
    t.match(taken.json, { code: 'limit-exceeded', clinicianId: staff.nurse[0] })
    const spare = await aClinician(api, 'nurse')
    await onShift(api, spare, staff.clinic.id)
    const turnover = await book(staff, b, 'dose-1', on(13, '10:30'), { roomId: tuesday[0].roomId })
    t.match(turnover.json, { code: 'resource-taken', conflicts: [{ kind: 'room', id: tuesday[0].roomId }] })
    const third = await book(staff, b, 'dose-1', on(13, '14:00'), by('nurse', staff.nurse[0]))
    t.match(third, { status: 422, json: { code: 'limit-exceeded', clinicianId: staff.nurse[0], visitKey: 'dose-1' } })
    const override = { rules: ['limit'], reason: 'agreed with the nurse' }
    t.equal((await book(staff, b, 'dose-1', on(13, '14:00'), { ...by('nurse', staff.nurse[0]), override })).status, 201)
  })
  await Promise.resolve()
})

t.test('sixteen at once: as many get it as there are therapists and rooms, each with others', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 3, nurses: 1 })
  const { items: rooms } = await api.must('GET', `/v1/clinics/${staff.clinic.id}/rooms?limit=50`)
  const places = Math.min(3, rooms.filter((r: Json) => r.kind === 'consultation').length)
  const rivals = await Promise.all(Array.from({ length: 16 }, () => ready(api, staff)))
  const answers = await Promise.all(rivals.map((p) => book(staff, p.id, 'prep-1', MONDAY)))
  t.same(
    answers.map((a) => a.status).sort(),
    Array.from({ length: 16 }, (_, i) => (i < places ? 201 : 409)),
    'nobody is refused what another could still have had',
  )
  for (const { status, json } of answers) if (status === 409) t.equal(json.code, 'resource-taken')
  const mine = await ready(api, staff)
  const twice = await Promise.all(Array.from({ length: 6 }, () => book(staff, mine.id, 'prep-1', on(12, '10:00'))))
  t.same(twice.map((a) => a.json.code ?? 'booked').sort(), [...Array(5).fill('already-booked'), 'booked'])
  const [row] = (await api.db.execute(sql`
    select count(*)::int as n from claim a join claim b on a.resource_id = b.resource_id and a.lane = b.lane
      and a.during && b.during and (a.during, a.enrolment_id) < (b.during, b.enrolment_id)`)) as unknown as {
    n: number
  }[]
  t.equal(row?.n, 0)
})

t.test('a repeatable visit is booked as often as it is wanted, and binds nobody', async (t) => {
  const api = await s
  const staff = await laurier
  const standard = await api.must('GET', '/v1/programs/standard')
  const { version: _, ...draft } = standard
  await api.must('POST', '/v1/programs', {
    ...draft,
    key: 'with-follow-ups',
    visits: [
      ...draft.visits,
      {
        key: 'follow-up',
        step: 'integrate',
        title: { en: 'Follow-up', fr: 'Suivi' },
        minutes: 30,
        modality: ['in-person', 'virtual'],
        optional: true,
        repeatable: true,
        claims: [{ as: 'prescriber', role: 'prescriber', from: 0, to: 30, mode: 'exclusive' }],
        after: [{ visit: 'dose-1', minDays: 1 }],
        requires: [],
      },
    ],
  })
  const enrolment = await ready(api, staff, { enrolment: { programKey: 'with-follow-ups' } })
  await booked(staff, enrolment.id, 'dose-1', on(25, '09:00'))
  t.equal((await book(staff, enrolment.id, 'follow-up', on(25, '15:00'))).json.code, 'lag-violated')
  await booked(staff, enrolment.id, 'follow-up', on(27, '09:00'))
  await booked(staff, enrolment.id, 'follow-up', on(27, '10:00'))
  const { slots } = await api.must('POST', `/v1/enrolments/${enrolment.id}/slots`, {
    visitKey: 'follow-up',
    from: on(27, '08:00'),
    to: on(27, '11:00'),
  })
  t.same(
    slots.map((x: Json) => x.start.slice(11, 16)),
    ['08:00', '08:15', '08:30', '09:30', '10:30', '10:45'],
  )
})
