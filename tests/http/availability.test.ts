/** Rules, extra shifts, time off and free time over HTTP: local wall time across clock changes, precedence, bookings in the way. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { testApi } from '../support/api.ts'
import { anotherRoom, at, bookedVisit, clinicWithRoom, heldVisit, someone } from '../support/clinics.ts'

const { api, must, as, db, clock } = await testApi(t)
const UNKNOWN = '01900000-0000-7000-8000-000000000000'
const WEEKDAYS = 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'

const ruleOf = (subject: object, clinicId: string, over: object = {}) => ({
  subject,
  clinicId,
  rrule: WEEKDAYS,
  startTime: '09:00',
  endTime: '17:00',
  validFrom: '2026-01-01',
  ...over,
})
/** "start end" of each free interval, as answered. */
async function free(query: string, from: string, to: string): Promise<string[]> {
  const { free } = await must('GET', `/v1/availability?${query}&from=${at8(from)}&to=${at8(to)}`)
  return free.map(({ start, end }: { start: string; end: string }) => `${start} ${end}`)
}
/** A bare day is its first moment in UTC. */
const at8 = (text: string): string => encodeURIComponent(text.includes('T') ? text : `${text}T00:00:00Z`)
const paths = ({ json }: { json: { errors?: { path: string }[] } }) => json.errors?.map((e) => e.path)

t.test('wall time at the clinic holds across clock changes', async (t) => {
  for (const [province, when, over, expected] of [
    ['ON', '2026-11-01', {}, ['2026-11-01T09:00:00-05:00 2026-11-01T17:00:00-05:00']],
    ['ON', '2026-10-31', {}, ['2026-10-31T09:00:00-04:00 2026-10-31T17:00:00-04:00']],
    ['ON', '2027-03-13', {}, ['2027-03-13T09:00:00-05:00 2027-03-13T17:00:00-05:00']],
    ['ON', '2027-03-14', {}, ['2027-03-14T09:00:00-04:00 2027-03-14T17:00:00-04:00']],
    ['BC', '2026-10-31', {}, ['2026-10-31T09:00:00-07:00 2026-10-31T17:00:00-07:00']],
    ['BC', '2026-12-01', {}, ['2026-12-01T09:00:00-07:00 2026-12-01T17:00:00-07:00']],
    ['BC', '2027-03-15', {}, ['2027-03-15T09:00:00-07:00 2027-03-15T17:00:00-07:00']],
    [
      'ON',
      '2026-11-01',
      { startTime: '22:00', endTime: '06:00', rrule: 'FREQ=WEEKLY;BYDAY=SA' },
      ['2026-11-01T00:00:00-04:00 2026-11-01T06:00:00-05:00'],
    ],
    [
      'ON',
      '2026-11-02',
      { startTime: '08:00', endTime: '08:00', rrule: 'FREQ=WEEKLY;BYDAY=MO' },
      ['2026-11-02T08:00:00-05:00 2026-11-03T00:00:00-05:00'],
    ],
  ] as const) {
    clock.now = at('2026-10-01T12:00:00Z')
    const { clinicId } = await clinicWithRoom(db, province)
    const clinicianId = await someone(db)
    const rule = ruleOf({ clinicianId }, clinicId, { rrule: 'FREQ=DAILY', ...over })
    await must('POST', '/v1/availability-rules', rule, 201)
    const midnight = { ON: when <= '2026-11-01' ? '-04:00' : when < '2027-03-14' ? '-05:00' : '-04:00', BC: '-07:00' }
    const next = new Date(Date.parse(when) + 86_400_000).toISOString().slice(0, 10)
    const end = { ON: next <= '2026-11-01' ? '-04:00' : next <= '2027-03-14' ? '-05:00' : '-04:00', BC: '-07:00' }
    const hours = await free(
      `clinicianId=${clinicianId}`,
      `${when}T00:00:00${midnight[province]}`,
      `${next}T00:00:00${end[province]}`,
    )
    t.same(hours, expected, `${province} ${when} ${JSON.stringify(over)}`)
  }
  clock.now = at('2026-11-22T12:00:00Z')
})

