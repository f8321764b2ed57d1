/** The analytics over HTTP: figures of a small world that is known to the last visit, grouped each way, in each clinic's own months, small cells withheld. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { v7 } from 'uuid'
import type { Scope } from '../../src/domain/caller.ts'
import { addMinutes, HOUR } from '../../src/domain/time.ts'
import { type Call, type Json, testApi } from '../support/api.ts'
import { type Booked, booked } from '../support/booked.ts'
import { at } from '../support/clinics.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'
import { proposed, ready, staffed, TREATMENT } from '../support/staffed-clinic.ts'

const s = await testApi(t, { seed: 'catalogue' })
const { api, must, db, clock, as } = s
const [TORONTO, VANCOUVER, MONTREAL] = ['toronto-eglinton', 'vancouver-commercial', 'montreal-laurier-397']
const SUNDAY = clock.now
const NAMES = ['utilisation', 'access', 'outcomes', 'funnel', 'next-available']

const ask = (report: string, query: string, call: Call = api) => call('GET', `/v1/analytics/${report}?${query}`)
/** The items by group. */
async function read(report: string, query: string): Promise<Record<string, Json>> {
  const { status, json, text } = await ask(report, query)
  if (status !== 200) throw new Error(text)
  return Object.fromEntries(json.items.map((item: Json) => [item.group, item]))
}
const idOf = async (slug: string): Promise<string> => (await must('GET', `/v1/clinics/${slug}`)).id

/** Five calls before midnight and six after it, of the night in which a month ends; the last is of the other program. → their ids */
async function nightOfCalls(slug: string, province: string, offsets: readonly [string, string]): Promise<string[]> {
  clock.now = at('2026-10-28T12:00:00Z')
  const clinicId = await idOf(slug)
  const navigator = await aClinician(s, 'navigator')
  const [evening, night] = offsets
  await must('POST', '/v1/extra-shifts', {
    ...{ subject: { clinicianId: navigator }, clinicId },
    ...{ start: `2026-10-31T20:00:00${evening}`, end: `2026-11-01T04:00:00${night}` },
  })
  const ids: string[] = []
  for (let n = 0; n < 11; n++) {
    const start = new Date(at(`2026-10-31T22:45:00${evening}`) + n * 15 * 60_000).toISOString()
    const patient = await aPatient(s, { province })
    const { id: enrolmentId } = await anEnrolment(s, slug, patient.id, n < 10 ? {} : { programKey: 'introductory' })
    const call = { enrolmentId, visitKey: 'info-call', start, clinicId, modality: 'phone' }
    ids.push((await must('POST', '/v1/appointments', call, 201)).id)
  }
  return ids
}
async function through(ids: readonly string[], ...statuses: string[]): Promise<void> {
  for (const id of ids)
    for (const status of statuses) await must('POST', `/v1/appointments/${id}/status`, { status }, 200)
}

