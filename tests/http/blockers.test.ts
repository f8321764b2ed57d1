/** No itinerary, over HTTP: what stands in the way, and relaxations that keep their promise once their requests are made. */
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { aClinician } from '../support/people.ts'
import { onShift, ready, staffed, TREATMENT } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue' })
const WISH = { notBefore: '2027-01-11T08:00:00-05:00', steps: TREATMENT, limit: 1 }

/** Makes the requests, proposes again, and takes back what was changed. → the cost of what can be planned then */
async function costAfter(relaxation: Json, enrolment: Json): Promise<number | undefined> {
  const { must, api } = await s
  const path = `/v1/enrolments/${enrolment.id}/itineraries`
  let proposal: Json = WISH
  const undo: (() => Promise<unknown>)[] = []
  for (const { method, path: to, body } of relaxation.request) {
    if (to === path) {
      proposal = { ...body, limit: 1 }
      continue
    }
    const answer = await must(method, to, body)
    if (to === '/v1/extra-shifts') undo.push(() => api('DELETE', `${to}/${answer.id}`))
    else undo.push(() => must('PATCH', to, { allowedClinicIds: enrolment.allowedClinicIds }))
  }
  const { itineraries } = await must('POST', path, proposal)
  for (const back of undo) await back()
  return itineraries[0]?.cost.total
}

async function kept(
  t: Pick<typeof import('tap').t, 'same' | 'ok' | 'equal'>,
  enrolment: Json,
  wish: object,
  kinds: string[],
): Promise<Json[]> {
  const { must } = await s
  const { itineraries, blockers } = await must('POST', `/v1/enrolments/${enrolment.id}/itineraries`, {
    ...WISH,
    ...wish,
  })
  t.same(itineraries, [])
  t.ok(blockers.length > 0 && blockers.every((b: Json) => b.visitKey && b.kind && b.detail && b.from <= b.to))
  const relaxations = blockers.flatMap((b: Json) => b.relaxations)
  const found = new Set(relaxations.map((r: Json) => r.kind))
  for (const kind of kinds) t.ok(found.has(kind), `${kind} is among ${[...found].join(', ')}`)
  for (const relaxation of relaxations)
    t.equal(await costAfter(relaxation, enrolment), relaxation.cost, `${relaxation.kind}: ${relaxation.detail}`)
  return blockers
}

t.test('a therapist who never works two days running carries no dose', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 0 })
  const therapist = await aClinician(api, 'therapist')
  await onShift(api, therapist, staff.clinic.id, { rrule: 'FREQ=WEEKLY;BYDAY=MO,WE,FR' })
  await staffed(api, 'montreal-laurier-393')
  const enrolment = await ready(api, staff)
  const blockers = await kept(t, enrolment, {}, ['allow-site'])
  t.ok(blockers.some((b: Json) => b.resourceIds.includes(therapist)))
})

t.test('a period that is too short is opened by a later end', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton')
  const enrolment = await ready(api, staff)
  await kept(t, enrolment, { notAfter: '2027-02-01T18:00:00-05:00' }, ['later'])
})

t.test('a therapist who was asked for and is away', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial')
  const enrolment = await ready(api, staff)
  await api.must('POST', '/v1/time-off', {
    subject: { clinicianId: staff.therapist[0] },
    start: '2026-12-20T00:00:00-07:00',
    end: '2027-11-20T00:00:00-07:00',
    reason: 'leave',
  })
  await kept(t, enrolment, { therapistId: staff.therapist[0] }, ['any-therapist'])
})

t.test('licence and language are named as such', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-397', { therapists: 0 })
  for (const [over, kind] of [
    [
      {
        licences: [
          { province: 'ON', college: 'A college', number: '1', validFrom: '2020-01-01', validUntil: '2035-12-31' },
        ],
      },
      'licence',
    ],
    [{ languages: ['fr'] }, 'language'],
  ] as const) {
    const therapist = await aClinician(api, 'therapist', over)
    const rule = await onShift(api, therapist, staff.clinic.id)
    const enrolment = await ready(api, staff)
    const { blockers } = await api.must('POST', `/v1/enrolments/${enrolment.id}/itineraries`, WISH)
    t.ok(
      blockers.some((b: Json) => b.kind === kind && b.resourceIds.includes(therapist)),
      `${kind}: ${JSON.stringify(blockers).slice(0, 200)}`,
    )
    await api.api('DELETE', `/v1/availability-rules/${rule.id}`)
  }
})
