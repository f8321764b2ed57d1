/** Group sessions over HTTP: series and their conflicts, the last seat, who waits, absences in the way, and what the database itself refuses. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { sweepGroups } from '../../src/services/sweep-groups.ts'
import { type Json, testApi } from '../support/api.ts'
import { anEnrolment, aPatient } from '../support/people.ts'
import { ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue', logLevel: 'error', logTarget: process.stderr })
const laurier = s.then((api) => staffed(api, 'montreal-laurier-397', { therapists: 3 }))
const roomOf = async (staff: Staff, kind: string): Promise<string> => {
  const { items } = await (await s).must('GET', `/v1/clinics/${staff.clinic.id}/rooms?limit=50`)
  return items.find((r: Json) => r.kind === kind).id
}
const TITLE = { en: 'Integration group', fr: 'Groupe d’intégration' }
/** Thursdays; the clocks of Montréal go forward on 14 March 2027. */
const THURSDAY = '2027-01-14T13:00:00-05:00'

const wish = async (staff: Staff, over: object = {}) => ({
  clinicId: staff.clinic.id,
  roomId: await roomOf(staff, 'group'),
  title: TITLE,
  facilitatorIds: staff.therapist.slice(0, 2),
  start: THURSDAY,
  minutes: 90,
  seats: 3,
  ...over,
})
const scheduled = async (staff: Staff, over: object = {}): Promise<Json> =>
  (await (await s).must('POST', '/v1/group-sessions', await wish(staff, over), 201)).sessions[0]
const join = async (session: Json, patientId: string, over: object = {}) =>
  (await s).api('POST', `/v1/group-sessions/${session.id}/seats`, { patientId, ...over })
const codes = ({ status, json }: { status: number; json: Json }) => [status, json?.code]

t.test('one session claims its room and both who lead it, whole and for exactly its time', async (t) => {
  const api = await s
  const staff = await laurier
  const session = await scheduled(staff)
  t.match(session, {
    clinicId: staff.clinic.id,
    title: TITLE,
    facilitatorIds: staff.therapist.slice(0, 2),
    start: THURSDAY,
    end: '2027-01-14T14:30:00-05:00',
    minutes: 90,
    seats: 3,
    seatsFree: 3,
    status: 'scheduled',
  })
  const busy = async (subject: string) =>
    (await api.must('GET', `/v1/availability?${subject}&from=2027-01-14T05:00:00Z&to=2027-01-15T05:00:00Z`)).busy
  const whole = [{ start: session.start, end: session.end, appointmentId: null }]
  t.same(await busy(`clinicianId=${staff.therapist[0]}`), whole)
  t.same(await busy(`roomId=${session.roomId}`), whole)
  const again = await api.api('POST', '/v1/group-sessions', await wish(staff, { start: '2027-01-14T14:00:00-05:00' }))
  t.same(codes(again), [409, 'resource-taken'])
  t.same(
    again.json.conflicts.map((c: Json) => [c.kind, c.id, c.start]).sort(),
    [
      ['room', session.roomId, '2027-01-14T14:00:00-05:00'],
      ...staff.therapist.slice(0, 2).map((id) => ['clinician', id, '2027-01-14T14:00:00-05:00']),
    ].sort(),
  )
  const REFUSED: [string, object, number, string][] = [
    ['nobody is on shift at night', { start: '2027-01-14T19:00:00-05:00' }, 409, 'outside-availability'],
    ['more seats than the room has', { seats: 9 }, 400, 'seats'],
    ['a start that has passed', { start: '2026-11-02T13:00:00-05:00' }, 400, 'start'],
    ['a navigator leads no group', { facilitatorIds: staff.navigator }, 422, 'wrong-role'],
    ['one who leads is a therapist', { facilitatorIds: staff.nurse }, 422, 'wrong-role'],
    ['nobody known', { facilitatorIds: ['01900000-0000-7000-8000-000000000000'] }, 404, 'not-found'],
    ['a rule that is none', { rrule: 'FREQ=SOMETIMES' }, 400, 'rrule'],
    ['a rule of another weekday', { rrule: 'FREQ=WEEKLY;BYDAY=MO;COUNT=3' }, 400, 'rrule'],
    ['a rule of years', { rrule: 'FREQ=WEEKLY;COUNT=90' }, 400, 'rrule'],
    [
      'an exception on another day',
      { rrule: 'FREQ=WEEKLY;COUNT=3', exceptDates: ['2027-01-22'] },
      400,
      'exceptDates[0]',
    ],
    ['an unknown member', { colour: 'blue' }, 400, 'colour'],
  ]
  for (const [name, over, status, told] of REFUSED) {
    const { status: got, json } = await api.api('POST', '/v1/group-sessions', await wish(staff, over))
    t.same([got, json.code === 'validation' ? json.errors[0].path : json.code], [status, told], name)
  }
  const toronto = await api.must('GET', '/v1/clinics/toronto-eglinton')
  const elsewhere = await api.api('POST', '/v1/group-sessions', await wish(staff, { clinicId: toronto.id }))
  t.same([elsewhere.status, elsewhere.json.errors[0].path], [400, 'roomId'])
})

