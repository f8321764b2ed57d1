/** What runs out by itself: holds, licences, clearances. Told of once, flagged, never silently kept. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Instant } from '../../src/domain/time.ts'
import { freedTimeLine } from '../../src/jobs/lines.ts'
import { sweepEligibility } from '../../src/services/sweep-eligibility.ts'
import { sweepHolds } from '../../src/services/sweep-holds.ts'
import { type Json, testApi } from '../support/api.ts'
import { proposed, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue' })
const licence = { college: 'A college', number: '1', validFrom: '2020-01-01' }

/** A whole Introductory itinerary, booked. → its appointments by visit */
async function booked(staff: Staff, over: object = {}): Promise<{ patientId: string; by: Record<string, Json> }> {
  const api = await s
  const enrolment = await ready(api, staff, { enrolment: { programKey: 'introductory' } })
  const itinerary = await proposed(api, enrolment.id, over)
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  return { patientId: enrolment.patientId, by: Object.fromEntries(appointments.map((a: Json) => [a.visitKey, a])) }
}
const statuses = async (by: Record<string, Json>): Promise<Record<string, string>> => {
  const api = await s
  const now = await Promise.all(Object.values(by).map((a) => api.must('GET', `/v1/appointments/${a.id}`)))
  return Object.fromEntries(now.map((a) => [a.visitKey, a.status]))
}
/** Kinds of resource that the appointment still claims. */
const claimed = async (id: string): Promise<string[]> =>
  (
    await (
      await s
    ).db.execute<{ kind: string }>(sql`
      select distinct r.kind from claim c join resource r on r.id = c.resource_id where c.appointment_id = ${id} order by 1`)
  ).map(({ kind }) => kind)
const swept = async (): Promise<number> => {
  const done = await sweepEligibility((await s).deps)
  if (!done.ok) throw new Error(done.error.code)
  return done.value
}
const eventsOf = async (id: string, type: string): Promise<number> => {
  const [row] = await (await s).db.execute<{ n: number }>(sql`
    select count(*)::int as n from event where type = ${type} and (subject ->> 'appointmentId' = ${id} or subject ->> 'itineraryId' = ${id})`)
  return row?.n ?? -1
}

t.test('a hold that ran out is told of once, and its claims are gone', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 1, nurses: 1 })
  const enrolment = await ready(api, staff)
  const itinerary = await proposed(api, enrolment.id)
  const sweep = async () => {
    const done = await sweepHolds(api.deps)
    return done.ok ? done.value : done.error.code
  }
  const lapse = () =>
    api.db.execute(sql`with a as (update claim set expires_at = now() - interval '1 second' where itinerary_id = ${itinerary.id}),
      b as (update patient_claim set expires_at = now() - interval '1 second' where itinerary_id = ${itinerary.id})
      update itinerary set expires_at = now() - interval '1 second' where id = ${itinerary.id}`)
  await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
  t.equal(await sweep(), 0, 'a live hold is left alone')
  await lapse()
  t.same([await sweep(), await sweep()], [1, 0])
  t.equal(await eventsOf(itinerary.id, 'itinerary.expired'), 1)
  const [left] = await api.db.execute<{ n: number }>(
    sql`select count(*)::int as n from claim where itinerary_id = ${itinerary.id}`,
  )
  t.equal(left?.n, 0)
  await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
  await lapse()
  t.same([await sweep(), await eventsOf(itinerary.id, 'itinerary.expired')], [1, 2], 'held again, it lapses again')
  for (let n = 0; n < 2; n++) {
    await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
    await lapse()
  }
  t.same(
    [await sweep(), await eventsOf(itinerary.id, 'itinerary.expired')],
    [1, 4],
    'also when nobody swept in between',
  )
  const line = freedTimeLine(api.deps)
  const noticed = async () => {
    const taken = await line.take(new Map())
    return taken.ok && taken.value
  }
  await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
  t.same(await noticed(), [])
  await lapse()
  t.same(await noticed(), ['freed time'], 'it is noticed at once')
  await line.send('freed time', AbortSignal.timeout(10_000))
  t.same([await noticed(), await eventsOf(itinerary.id, 'itinerary.expired')], [[], 5])
})

