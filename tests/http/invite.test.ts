/** Invites over HTTP: private words, the patient's language, a method that matches, and bytes that any calendar reads. */
import { randomUUID } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import ICAL from 'ical.js'
import t from 'tap'
import { appointment, event } from '../../src/db/schema.ts'
import { type Answer, type Json, testApi } from '../support/api.ts'
import { booked } from '../support/booked.ts'
import { at } from '../support/clinics.ts'
import { faultsOf } from '../support/ics.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, as, db } = test

/** A dose of a new patient at that clinic. */
async function aDose(slug: string, { patient = {}, offset = '-05:00' }: { patient?: object; offset?: string } = {}) {
  const clinic = await must('GET', `/v1/clinics/${slug}`)
  const { items: rooms } = await must('GET', `/v1/clinics/${clinic.id}/rooms`)
  const who = await aPatient(test, { province: clinic.province, ...patient })
  const enrolment = await anEnrolment(test, slug, who.id)
  const id = await booked(db, {
    enrolment,
    clinicId: clinic.id,
    roomId: rooms.find((room: Json) => room.kind === 'dosing').id,
    visitKey: 'dose-1',
    step: 'experience',
    start: `2026-12-01T10:00:00${offset}`,
    minutes: 150,
    parts: [['therapist', await aClinician(test, 'therapist'), 15, 150]],
  })
  return { id, clinic, patient: who, enrolment, path: `/v1/appointments/${id}/invite.ics` }
}

function read({ text }: Answer) {
  const calendar = ICAL.Component.fromString(text)
  const events = calendar.getAllSubcomponents('vevent')
  const [event] = events
  if (!event) throw new Error('no event')
  const value = (name: string): string => String(event.getFirstPropertyValue(name))
  const property = (name: string): string => String(event.getFirstProperty(name)?.toICALString())
  return { calendar, events, event, value, property, method: String(calendar.getFirstPropertyValue('method')) }
}

const CLINICAL = /ketamin|dose|experience|expérience|integrat|therap|thérap|roy|throughline medical|9-8-8|988/i

for (const [slug, offset, tzid, words] of [
  ['montreal-laurier-397', '-05:00', 'America/Toronto', 'Toronto time'],
  ['toronto-eglinton', '-05:00', 'America/Toronto', 'Toronto time'],
  ['vancouver-commercial', '-07:00', '/throughline/America/Vancouver', 'Vancouver time'],
] as const)
  t.test(`an invite from ${slug} says when and where, and nothing of why`, async (t) => {
    const { path, clinic, patient } = await aDose(slug, { offset })
    const answer = await api('GET', path)
    t.equal(answer.headers['content-type'], 'text/calendar; method=REQUEST; charset=utf-8')
    t.equal(answer.headers['content-disposition'], 'attachment; filename="appointment.ics"')
    t.same(faultsOf(answer.text), [])
    const { events, method, value, property, event } = read(answer)
    t.equal(events.length, 1)
    t.equal(method, 'REQUEST')
    t.match(property('dtstart'), `DTSTART;TZID=${tzid}:20261201T100000`)
    t.match(property('dtend'), `DTEND;TZID=${tzid}:20261201T123000`)
    t.equal(value('summary'), 'Appointment')
    t.equal(value('status'), 'CONFIRMED')
    t.equal(value('sequence'), '0')
    t.equal(property('dtstamp'), 'DTSTAMP:20261120T100000Z')
    t.match(value('location'), clinic.address.line1)
    t.match(value('description'), `Tuesday 1 December 2026, 10:00, ${words}`)
    t.equal(value('organizer'), 'mailto:scheduling@throughline.invalid')
    t.equal(event.getAllProperties('attendee').length, 1)
    t.equal(value('attendee'), `mailto:${patient.email}`)
    t.notMatch(answer.text, CLINICAL)
    t.notMatch(answer.text, new RegExp(`${patient.givenName}|${patient.familyName}`))
    t.match(answer.text, `BEGIN:VTIMEZONE\r\nTZID:${tzid}`)
    t.equal((await api('GET', path)).text, answer.text, 'the same revision, the same bytes')
  })