t.test(
  'a series keeps its wall time across the clock change, all of it or none, or without what does not fit',
  async (t) => {
    const api = await s
    const staff = await laurier
    const weekly = { start: '2027-02-25T10:00:00-05:00', rrule: 'FREQ=WEEKLY;COUNT=5' }
    const { sessions } = await api.must('POST', '/v1/group-sessions', await wish(staff, weekly))
    t.same(
      sessions.map((one: Json) => one.start),
      [
        '2027-02-25T10:00:00-05:00',
        '2027-03-04T10:00:00-05:00',
        '2027-03-11T10:00:00-05:00',
        '2027-03-18T10:00:00-04:00',
        '2027-03-25T10:00:00-04:00',
      ],
    )
    t.equal(new Set(sessions.map((one: Json) => one.seriesId)).size, 1)
    const daily = {
      start: '2027-03-17T10:00:00-04:00',
      rrule: 'FREQ=DAILY;UNTIL=20270320T235959Z',
      facilitatorIds: staff.therapist.slice(2),
    }
    const count = async () =>
      (
        await api.must(
          'GET',
          `/v1/group-sessions?clinicId=${staff.clinic.id}&from=2027-03-15T00:00:00Z&to=2027-03-22T00:00:00Z`,
        )
      ).items.length
    const refused = await api.api('POST', '/v1/group-sessions', await wish(staff, daily))
    t.same(codes(refused), [409, 'resource-taken'])
    t.same(
      [...new Set(refused.json.conflicts.map((c: Json) => c.start.slice(0, 10)))],
      ['2027-03-18', '2027-03-20'],
      'the group room on Thursday; nobody at all on Saturday',
    )
    t.equal(await count(), 1, 'nothing was written')
    const { sessions: fitting, skipped } = await api.must(
      'POST',
      '/v1/group-sessions',
      await wish(staff, { ...daily, skipConflicts: true }),
    )
    t.same(
      [fitting, skipped].map((list) => list.map((one: Json) => one.start)),
      [
        ['2027-03-17T10:00:00-04:00', '2027-03-19T10:00:00-04:00'],
        ['2027-03-18T10:00:00-04:00', '2027-03-20T10:00:00-04:00'],
      ],
    )
    t.equal(await count(), 3)
    const except = { start: '2027-02-24T10:00:00-05:00', rrule: 'FREQ=WEEKLY;COUNT=3', exceptDates: ['2027-03-03'] }
    const thinned = await api.must('POST', '/v1/group-sessions', await wish(staff, except))
    t.same(
      thinned.sessions.map((one: Json) => one.start.slice(0, 10)),
      ['2027-02-24', '2027-03-10'],
    )
    const early = await api.api(
      'POST',
      '/v1/group-sessions',
      await wish(staff, { start: '2027-03-07T02:30:00-05:00', rrule: 'FREQ=WEEKLY;COUNT=2' }),
    )
    t.same([early.status, early.json.errors[0].path], [400, 'rrule'])
    t.match(early.json.errors[0].message, /2027-03-14/, 'the occurrence that the clocks skip is named')
  },
)

