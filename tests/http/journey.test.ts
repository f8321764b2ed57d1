/** From referral to reconnection: a patient in Québec in French, and one in British Columbia who meets the therapist over video. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Instant } from '../../src/domain/time.ts'
import { type Json, testApi } from '../support/api.ts'
import { type Staff, staffed, TREATMENT } from '../support/staffed-clinic.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, clock, db } = test
const start = clock.now

const stateOf = async (id: string): Promise<Record<string, string>> => {
  const { visits, nextStep } = await must('GET', `/v1/enrolments/${id}`)
  return { ...Object.fromEntries(visits.map((v: Json) => [v.visitKey, v.state])), nextStep }
}
const plan = async (id: string, wish: object): Promise<Json> => {
  const body = { notBefore: new Date(clock.now).toISOString(), limit: 1, ...wish }
  const { itineraries, blockers, warnings } = await must('POST', `/v1/enrolments/${id}/itineraries`, body)
  if (!itineraries[0]) throw new Error(JSON.stringify(blockers).slice(0, 300))
  return { ...itineraries[0], warnings }
}
const confirm = async ({ id }: Json): Promise<Json[]> =>
  (await must('POST', `/v1/itineraries/${id}/confirm`, {}, 201)).appointments
/** The visit takes place: its clock is its own start. */
const attend = async ({ id, step, start: at, end }: Json): Promise<void> => {
  clock.now = Date.parse(at) as Instant
  if (step === 'experience')
    await must('PATCH', `/v1/appointments/${id}`, {
      escort: { name: 'A Friend', phone: '514-555-0100', relationship: null },
    })
  for (const status of ['arrived', 'in-progress', ...(step === 'experience' ? ['recovering'] : []), 'completed']) {
    if (status === 'completed') clock.now = Date.parse(end) as Instant
    await must('POST', `/v1/appointments/${id}/status`, { status })
  }
}
const inOrder = (visits: Json[]): Json[] => [...visits].sort((a, b) => Date.parse(a.start) - Date.parse(b.start))
const screen = (staff: Staff, patientId: string, day: string) =>
  must('POST', `/v1/patients/${patientId}/screenings`, {
    ...{ assessedBy: staff.prescriber[0], assessedOn: day, outcome: 'cleared', routes: ['rdt'] },
  })
const eventsOf = async (patientId: string): Promise<string[]> => [
  ...new Set(
    [
      ...(await db.execute<{ type: string }>(
        sql`select type from event where subject ->> 'patientId' = ${patientId} order by sequence`,
      )),
    ].map(({ type }) => type),
  ),
]

t.test('Québec, in French: referred by a professional, screened, three doses, closed', async (t) => {
  const staff = await staffed(test, 'montreal-laurier-393')
  const referral = await must('POST', '/v1/referrals', {
    clinicId: staff.clinic.id,
    source: 'professional',
    referrer: { name: 'Dre Anne Côté', profession: 'psychiatre', phone: '514-555-0110', fax: null, email: null },
    patient: { givenName: 'Élise', familyName: 'Bouchard', phone: '514-555-0111', email: 'elise@example.org' },
    programKey: 'standard',
    reason: 'dépression résistante',
  })
  const { patientId } = referral
  t.match(await must('GET', `/v1/patients/${patientId}`), {
    preferredLanguage: 'fr',
    careLanguages: ['fr'],
    province: 'QC',
  })
  await must('POST', `/v1/patients/${patientId}/consents`, { kind: 'share-with-referrer', givenOn: '2026-11-22' })
  await must('PATCH', `/v1/patients/${patientId}`, { birthDate: '1980-03-04' })

  clock.now = Date.parse('2026-11-23T14:00:00Z') as Instant
  await must('POST', `/v1/referrals/${referral.id}/contacts`, { outcome: 'reached', note: 'appel à 9 h' }, 201)
  const accepted = await must('PATCH', `/v1/referrals/${referral.id}`, { status: 'accepted', enrolment: {} })
  const id = accepted.enrolmentId
  const letter = async () => (await api('GET', `/v1/referrals/${referral.id}/letter`)).text
  t.match(await letter(), 'Nous avons accepté cette demande.')

  const connect = await plan(id, { steps: ['connect'] })
  t.same(
    connect.visits.map((v: Json) => [v.visitKey, v.modality]),
    [
      ['info-call', 'phone'],
      ['medical-screening', 'in-person'],
    ],
  )
  t.same(connect.warnings, [])
  const [call, screening] = inOrder(await confirm(connect))
  t.match(await letter(), 'des rendez-vous sont fixés')
  const early = await plan(id, { steps: TREATMENT })
  t.match(
    [...new Set(early.warnings.map((w: Json) => w.rule))].sort(),
    ['clearance', 'consent', 'route'],
    'planned and held before clearance',
  )
  await must('POST', `/v1/itineraries/${early.id}/hold`, {}, 201)
  t.match(await api('POST', `/v1/itineraries/${early.id}/confirm`, {}), { status: 422, json: { code: 'not-cleared' } })
  await must('DELETE', `/v1/itineraries/${early.id}/hold`, undefined, 204)

  await attend(call)
  await attend(screening)
  t.match(await stateOf(id), { 'info-call': 'done', 'medical-screening': 'done', nextStep: 'prepare' })
  await screen(staff, patientId, screening?.start.slice(0, 10))
  await must('POST', `/v1/patients/${patientId}/consents`, {
    kind: 'treatment',
    givenOn: screening?.start.slice(0, 10),
  })
  await must('PATCH', `/v1/enrolments/${id}`, { route: 'rdt' })
  const treatment = await plan(id, {})
  t.same([treatment.visits.length, treatment.warnings], [9, []])
  const visits = inOrder(await confirm(treatment))
  const invite = await api('GET', `/v1/appointments/${visits[2]?.id}/invite.ics`)
  t.match(invite.text, /SUMMARY:Rendez-vous\r\n/)
  for (const visit of visits) await attend(visit)
  t.match(await must('GET', `/v1/enrolments/${id}`), { status: 'completed', nextStep: null })
  t.match(await letter(), 'Le programme est terminé.')
  t.same(await eventsOf(patientId), [
    ...[
      'referral.received',
      'enrolment.opened',
      'appointment.booked',
      'appointment.status-changed',
      'enrolment.completed',
    ],
  ])
  clock.now = start
})