t.test('visits count in the month of their own clinic, shifts are cut where it ends', async (t) => {
  const toronto = await nightOfCalls(TORONTO, 'ON', ['-04:00', '-05:00'])
  const vancouver = await nightOfCalls(VANCOUVER, 'BC', ['-07:00', '-07:00'])
  await through(toronto, 'arrived', 'in-progress', 'completed')
  await through(vancouver.slice(0, 5), 'no-show')
  clock.now = at('2026-10-31T12:00:00Z')
  for (const id of vancouver.slice(5)) await must('POST', `/v1/appointments/${id}/cancel`, { by: 'patient' }, 200)
  clock.now = SUNDAY
  const days = 'from=2026-10-31&to=2026-11-01'

  const months = await read('outcomes', `${days}&clinicId=${TORONTO}`)
  t.same(Object.keys(months), ['2026-10', '2026-11'])
  t.same([months['2026-10'].completed, months['2026-11'].completed], [5, 6])
  t.equal(months['2026-10'].noShow, null)
  t.ok(months['2026-10'].suppressed.includes('noShow'))
  const west = await read('outcomes', `${days}&clinicId=${await idOf(VANCOUVER)}&groupBy=month`)
  t.match(west['2026-10'], { noShow: 5, cancelledByPatient: null })
  t.match(west['2026-11'], { noShow: null, cancelledByPatient: 6, lateCancels: 6, cancelledByClinic: null })
  t.equal((await read('outcomes', days))['2026-10'].completed, 5, 'both clinics together, each by its own midnight')

  const clinics = await read('outcomes', `${days}&groupBy=clinic`)
  t.same(Object.keys(clinics).length, 5, 'a clinic without visits is there too')
  t.match(clinics[TORONTO], { completed: 11, clinicId: await idOf(TORONTO), noShow: null })
  t.match(clinics[VANCOUVER], { completed: null, noShow: 5, lateCancels: 6 })
  const programs = await read('outcomes', `${days}&groupBy=program`)
  t.match(programs.standard, { completed: 10, noShow: 5, lateCancels: 5 })
  t.match(programs.introductory, { completed: null, noShow: null })
  t.match((await read('outcomes', `${days}&groupBy=route`)).rdt, { completed: 11, lateCancels: 6 })
  t.match((await read('outcomes', 'from=2026-11-02&to=2026-11-30&groupBy=route')).rdt, { completed: null })

  t.test('utilisation: an hour more in Toronto’s night, none in Vancouver’s', async (t) => {
    const east = await read('utilisation', `${days}&clinicId=${TORONTO}`)
    t.same(east['2026-10'].navigators, { availableMinutes: 240, claimedMinutes: 75, share: 0.3125 })
    t.same(east['2026-11'].navigators, { availableMinutes: 300, claimedMinutes: 90, share: 0.3 })
    t.same(east['2026-11'].clinicians, east['2026-11'].navigators)
    t.same(east['2026-11'].dosingRooms, { availableMinutes: 0, claimedMinutes: null, share: null })
    const pacific = await read('utilisation', `${days}&clinicId=${VANCOUVER}`)
    const unused = { availableMinutes: 240, claimedMinutes: null, share: null }
    t.same(
      [pacific['2026-10'].navigators, pacific['2026-11'].navigators],
      [unused, unused],
      'missed, cancelled: given back',
    )
    const both = await read('utilisation', `${days}&groupBy=clinic`)
    t.same(both[TORONTO].navigators, { availableMinutes: 540, claimedMinutes: 165, share: 0.3056 })
    const byProgram = await read('utilisation', `${days}&groupBy=program`)
    t.same(byProgram.standard.navigators, { availableMinutes: 1020, claimedMinutes: 150, share: 0.1471 })
    t.same(byProgram.introductory.navigators, { availableMinutes: 1020, claimedMinutes: null, share: null })
    t.ok(byProgram.introductory.suppressed.includes('navigators.claimedMinutes'))
    t.equal((await read('utilisation', `${days}&groupBy=route`)).rdt.navigators.claimedMinutes, 165)
  })
})

t.test('cancellations by whom and how late, doses by what came of them, integrations in time', async (t) => {
  const [clinicId, day] = [await idOf(MONTREAL), '2026-09-14']
  const anybody = async (over: object = {}) => {
    const { id: patientId } = await aPatient(s)
    return { id: (await anEnrolment(s, MONTREAL, patientId, over)).id, patientId }
  }
  const of = {
    enrolment: await anybody({ route: 'im' }),
    clinicId,
    roomId: null,
    visitKey: 'prep-1',
    step: 'prepare',
    parts: [],
  }
  const visit = async (hours: number, over: Partial<Booked>, columns: object, times = 5) => {
    const start = new Date(at(`${day}T13:00:00Z`) + hours * HOUR).toISOString()
    for (let n = 0; n < times; n++) await booked(db, { ...of, start, minutes: 50, ...over }, columns as never)
  }
  const cancelled = (by: string, late: boolean) => ({
    status: 'cancelled',
    cancellation: { by, reason: null, reasonCode: null, late },
  })
  await visit(0, {}, cancelled('patient', true), 6)
  await visit(1, {}, cancelled('patient', false), 1)
  await visit(2, {}, cancelled('clinic', false))
  await visit(3, {}, { ...cancelled('clinic', false), voidedBy: v7() })
  await visit(4, { visitKey: 'dose-1', step: 'experience', minutes: 150 }, { status: 'not-dosed' })
  t.match((await read('outcomes', `clinicId=${MONTREAL}&from=${day}&to=${day}&groupBy=route`)).im, {
    ...{ cancelledByPatient: 7, lateCancels: 6, cancelledByClinic: 5, voided: 5, notDosed: 5 },
    ...{ completed: null, integrationsDue: null, integrationWithin24h: null },
  })

  /** A completed dose and its integration, so many hours after the dose's end. */
  const pair = async (hours: number, status: string, ended?: string) => {
    const one = { ...of, enrolment: await anybody() }
    const dose = { ...one, visitKey: 'dose-1', step: 'experience', start: '2026-08-10T14:00:00Z', minutes: 150 }
    await booked(db, dose, { status: 'completed', ...(ended && { endedAt: at(ended) }) })
    const start = new Date(addMinutes(at(dose.start), 150) + hours * HOUR).toISOString()
    const after = { ...one, visitKey: 'integration-1', step: 'integrate', start, minutes: 90 }
    if (status) await booked(db, after, { status: status as never })
  }
  await pair(20, 'completed')
  await pair(24, 'completed')
  await pair(25, 'completed')
  await pair(25, 'completed', '2026-08-10T18:00:00Z')
  await pair(20, 'no-show')
  const august = async () => (await read('outcomes', `clinicId=${MONTREAL}&from=2026-08-01&to=2026-08-31`))['2026-08']
  t.match(await august(), { integrationsDue: 5, integrationWithin24h: 0.6 }, 'the third ended later than booked')
  await pair(24 * 365, 'booked')
  t.match(await august(), { completed: 10, integrationsDue: 5 }, 'one that is ahead is not due')
  await pair(0, '')
  t.match(await august(), { integrationsDue: 6, integrationWithin24h: 0.5 })
})