t.test('time off beats an extra shift, which beats closure and holiday, which beat the rule', async (t) => {
  const { clinicId, roomId } = await clinicWithRoom(db, 'QC')
  const clinicianId = await someone(db)
  await must('POST', '/v1/availability-rules', ruleOf({ clinicId }, clinicId, { startTime: '08:00', endTime: '18:00' }))
  await must('POST', '/v1/availability-rules', ruleOf({ clinicianId }, clinicId))
  const day = (d: string) => [`${d}T05:00:00Z`, `${d}T23:59:00Z`] as const
  const nurse = `clinicianId=${clinicianId}`
  const [room, hours] = [`roomId=${roomId}`, `clinicId=${clinicId}`]

  t.same(await free(nurse, ...day('2026-12-25')), [], 'Christmas is closed')
  t.same(await free(room, ...day('2026-12-25')), [])
  t.equal((await free(nurse, ...day('2026-12-24'))).length, 1)
  t.same(await free(room, ...day('2026-12-24')), ['2026-12-24T08:00:00-05:00 2026-12-24T18:00:00-05:00'])

  const closure = { subject: { clinicId }, start: '2026-12-08T00:00:00-05:00', end: '2026-12-09T00:00:00-05:00' }
  const snow = await must('POST', '/v1/time-off', { ...closure, reason: 'snow', scope: 'premises' }, 201)
  t.same(await free(room, ...day('2026-12-08')), [], 'premises closed')
  t.same(await free(hours, ...day('2026-12-08')), [])
  t.equal((await free(nurse, ...day('2026-12-08'))).length, 1, 'people may still work')
  t.equal((await api('DELETE', `/v1/time-off/${snow.id}`)).status, 204)
  await must('POST', '/v1/time-off', { ...closure, reason: 'move' }, 201)
  t.same(await free(nurse, ...day('2026-12-08')), [], 'everything closed')

  const open = { clinicId, start: '2026-12-08T10:00:00-05:00', end: '2026-12-08T14:00:00-05:00' }
  const extra = await must('POST', '/v1/extra-shifts', { ...open, subject: { clinicianId } }, 201)
  t.same(await free(nurse, ...day('2026-12-08')), ['2026-12-08T10:00:00-05:00 2026-12-08T14:00:00-05:00'])
  t.same(await free(room, ...day('2026-12-08')), [], 'a person’s extra shift opens no room')
  const christmas = { clinicId, start: '2026-12-25T10:00:00-05:00', end: '2026-12-25T14:00:00-05:00' }
  await must('POST', '/v1/extra-shifts', { ...christmas, subject: { clinicId } }, 201)
  t.same(await free(room, ...day('2026-12-25')), ['2026-12-25T10:00:00-05:00 2026-12-25T14:00:00-05:00'])

  const ill = { subject: { clinicianId }, start: '2026-12-08T12:00:00-05:00', end: '2026-12-08T13:00:00-05:00' }
  const off = await must('POST', '/v1/time-off', { ...ill, reason: 'ill' }, 201)
  t.same(await free(nurse, ...day('2026-12-08')), [
    '2026-12-08T10:00:00-05:00 2026-12-08T12:00:00-05:00',
    '2026-12-08T13:00:00-05:00 2026-12-08T14:00:00-05:00',
  ])
  t.match(off, { subject: { clinicianId }, subjects: [{ clinicianId }], scope: 'all', reason: 'ill', flagged: [] })
  const { items } = await must('GET', `/v1/time-off?clinicianId=${clinicianId}`)
  t.match(items, [{ id: off.id, start: '2026-12-08T12:00:00-05:00', timeZone: 'America/Toronto' }])
  t.equal((await api('DELETE', `/v1/extra-shifts/${extra.id}`)).status, 204)
  t.same(await free(nurse, ...day('2026-12-08')), [])
})