t.test('the language is the patient’s, or the one asked for', async (t) => {
  const { path } = await aDose('montreal-laurier-393', { patient: { preferredLanguage: 'fr' } })
  const summary = async (query = '') => read(await api('GET', `${path}${query}`)).value('summary')
  t.equal(await summary(), 'Rendez-vous')
  t.equal(await summary('?lang=en'), 'Appointment')
  t.match(
    (await api('GET', path)).text.replaceAll('\r\n ', ''),
    'mardi 1er décembre 2026\\, 10 h 00\\, heure de Toronto',
  )
  t.equal((await api('GET', `${path}?lang=de`)).status, 400)
})

t.test('what is cancelled is called off under the same UID with a higher SEQUENCE', async (t) => {
  const { path, id } = await aDose('montreal-laurier-397')
  const before = read(await api('GET', path))
  await db
    .update(appointment)
    .set({ status: 'cancelled', sequence: 1, revision: 2, updatedAt: at('2026-11-21T09:00:00Z') })
    .where(eq(appointment.id, id))
  const answer = await api('GET', path)
  const after = read(answer)
  t.equal(answer.headers['content-type'], 'text/calendar; method=CANCEL; charset=utf-8')
  t.equal(after.method, 'CANCEL')
  t.equal(after.value('status'), 'CANCELLED')
  t.equal(after.value('uid'), before.value('uid'))
  t.equal(after.value('sequence'), '1')
  t.equal(after.property('dtstamp'), 'DTSTAMP:20261121T090000Z')
  t.equal(after.event.getAllProperties('attendee').length, 1)
  t.same(faultsOf(answer.text), [])
})

t.test('a patient without e-mail is invited at an address that delivers nothing, made from the UID', async (t) => {
  const { path } = await aDose('montreal-laurier-397', { patient: { email: null, phone: '514-555-0100' } })
  const { value } = read(await api('GET', path))
  t.match(value('attendee'), new RegExp(`^mailto:${value('uid')}@.*\\.invalid$`))
})

t.test('richer words only while the consent is in force', async (t) => {
  const { path, patient } = await aDose('montreal-laurier-397')
  const summary = async () => read(await api('GET', path)).value('summary')
  t.equal(await summary(), 'Appointment')
  await must('POST', `/v1/patients/${patient.id}/consents`, { kind: 'detailed-invites', givenOn: '2026-11-20' })
  t.equal(await summary(), 'Experience 1')
  const description = async (lang: string) => read(await api('GET', `${path}?lang=${lang}`)).value('description')
  t.match(await description('en'), 'do not drive until the next day')
  t.match(await description('fr'), 'ne conduisez pas avant le lendemain')
  await api('DELETE', `/v1/patients/${patient.id}/consents/detailed-invites`)
  t.equal(await summary(), 'Appointment')
})

t.test('what people write cannot break out of its property', async (t) => {
  const nasty =
    `É; a, b\\c\r\nATTENDEE:mailto:x@example.org\r\nEND:VEVENT ${'long words über 75 octets, '.repeat(4)}`.trim()
  const { path, clinic, patient } = await aDose('montreal-sherbrooke', {
    patient: { email: 'a+b@example.org' },
  })
  await must('POST', `/v1/patients/${patient.id}/consents`, { kind: 'detailed-invites', givenOn: '2026-11-20' })
  await must('PATCH', `/v1/clinics/${clinic.id}`, { name: { en: nasty, fr: nasty } })
  const answer = await api('GET', path)
  t.same(faultsOf(answer.text), [])
  const { events, event, value } = read(answer)
  t.equal(events.length, 1)
  t.equal(event.getAllProperties('attendee').length, 1)
  t.match(value('description'), nasty.replaceAll('\r\n', '\n'), 'and it comes back as it was written')
})