/** What became of a referral: hours to contact, days to screening and to dose, from the day of receipt. */
type Course = { hours?: number; screened?: string; dosed?: string; accepted?: boolean; finished?: boolean }
async function referred(slug: string, receivedAt: string, { hours, screened, dosed, accepted, finished }: Course) {
  const clinicId = await idOf(slug)
  const { id: patientId } = await aPatient(s, { province: slug === VANCOUVER ? 'BC' : 'ON' })
  const referral = { clinicId, patientId, receivedAt, programKey: 'standard', reason: 'low mood' }
  const { id } = await must('POST', '/v1/referrals', referral, 201)
  if (hours !== undefined) {
    const contact = { at: new Date(at(receivedAt) + hours * HOUR).toISOString(), outcome: 'reached' }
    await must('POST', `/v1/referrals/${id}/contacts`, contact)
  }
  const taken =
    accepted && (await must('PATCH', `/v1/referrals/${id}`, { status: 'accepted', enrolment: { route: 'rdt' } }, 200))
  const enrolmentId = taken?.enrolmentId
  if (finished) await db.execute(sql`update enrolment set status = 'completed' where id = ${enrolmentId}`)
  if (screened) {
    const assessed = {
      assessedBy: await assessor,
      assessedOn: screened,
      outcome: 'cleared',
      contraindications: [],
      routes: ['rdt'],
    }
    await must('POST', `/v1/patients/${patientId}/screenings`, assessed, 201)
  }
  if (dosed) {
    const dose = {
      enrolment: { id: enrolmentId, patientId },
      clinicId,
      roomId: null,
      visitKey: 'dose-1',
      step: 'experience',
    }
    await booked(db, { ...dose, start: dosed, minutes: 150, parts: [] }, { status: 'in-progress' })
  }
}
const assessor = aClinician(s, 'prescriber')

t.test('access and funnel: from the day of receipt at the clinic', async (t) => {
  clock.now = at('2026-08-28T12:00:00Z')
  // the last evening of July in Toronto: August in UTC
  const evening = '2026-07-31T23:30:00-04:00'
  const dose = (day: string) => `${day}T09:00:00-04:00`
  const through = { accepted: true, screened: '2026-08-03' }
  await referred(TORONTO, evening, { ...through, hours: 1, dosed: dose('2026-08-10'), finished: true })
  await referred(TORONTO, evening, { ...through, hours: 2, dosed: dose('2026-08-11') })
  await referred(TORONTO, evening, { ...through, hours: 3, dosed: dose('2026-08-12'), screened: '2026-07-31' })
  await referred(TORONTO, evening, { ...through, hours: 24, dosed: dose('2026-08-13') })
  await referred(TORONTO, evening, { ...through, hours: 30, dosed: dose('2026-08-20') })
  await referred(TORONTO, evening, { accepted: true, hours: 80 })
  await referred(TORONTO, evening, { hours: 5 })
  await referred(TORONTO, evening, {})
  await referred(VANCOUVER, '2026-07-31T23:30:00-07:00', { hours: 1 })
  await referred(TORONTO, '2026-08-01T00:30:00-04:00', {})
  await db.execute(sql`update referral set contact_due_at = received_at + interval '72 hours'`)
  clock.now = SUNDAY
  const july = 'from=2026-07-01&to=2026-08-31'

  const months = await read('access', `${july}&clinicId=${TORONTO}`)
  t.match(months['2026-07'], {
    referrals: 8,
    contact: { n: 7, medianHours: 5, p90Hours: 50, shareWithin24h: 0.625, shareWithinPolicy: 0.75 },
    screening: { n: 5, medianDays: 3, p90Days: 3 },
    firstDose: { n: 5, medianDays: 12, p90Days: 17.2 },
    suppressed: [],
  })
  t.match(months['2026-08'], { referrals: null, contact: { n: null, medianHours: null, shareWithin24h: null } })
  t.ok(months['2026-08'].suppressed.includes('contact.medianHours'))
  const clinics = await read('access', `${july}&groupBy=clinic`)
  t.equal(clinics[TORONTO].contact.medianHours, 5)
  t.same(clinics[VANCOUVER].contact, {
    ...{ n: null, medianHours: null, p90Hours: null, shareWithin24h: null, shareWithinPolicy: null },
  })
  t.equal((await read('access', `${july}&groupBy=program`)).standard.referrals, 10)
  t.match(await read('access', `${july}&groupBy=route`), { rdt: { referrals: 6 }, unknown: { referrals: null } })

  const funnel = await read('funnel', `${july}&groupBy=clinic`)
  const { group, clinicId, suppressed, ...counts } = funnel[TORONTO]
  t.same(counts, { referred: 9, contacted: 7, accepted: 6, screened: 5, cleared: 5, firstDose: 5, completed: null })
  t.same([group, clinicId, suppressed], [TORONTO, await idOf(TORONTO), ['completed']])
  t.equal(funnel[VANCOUVER].referred, null)
  t.equal((await read('funnel', `${july}&groupBy=month`))['2026-07'].referred, 9)
})