t.test('a licence that is taken away flags the visits it covered, which lose only that clinician', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-397', { therapists: 1, nurses: 1 })
  const { by } = await booked(staff)
  await api.must('PATCH', `/v1/clinicians/${staff.nurse[0]}`, { givenName: 'Luc' })
  t.same([...new Set(Object.values(await statuses(by)))], ['booked'], 'another change flags nobody')
  await api.must('PATCH', `/v1/clinicians/${staff.nurse[0]}`, {
    licences: [{ ...licence, province: 'QC', validUntil: by['prep-1'].start.slice(0, 10) }],
  })
  t.same(await statuses(by), {
    'prep-1': 'booked',
    'dose-1': 'needs-replanning',
    'integration-1': 'booked',
    closing: 'booked',
  })
  t.same(await claimed(by['dose-1'].id), ['clinician', 'room', 'supervision'], 'therapist, room and supervision stay')
  const busy = await api.must(
    'GET',
    `/v1/availability?clinicianId=${staff.nurse[0]}&from=2027-01-11T00:00:00-05:00&to=2027-02-11T00:00:00-05:00`,
  )
  t.same(busy.busy, [], 'the nurse is free')
  t.equal(await eventsOf(by['dose-1'].id, 'appointment.needs-replanning'), 1)
  t.equal(await swept(), 0, 'what is flagged is not flagged again')

  await api.must('PATCH', `/v1/clinicians/${staff.therapist[0]}`, { roles: ['navigator'] })
  t.same([...new Set(Object.values(await statuses(by)))], ['needs-replanning'], 'nor does a role that was given up')
})

t.test('what nobody changed is found by the sweep: a licence and a clearance', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-393', { therapists: 1, nurses: 1 })
  const one = await booked(staff)
  const other = await booked(staff, { notBefore: '2027-02-08T08:00:00-05:00' })
  await api.db.execute(sql`update licence set valid_until = '2027-01-31' where clinician_id = ${staff.therapist[0]}`)
  await api.db.execute(sql`update screening set valid_until = '2027-01-10' where patient_id = ${one.patientId}`)
  t.equal(await swept(), 5)
  t.match(await statuses(one.by), { 'prep-1': 'booked', 'dose-1': 'needs-replanning', closing: 'booked' })
  t.same(await claimed(one.by['dose-1'].id), ['clinician', 'room', 'supervision'], 'a clearance frees nobody')
  t.same([...new Set(Object.values(await statuses(other.by)))], ['needs-replanning'])
  t.same(await claimed(other.by['prep-1'].id), ['room'])
  t.equal(await swept(), 0)

  t.test('only what is ahead, and in time', async (t) => {
    const now = api.clock.now
    const third = await booked(await staffed(api, 'montreal-laurier-393'), { notBefore: '2027-03-01T08:00:00-05:00' })
    await api.db.execute(
      sql`update screening set valid_until = ${third.by['dose-1'].start.slice(0, 10)} where patient_id = ${third.patientId}`,
    )
    t.equal(await swept(), 0, 'the last day counts')
    await api.db.execute(sql`update screening set valid_until = '2027-01-01' where patient_id = ${third.patientId}`)
    api.clock.now = Date.parse(third.by['dose-1'].end) as Instant
    t.equal(await swept(), 0, 'what is past is past')
    api.clock.now = now
  })
  await Promise.resolve()
})

t.test('a screening that clears no longer, and a move, flag at once', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 1, nurses: 1 })
  const { by, patientId } = await booked(staff)
  await api.must('POST', `/v1/patients/${patientId}/screenings`, {
    assessedBy: staff.prescriber[0],
    assessedOn: '2026-11-21',
    outcome: 'needs-management',
    contraindications: [],
    routes: [],
  })
  t.match(await statuses(by), { 'prep-1': 'booked', 'dose-1': 'needs-replanning' })

  const enrolment = await ready(api, staff, { enrolment: { programKey: 'introductory' } })
  const virtual = await proposed(api, enrolment.id, { notBefore: '2027-02-01T08:00:00-05:00', virtual: 'prefer' })
  const { appointments } = await api.must('POST', `/v1/itineraries/${virtual.id}/confirm`, {}, 201)
  const byModality = (m: string) => appointments.filter((a: Json) => a.modality === m).map((a: Json) => a.visitKey)
  t.ok(byModality('virtual').length > 0)
  const after = { 'prep-1': 'booked', 'dose-1': 'booked', 'integration-1': 'booked', closing: 'booked' }
  await api.must('PATCH', `/v1/patients/${enrolment.patientId}`, { province: 'BC' })
  t.same(await statuses(Object.fromEntries(appointments.map((a: Json) => [a.visitKey, a]))), {
    ...after,
    ...Object.fromEntries(byModality('virtual').map((key: string) => [key, 'needs-replanning'])),
  })
})