t.test('an enrolment’s appointments are one file to keep, without attendees', async (t) => {
  const { enrolment, clinic, id } = await aDose('montreal-laurier-397')
  const more = { enrolment, clinicId: clinic.id, roomId: null, step: 'prepare', minutes: 50, parts: [] }
  await booked(db, { ...more, visitKey: 'prep-1', start: '2026-11-24T09:00:00-05:00' })
  const cancelled = { status: 'cancelled' as const, sequence: 1 }
  await booked(db, { ...more, visitKey: 'prep-2', start: '2026-11-25T09:00:00-05:00' }, cancelled)
  const long = { ...cancelled, updatedAt: at('2026-10-01T00:00:00Z') }
  await booked(db, { ...more, visitKey: 'prep-2', start: '2026-11-26T09:00:00-05:00' }, long)
  const answer = await api('GET', `/v1/enrolments/${enrolment.id}/calendar.ics`)
  t.equal(answer.headers['content-type'], 'text/calendar; method=PUBLISH; charset=utf-8')
  t.same(faultsOf(answer.text), [])
  const { calendar, events, method } = read(answer)
  t.equal(method, 'PUBLISH')
  t.same(
    events.map((event) => String(event.getFirstPropertyValue('status'))),
    ['CONFIRMED', 'CANCELLED', 'CONFIRMED'],
    'one that was cancelled more than 30 days ago is forgotten',
  )
  t.notMatch(answer.text, /ATTENDEE|dose|prep/i)
  t.match(answer.text, 'BEGIN:VALARM')
  t.equal(calendar.getAllSubcomponents('vtimezone').length, 1)
  const empty = await anEnrolment(test, 'montreal-laurier-397', (await aPatient(test)).id)
  t.equal((await api('GET', `/v1/enrolments/${empty.id}/calendar.ics`)).status, 200)
  t.match(await must('GET', `/v1/appointments/${id}`), { patientResponse: 'needs-action' })
})

t.test('invites are for those who may see the appointment, and each is in the audit log', async (t) => {
  const { path, clinic, patient, id } = await aDose('montreal-laurier-397')
  const toronto = await must('GET', '/v1/clinics/toronto-eglinton')
  for (const [call, status] of [
    [await as('scheduler', { clinicIds: [clinic.id] }), 200],
    [await as('scheduler', { clinicIds: [toronto.id] }), 404],
    [await as('integration', { scopes: ['invites:read'] }), 200],
    [await as('integration', { scopes: ['rosters:read'] }), 403],
    [await as('privacy'), 403],
  ] as const)
    t.equal((await call('GET', path)).status, status)
  t.equal((await api('GET', `/v1/appointments/${randomUUID()}/invite.ics`)).status, 404)
  t.equal((await api('GET', '/v1/appointments/x/invite.ics')).status, 404)
  t.equal((await api('GET', `/v1/enrolments/${randomUUID()}/calendar.ics`)).status, 404)
  const entries = (await must('GET', `/v1/audit?patientId=${patient.id}`)).items
  t.match(
    entries.filter((entry: Json) => entry.resourceType === 'invite'),
    [
      { action: 'read', resourceId: id, actorRole: 'integration' },
      { action: 'read', actorRole: 'scheduler' },
    ],
  )
})

/** The invite as the patient's calendar program answers it. */
const answered = (invite: string, partstat: string): string =>
  invite
    .replaceAll('\r\n ', '')
    .replace(/METHOD:\w+/, 'METHOD:REPLY')
    .replace(/PARTSTAT=[A-Z-]+/, `PARTSTAT=${partstat}`)
    .replace(/BEGIN:VALARM.*END:VALARM\r\n/s, '')
const CALENDAR = { headers: { 'content-type': 'text/calendar; method=REPLY; charset=utf-8' } }

t.test('a patient accepts, declines, is tentative: an answer and an event, never a cancellation', async (t) => {
  const { path, id } = await aDose('montreal-laurier-393')
  const replies = `/v1/appointments/${id}/replies`
  const invite = (await api('GET', path)).text
  const reply = (partstat: string) => api('POST', replies, answered(invite, partstat), CALENDAR)
  t.match(await reply('ACCEPTED'), {
    status: 200,
    json: { id, patientResponse: 'accepted', revision: 2, sequence: 0, flags: [], status: 'booked' },
  })
  t.match(await reply('ACCEPTED'), { status: 200, json: { revision: 2 } }, 'told twice, it changes nothing')
  t.match(await reply('DECLINED'), {
    json: { patientResponse: 'declined', revision: 3, flags: ['declined'], status: 'booked' },
  })
  t.match((await api('GET', path)).text.replaceAll('\r\n ', ''), ';PARTSTAT=DECLINED;RSVP=TRUE:')
  t.match(await reply('TENTATIVE'), { json: { patientResponse: 'tentative', flags: [] } })
  const told = await db
    .select()
    .from(event)
    .where(sql`${event.subject} ->> 'appointmentId' = ${id}`)
    .orderBy(event.sequence)
  t.same(
    told.map(({ type }) => type),
    ['appointment.replied', 'appointment.replied', 'appointment.replied'],
  )
  await reply('DECLINED')
  await db.update(appointment).set({ sequence: 1 }).where(eq(appointment.id, id))
  t.match(await reply('ACCEPTED'), { status: 412, json: { code: 'stale' } }, 'it is for a time that was moved')
  t.match(await must('GET', `/v1/appointments/${id}`), { patientResponse: 'declined' })
  await db.update(appointment).set({ status: 'completed' }).where(eq(appointment.id, id))
  const late = answered((await api('GET', path)).text, 'ACCEPTED')
  t.match(await api('POST', replies, late, CALENDAR), { status: 409, json: { code: 'invalid-transition' } })
})