t.test('next-available is the first start that can be booked', async (t) => {
  clock.now = SUNDAY
  const staff = await staffed(s, MONTREAL, { therapists: 1, nurses: 1 })
  const someone = await ready(s, staff)
  const clinic = `clinicId=${MONTREAL}&groupBy=clinic`
  const next = async (query = clinic): Promise<Json> => (await read('next-available', query))[MONTREAL]
  const slot = async (from: string): Promise<string> => {
    const window = { from: `${from}T00:00:00-05:00`, to: '2027-02-28T00:00:00-05:00' }
    const { slots } = await must('POST', `/v1/enrolments/${someone.id}/slots`, {
      visitKey: 'dose-1',
      ...window,
      limit: 1,
    })
    return slots[0]?.start
  }
  const agrees = async (want: object, name: string, from = '2026-11-22') => {
    const got = await next(`${clinic}&from=${from}`)
    t.match(got, want, name)
    t.equal(got.start, await slot(from), `${name}, as the slots have it`)
  }
  await agrees({ days: 1, start: '2026-11-23T08:00:00-05:00', clinicId: staff.clinic.id, suppressed: [] }, 'free')
  const off = (subject: object, start: string, end: string) =>
    must('POST', '/v1/time-off', { subject, start: `${start}:00-05:00`, end: `${end}:00-05:00`, reason: 'away' })
  await off({ clinicianId: staff.nurse[0] }, '2026-11-23T08:00', '2026-11-23T09:10')
  await agrees({ days: 1, start: '2026-11-23T09:15:00-05:00' }, 'the nurse comes later')
  await off({ clinicianId: staff.prescriber[0] }, '2026-11-23T11:30', '2026-11-24T00:00')
  await agrees({ days: 2, start: '2026-11-24T08:00:00-05:00' }, 'nobody supervises to the end')
  const other = await ready(s, staff)
  const held = await proposed(s, other.id, { notBefore: '2026-11-23T08:00:00-05:00', steps: TREATMENT })
  await must('POST', `/v1/itineraries/${held.id}/hold`, { ttlSeconds: 3600 }, 201)
  const dosing = held.visits.find(({ visitKey }: Json) => visitKey === 'dose-1').start.slice(0, 10)
  await agrees({ start: new RegExp(`^${dosing}T`) }, 'beside what is held', dosing)
  await must('PATCH', `/v1/clinicians/${staff.therapist[0]}`, { limits: { dosesPerDay: 1 } })
  await agrees({ start: new RegExp(`^(?!${dosing})`) }, 'nobody over the daily doses', dosing)
  await must('PATCH', `/v1/clinics/${MONTREAL}`, { policy: { sessionTimes: { dosing: ['10:45', '13:15'] } } })
  await agrees({ start: /T(10:45|13:15):00-05:00$/ }, 'at the clinic’s session times')

  const months = await read('next-available', `from=2026-11-01&to=2027-03-31&clinicId=${MONTREAL}`)
  t.same(Object.keys(months), ['2026-11', '2026-12', '2027-01', '2027-02', '2027-03'])
  t.match(months['2027-03'], { start: /^2027-03-01T/, days: 99 })
  const routes = await read('next-available', `clinicId=${MONTREAL}&groupBy=route`)
  t.match([routes.rdt.start, routes.iv], [(await next()).start, { days: null, start: null }], 'iv is given nowhere')
  t.equal((await read('next-available', `clinicId=${MONTREAL}&groupBy=program`)).standard.start, (await next()).start)
  t.match(
    (await read('next-available', `clinicId=${TORONTO}&groupBy=clinic`))[TORONTO],
    { days: null },
    'nobody works there',
  )
  t.match(await next(`${clinic}&from=2026-01-01&to=2026-06-30`), { days: null }, 'nothing is free in the past')
})

