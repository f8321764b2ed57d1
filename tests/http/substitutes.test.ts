/** Substitutes over HTTP: who could take a part at that time, with licence, language and what it costs in continuity. */
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { aClinician } from '../support/people.ts'
import { onShift, proposed, ready, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue', logLevel: 'error', logTarget: process.stderr })

t.test('those who are free, licensed and understood; the visit’s own people are not', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 3, nurses: 2, prescribers: 2 })
  const licence = { province: 'QC', college: 'A college', number: '1', validFrom: '2020-01-01', validUntil: null }
  const spare = async (role: string, over: object, shift = {}) => {
    const id = await aClinician(api, role, { licences: [licence], ...over })
    await onShift(api, id, staff.clinic.id, shift)
    return id
  }
  const unlicensed = await spare('therapist', { licences: [{ ...licence, province: 'ON' }] })
  const german = await spare('therapist', { languages: ['de'] })
  const evening = await spare('therapist', {}, { startTime: '19:00', endTime: '21:00' })
  const germanNurse = await spare('nurse', { languages: ['de'] })
  const enrolment = await ready(api, staff)
  const itinerary = await proposed(api, enrolment.id)
  const { appointments } = await api.must('POST', `/v1/itineraries/${itinerary.id}/confirm`, {}, 201)
  const dose = appointments.find((a: Json) => a.visitKey === 'dose-2')
  const idOf = (as: string) => dose.participants.find((p: Json) => p.as === as).clinicianId
  const found = async (as: string): Promise<Json[]> =>
    (await api.must('GET', `/v1/appointments/${dose.id}/substitutes?as=${as}`, undefined, 200)).items
  const ids = (items: Json[]) => items.map((i) => i.clinicianId).sort()

  const therapists = await found('therapist')
  t.same(ids(therapists), staff.therapist.filter((id) => id !== idOf('therapist')).sort())
  for (const id of [unlicensed, german, evening]) t.notOk(ids(therapists).includes(id))
  t.match(therapists[0], { licence: { province: 'QC' }, speaksPatientsLanguage: true, continuityCost: 80 })
  const nurses = await found('nurse')
  t.same(ids(nurses), [...staff.nurse, germanNurse].filter((id) => id !== idOf('nurse')).sort())
  t.match(
    nurses.find((n) => n.clinicianId === germanNurse),
    { speaksPatientsLanguage: false, continuityCost: 0 },
    'of a nurse the language is a preference',
  )
  t.same(
    ids(await found('prescriber')),
    staff.prescriber.filter((id) => id !== idOf('prescriber')),
  )

  const [free = ''] = staff.therapist.filter((id) => id !== idOf('therapist'))
  await api.must('POST', '/v1/time-off', {
    subject: { clinicianId: free },
    start: dose.start,
    end: dose.end,
    reason: 'away',
  })
  t.notOk(ids(await found('therapist')).includes(free), 'away')
  for (const as of ['room', 'pilot']) {
    const { status, json } = await api.api('GET', `/v1/appointments/${dose.id}/substitutes?as=${as}`)
    t.same([status, json.errors[0].path], [400, 'as'])
  }
  t.equal((await api.api('GET', `/v1/appointments/${dose.id}/substitutes`)).status, 400)
  t.equal((await api.api('GET', '/v1/appointments/nonsense/substitutes?as=nurse')).status, 404)
})
