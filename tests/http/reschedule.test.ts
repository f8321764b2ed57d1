/** Moving and cancelling over HTTP: the visit does not block itself, what follows is refused or planned anew, and nothing is written by halves. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { proposed, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue', logLevel: 'error', logTarget: process.stderr })
const vancouver = s.then((api) => staffed(api, 'vancouver-commercial', { therapists: 2, nurses: 2 }))

const HOUR = 3_600_000
const later = (text: string, hours: number) => new Date(Date.parse(text) + hours * HOUR).toISOString()
const same = (a: string, b: string) => Date.parse(a) === Date.parse(b)

/** A whole Standard program, booked. → its appointments by visit */
async function booked(staff: Staff, over: object = {}): Promise<{ enrolment: Json; of: Record<string, Json> }> {
  const api = await s
  const enrolment = await ready(api, staff)
  const itinerary = await proposed(api, enrolment.id, over)
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  return { enrolment, of: Object.fromEntries(appointments.map((a: Json) => [a.visitKey, a])) }
}
const current = async (enrolmentId: string): Promise<Record<string, Json>> => {
  const { items } = await (await s).must('GET', `/v1/appointments?enrolmentId=${enrolmentId}`)
  return Object.fromEntries(items.filter((a: Json) => a.status !== 'cancelled').map((a: Json) => [a.visitKey, a]))
}
/** Claims that overlap, or that no appointment stands behind. */
const broken = async (): Promise<number> => {
  const [row] = (await (
    await s
  ).db.execute(sql`
    select (select count(*) from claim a join claim b on a.resource_id = b.resource_id and a.lane = b.lane
        and a.during && b.during and (a.during, a.visit_key, a.enrolment_id) < (b.during, b.visit_key, b.enrolment_id))
      + (select count(*) from appointment p where p.status = 'booked' and not exists (
          select from patient_claim c where c.appointment_id = p.id and lower(c.during) = p.starts_at)) as n`)) as unknown as {
    n: string
  }[]
  return Number(row?.n)
}

t.test('into itself: a quarter of an hour later, with the same people and room', async (t) => {
  const api = await s
  const { of } = await booked(await vancouver)
  const prep = of['prep-2']
  const start = later(prep.start, 0.25)
  const moved = await api.must('POST', `/v1/appointments/${prep.id}/reschedule`, { start }, 200)
  t.ok(same(moved.start, start))
  t.match(moved, { id: prep.id, status: 'booked', sequence: prep.sequence + 1, revision: prep.revision + 1 })
  t.equal(moved.roomId, prep.roomId)
  t.same(
    moved.participants.map((p: Json) => p.clinicianId),
    prep.participants.map((p: Json) => p.clinicianId),
  )
  t.equal(moved.moved, undefined)
  t.equal(await broken(), 0)
  const [event] = (await api.db.execute(
    sql`select type from event where subject->>'appointmentId' = ${prep.id} order by sequence desc limit 1`,
  )) as unknown as { type: string }[]
  t.equal(event?.type, 'appointment.rescheduled')
})

t.test('a visit that moves begins anew: nothing is late, arrived or to be taken back', async (t) => {
  const api = await s
  const { of } = await booked(await vancouver, { notBefore: '2027-05-03T08:00:00-07:00' })
  const { closing } = of
  await api.must('POST', `/v1/appointments/${closing.id}/status`, { status: 'arrived' }, 200)
  await api.db.execute(sql`update appointment set flags = '{running-late}' where id = ${closing.id}`)
  const off = { subject: { roomId: closing.roomId }, start: closing.start, end: closing.end, reason: 'a leak' }
  await api.must('POST', '/v1/time-off', { ...off, onConflict: 'flag' }, 201)
  t.match(await api.must('GET', `/v1/appointments/${closing.id}`), {
    status: 'needs-replanning',
    actual: { arrivedAt: String },
  })
  const moved = await api.must('POST', `/v1/appointments/${closing.id}/reschedule`, { start: closing.start }, 200)
  t.match(moved, { status: 'booked', flags: [], actual: { arrivedAt: null, startedAt: null, endedAt: null } })
  t.not(moved.roomId, closing.roomId)
  const back = await api.api('POST', `/v1/appointments/${closing.id}/status`, { status: 'booked' })
  t.same([back.status, back.json.code], [409, 'invalid-transition'], 'there is no step to take back')
})

t.test('to a clinic where the therapist of the others never works: that therapist is named', async (t) => {
  const api = await s
  const [home, near] = [await staffed(api, 'montreal-laurier-393'), await staffed(api, 'montreal-laurier-397')]
  const enrolment = await ready(api, home, { enrolment: { allowedClinicIds: [home.clinic.id, near.clinic.id] } })
  const { visits, id } = await proposed(api, enrolment.id, { steps: ['prepare'] })
  const { appointments } = await api.must('POST', `/v1/itineraries/${id}/confirm`, {}, 201)
  const second = appointments.find((a: Json) => a.visitKey === 'prep-2')
  const ask = { start: second.start, clinicId: near.clinic.id }
  const { status, json } = await api.api('POST', `/v1/appointments/${second.id}/reschedule`, ask)
  t.same([status, json.code], [409, 'outside-availability'])
  const therapist = visits[0].participants[0].clinicianId
  t.match(json.conflicts, [{ visitKey: 'prep-2', kind: 'clinician', id: therapist, start: second.start }])
})