t.test('what they count is said in the answer, and CSV has the same columns', async (t) => {
  for (const name of NAMES) {
    const { json } = await ask(name, 'from=2026-07-01&to=2026-07-31&groupBy=clinic')
    t.match(json, { from: '2026-07-01', to: '2026-07-31', groupBy: 'clinic', timeZone: null }, name)
    t.ok(Object.values(json.definitions).every((text) => typeof text === 'string' && text.length > 20))
  }
  t.equal((await ask('funnel', `clinicId=${VANCOUVER}`)).json.timeZone, 'America/Vancouver')
  const july = 'from=2026-07-31&to=2026-07-31&groupBy=clinic'
  const file = await ask('funnel', `${july}&format=csv`)
  t.match(file.headers['content-type'], /^text\/csv/)
  t.same(
    file.text.split('\r\n').filter((line) => /^(group|toronto)/.test(line)),
    [
      'group,referred,contacted,accepted,screened,cleared,firstDose,completed,suppressed',
      'toronto-eglinton,8,7,6,5,5,5,,completed',
    ],
  )
  const asked = await api('GET', `/v1/analytics/utilisation?${july}`, undefined, { headers: { accept: 'text/csv' } })
  t.match(asked.text, /^group,rooms\.availableMinutes,rooms\.claimedMinutes,rooms\.share,/)
  t.match(
    (await ask('next-available', 'format=csv')).text,
    /^group,days,start,timeZone,clinicId,programKey\r\n2026-11,/,
  )
})

t.test('bad questions name their field; windows may be a year', async (t) => {
  const bad: [string, string][] = [
    ['groupBy=week', 'groupBy'],
    ['from=2026-02-30', 'from'],
    ['from=2026-02-02&to=2026-02-01', 'to'],
    ['from=2025-01-01&to=2026-01-02', 'to'],
    ['format=xml', 'format'],
    ['clinic=x', 'clinic'],
  ]
  for (const name of NAMES) {
    for (const [query, path] of bad) {
      const { status, json } = await ask(name, query)
      t.same([status, json.errors?.[0]?.path], [400, path], `${name} ${query}`)
    }
    t.equal((await ask(name, 'from=2025-01-01&to=2026-01-01')).status, 200)
    t.equal((await ask(name, 'from=2026-12-01')).status, 200, 'from may lie ahead')
    for (const clinic of ['nowhere', v7()]) t.equal((await ask(name, `clinicId=${clinic}`)).status, 404)
  }
})

t.test(
  'a scheduler reads of its clinics alone, an integration with its scope, others nothing; no patient is noted',
  async (t) => {
    const [toronto, montreal] = [await idOf(TORONTO), await idOf(MONTREAL)]
    const scheduler = await as('scheduler', { clinicIds: [toronto] })
    const reader = await as('integration', { clinicIds: [toronto], scopes: ['analytics:read' as Scope] })
    const july = 'from=2026-07-31&to=2026-08-31'
    for (const call of [scheduler, reader]) {
      const { json } = await ask('funnel', `${july}&groupBy=clinic`, call)
      t.match(json.items, [{ group: TORONTO, referred: 9 }])
      t.equal(json.items.length, 1)
      const byProgram = (await ask('funnel', `${july}&groupBy=program`, call)).json.items
      t.match(
        byProgram.find((item: Json) => item.group === 'standard'),
        { referred: 9 },
        'not Vancouver’s tenth',
      )
      for (const name of NAMES) t.equal((await ask(name, `clinicId=${montreal}`, call)).status, 404)
    }
    await ask('funnel', july)
    const { items } = await must('GET', '/v1/audit?limit=1')
    t.match(items[0], { action: 'read', resourceType: 'analytics', resourceId: 'funnel', patientId: null })
    const others = [
      await as('clinician', { clinicianId: await assessor }),
      await as('privacy'),
      await as('integration', { scopes: ['patients:read'] }),
    ]
    for (const call of others) for (const name of NAMES) t.equal((await ask(name, '', call)).status, 403)
  },
)