t.test(
  'ten join at once for the last seat: one gets it, and the database would refuse the others by itself',
  async (t) => {
    const api = await s
    const staff = await laurier
    const session = await scheduled(staff, { start: '2027-01-15T10:00:00-05:00', seats: 2 })
    const people = await Promise.all(Array.from({ length: 11 }, () => aPatient(api)))
    const [first, ...others] = people
    t.match(await join(session, first.id), { status: 201, json: { status: 'seated', seat: 1, position: null } })
    t.same(codes(await join(session, first.id)), [409, 'already-booked'])
    const answers = await Promise.all(others.map(({ id }) => join(session, id)))
    t.same(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)])
    t.same([...new Set(answers.flatMap(({ json }) => json.code ?? []))], ['full'])
    const read = await api.must('GET', `/v1/group-sessions/${session.id}`)
    t.same([read.seatsFree, read.members.map((m: Json) => m.seat)], [0, [1, 2]])
    const [loser] = others.filter((_, i) => answers[i]?.status === 409)
    const seat = (n: number) =>
      api.db.execute(sql`insert into group_member (id, session_id, patient_id, seats, seat, status, updated_at)
      values (uuidv7(), ${session.id}, ${loser.id}, 2, ${n}, 'seated', now())`)
    await t.rejects(seat(3), 'a third seat of two')
    await t.rejects(seat(2), 'a seat that somebody has')
    await t.rejects(
      api.db.execute(sql`update group_session set seats = 1 where id = ${session.id}`),
      'fewer seats than taken',
    )
  },
)

t.test('one who leaves concerns nobody else, and whoever waits longest and is free gets the seat', async (t) => {
  const api = await s
  const staff = await laurier
  const session = await scheduled(staff, { start: '2027-01-15T13:00:00-05:00', seats: 1 })
  const elsewhere = await scheduled(staff, {
    start: '2027-01-15T13:30:00-05:00',
    facilitatorIds: staff.therapist.slice(2),
    roomId: await roomOf(staff, 'consultation'),
    seats: 1,
  })
  const [member, busy, next, last] = await Promise.all([1, 2, 3, 4].map(() => aPatient(api)))
  await join(session, member.id)
  for (const [i, who] of [busy, next, last].entries())
    t.match(await join(session, who.id, { wait: true }), { status: 201, json: { status: 'waiting', position: i + 1 } })
  t.same(codes(await api.api('POST', `/v1/group-sessions/${session.id}/waiting`, { patientId: next.id })), [
    409,
    'already-booked',
  ])
  await join(elsewhere, busy.id)
  const twice = await join(elsewhere, member.id)
  t.same(codes(twice), [409, 'full'])
  const left = await api.api('DELETE', `/v1/group-sessions/${session.id}/seats/${member.id}`)
  t.equal(left.status, 204)
  t.same(codes(await api.api('DELETE', `/v1/group-sessions/${session.id}/seats/${member.id}`)), [404, 'not-found'])
  const read = await api.must('GET', `/v1/group-sessions/${session.id}`)
  t.same(
    [read.members, read.waiting].map((list) => list.map((m: Json) => m.patientId)),
    [[next.id], [busy.id, last.id]],
    'who is elsewhere then keeps their place in the queue',
  )
  const events = (await api.db.execute(sql`
    select type, subject ->> 'patientId' as who from event where subject ->> 'groupSessionId' = ${session.id}
    order by sequence`)) as unknown as Json[]
  t.same(
    events.map(({ type, who }) => [type.split('.')[1], who]),
    [
      ['scheduled', null],
      ['seat-taken', member.id],
      ['seat-released', member.id],
      ['seat-taken', next.id],
    ],
  )
  const double = await join(elsewhere, next.id)
  t.same(codes(double), [409, 'full'])
  await api.must('POST', `/v1/group-sessions/${elsewhere.id}/cancel`, { reason: 'snow' })
  const other = await scheduled(staff, {
    start: '2027-01-15T14:00:00-05:00',
    facilitatorIds: staff.therapist.slice(2),
    roomId: elsewhere.roomId,
    seats: 1,
  })
  const overlapping = await join(other, next.id)
  t.same([...codes(overlapping), overlapping.json.conflicts[0].kind], [409, 'resource-taken', 'patient'])
  t.same(codes(await join(elsewhere, last.id)), [409, 'invalid-transition'])
})