t.test(
  'British Columbia: a self-referral, the information call as first contact, an integration over video',
  async (t) => {
    const staff = await staffed(test, 'vancouver-commercial')
    const referral = await must('POST', '/v1/referrals', {
      clinicId: staff.clinic.id,
      patient: {
        givenName: 'Ren',
        familyName: 'Wong',
        phone: '604-555-0112',
        birthDate: '1990-01-01',
        contact: { voicemail: false },
      },
      programKey: 'introductory',
      reason: 'would like to know more',
    })
    t.match(referral, {
      source: 'self',
      referrer: null,
      contactDueAt: '2026-11-23T05:00:00-07:00',
      timeZone: 'America/Vancouver',
    })
    t.match((await must('GET', `/v1/worklist?clinicId=${staff.clinic.id}`)).items, [
      { kind: 'referral-due', mayLeaveMessage: false },
    ])
    const { patientId } = referral
    await must('POST', `/v1/referrals/${referral.id}/contacts`, { outcome: 'reached', infoCallDone: true }, 201)
    const { enrolmentId: id } = await must('PATCH', `/v1/referrals/${referral.id}`, {
      status: 'accepted',
      enrolment: { route: 'rdt' },
    })
    t.match(await stateOf(id), { 'info-call': 'done', 'medical-screening': 'unplanned', nextStep: 'connect' })
    const connect = await plan(id, { steps: ['connect'], virtual: 'prefer' })
    t.same(
      connect.visits.map((v: Json) => [v.visitKey, v.modality]),
      [['medical-screening', 'virtual']],
      'the call is not planned again',
    )
    const [screening] = await confirm(connect)
    await attend(screening)
    const day = screening?.start.slice(0, 10)
    await screen(staff, patientId, day)
    await must('POST', `/v1/patients/${patientId}/consents`, { kind: 'treatment', givenOn: day })
    const warned = await plan(id, { virtual: 'prefer' })
    t.match(warned.warnings, [{ rule: 'community-support', visitKey: 'dose-1', source: 'program' }])
    await must('PATCH', `/v1/patients/${patientId}`, {
      communitySupport: { name: 'Dr Singh', profession: 'physician', phone: null },
    })
    const treatment = await plan(id, { virtual: 'prefer' })
    t.same(treatment.warnings, [])
    const visits = inOrder(await confirm(treatment))
    t.same(
      visits.map((v) => [v.visitKey, v.modality]),
      [
        ['prep-1', 'virtual'],
        ['dose-1', 'in-person'],
        ['integration-1', 'virtual'],
        ['closing', 'virtual'],
      ],
    )
    t.ok(visits.every((v) => v.start.endsWith('-07:00') && (v.modality === 'in-person') === (v.roomId !== null)))
    for (const visit of visits) await attend(visit)
    t.equal((await must('GET', `/v1/enrolments/${id}`)).status, 'completed')
    t.equal((await must('GET', `/v1/worklist?clinicId=${staff.clinic.id}`)).items.length, 0)
  },
)
