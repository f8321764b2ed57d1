/** Mail to patients over a real SMTP server: one for each change, private, with a calendar that programs accept, and never against a wish. */
import { sql } from 'drizzle-orm'
import ICAL from 'ical.js'
import t from 'tap'
import type { Instant } from '../../src/domain/time.ts'
import { outboundOf } from '../../src/outbound/outbound.ts'
import { beginMailing, claimMails, planReminders, sendMail } from '../../src/services/send-mail.ts'
import { auditZones } from '../../src/services/tz-audit.ts'
import { type Json, testApi } from '../support/api.ts'
import { type Caught, openMailbox, type Part, readable } from '../support/mailbox.ts'
import { proposed, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const test = testApi(t, { seed: 'catalogue' })
const box = await openMailbox()
t.teardown(box.close)
const s = await test
const { must, clock, db } = s
const deps = {
  ...s.deps,
  outbound: outboundOf({ allowLoopback: true, mail: { url: box.url, from: s.deps.mailFrom } }),
}
await beginMailing(deps)

/** All that is due now. → what arrived */
async function mailed(): Promise<Caught[]> {
  const before = box.caught.length
  for (;;) {
    const taken = await claimMails(deps, 20)
    if (!taken.ok) throw new Error(taken.error.code)
    if (taken.value.length === 0) return box.caught.slice(before)
    for (const one of taken.value) await sendMail(deps, one)
  }
}
async function reminded(): Promise<Caught[]> {
  await planReminders(deps)
  return mailed()
}
const subjects = (mails: Caught[]): string[] => mails.map(({ mail }) => readable(mail.headers.get('subject') ?? ''))
const leaves = (part: Part): Part[] => (part.parts.length > 0 ? part.parts.flatMap(leaves) : [part])
const outline = ({ type, parts }: Part): unknown => {
  const name = type.split(';')[0]
  return parts.length > 0 ? [name, ...parts.map(outline)] : name
}
function calendarOf({ mail }: Caught) {
  const part = leaves(mail).find(({ type }) => type.startsWith('text/calendar'))
  if (!part) return undefined
  const calendar = ICAL.Component.fromString(part.text)
  const event = calendar.getFirstSubcomponent('vevent')
  const value = (name: string): string => String(event?.getFirstPropertyValue(name))
  return { type: part.type, text: part.text, method: String(calendar.getFirstPropertyValue('method')), value }
}
const at = (text: string): void => {
  clock.now = Date.parse(text) as Instant
}
/** Pauses between tries end. */
const later = (seconds: number): void => {
  clock.now = (clock.now + seconds * 1000) as Instant
}

let staff: Staff
async function booking(patient: object = {}): Promise<{ visits: Json[]; enrolment: Json }> {
  staff ??= await staffed(s, 'montreal-sherbrooke')
  const enrolment = await ready(s, staff, { patient, enrolment: { programKey: 'introductory' } })
  const { id } = await proposed(s, enrolment.id, { steps: ['prepare'] })
  const { appointments } = await must('POST', `/v1/itineraries/${id}/confirm`, {}, 201)
  return { visits: appointments, enrolment }
}
async function moved(visit: Json, nth = 2): Promise<Json> {
  const window = { from: '2027-01-12T08:00:00-05:00', to: '2027-01-16T18:00:00-05:00' }
  const { slots } = await must('POST', `/v1/enrolments/${visit.enrolmentId}/slots`, {
    visitKey: visit.visitKey,
    ...window,
  })
  return must('POST', `/v1/appointments/${visit.id}/reschedule`, { start: slots[nth].start }, 200)
}
const cancelled = (visit: Json) => must('POST', `/v1/appointments/${visit.id}/cancel`, { by: 'patient' }, 200)

const CLINICAL = /ketamin|dose|experience|prep|integrat|therap|introductory|throughline medical|canary/i

t.test('booked, moved twice, cancelled: a mail for each, whose calendar follows', async (t) => {
  const { visits } = await booking({ givenName: 'Canary', familyName: 'Canary', email: 'kept+tag@example.org' })
  t.equal(visits.length, 1)
  const [visit] = visits
  const first = await moved(visit)
  const second = await moved(visit, 6)
  await cancelled(visit)
  const mails = await mailed()
  t.same(subjects(mails), ['Appointment', 'Appointment changed', 'Appointment changed', 'Appointment cancelled'])
  const calendars = mails.map(calendarOf)
  t.same(
    calendars.map((c) => [c?.method, c?.value('sequence'), c?.value('status')]),
    [
      ['REQUEST', '0', 'CONFIRMED'],
      ['REQUEST', '1', 'CONFIRMED'],
      ['REQUEST', '2', 'CONFIRMED'],
      ['CANCEL', '3', 'CANCELLED'],
    ],
  )
  t.equal(new Set(calendars.map((c) => c?.value('uid'))).size, 1)
  for (const [n, { start }] of [visit, first, second].entries())
    t.match(calendars[n]?.value('dtstart'), start.slice(0, 19), 'the time that it had')
  t.equal(new Set(mails.map(({ mail }) => mail.headers.get('message-id'))).size, 4)
  for (const { mail, raw, from, to } of mails) {
    t.same([from, to], ['scheduling@throughline.invalid', ['kept+tag@example.org']])
    t.same(outline(mail), [
      'multipart/mixed',
      ['multipart/alternative', 'text/plain', 'text/html', 'text/calendar'],
      'application/ics',
    ])
    const [plain, html, calendar, file] = leaves(mail)
    for (const body of [plain, html]) t.match(body?.text, /9-8-8[\s\S]*911/, 'a crisis line')
    for (const part of [calendar, file]) t.notMatch(part?.text, /9-8-8|988|911\b/, 'and none in the calendar')
    t.equal(file?.text, calendar?.text)
    t.match(
      calendar?.type,
      new RegExp(`method=${ICAL.Component.fromString(calendar?.text ?? '').getFirstPropertyValue('method')}`),
    )
    for (const part of leaves(mail)) t.notMatch(part.text, CLINICAL)
    t.notMatch(raw.slice(0, raw.indexOf('\r\n\r\n')), CLINICAL)
    t.match(plain?.text, staff.clinic.address.line1)
  }
  t.same(await mailed(), [], 'each is sent once')
})

t.test('a French patient is written to in French', async (t) => {
  const { visits } = await booking({ preferredLanguage: 'fr' })
  const [mail] = await mailed()
  t.same(subjects([mail as Caught]), ['Rendez-vous'])
  t.match(leaves((mail as Caught).mail)[0]?.text, /janvier 2027[\s\S]*9-8-8[\s\S]*911/)
  await cancelled(visits[0])
  t.same(subjects(await mailed()), ['Rendez-vous annulé'])
})

t.test('wishes, consent and address count as they are when a mail is sent', async (t) => {
  const cases: [string, (enrolment: Json) => Promise<unknown>, string | undefined][] = [
    [
      'no mail wanted',
      ({ patientId }) => must('PATCH', `/v1/patients/${patientId}`, { contact: { email: false } }),
      'not-wanted',
    ],
    ['no address', ({ patientId }) => must('PATCH', `/v1/patients/${patientId}`, { email: null }), 'no-address'],
    [
      'consent withdrawn',
      ({ patientId }) => s.api('DELETE', `/v1/patients/${patientId}/consents/treatment`),
      'consent-withdrawn',
    ],
    [
      'no calendar wanted',
      ({ patientId }) => must('PATCH', `/v1/patients/${patientId}`, { contact: { calendar: false } }),
      undefined,
    ],
  ]
  for (const [name, change, reason] of cases) {
    const { enrolment, visits } = await booking()
    await change(enrolment)
    const mails = await mailed()
    t.equal(mails.length, reason ? 0 : 1, name)
    for (const mail of mails) t.equal(calendarOf(mail), undefined)
    const [row] = await db.execute<{ status: string; reason: string | null }>(
      sql`select status, reason from mail where appointment_id = ${visits[0].id} order by id limit 1`,
    )
    t.match(row, reason ? { status: 'skipped', reason } : { status: 'sent' }, name)
    await cancelled(visits[0])
    await mailed()
  }
})

t.test('reminders come three days and one day before, at the time that holds', async (t) => {
  const now = clock.now
  const { visits } = await booking()
  const visit = await moved(visits[0])
  await mailed()
  const before = (hours: number): void => at(new Date(Date.parse(visit.start) - hours * 3_600_000).toISOString())
  before(73)
  t.same(subjects(await reminded()), [])
  before(72)
  const [first, ...more] = await reminded()
  t.same(subjects([first as Caught]), ['Appointment reminder'])
  t.same(more, [])
  t.match(outline((first as Caught).mail), ['multipart/alternative', 'text/plain', 'text/html'])
  t.same(await reminded(), [], 'once')
  before(24)
  t.equal((await reminded()).length, 1)
  before(20)
  t.same(await reminded(), [])
  clock.now = now
  await db.execute(sql`update mail set changed_at = '2026-11-22T12:00:00Z'`)
  const again = await moved(visits[0], 9)
  await mailed()
  at(new Date(Date.parse(again.start) - 71 * 3_600_000).toISOString())
  t.equal((await reminded()).length, 1, 'for the new time')
  clock.now = now
  const other = await booking()
  await mailed()
  await cancelled(again)
  await mailed()
  at(new Date(Date.parse(again.start) - 23 * 3_600_000).toISOString())
  await planReminders(deps)
  await cancelled(other.visits[0])
  t.same(
    subjects(await mailed()).filter((subject) => /reminder/.test(subject)),
    [],
    'none once it is cancelled',
  )
  clock.now = now
})

t.test('a seat in a group of no program is mailed as a visit is, to its member alone', async (t) => {
  const now = clock.now
  staff ??= await staffed(s, 'montreal-sherbrooke')
  const { items } = await must('GET', `/v1/clinics/${staff.clinic.id}/rooms`)
  const scheduled = async (start: string) => {
    const { sessions } = await must('POST', '/v1/group-sessions', {
      clinicId: staff.clinic.id,
      roomId: items.find(({ kind }: Json) => kind === 'group').id,
      title: { en: 'Canary group', fr: 'Groupe Canary' },
      facilitatorIds: [staff.therapist[0]],
      start,
      minutes: 60,
      seats: 2,
    })
    return sessions[0]
  }
  const seats = `/v1/group-sessions/${(await scheduled('2027-02-10T13:00:00-05:00')).id}/seats`
  const people: string[] = []
  for (const email of ['first@example.org', 'second@example.org', 'third@example.org'])
    people.push((await ready(s, staff, { patient: { email } })).patientId)
  for (const patientId of people) await must('POST', seats, { patientId, wait: true }, 201)
  await s.api('DELETE', `${seats}/${people[0]}`)
  const mails = await mailed()
  const told = (list: Caught[]) =>
    list.map((one, n) => [one.to[0], subjects(list)[n], calendarOf(one)?.method, calendarOf(one)?.value('sequence')])
  t.same(told(mails).sort(), [
    ['first@example.org', 'Appointment cancelled', 'CANCEL', '1'],
    ['first@example.org', 'Appointment', 'REQUEST', '0'],
    ['second@example.org', 'Appointment', 'REQUEST', '0'],
    ['third@example.org', 'Appointment', 'REQUEST', '1'],
  ])
  for (const { mail, raw, to } of mails) {
    t.notMatch(raw.replace(`To: ${to[0]}`, ''), /group|canary/i)
    for (const part of leaves(mail)) t.notMatch(part.text, CLINICAL)
    const calendar = leaves(mail)[2]?.text.replace(/\r\n /g, '') ?? ''
    t.same(calendar.match(/mailto:\S+@example.org/g), [`mailto:${to[0]}`], 'one attendee')
  }
  await must('POST', seats.replace('/seats', '/reschedule'), { start: '2027-02-10T14:00:00-05:00' }, 200)
  const changed = await mailed()
  t.same(told(changed).sort(), [
    ['second@example.org', 'Appointment changed', 'REQUEST', '1'],
    ['third@example.org', 'Appointment changed', 'REQUEST', '2'],
  ])
  for (const one of changed) t.match(calendarOf(one)?.value('dtstart'), '2027-02-10T14:00:00')
  at('2027-02-09T14:00:00-05:00')
  t.same((await reminded()).map(({ to }) => to[0]).sort(), ['second@example.org', 'third@example.org'])
  t.same(await reminded(), [], 'once')
  await must('POST', seats.replace('/seats', '/cancel'), {}, 200)
  t.same(told(await mailed()).sort(), [
    ['second@example.org', 'Appointment cancelled', 'CANCEL', '2'],
    ['third@example.org', 'Appointment cancelled', 'CANCEL', '3'],
  ])
  clock.now = now
})

t.test('a mail server that is busy is asked again, one that refuses is not', async (t) => {
  const { visits } = await booking()
  const rows = async () => [
    ...(await db.execute<{ status: string; attempts: number; reason: string }>(
      sql`select status, attempts, reason from mail where appointment_id = ${visits[0].id} order by id`,
    )),
  ]
  box.refuse = { code: 451 }
  t.equal((await mailed()).length, 0)
  t.match(await rows(), [{ status: 'pending', attempts: 1, reason: 'EENVELOPE 451' }])
  later(30)
  t.equal((await mailed()).length, 0, 'not at once')
  box.refuse = undefined
  later(60)
  t.equal((await mailed()).length, 1)
  t.match(await rows(), [{ status: 'sent', attempts: 2 }])
  box.refuse = { code: 550 }
  await cancelled(visits[0])
  t.equal((await mailed()).length, 0)
  box.refuse = undefined
  later(86_400)
  t.equal((await mailed()).length, 0)
  t.match(await rows(), [{ status: 'sent' }, { status: 'failed', attempts: 1, reason: 'EENVELOPE 550' }])
})

t.test('a worker that dies before it noted a mail leaves it to another, under the same Message-ID', async (t) => {
  const { visits } = await booking()
  const taken = await claimMails(deps, 20)
  t.equal(taken.ok && taken.value.length, 1)
  t.same(await mailed(), [])
  later(30)
  const [mail] = await mailed()
  const [{ uid } = { uid: '' }] = await db.execute<{ uid: string }>(
    sql`select uid from appointment where id = ${visits[0].id}`,
  )
  t.equal(mail?.mail.headers.get('message-id'), `<${uid}.0.request@throughline.invalid>`)
  await cancelled(visits[0])
})

t.test('a start that reads differently under new zone rules is listed, and its invite sent again', async (t) => {
  const { visits } = await booking()
  await mailed()
  t.same((await must('GET', '/v1/tz-audit')).items, [])
  const [{ id, start }] = visits
  const before = `${start.slice(0, 11)}09:00:00-04:00`
  await db.execute(
    sql`update appointment set booked_wall_time = ${before}, booked_tz_version = '2025c' where id = ${id}`,
  )
  t.match((await must('GET', '/v1/tz-audit')).items, [
    {
      appointmentId: id,
      timeZone: 'America/Toronto',
      start,
      booked: { wallTime: before, tzVersion: '2025c' },
      now: { wallTime: start },
    },
  ])
  const done = await auditZones(deps, { reissue: true })
  t.equal(done.ok && done.value.shifted.length, 1)
  const mails = await mailed()
  t.same(subjects(mails), ['Appointment changed'])
  t.equal(calendarOf(mails[0] as Caught)?.value('sequence'), '1')
  t.equal((await must('GET', `/v1/appointments/${id}`)).start, start, 'the instant stays')
  t.same((await must('GET', '/v1/tz-audit')).items, [])
  await cancelled(visits[0])
  await mailed()
})

t.test('without a mail server nothing is kept to be sent', async (t) => {
  await planReminders(s.deps)
  t.same(s.deps.outbound.sendMail, undefined)
  t.ok((await beginMailing(s.deps)).ok)
})