t.test('an absence in the way names the session, flags it when asked to, and a cancelled one is final', async (t) => {
  const api = await s
  const staff = await laurier
  const session = await scheduled(staff, { start: '2027-01-18T10:00:00-05:00' })
  const member = await aPatient(api)
  await join(session, member.id)
  const off = {
    subject: { clinicianId: staff.therapist[0] },
    start: '2027-01-18T08:00:00-05:00',
    end: '2027-01-18T18:00:00-05:00',
    reason: 'away',
  }
  const refused = await api.api('POST', '/v1/time-off', off)
  t.same(codes(refused), [409, 'bookings-affected'])
  t.match(refused.json.affected, [{ groupSessionId: session.id, start: session.start, clinicId: staff.clinic.id }])
  const flagged = await api.must('POST', '/v1/time-off', { ...off, onConflict: 'flag' })
  t.same(flagged.flagged, [session.id])
  t.equal((await api.must('GET', `/v1/group-sessions/${session.id}`)).status, 'needs-replanning')
  const cancel = () => api.api('POST', `/v1/group-sessions/${session.id}/cancel`, {})
  t.match(await cancel(), { status: 200, json: { status: 'cancelled', members: [], seatsFree: 3 } })
  t.same(codes(await cancel()), [409, 'invalid-transition'])
  const { busy } = await api.must(
    'GET',
    `/v1/availability?roomId=${session.roomId}&from=2027-01-18T05:00:00Z&to=2027-01-19T05:00:00Z`,
  )
  t.same(busy, [], 'and its room is free again')
})