t.test('a licence revoked while its visits are being booked: every interleaving ends legal or flagged', async (t) => {
  const api = await s
  for (let round = 0; round < 6; round++) {
    const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 1, nurses: 1 })
    const enrolment = await ready(api, staff, {
      enrolment: { programKey: 'introductory', therapist: { prefer: [], exclude: [] } },
    })
    const itinerary = await proposed(api, enrolment.id, { therapistId: staff.therapist[0] })
    if (round % 3 === 1) await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
    const [confirmed] = await Promise.all([
      round % 3 === 2
        ? api.api('POST', '/v1/appointments', {
            enrolmentId: enrolment.id,
            visitKey: 'prep-1',
            start: itinerary.visits[0].start,
            clinicId: staff.clinic.id,
            participants: [{ as: 'therapist', clinicianId: staff.therapist[0] }],
          })
        : api.api('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}),
      api.must('PATCH', `/v1/clinicians/${staff.therapist[0]}`, { licences: [] }),
    ])
    const { items } = await api.must('GET', `/v1/appointments?enrolmentId=${enrolment.id}`)
    const kept = items.filter(
      (a: Json) => a.status === 'booked' && a.participants.some((p: Json) => p.clinicianId === staff.therapist[0]),
    )
    t.equal(kept.length, 0)
    t.ok([201, 409, 422].includes(confirmed.status), confirmed.text)
    await api.db.execute(sql`with theirs as (delete from patient_claim) delete from claim`)
  }
})

t.test(
  'a consent withdrawn or a clearance taken back while its doses are being booked: legal, flagged or cancelled',
  async (t) => {
    const api = await s
    const staff = await staffed(api, 'toronto-eglinton', { therapists: 2, nurses: 2 })
    for (let round = 0; round < 8; round++) {
      const enrolment = await ready(api, staff, { enrolment: { programKey: 'introductory' } })
      const itinerary = await proposed(api, enrolment.id)
      if (round % 4 > 1) await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
      const path = `/v1/patients/${enrolment.patientId}`
      const screening = {
        assessedBy: staff.prescriber[0],
        assessedOn: '2026-11-21',
        outcome: 'not-cleared',
        contraindications: [],
        routes: ['rdt'],
      }
      const revoked = (): Promise<Json> =>
        round % 2 === 0
          ? api.must('DELETE', `${path}/consents/treatment`)
          : api.must('POST', `${path}/screenings`, screening)
      const confirm = () => api.api('POST', `/v1/itineraries/${itinerary.id}/confirm`, {})
      const [confirmed] = round < 4 ? await Promise.all([confirm(), revoked()]) : await inTurn(revoked, confirm)
      const { items } = await api.must('GET', `/v1/appointments?enrolmentId=${enrolment.id}`)
      const doses = items.filter((a: Json) => a.step === 'experience').map((a: Json) => a.status)
      // who is not cleared has no enrolment any more
      const after = round % 2 === 0 ? 'needs-replanning' : 'cancelled'
      t.same(doses, confirmed.status === 201 ? [after] : [], `${round}: ${confirmed.text.slice(0, 200)}`)
      if (confirmed.status !== 201) t.match(confirmed.json.code, round % 2 === 0 ? 'consent-missing' : 'not-cleared')
      await api.db.execute(sql`with theirs as (delete from patient_claim) delete from claim`)
    }
  },
)
/** The second begins while the first is under way. */
async function inTurn<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[B, A]> {
  const [a, b] = await Promise.all([first(), second()])
  return [b, a]
}