t.test('later visits that no longer fit: refused by name, or planned anew in the same transaction', async (t) => {
  const api = await s
  const { enrolment, of } = await booked(await vancouver, { notBefore: '2027-02-01T08:00:00-07:00' })
  const dose = of['dose-1']
  const start = later(dose.start, 24)
  const path = `/v1/appointments/${dose.id}/reschedule`
  const refused = await api.api('POST', path, { start })
  t.same([refused.status, refused.json.code], [422, 'lag-violated'])
  t.match(refused.json.violations[0], { visitKey: 'integration-1', after: 'dose-1' })
  t.same(await current(enrolment.id), of, 'and nothing has changed')

  const answer = await api.must('POST', path, { start, following: 'replan' }, 200)
  t.ok(same(answer.start, start))
  const keys = answer.moved.map((a: Json) => a.visitKey)
  t.ok(keys.includes('integration-1'))
  const now = await current(enrolment.id)
  t.equal(Object.keys(now).length, 9)
  t.ok(Object.values(now).every((a) => a.status === 'booked'))
  for (const key of ['prep-1', 'prep-2']) t.same(now[key], of[key], `${key} stays`)
  for (const a of answer.moved) t.equal(a.sequence, of[a.visitKey].sequence + 1)
  const therapists = Object.values(now).map((a) => a.participants.find((p: Json) => p.as === 'therapist').clinicianId)
  t.equal(new Set(therapists).size, 1, 'one therapist')
  t.ok(Date.parse(now['integration-1']?.start) - Date.parse(now['dose-1']?.end) <= 24 * HOUR)
  t.equal(await broken(), 0)
})

t.test('replanning moves what must move, as little as it can, and nothing else', async (t) => {
  const api = await s
  const { enrolment, of } = await booked(await vancouver, { notBefore: '2027-04-05T08:00:00-07:00' })
  const step = async (key: string, days: number): Promise<string[]> => {
    const before = await current(enrolment.id)
    const start = later(before[key].start, 24 * days)
    const body = { start, following: 'replan' }
    const { moved } = await api.must('POST', `/v1/appointments/${before[key].id}/reschedule`, body, 200)
    const now = await current(enrolment.id)
    const changed = moved.map((a: Json) => a.visitKey)
    for (const [other, was] of Object.entries(before))
      if (other !== key && !changed.includes(other)) t.same(now[other], was, `${other} stays when ${key} moves`)
    for (const a of moved) {
      const hours = Math.abs(Date.parse(a.start) - Date.parse(before[a.visitKey].start)) / HOUR
      t.ok(hours <= 24 * days, `${a.visitKey} moves by ${hours} hours`)
    }
    t.equal(await broken(), 0)
    return changed
  }
  t.same(await step('dose-3', 1), ['integration-3'], 'there is room before the closing')
  t.same(await step('dose-2', 1), ['integration-2'], 'and before the third dose by now')
  t.same(await step('integration-1', 1 / 24), [])
  t.same(await step('dose-1', 1), ['integration-1'])
  t.equal(Object.keys(of).length, 9)
})

t.test('a tail that cannot be planned anew: refused with what stands in its way, and nothing is written', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 1, nurses: 1 })
  const { enrolment, of } = await booked(staff)
  await api.must('PATCH', `/v1/enrolments/${enrolment.id}`, {
    unavailable: [{ start: later(of.closing.start, -24 * 300), end: later(of.closing.start, 24 * 300) }].map((u) => ({
      start: later(of['dose-1'].start, 24 * 4),
      end: u.end,
    })),
  })
  const body = { start: later(of['dose-1'].start, 24), following: 'replan' }
  const { status, json } = await api.api('POST', `/v1/appointments/${of['dose-1'].id}/reschedule`, body)
  t.same([status, json.code], [422, 'lag-violated'])
  t.ok(json.blockers.length > 0)
  for (const { from } of json.blockers) t.match(from, /-0[45]:00$/)
  t.same(await current(enrolment.id), of)
  t.equal(await broken(), 0)
})