t.test('a group moves with everybody who sits in it, or not at all; a facilitator is replaced', async (t) => {
  const api = await s
  const staff = await laurier
  const [away, stays, third] = staff.therapist
  const session = await scheduled(staff, { start: '2027-01-22T10:00:00-05:00' })
  const [one, two] = [await aPatient(api), await aPatient(api)]
  for (const { id } of [one, two]) await join(session, id)
  const path = `/v1/group-sessions/${session.id}`
  const move = (over: object) => api.api('POST', `${path}/reschedule`, { start: session.start, ...over })
  const invite = async (id: string) => (await api.api('GET', `${path}/invite.ics?patientId=${id}`)).text
  const off = {
    ...{ subject: { clinicianId: away }, reason: 'away', onConflict: 'flag' },
    ...{ start: '2027-01-22T08:00:00-05:00', end: '2027-01-22T18:00:00-05:00' },
  }
  await api.must('POST', '/v1/time-off', off)
  const toCall = async () => (await api.must('GET', `/v1/worklist?clinicId=${staff.clinic.id}`)).items
  const each = { kind: 'needs-replanning', groupSessionId: session.id, dueAt: session.start, action: 'replan' }
  t.match(
    await toCall(),
    [one.id, two.id].sort().map((patientId) => ({ ...each, patientId })),
    'its members are to be called',
  )
  t.same(codes(await move({})), [409, 'outside-availability'], 'whoever is away cannot lead it')
  const replaced = await move({ facilitatorIds: [third, stays] })
  t.match(replaced, {
    status: 200,
    json: { status: 'scheduled', facilitatorIds: [third, stays], start: session.start },
  })
  t.equal(replaced.json.members.length, 2)
  t.same(await toCall(), [])
  const before = await invite(one.id)

  const elsewhere = await scheduled(staff, {
    ...{ start: '2027-01-25T13:30:00-05:00', facilitatorIds: [away], seats: 1 },
    roomId: await roomOf(staff, 'consultation'),
  })
  await join(elsewhere, two.id)
  const taken = await move({ start: '2027-01-25T13:00:00-05:00' })
  t.same(
    [...codes(taken), taken.json.conflicts.map((c: Json) => [c.kind, c.id])],
    [409, 'resource-taken', [['patient', two.id]]],
  )
  t.equal(await invite(one.id), before, 'nobody has moved')
  const REFUSED: [string, object, number, string][] = [
    ['a start that has passed', { start: '2026-11-02T13:00:00-05:00' }, 400, 'start'],
    ['a room with too few seats', { roomId: elsewhere.roomId }, 400, 'seats'],
    ['a room of nobody', { roomId: '01900000-0000-7000-8000-000000000000' }, 404, 'not-found'],
    [
      'a facilitator who is elsewhere then',
      { start: '2027-01-25T14:00:00-05:00', facilitatorIds: [away] },
      409,
      'resource-taken',
    ],
    ['an unknown member', { minutes: 30 }, 400, 'minutes'],
  ]
  for (const [name, over, status, told] of REFUSED) {
    const { status: got, json } = await move(over)
    t.same([got, json.code === 'validation' ? json.errors[0].path : json.code], [status, told], name)
  }
  const moved = await move({ start: '2027-01-22T10:30:00-05:00' })
  t.match(moved, { status: 200, json: { start: '2027-01-22T10:30:00-05:00', end: '2027-01-22T12:00:00-05:00' } })
  const sequence = (text: string) => Number(/SEQUENCE:(\d+)/.exec(text)?.[1])
  for (const { id } of [one, two]) t.match(await invite(id), /METHOD:REQUEST[\s\S]*DTSTART[^\r]*20270122T103000/)
  t.ok(sequence(await invite(one.id)) > sequence(before))
  const { busy } = await api.must(
    'GET',
    `/v1/availability?roomId=${session.roomId}&from=${'2027-01-22T05:00:00Z'}&to=2027-01-23T05:00:00Z`,
  )
  t.same(busy, [{ start: '2027-01-22T10:30:00-05:00', end: '2027-01-22T12:00:00-05:00', appointmentId: null }])
  const leading = await api.as('clinician', { clinicianId: third as string })
  t.equal((await leading('POST', `${path}/reschedule`, { start: session.start })).status, 403)
  await api.must('POST', `${path}/cancel`, {})
  t.same(codes(await move({})), [409, 'invalid-transition'])
})

t.test('another clinic sees neither the session nor who sits in it', async (t) => {
  const api = await s
  const staff = await laurier
  const session = await scheduled(staff, { start: '2027-01-19T10:00:00-05:00' })
  const toronto = await api.must('GET', '/v1/clinics/toronto-eglinton')
  const stranger = await api.as('scheduler', { clinicIds: [toronto.id] })
  const own = await api.as('scheduler', { clinicIds: [staff.clinic.id] })
  const leading = await api.as('clinician', { clinicianId: staff.therapist[0] as string })
  const not = await api.as('clinician', { clinicianId: staff.therapist[2] as string })
  const read = (call: typeof own) => call('GET', `/v1/group-sessions/${session.id}`)
  t.same(
    (await Promise.all([own, leading, stranger, not].map(read))).map(({ status }) => status),
    [200, 200, 404, 404],
  )
  const mine = await aPatient({ must: api.must })
  t.equal((await stranger('POST', `/v1/group-sessions/${session.id}/seats`, { patientId: mine.id })).status, 404)
  t.equal((await leading('POST', `/v1/group-sessions/${session.id}/seats`, { patientId: mine.id })).status, 403)
})

