/** The worklist over HTTP: every kind of call to make, in the order in which they are due, for those who may see the patient. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Instant } from '../../src/domain/time.ts'
import { type Call, type Json, testApi } from '../support/api.ts'
import { anEnrolment, aPatient } from '../support/people.ts'
import { proposed, ready, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue' })
const DAY = 86_400_000

const worklist = async (query = '', call?: Call): Promise<Json[]> => {
  const { status, json, text } = await (call ?? (await s).api)('GET', `/v1/worklist?limit=200${query}`)
  if (status !== 200) throw new Error(text)
  return json.items
}
const kindsOf = (items: Json[]): string[] => items.map((item) => item.kind)

t.test('nothing to do: an empty list', async (t) => t.same(await worklist(), []))

t.test('a plan under way asks for one call after another', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-397', { therapists: 1, nurses: 1 })
  const start = api.clock.now
  const enrolment = await ready(api, staff, {
    enrolment: { programKey: 'introductory' },
    patient: { contact: { email: true, sms: true, voicemail: false, calendar: true } },
  })
  const itinerary = await proposed(api, enrolment.id)
  const held = await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, { ttlSeconds: 3600 }, 201)
  t.match(await worklist(), [
    {
      kind: 'hold-lapsing',
      action: 'confirm-or-release',
      dueAt: held.expiresAt,
      patientId: enrolment.patientId,
      enrolmentId: enrolment.id,
      itineraryId: itinerary.id,
      appointmentId: null,
      mayLeaveMessage: false,
    },
  ])
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  const by = Object.fromEntries(appointments.map((a: Json) => [a.visitKey, a]))

  t.test('from the booking on: who takes the patient home after the dose?', async (t) => {
    t.same(kindsOf(await worklist()), ['escort-missing'], 'months before')
    api.clock.now = (Date.parse(by['dose-1'].start) - 6 * DAY) as Instant
    t.match(await worklist(), [
      { kind: 'escort-missing', action: 'name-escort', appointmentId: by['dose-1'].id, dueAt: by['dose-1'].start },
    ])
    await api.must('PATCH', `/v1/appointments/${by['dose-1'].id}`, { escort: { name: 'Ann Ho' } })
    t.same(await worklist(), [])
  })
  t.test('an overrun makes the next patient wait', async (t) => {
    await api.db.execute(sql`update appointment set flags = '{running-late}' where id = ${by.closing.id}`)
    t.match(await worklist(), [{ kind: 'running-late', action: 'tell-patient', appointmentId: by.closing.id }])
    await api.db.execute(sql`update appointment set flags = '{}' where id = ${by.closing.id}`)
  })
  t.test('a clearance that ends before a booked dose', async (t) => {
    await api.db.execute(sql`update screening set valid_until = '2027-01-01' where patient_id = ${enrolment.patientId}`)
    t.match(await worklist(), [
      { kind: 'clearance-expiring', action: 'screen-again', appointmentId: by['dose-1'].id, dueAt: by['dose-1'].start },
    ])
    await api.db.execute(sql`update screening set valid_until = '2027-06-30' where patient_id = ${enrolment.patientId}`)
  })
  t.test('what was lost is to be replanned, in the order of the visits, page by page', async (t) => {
    await api.must('POST', `/v1/appointments/${by['dose-1'].id}/status`, { status: 'no-show' })
    const all = await worklist()
    t.same(kindsOf(all), ['needs-replanning'])
    t.match(all[0], { action: 'replan', appointmentId: by.closing.id, dueAt: by.closing.start })
    await api.must('POST', `/v1/appointments/${by['dose-1'].id}/status`, { status: 'booked' })
    await api.db.execute(sql`update appointment set status = 'needs-replanning' where enrolment_id = ${enrolment.id}`)
    const whole = await worklist()
    t.same(
      whole.map((item) => item.dueAt),
      ['prep-1', 'dose-1', 'integration-1', 'closing'].map((key) => by[key].start),
    )
    const paged: Json[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Json = await api.must('GET', `/v1/worklist?limit=1${cursor && `&cursor=${cursor}`}`)
      paged.push(...page.items)
      cursor = page.nextCursor
    }
    t.same(paged, whole)
  })
  t.test('only for those who may see the patient, and every patient seen is audited', async (t) => {
    const away = await api.as('scheduler', { clinicIds: [(await api.must('GET', '/v1/clinics/toronto-eglinton')).id] })
    const home = await api.as('scheduler', { clinicIds: [staff.clinic.id] })
    const therapist = await api.as('clinician', { clinicianId: staff.therapist[0] ?? '' })
    const navigator = await api.as('clinician', { clinicianId: staff.navigator[0] ?? '' })
    const seen = await Promise.all([away, home, therapist, navigator].map((call) => worklist('', call)))
    t.same(
      seen.map((items) => items.length),
      [0, 4, 4, 0],
    )
    t.equal((await worklist(`&clinicId=${staff.clinic.id}`)).length, 4)
    t.equal((await worklist(`&clinicId=${enrolment.id}`)).length, 0)
    const reads = async () => {
      const { items } = await api.must('GET', `/v1/audit?patientId=${enrolment.patientId}&limit=200`)
      return items.filter((entry: Json) => entry.resourceType === 'worklist').length
    }
    const before = await reads()
    await worklist()
    t.equal(await reads(), before + 1, 'one entry for four items of one patient')
    t.same((await api.api('GET', '/v1/worklist?cursor=x')).json.errors[0].path, 'cursor')
  })
  t.teardown(() => {
    api.clock.now = start
  })
  await Promise.resolve()
})

t.test('a clearance that runs out while doses are still to be planned', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial', { therapists: 0, nurses: 0 })
  const { id } = await aPatient(api, { province: 'BC' })
  const screen = (validUntil: string) =>
    api.must('POST', `/v1/patients/${id}/screenings`, {
      assessedBy: staff.prescriber[0],
      assessedOn: '2026-11-20',
      outcome: 'cleared',
      contraindications: [],
      routes: ['rdt'],
      validUntil,
    })
  await screen('2026-12-01')
  t.same(kindsOf(await worklist(`&clinicId=${staff.clinic.id}`)), [])
  await anEnrolment(api, 'vancouver-commercial', id)
  t.match(await worklist(`&clinicId=${staff.clinic.id}`), [
    { kind: 'clearance-expiring', dueAt: '2026-12-01T17:00:00-07:00', appointmentId: null, mayLeaveMessage: true },
  ])
  await screen('2027-02-01')
  t.same(await worklist(`&clinicId=${staff.clinic.id}`), [], 'screened again')
})