t.test('overlapping rules at one clinic merge; at two clinics, or too near in time, they are refused', async (t) => {
  const [here, near, apart] = [
    await clinicWithRoom(db, 'QC'),
    await clinicWithRoom(db, 'QC'),
    await clinicWithRoom(db, 'QC'),
  ]
  await db.execute(
    sql`insert into travel values (${here.clinicId}, ${near.clinicId}, 45, 40), (${near.clinicId}, ${here.clinicId}, 45, 40)`,
  )
  const clinicianId = await someone(db)
  const add = (clinicId: string, over: object) =>
    api('POST', '/v1/availability-rules', ruleOf({ clinicianId }, clinicId, over))
  const monday = { rrule: 'FREQ=WEEKLY;BYDAY=MO' }
  t.equal((await add(here.clinicId, { ...monday, startTime: '08:00', endTime: '12:00' })).status, 201)
  t.equal((await add(here.clinicId, { ...monday, startTime: '11:00', endTime: '13:00' })).status, 201)
  t.same(await free(`clinicianId=${clinicianId}`, '2026-11-30', '2026-12-01'), [
    '2026-11-30T08:00:00-05:00 2026-11-30T13:00:00-05:00',
  ])
  const clash = await add(near.clinicId, { ...monday, startTime: '13:30', endTime: '17:00' })
  t.match(clash, { status: 409, json: { code: 'shift-conflict' } })
  t.match(clash.json.affected[0], { visitKey: 'shift', clinicId: here.clinicId, start: '2026-11-23T08:00:00-05:00' })
  t.equal((await add(apart.clinicId, { ...monday, startTime: '20:00', endTime: '21:00' })).status, 409, 'no way known')
  t.equal((await add(near.clinicId, { ...monday, startTime: '13:45', endTime: '17:00' })).status, 201)
  const { items } = await must('GET', `/v1/availability-rules?clinicianId=${clinicianId}`)
  t.equal(items.length, 3, 'what was refused left nothing')
  const late = {
    subject: { clinicianId },
    clinicId: here.clinicId,
    start: '2026-11-30T17:30:00-05:00',
    end: '2026-11-30T19:00:00-05:00',
  }
  t.equal((await api('POST', '/v1/extra-shifts', late)).json.code, 'shift-conflict')
})