t.test('it is on the rosters with how many come, and on each member’s own invite with nobody else', async (t) => {
  const api = await s
  const staff = await laurier
  const session = await scheduled(staff, { start: '2027-01-20T10:00:00-05:00' })
  const [one, two] = [await aPatient(api, { preferredLanguage: 'fr' }), await aPatient(api)]
  await join(session, one.id)
  await join(session, two.id)
  for (const path of [
    `clinicians/${staff.therapist[1]}`,
    `rooms/${session.roomId}`,
    `clinics/${staff.clinic.id}`,
  ] as const) {
    const { entries } = await api.must('GET', `/v1/rosters/${path}?date=2027-01-20`)
    t.match(
      entries,
      [{ appointmentId: null, patient: null, title: TITLE.en, group: { id: session.id, taken: 2, seats: 3 } }],
      path,
    )
    t.match((await api.api('GET', `/v1/rosters/${path}?date=2027-01-20&format=html`)).text, /Group, 2 of 3/)
    t.match((await api.api('GET', `/v1/rosters/${path}?date=2027-01-20&format=csv`)).text, /,2\/3,Integration group,/)
  }
  const invite = async (patientId: string) =>
    (await api.api('GET', `/v1/group-sessions/${session.id}/invite.ics?patientId=${patientId}`)).text
  const before = await invite(two.id)
  const mine = await invite(one.id)
  t.match(mine, /METHOD:REQUEST[\s\S]*SEQUENCE:0[\s\S]*SUMMARY:Rendez-vous\r\n/)
  t.equal(mine.match(/ATTENDEE/g)?.length, 1)
  t.notMatch(mine.replaceAll('\r\n ', ''), /group|integration|p\d+@example\.org[\s\S]*p\d+@example\.org/i)
  await api.api('DELETE', `/v1/group-sessions/${session.id}/seats/${one.id}`)
  t.match(await invite(one.id), /METHOD:CANCEL[\s\S]*SEQUENCE:1/)
  t.equal(await invite(two.id), before, 'the other’s stays as it was')
  const { uid } = { uid: /UID:(.*)/.exec(mine)?.[1] }
  await join(session, one.id)
  t.match(await invite(one.id), new RegExp(`METHOD:REQUEST[\\s\\S]*UID:${uid}[\\s\\S]*SEQUENCE:2`))
  const stranger = await aPatient(api)
  t.equal((await api.api('GET', `/v1/group-sessions/${session.id}/invite.ics?patientId=${stranger.id}`)).status, 404)
})

t.test('planning keeps clear of it: nobody who leads is offered then', async (t) => {
  const api = await s
  const staff = await laurier
  const session = await scheduled(staff, {
    start: '2027-01-21T10:00:00-05:00',
    facilitatorIds: staff.therapist,
    minutes: 120,
  })
  const enrolment = await ready(api, staff)
  const { slots } = await api.must('POST', `/v1/enrolments/${enrolment.id}/slots`, {
    visitKey: 'prep-1',
    from: '2027-01-21T08:00:00-05:00',
    to: '2027-01-21T18:00:00-05:00',
    limit: 100,
  })
  t.ok(slots.length > 0)
  t.same(
    slots.filter((slot: Json) => slot.start < session.end && session.start < slot.end),
    [],
  )
})