t.test('what is no answer to this invite is refused, naming the property', async (t) => {
  const { path, id, clinic } = await aDose('montreal-laurier-393')
  const replies = `/v1/appointments/${id}/replies`
  const good = answered((await api('GET', path)).text, 'ACCEPTED')
  const other = answered((await api('GET', (await aDose('montreal-laurier-393')).path)).text, 'ACCEPTED')
  const vevent = /BEGIN:VEVENT.*END:VEVENT\r\n/s.exec(good)?.[0] ?? ''
  const attendee = /ATTENDEE.*\r\n/.exec(good)?.[0] ?? ''
  for (const [why, body, at] of [
    ['another method', good.replace('METHOD:REPLY', 'METHOD:REQUEST'), 'METHOD'],
    ['no method', good.replace('METHOD:REPLY\r\n', ''), 'METHOD'],
    ['two methods', good.replace('METHOD:REPLY', 'METHOD:REPLY\r\nMETHOD:REPLY'), 'METHOD'],
    ['two events', good.replace(vevent, vevent + vevent), 'VEVENT'],
    ['no event', good.replace(vevent, ''), 'VEVENT'],
    ['two calendars', good + good, 'body'],
    ['another appointment’s', other, 'UID'],
    ['no UID', good.replace(/UID:.*\r\n/, ''), 'UID'],
    ['no attendee', good.replace(attendee, ''), 'ATTENDEE'],
    ['two attendees', good.replace(attendee, attendee + attendee), 'ATTENDEE'],
    ['no answer', good.replace('PARTSTAT=ACCEPTED', 'PARTSTAT=NEEDS-ACTION'), 'ATTENDEE'],
    ['delegated', good.replace('PARTSTAT=ACCEPTED', 'PARTSTAT=DELEGATED'), 'ATTENDEE'],
    ['a sequence of no invite', good.replace('SEQUENCE:0', 'SEQUENCE:7'), 'SEQUENCE'],
    ['a sequence that is no number', good.replace('SEQUENCE:0', 'SEQUENCE:-1'), 'SEQUENCE'],
    ['an occurrence', good.replace('SEQUENCE:0', 'RECURRENCE-ID:20261201T100000Z'), 'RECURRENCE-ID'],
    ['cut short', good.slice(0, -30), 'body'],
    ['no calendar', 'hello', 'body'],
    ['nested without end', 'BEGIN:VCALENDAR\r\n'.repeat(5000), 'body'],
  ] as const) {
    const { status, json } = await api('POST', replies, body, CALENDAR)
    t.match({ status, path: json.errors?.[0].path }, { status: 400, path: at }, why)
  }
  const typed = (type: string, body = good) => api('POST', replies, body, { headers: { 'content-type': type } })
  t.equal((await typed('application/json', '{}')).status, 415)
  t.equal((await typed('text/plain')).status, 415)
  t.match(await typed('text/calendar; method=REQUEST'), { status: 400, json: { code: 'validation' } })
  t.equal((await typed('text/calendar', `${good}${'X'.repeat(256 * 1024)}`)).status, 413)
  t.equal((await api('POST', replies)).status, 400)
  t.match(await must('GET', `/v1/appointments/${id}`), { revision: 1, patientResponse: 'needs-action' })
  const toronto = await must('GET', '/v1/clinics/toronto-eglinton')
  for (const [call, status] of [
    [await as('integration', { scopes: ['invites:read'] }), 403],
    [await as('scheduler', { clinicIds: [toronto.id] }), 404],
    [await as('clinician', { clinicianId: await aClinician(test, 'therapist') }), 403],
    [await as('integration', { scopes: ['invites:write'] }), 200],
    [await as('scheduler', { clinicIds: [clinic.id] }), 200],
  ] as const)
    t.equal((await call('POST', replies, good, CALENDAR)).status, status)
  t.equal((await api('POST', `/v1/appointments/${randomUUID()}/replies`, good, CALENDAR)).status, 404)
})