t.test('a rule is checked to the letter', async (t) => {
  const [{ clinicId, roomId }, other] = [await clinicWithRoom(db, 'ON'), await clinicWithRoom(db, 'BC')]
  const clinicianId = await someone(db)
  for (const [why, over, path] of [
    ['junk', { rrule: 'FREQ=SOMETIMES' }, 'rrule'],
    ['falls on no day', { rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, 'rrule'],
    ['ends before it starts', { validUntil: '2025-12-31' }, 'validUntil'],
    ['24:00', { endTime: '24:00' }, 'endTime'],
    ['no such day', { validFrom: '2026-02-30' }, 'validFrom'],
    ['unknown field', { note: 'x' }, undefined],
    ['in the spring gap', { rrule: 'FREQ=DAILY', startTime: '02:30' }, 'startTime'],
    ['a room elsewhere', { subject: { roomId }, clinicId: other.clinicId }, 'clinicId'],
    ['a clinic elsewhere', { subject: { clinicId }, clinicId: other.clinicId }, 'clinicId'],
    ['two subjects', { subject: { roomId, clinicianId } }, 'subject'],
  ] as const) {
    const answer = await api('POST', '/v1/availability-rules', { ...ruleOf({ clinicianId }, clinicId), ...over })
    t.match(answer, { status: 400, json: { code: 'validation' } }, why)
    if (path) t.match(paths(answer)?.[0], new RegExp(`^${path}`), why)
  }
  const gap = await api(
    'POST',
    '/v1/availability-rules',
    ruleOf({ clinicianId }, clinicId, { rrule: 'FREQ=DAILY', endTime: '02:15' }),
  )
  t.match(gap.json.errors[0].message, /2027-03-13 .* 02:15/)
  for (const over of [
    { subject: { clinicianId: UNKNOWN } },
    { clinicId: UNKNOWN },
    { subject: { roomId: clinicianId } },
  ])
    t.equal(
      (await api('POST', '/v1/availability-rules', { ...ruleOf({ clinicianId }, clinicId), ...over })).status,
      404,
    )

  const rule = await must(
    'POST',
    '/v1/availability-rules',
    ruleOf({ clinicianId }, clinicId, { validUntil: null, exceptDates: null }),
  )
  t.match(rule, { subject: { clinicianId }, startTime: '09:00', validUntil: null, exceptDates: [], revision: 1 })
  const path = `/v1/availability-rules/${rule.id}`
  const narrowed = await must('PATCH', path, { exceptDates: ['2026-12-01'], validUntil: '2026-12-03' })
  t.match(narrowed, { rrule: WEEKDAYS, exceptDates: ['2026-12-01'], validUntil: '2026-12-03', revision: 2 })
  t.same(await free(`clinicianId=${clinicianId}`, '2026-11-30', '2026-12-20'), [
    '2026-11-30T09:00:00-05:00 2026-11-30T17:00:00-05:00',
    '2026-12-02T09:00:00-05:00 2026-12-02T17:00:00-05:00',
    '2026-12-03T09:00:00-05:00 2026-12-03T17:00:00-05:00',
  ])
  t.match(await must('PATCH', path, { validUntil: null }), { validUntil: null, revision: 3 })
  t.equal((await api('PATCH', path, { rrule: 'x' })).status, 400)
  t.equal((await api('DELETE', path)).status, 204)
  t.same(await free(`clinicianId=${clinicianId}`, '2026-11-30', '2026-12-20'), [])
  t.equal((await api('DELETE', path)).status, 404)
  t.equal((await api('DELETE', '/v1/time-off/not-an-id')).status, 404)
})

t.test('bookings and holds in the way: told, refused, or flagged and released', async (t) => {
  const { clinicId, roomId } = await clinicWithRoom(db, 'QC')
  const [clinicianId, other] = [await someone(db), await someone(db)]
  await must('POST', '/v1/availability-rules', ruleOf({ clinicId }, clinicId, { startTime: '08:00', endTime: '18:00' }))
  const rule = await must('POST', '/v1/availability-rules', ruleOf({ clinicianId }, clinicId))
  await must('POST', '/v1/availability-rules', ruleOf({ clinicianId: other }, clinicId))
  const span = { clinicId, start: '2026-12-01T10:00:00-05:00', end: '2026-12-01T12:30:00-05:00' }
  const appointmentId = await bookedVisit(db, [
    { ...span, resourceId: clinicianId },
    { ...span, resourceId: other },
    { ...span, resourceId: roomId, end: '2026-12-01T13:00:00-05:00' },
  ])
  const held = {
    clinicId,
    resourceId: clinicianId,
    start: '2026-12-01T14:00:00-05:00',
    end: '2026-12-01T15:00:00-05:00',
  }
  const itineraryId = await heldVisit(db, [held], 600, 'prep-1')
  await heldVisit(db, [{ ...held, start: held.end, end: '2026-12-01T16:00:00-05:00' }], -1, 'prep-1')

  const seen = await must(
    'GET',
    `/v1/availability?roomId=${roomId}&from=2026-12-01T09:00:00-05:00&to=2026-12-01T12:45:00-05:00`,
  )
  t.same(seen, {
    timeZone: 'America/Toronto',
    free: [{ start: '2026-12-01T09:00:00-05:00', end: '2026-12-01T10:00:00-05:00', clinicId }],
    busy: [{ start: '2026-12-01T10:00:00-05:00', end: '2026-12-01T12:45:00-05:00', appointmentId }],
  })
  const nurse = await must(
    'GET',
    `/v1/availability?clinicianId=${clinicianId}&from=2026-12-01T00:00:00-05:00&to=2026-12-02T00:00:00-05:00`,
  )
  t.same(nurse.busy, [
    { start: '2026-12-01T10:00:00-05:00', end: '2026-12-01T12:30:00-05:00', appointmentId },
    { start: '2026-12-01T14:00:00-05:00', end: '2026-12-01T15:00:00-05:00', appointmentId: null },
  ])
  t.same(
    nurse.free.map((f: { start: string }) => f.start),
    ['2026-12-01T09:00:00-05:00', '2026-12-01T12:30:00-05:00', '2026-12-01T15:00:00-05:00'],
  )

  const off = {
    subject: { clinicianId },
    start: '2026-12-01T00:00:00-05:00',
    end: '2026-12-04T00:00:00-05:00',
    reason: 'ill',
  }
  const before = await free(`clinicianId=${clinicianId}`, '2026-12-01', '2026-12-09')
  const affected = [
    { appointmentId, visitKey: 'dose-1', clinicId },
    { itineraryId, visitKey: 'prep-1', clinicId },
  ]
  t.match(await api('POST', '/v1/time-off?preview=true', off), { status: 200, json: { affected } })
  t.match(await api('POST', '/v1/time-off', off), { status: 409, json: { code: 'bookings-affected', affected } })
  t.match(await api('DELETE', `/v1/availability-rules/${rule.id}`), { status: 409, json: { affected } })
  const outdated = { headers: { 'if-match': '"999"' } }
  t.match(await api('DELETE', `/v1/availability-rules/${rule.id}?onConflict=flag`, undefined, outdated), {
    status: 412,
    json: { code: 'stale' },
  })
  t.match(await api('PATCH', `/v1/availability-rules/${rule.id}?preview=true`, { startTime: '11:00' }), {
    status: 200,
    json: { affected: [{ appointmentId }] },
  })
  t.match(await api('PATCH', `/v1/availability-rules/${rule.id}`, { startTime: '09:30' }), { status: 200 })
  await must('PATCH', `/v1/availability-rules/${rule.id}`, { startTime: '09:00' })
  const closing = { ...off, subject: { clinicId } }
  t.match(await api('POST', '/v1/time-off', closing), { status: 409, json: { affected } })
  t.match(await api('POST', '/v1/time-off', { ...closing, scope: 'premises' }), {
    json: { affected: [{ appointmentId }] },
  })
  t.same(await free(`clinicianId=${clinicianId}`, '2026-12-01', '2026-12-09'), before, 'nothing changed')
  t.same((await must('GET', `/v1/time-off?clinicianId=${clinicianId}`)).items, [])

  const done = await must('POST', '/v1/time-off', { ...off, onConflict: 'flag' }, 201)
  t.match(done, { flagged: [appointmentId], released: [itineraryId], reassigned: [] })
  const [row] = await db.execute(
    sql`select status, flags, sequence, revision from appointment where id = ${appointmentId}`,
  )
  t.match(row, { status: 'needs-replanning', flags: ['needs-replanning'], sequence: 1, revision: 2 })
  const claims = await db.execute<{ resource_id: string }>(
    sql`select resource_id from claim where appointment_id = ${appointmentId} order by 1`,
  )
  t.same(claims.map((c) => c.resource_id).sort(), [other, roomId].sort(), 'only the absent person’s claim is gone')
  const [hold] =
    await db.execute(sql`select status, (select count(*)::int from claim where itinerary_id = i.id) as claims,
    (select count(*)::int from patient_claim where itinerary_id = i.id) as own from itinerary i where id = ${itineraryId}`)
  t.match(hold, { status: 'released', claims: 0, own: 0 })
  const told = await db.execute(sql`select type, subject from event order by sequence`)
  t.match(
    [...told],
    [
      { type: 'appointment.needs-replanning', subject: { appointmentId } },
      { type: 'itinerary.expired', subject: { itineraryId } },
    ],
  )
  t.equal((await api('POST', '/v1/time-off', { ...off, start: '2026-12-02T00:00:00-05:00' })).status, 201)
})

t.test('another nurse, supervisor or room takes over where one is free; the rest is flagged', async (t) => {
  const { clinicId, roomId } = await clinicWithRoom(db, 'QC')
  const spare = await anotherRoom(db, clinicId)
  await must('POST', '/v1/availability-rules', ruleOf({ clinicId }, clinicId, { startTime: '08:00', endTime: '18:00' }))
  const working = async (over: object, hours: object = {}) => {
    const id = await someone(db, over)
    await must('POST', '/v1/availability-rules', ruleOf({ clinicianId: id }, clinicId, hours))
    return id
  }
  const nurse = await working({})
  const ontario = [{ province: 'ON', college: 'X', number: '1', validFrom: '2020-01-01' }]
  await working({ licences: ontario })
  await working({ roles: ['therapist'] })
  await working({}, { startTime: '10:15' })
  await working({ limits: { dosesPerDay: 0 } })
  const therapist = await working({ roles: ['therapist', 'nurse'] })
  const substitute = await working({ limits: { dosesPerDay: 1 } })
  const supervisor = await working({ roles: ['prescriber'] })
  const second = await working({ roles: ['prescriber'] })
  const supervision = async (id: string) => {
    const [row] = await db.execute<{ id: string }>(sql`select supervision_id as id from clinician where id = ${id}`)
    return row?.id ?? ''
  }
  const visit = async (day: string) => {
    const span = (from: string, to: string) => ({
      clinicId,
      start: `${day}T${from}:00-05:00`,
      end: `${day}T${to}:00-05:00`,
    })
    return bookedVisit(db, [
      { ...span('10:00', '10:30'), resourceId: nurse, role: 'nurse' },
      { ...span('12:00', '12:30'), resourceId: nurse, role: 'nurse' },
      { ...span('10:15', '12:30'), resourceId: therapist, role: 'therapist' },
      { ...span('10:00', '12:30'), resourceId: await supervision(supervisor), role: 'prescriber', supervisor },
      { ...span('10:00', '13:00'), resourceId: roomId },
    ])
  }
  const [tuesday, wednesday] = [await visit('2026-12-01'), await visit('2026-12-02')]
  const whoOf = async (id: string) => {
    const rows = await db.execute<{ clinician_id: string }>(
      sql`select clinician_id from participant where appointment_id = ${id} order by ordinal`,
    )
    return rows.map((row) => row.clinician_id)
  }
  const off = (subject: object, day: string, from = '00:00') => ({
    subject,
    start: `${day}T${from}:00-05:00`,
    end: `${day}T23:00:00-05:00`,
    reason: 'ill',
    onConflict: 'reassign',
  })
  const done = await must('POST', '/v1/time-off', off({ clinicianId: nurse }, '2026-12-01', '11:00'), 201)
  t.match(done, { reassigned: [tuesday], flagged: [] })
  t.same(await whoOf(tuesday), [substitute, substitute, therapist, supervisor], 'one nurse for the whole visit')
  const claims = await db.execute(
    sql`select 1 from claim where resource_id = ${substitute} and appointment_id = ${tuesday}`,
  )
  t.equal(claims.length, 2)
  t.match(await must('GET', `/v1/appointments/${tuesday}`), { status: 'booked', sequence: 1, revision: 2 })

  await must('POST', '/v1/time-off', { ...off({ clinicianId: substitute }, '2026-12-02'), onConflict: 'refuse' }, 201)
  const none = await must('POST', '/v1/time-off', off({ clinicianId: nurse }, '2026-12-02'), 201)
  t.match(none, { reassigned: [], flagged: [wednesday] }, 'nobody is free, licensed, in time and within the limit')

  t.match(await must('POST', '/v1/time-off', off({ clinicianId: supervisor }, '2026-12-01'), 201), {
    reassigned: [tuesday],
  })
  t.same(await whoOf(tuesday), [substitute, substitute, therapist, second])
  t.match(await must('POST', '/v1/time-off', off({ roomId }, '2026-12-01'), 201), { reassigned: [tuesday] })
  t.match(await must('GET', `/v1/appointments/${tuesday}`), { status: 'booked', roomId: spare, revision: 4 })
  t.match(await must('POST', '/v1/time-off?preview=true', off({ clinicianId: therapist }, '2026-12-01')), {
    affected: [{ appointmentId: tuesday }],
  })
  t.match(await must('POST', '/v1/time-off', off({ clinicianId: therapist }, '2026-12-01'), 201), {
    reassigned: [],
    flagged: [tuesday],
  })
})

t.test('the first rule of a room ends its following the clinic’s hours', async (t) => {
  const { clinicId, roomId } = await clinicWithRoom(db, 'QC')
  await must('POST', '/v1/availability-rules', ruleOf({ clinicId }, clinicId, { startTime: '08:00', endTime: '18:00' }))
  const appointmentId = await bookedVisit(db, [
    { resourceId: roomId, clinicId, start: '2026-12-01T08:00:00-05:00', end: '2026-12-01T09:00:00-05:00' },
  ])
  const own = ruleOf({ roomId }, clinicId, { startTime: '12:00' })
  t.match(await api('POST', '/v1/availability-rules', own), { status: 409, json: { affected: [{ appointmentId }] } })
  t.match(await api('POST', '/v1/availability-rules?onConflict=flag', own), {
    status: 201,
    json: { flagged: [appointmentId] },
  })
})

t.test('who may', async (t) => {
  const [a, b] = [await clinicWithRoom(db, 'QC'), await clinicWithRoom(db, 'ON')]
  const [mine, theirs] = [await someone(db), await someone(db)]
  const rule = await must('POST', '/v1/availability-rules', ruleOf({ clinicianId: mine }, a.clinicId))
  await must('POST', '/v1/availability-rules', ruleOf({ clinicianId: theirs }, b.clinicId))
  const window = 'from=2026-12-01T00:00:00Z&to=2026-12-08T00:00:00Z'
  const off = (clinicianId: string) => ({
    subject: { clinicianId },
    start: '2026-12-01T00:00:00Z',
    end: '2026-12-02T00:00:00Z',
    reason: 'x',
  })
  const scheduler = await as('scheduler', { clinicIds: [a.clinicId] })
  t.equal((await scheduler('GET', `/v1/availability?clinicianId=${mine}&${window}`)).status, 200)
  for (const query of [`clinicianId=${theirs}`, `roomId=${b.roomId}`, `clinicId=${b.clinicId}`, `clinicId=${UNKNOWN}`])
    t.equal((await scheduler('GET', `/v1/availability?${query}&${window}`)).status, 404, query)
  t.equal((await scheduler('POST', '/v1/time-off', off(theirs))).status, 404)
  t.equal((await scheduler('POST', '/v1/time-off', off(mine))).status, 201)
  t.equal((await scheduler('POST', '/v1/availability-rules', ruleOf({ clinicianId: mine }, b.clinicId))).status, 404)
  t.same(
    (await scheduler('GET', '/v1/availability-rules')).json.items.map((r: { id: string }) => r.id),
    [rule.id],
  )
  t.equal((await scheduler('GET', '/v1/time-off')).json.items.length, 1)
  const clinician = await as('clinician', { clinicianId: theirs })
  t.equal((await clinician('GET', `/v1/availability?clinicianId=${theirs}&${window}`)).status, 200)
  t.equal((await clinician('GET', `/v1/availability?clinicianId=${mine}&${window}`)).status, 404)
  t.equal((await clinician('PATCH', `/v1/availability-rules/${rule.id}`, {})).status, 403)
  t.same((await clinician('GET', '/v1/time-off')).json.items, [])
  const reader = await as('integration', { scopes: ['catalogue:read'] })
  t.equal((await reader('GET', `/v1/availability?clinicianId=${mine}&${window}`)).status, 200)
  t.equal(
    (await (await as('integration', { scopes: ['patients:read'] }))('GET', `/v1/availability?${window}`)).status,
    403,
  )

  for (const query of [
    window,
    `clinicianId=${mine}&roomId=${a.roomId}&${window}`,
    `clinicianId=${mine}&from=2026-12-01T00:00:00&to=2026-12-08T00:00:00Z`,
    `clinicianId=${mine}&from=2026-12-08T00:00:00Z&to=2026-12-01T00:00:00Z`,
    `clinicianId=${mine}&from=2026-12-01T00:00:00Z&to=2027-06-05T00:00:00Z`,
    `clinicianId=nobody&${window}`,
  ])
    t.equal((await api('GET', `/v1/availability?${query}`)).status, 400, query)
})