t.test('a group can be the visit of a program: a seat books it, and the rest is planned around it', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-393', { therapists: 3, nurses: 2 })
  const [first, second, third] = staff.therapist
  const dose = {
    programKey: 'group-introductory',
    visitKey: 'dose-1',
    minutes: 180,
    start: '2027-02-03T09:00:00-05:00',
  }
  const REFUSED: [string, object, string][] = [
    ['another length', { minutes: 150 }, 'minutes'],
    ['one who facilitates', { facilitatorIds: [first] }, 'facilitatorIds'],
    ['more than one nurse looks after', { seats: 7 }, 'seats'],
    ['no visit of a group', { visitKey: 'prep-1' }, 'visitKey'],
    ['a room that is not for groups', { roomId: await roomOf(staff, 'dosing'), seats: 1 }, 'roomId'],
    [
      'a part that the visit does not have',
      { participants: [{ as: 'cook', clinicianId: third }] },
      'participants[0].as',
    ],
    ['half a reference', { programKey: null }, 'visitKey'],
  ]
  for (const [name, over, path] of REFUSED) {
    const { status, json } = await api.api('POST', '/v1/group-sessions', await wish(staff, { ...dose, ...over }))
    t.same([status, json.errors?.[0].path], [400, path], name)
  }
  const session = await scheduled(staff, { ...dose, seats: 2 })
  t.match(session, { programKey: 'group-introductory', visitKey: 'dose-1', facilitatorIds: [first, second] })
  t.same(
    session.participants.map((p: Json) => p.as).sort(),
    ['co-therapist', 'nurse', 'prescriber', 'therapist'],
    'nurse and supervision are chosen',
  )
  const window = 'from=2027-02-03T05:00:00Z&to=2027-02-04T05:00:00Z'
  const { busy } = await api.must('GET', `/v1/availability?roomId=${session.roomId}&${window}`)
  t.same([busy[0].start, busy[0].end], ['2027-02-03T09:00:00-05:00', '2027-02-03T12:30:00-05:00'], 'turnover included')

  const enrolled = () => ready(api, staff, { enrolment: { programKey: 'group-introductory' } })
  const [one, two, late] = [await enrolled(), await enrolled(), await enrolled()]
  const book = (enrolmentId: string, visitKey: string, start: string, therapist: string | undefined) =>
    api.must('POST', '/v1/appointments', {
      ...{ enrolmentId, visitKey, start, clinicId: staff.clinic.id },
      participants: [{ as: 'therapist', clinicianId: therapist }],
    })
  await book(one.id, 'prep-1', '2027-02-01T09:00:00-05:00', third)
  await book(late.id, 'prep-1', '2027-02-03T13:00:00-05:00', third)
  const seated = await join(session, one.patientId)
  t.match(seated, { status: 201, json: { status: 'seated', seat: 1 } })
  const visit = await api.must('GET', `/v1/appointments/${seated.json.appointmentId}`)
  t.match(visit, { visitKey: 'dose-1', status: 'booked', start: session.start, patientIds: [one.patientId] })
  t.same(codes(await join(session, one.patientId)), [409, 'already-booked'])
  t.same(codes(await join(session, late.patientId)), [422, 'lag-violated'])
  const other = await ready(api, staff)
  t.same(codes(await join(session, other.patientId)), [409, 'invalid-transition'], 'whoever is in no such program')
  const notCleared = await anEnrolment(api, staff.clinic.slug, (await aPatient(api)).id, {
    programKey: 'group-introductory',
  })
  t.same(codes(await join(session, notCleared.patientId)), [422, 'not-cleared'])
  const { itineraries } = await api.must('POST', `/v1/enrolments/${one.id}/itineraries`, {
    notBefore: '2027-02-03T18:00:00-05:00',
    steps: ['integrate', 'reconnect'],
  })
  t.same(
    itineraries[0].visits.map((v: Json) => [v.visitKey, v.participants[0].clinicianId]),
    [
      ['integration-1', third],
      ['closing', third],
    ],
    'with the therapist of the preparation, who does not lead the group',
  )

  t.equal((await join(session, two.patientId)).status, 201)
  const seats = async () => (await api.must('GET', `/v1/group-sessions/${session.id}`)).members.length
  const become = (status: string) => api.api('POST', `/v1/appointments/${visit.id}/status`, { status })
  t.same([(await become('no-show')).status, await seats()], [200, 1], 'a missed visit gives its seat back')
  t.same([(await become('booked')).status, await seats()], [200, 2], 'and has it again when that was a mistake')
  const three = await enrolled()
  await become('no-show')
  t.equal((await join(session, three.patientId)).status, 201)
  t.same(codes(await become('booked')), [409, 'full'], 'unless somebody else sits there')
  await api.must('DELETE', `/v1/group-sessions/${session.id}/seats/${three.patientId}`, undefined, 204)
  t.equal((await become('booked')).status, 200)
  await api.must('POST', `/v1/appointments/${visit.id}/cancel`, { by: 'patient' })
  const read = await api.must('GET', `/v1/group-sessions/${session.id}`)
  t.same(
    [read.seatsFree, read.members.map((m: Json) => m.patientId)],
    [1, [two.patientId]],
    'the seat goes with the visit',
  )
  t.equal((await join(session, one.patientId)).status, 201, 'and is there again for whoever comes back')
  const move = (start: string) => api.api('POST', `/v1/group-sessions/${session.id}/reschedule`, { start })
  t.same(
    codes(await move('2027-02-08T09:00:00-05:00')),
    [422, 'lag-violated'],
    'too late for one who comes: nobody moves',
  )
  t.equal((await move('2027-02-03T13:00:00-05:00')).status, 200)
  const { visits } = await api.must('GET', `/v1/enrolments/${one.id}`)
  t.equal(visits.find((v: Json) => v.visitKey === 'dose-1').start, '2027-02-03T13:00:00-05:00', 'the visit goes along')
  t.equal(await seats(), 2)
  await api.must('POST', `/v1/group-sessions/${session.id}/cancel`, {})
  const [, again] = (await api.must('GET', `/v1/appointments?enrolmentId=${one.id}`)).items.filter(
    (a: Json) => a.visitKey === 'dose-1',
  )
  t.equal(again.status, 'needs-replanning')
  const next = await scheduled(staff, { ...dose, start: '2027-02-04T09:00:00-05:00', seats: 2 })
  const moved = await join(next, one.patientId)
  t.same([moved.status, moved.json.appointmentId], [201, again.id], 'another group takes the same visit')
  t.equal((await api.api('DELETE', `/v1/group-sessions/${next.id}/seats/${one.patientId}`)).status, 204)
  t.equal((await api.must('GET', `/v1/appointments/${again.id}`)).status, 'cancelled')
})

t.test('a licence that ends before it takes the clinician from the group, and flags it', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton')
  const [kept, ends] = staff.therapist
  const session = await scheduled(staff, { start: '2027-01-28T10:00:00-05:00' })
  t.same(await sweepGroups(api.deps), { ok: true, value: 0 })
  const licence = { province: 'ON', college: 'A college', number: '1', validFrom: '2020-01-01' }
  const until = (validUntil: string) =>
    api.must('PATCH', `/v1/clinicians/${ends}`, { licences: [{ ...licence, validUntil }] })
  await until('2027-01-28')
  t.same(await sweepGroups(api.deps), { ok: true, value: 0 }, 'its last day is a day of it')
  await until('2027-01-27')
  t.same(await sweepGroups(api.deps), { ok: true, value: 1 })
  t.equal((await api.must('GET', `/v1/group-sessions/${session.id}`)).status, 'needs-replanning')
  const window = 'from=2027-01-28T05:00:00Z&to=2027-01-29T05:00:00Z'
  const busy = async (id: string | undefined) =>
    (await api.must('GET', `/v1/availability?clinicianId=${id}&${window}`)).busy.length
  t.same([await busy(kept), await busy(ends)], [1, 0], 'only what became illegal is given back')
})