t.test('the state decides before the claims', async (t) => {
  const api = await s
  const { of } = await booked(await vancouver, { notBefore: '2027-03-08T08:00:00-07:00' })
  const closing = of.closing
  const path = `/v1/appointments/${closing.id}/reschedule`
  for (const [body, want] of [
    [{ start: '2026-11-01T10:00:00-07:00' }, 'start'],
    [{ start: later(closing.start, 0.1) }, 'start'],
    [{ start: closing.start, participants: [{ as: 'pilot', clinicianId: closing.id }] }, 'participants[0].as'],
    [{ start: closing.start, following: 'ignore' }, 'following'],
    [{ start: closing.start, override: { rules: ['span'], reason: 'travel' } }, 'override.approvedBy'],
  ] as const) {
    const { status, json } = await api.api('POST', path, body)
    t.same([status, json.errors?.[0]?.path], [400, want], JSON.stringify(body))
  }
  await api.must('POST', `/v1/appointments/${closing.id}/cancel`, { by: 'clinic' }, 200)
  const { status, json } = await api.api('POST', path, { start: closing.start })
  t.same([status, json.code, json.from, json.to], [409, 'invalid-transition', 'cancelled', 'booked'])
  t.equal((await api.api('POST', '/v1/appointments/nonsense/reschedule', { start: closing.start })).status, 404)
})

t.test('span and lag are exceeded only with a prescriber’s sign-off', async (t) => {
  const api = await s
  const staff = await vancouver
  const { enrolment, of } = await booked(staff, { notBefore: '2027-03-08T08:00:00-07:00' })
  const closing = of.closing
  const path = `/v1/appointments/${closing.id}/reschedule`
  const { slots } = await api.must('POST', `/v1/enrolments/${enrolment.id}/slots`, {
    visitKey: 'closing',
    from: later(closing.start, 0),
    to: later(closing.start, 24 * 60),
    limit: 1000,
  })
  const start = later(slots.at(-1).start, 24 * 7)
  const refused = await api.api('POST', path, { start })
  t.equal(refused.json.code, 'lag-violated', refused.text)
  const override = { rules: ['lag', 'span'], reason: 'The patient travels.', approvedBy: staff.prescriber[0] }
  const moved = await api.must('POST', path, { start, override }, 200)
  t.ok(same(moved.start, start))
  const { items } = await api.must('GET', `/v1/audit?patientId=${enrolment.patientId}`)
  const entry = items.find((e: Json) => e.action === 'override')
  t.match(entry, {
    resourceId: closing.id,
    fieldClasses: ['rule:lag', 'rule:span', `approved-by:${staff.prescriber[0]}`],
  })
  t.notMatch(JSON.stringify(items), /travels/)
})

t.test('cancelling', async (t) => {
  const api = await s
  const { enrolment, of } = await booked(await vancouver, { notBefore: '2027-01-18T08:00:00-07:00' })
  const dose = of['dose-2']
  const path = `/v1/appointments/${dose.id}/cancel`
  t.test('a preview tells what would happen and changes nothing', async (t) => {
    const flagged = await api.must('POST', path, { by: 'patient', preview: true }, 200)
    t.match(flagged, { status: 'cancelled', voided: [{ visitKey: 'integration-2' }], moved: [] })
    t.same(
      flagged.flagged.map((a: Json) => a.visitKey),
      ['dose-3', 'integration-3', 'closing'],
    )
    const replanned = await api.must('POST', path, { by: 'patient', preview: true, following: 'replan' }, 200)
    t.same(replanned.flagged, [])
    t.same(
      replanned.moved.map((a: Json) => a.visitKey),
      ['dose-2', 'integration-2'],
    )
    t.same(await current(enrolment.id), of)
  })
  t.test('a replan books the dose anew, at another time, and what can stay stays', async (t) => {
    const answer = await api.must('POST', path, { by: 'patient', following: 'replan' }, 200)
    t.equal(answer.status, 'cancelled')
    const now = await current(enrolment.id)
    t.equal(Object.keys(now).length, 9)
    t.ok(Object.values(now).every((a) => a.status === 'booked'))
    t.not(now['dose-2'].id, dose.id)
    t.ok(
      Date.parse(now['dose-2'].start) >= Date.parse(dose.end) ||
        Date.parse(now['dose-2'].end) <= Date.parse(dose.start),
    )
    for (const key of ['dose-1', 'dose-3', 'integration-3', 'closing']) t.same(now[key], of[key], `${key} stays`)
    t.ok(Date.parse(now['integration-2'].start) > Date.parse(now['dose-2'].end))
    t.equal(await broken(), 0)
  })
  await Promise.resolve()
})

t.test('two who move into one time: one of them gets it', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 1, nurses: 1 })
  const book = async (start: string) => {
    const enrolment = await ready(api, staff)
    return api.must('POST', '/v1/appointments', {
      enrolmentId: enrolment.id,
      visitKey: 'prep-1',
      start,
      clinicId: staff.clinic.id,
    })
  }
  const visits = [await book('2027-01-11T09:00:00-05:00'), await book('2027-01-11T10:00:00-05:00')]
  const answers = await Promise.all(
    visits.map((a) => api.api('POST', `/v1/appointments/${a.id}/reschedule`, { start: '2027-01-11T14:00:00-05:00' })),
  )
  t.same(answers.map((a) => a.status).sort(), [200, 409])
  t.match(answers.find((a) => a.status === 409)?.json, { code: 'resource-taken', conflicts: [{ kind: 'clinician' }] })
  t.equal(await broken(), 0)
})
