import ICAL from 'ical.js'
import t, { type Test } from 'tap'
import { calendarText, type Invite, inviteText } from '../../src/domain/calendar.ts'
import { tzidOf } from '../../src/domain/calendar-zone.ts'
import type { Address } from '../../src/domain/clinic.ts'
import { addMinutes, type Instant, type Lang, parseInstant, toWire, ZoneId } from '../../src/domain/time.ts'
import { faultsOf, linesOf, valuesOf } from '../support/ics.ts'

const at = (text: string): Instant => {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
const zone = (name: string) => ZoneId.parse(name)

const VANCOUVER: Address = {
  line1: '2555 Commercial Dr',
  line2: 'Unit 208',
  city: 'Vancouver',
  province: 'BC',
  postalCode: 'V5N 4C1',
}
const MONTREAL: Address = {
  line1: '393 Av. Laurier O',
  line2: null,
  city: 'Montréal',
  province: 'QC',
  postalCode: 'H2V 2K3',
}

/** An hour at Vancouver at 10:00 on a winter's day; a test names what it is about. */
const anInvite = (about: Partial<Invite> = {}): Invite => {
  const start = about.start ?? at('2026-12-01T17:00:00Z')
  return {
    uid: '0b2c6c1e-5b0e-4b7c-8a39-0f2ac6c5d1f3',
    sequence: 0,
    standing: 'confirmed',
    response: 'needs-action',
    stampedAt: at('2026-11-22T05:00:00.123Z'),
    start,
    end: addMinutes(start, 60),
    zone: zone('America/Vancouver'),
    lang: 'en',
    modality: 'in-person',
    clinic: { address: VANCOUVER },
    organizer: 'scheduling@throughline.invalid',
    attendee: 'patient@example.org',
    ...about,
  }
}

/** Content lines after a check of the bytes. */
function linted(t: Test, text: string): string[] {
  t.same(faultsOf(text), [])
  return linesOf(text)
}

/** Start and end as a parser reads them that knows no zone but the file's own. */
function readBack(text: string): [Instant, Instant] {
  const calendar = new ICAL.Component(ICAL.parse(text) as string)
  const component = calendar.getFirstSubcomponent('vtimezone')
  const own = component ? new ICAL.Timezone(component) : ICAL.Timezone.utcTimezone
  const event = calendar.getFirstSubcomponent('vevent')
  const read = (name: string) => {
    const value = event?.getFirstPropertyValue(name) as ICAL.Time
    const inZone = value.isDate || value.zone === ICAL.Timezone.utcTimezone ? value : value.clone()
    if (inZone !== value) inZone.zone = own
    return (inZone.toUnixTime() * 1000) as Instant
  }
  return [read('dtstart'), read('dtend')]
}

t.test('an invite says when and where, and that it is an appointment, line by line', async (t) => {
  t.same(linted(t, inviteText(anInvite())), [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Throughline//Scheduling 1//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:REQUEST',
    'BEGIN:VTIMEZONE',
    'TZID:/throughline/America/Vancouver',
    'BEGIN:STANDARD',
    'DTSTART:20260308T030000',
    'TZOFFSETFROM:-0700',
    'TZOFFSETTO:-0700',
    'END:STANDARD',
    'END:VTIMEZONE',
    'BEGIN:VEVENT',
    'UID:0b2c6c1e-5b0e-4b7c-8a39-0f2ac6c5d1f3',
    'SEQUENCE:0',
    'DTSTAMP:20261122T050000Z',
    'DTSTART;TZID=/throughline/America/Vancouver:20261201T100000',
    'DTEND;TZID=/throughline/America/Vancouver:20261201T110000',
    'SUMMARY:Appointment',
    'LOCATION:2555 Commercial Dr\\, Unit 208\\, Vancouver\\, BC V5N 4C1',
    'DESCRIPTION:Tuesday 1 December 2026\\, 10:00\\, Vancouver time\\n2555 Commercial Dr\\, Unit 208\\, Vancouver\\, BC V5N 4C1',
    'CLASS:PRIVATE',
    'TRANSP:OPAQUE',
    'STATUS:CONFIRMED',
    'ORGANIZER:mailto:scheduling@throughline.invalid',
    'ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:patient@example.org',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT24H',
    'DESCRIPTION:Appointment',
    'END:VALARM',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT2H',
    'DESCRIPTION:Appointment',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  ])
})

t.test('a cancellation keeps the UID, raises the sequence and says so in French', async (t) => {
  const lines = linted(
    t,
    inviteText(
      anInvite({
        standing: 'cancelled',
        sequence: 3,
        lang: 'fr',
        zone: zone('America/Montreal'),
        clinic: { address: MONTREAL },
      }),
    ),
  )
  const expected: Record<string, string> = {
    METHOD: 'CANCEL',
    UID: '0b2c6c1e-5b0e-4b7c-8a39-0f2ac6c5d1f3',
    SEQUENCE: '3',
    STATUS: 'CANCELLED',
    SUMMARY: 'Rendez-vous',
    LOCATION: '393 Av. Laurier O\\, Montréal\\, QC H2V 2K3',
    DESCRIPTION:
      'Ce rendez-vous est annulé.\\nmardi 1er décembre 2026\\, 12 h 00\\, heure de Toronto\\n393 Av. Laurier O\\, Montréal\\, QC H2V 2K3',
  }
  for (const [name, value] of Object.entries(expected)) t.same(valuesOf(lines, name), [value], name)
  t.equal(valuesOf(lines, 'ATTENDEE').length, 1)
})

t.test('a visit by video or phone has no address, and its link only while it stands', async (t) => {
  const virtual = (about: Partial<Invite>) =>
    linted(t, inviteText(anInvite({ modality: 'virtual', joinUrl: 'https://meet.example.org/a?b=c,d', ...about })))
  t.same(valuesOf(virtual({}), 'LOCATION'), ['By video'])
  t.match(valuesOf(virtual({}), 'DESCRIPTION')[0], 'Join: https://meet.example.org/a?b=c\\,d')
  t.notMatch(virtual({ standing: 'cancelled' }).join('\n'), 'meet.example.org')
  t.same(valuesOf(virtual({ modality: 'phone', joinUrl: null, lang: 'fr' }), 'LOCATION'), ['Par téléphone'])
})

t.test('a patient without mail gets an address that leads nowhere, made from the UID', async (t) => {
  const lines = linted(t, inviteText(anInvite({ attendee: null })))
  t.same(valuesOf(lines, 'ATTENDEE'), ['mailto:0b2c6c1e-5b0e-4b7c-8a39-0f2ac6c5d1f3@no-reply.invalid'])
})

t.test('reminders say no more than that there is an appointment, and end with it', async (t) => {
  const detail = { summary: 'Preparation, 50 min', lines: [] }
  const alarms = (about: Partial<Invite>) =>
    valuesOf(linted(t, inviteText(anInvite({ detail, ...about }))), 'DESCRIPTION').slice(1)
  t.same(alarms({ lang: 'fr' }), ['Rendez-vous', 'Rendez-vous'])
  t.same(alarms({ standing: 'cancelled' }), [])
})

t.test('the answer of the patient and a time that may change are in the file', async (t) => {
  const lines = linted(t, inviteText(anInvite({ standing: 'tentative', response: 'declined' })))
  t.same(valuesOf(lines, 'STATUS'), ['TENTATIVE'])
  t.same(valuesOf(lines, 'METHOD'), ['REQUEST'])
  t.match(
    lines.find((line) => line.startsWith('ATTENDEE')),
    ';PARTSTAT=DECLINED;',
  )
  t.match(valuesOf(lines, 'DESCRIPTION')[0], /^The time may change/)
  const named = linted(t, inviteText(anInvite({ organizer: 'The Clinic <desk@example.org>' })))
  t.same(valuesOf(named, 'ORGANIZER'), ['mailto:desk@example.org'])
})

t.test(
  'a zone goes by its usual name unless its rules are newer than the data in many calendar programs',
  async (t) => {
    for (const [name, tzid] of [
      ['America/Toronto', 'America/Toronto'],
      ['America/Vancouver', '/throughline/America/Vancouver'],
      ['America/Phoenix', 'America/Phoenix'],
      ['Europe/Paris', 'Europe/Paris'],
      ['Etc/UTC', 'Etc/UTC'],
    ] as const)
      t.equal(tzidOf(zone(name)), tzid)
  },
)

t.test('richer words appear only when given', async (t) => {
  const detail = { summary: 'Preparation, 50 min', lines: ['Bring your glasses; eat lightly.'] }
  const lines = linted(t, inviteText(anInvite({ detail })))
  t.same(valuesOf(lines, 'SUMMARY'), ['Preparation\\, 50 min'])
  t.match(valuesOf(lines, 'DESCRIPTION')[0], 'Bring your glasses\\; eat lightly.')
})

const INSTANTS: [string, string, string, string[]][] = [
  ['Vancouver in winter', 'America/Vancouver', '2026-12-01T10:00:00-07:00', ['-0700']],
  ['Vancouver in summer', 'America/Vancouver', '2027-07-01T10:00:00-07:00', ['-0700']],
  ['Vancouver on the day its clocks no longer change', 'America/Vancouver', '2026-11-01T10:00:00-07:00', ['-0700']],
  ['Vancouver in its last winter of −08:00', 'America/Vancouver', '2026-01-15T10:00:00-08:00', ['-0800']],
  ['Toronto in winter', 'America/Toronto', '2026-12-01T10:00:00-05:00', ['-0500', '-0400']],
  ['Toronto in summer', 'America/Toronto', '2027-07-01T10:00:00-04:00', ['-0500', '-0400']],
  ['Toronto the morning after its overlap', 'America/Toronto', '2026-11-01T03:00:00-05:00', ['-0500', '-0400']],
  ['Toronto the morning after its gap', 'America/Toronto', '2027-03-14T03:00:00-04:00', ['-0500', '-0400']],
  ['Toronto the first time it reads 01:30', 'America/Toronto', '2026-11-01T01:30:00-04:00', ['-0500', '-0400']],
  ['Toronto the second time it reads 01:30', 'America/Toronto', '2026-11-01T01:30:00-05:00', ['-0500', '-0400']],
  ['Paris, which changes on last Sundays', 'Europe/Paris', '2026-10-25T10:00:00+01:00', ['+0100', '+0200']],
  ['Kolkata, half an hour off', 'Asia/Kolkata', '2026-12-01T10:00:00+05:30', ['+0530']],
  ['a zone that has always been the same', 'Etc/UTC', '2026-12-01T10:00:00+00:00', ['+0000']],
]
for (const [name, place, wall, offsets] of INSTANTS) {
  t.test(`the file’s own zone gives the right instant: ${name}`, async (t) => {
    const start = at(wall)
    t.equal(toWire(start, zone(place)), wall)
    const text = inviteText(anInvite({ zone: zone(place), start, end: addMinutes(start, 150) }))
    const lines = linted(t, text)
    t.same(readBack(text), [start, addMinutes(start, 150)])
    t.same([...new Set(valuesOf(lines, 'TZOFFSETTO'))].sort(), [...offsets].sort())
  })
}

t.test('text from people cannot leave its property, in any field', async (t) => {
  const nasty = [
    'a\r\nATTENDEE:mailto:x@example.org\r\nBEGIN:VEVENT',
    'a\nEND:VEVENT\rX:1\u2028b\u0085c',
    'semi;comma,back\\slash"quote:colon\u0000\u0007\ud800',
    'é'.repeat(200),
    '😀é'.repeat(60),
    '\\n\\;\\,'.repeat(20),
  ]
  for (const text of nasty) {
    const lines = linted(
      t,
      inviteText(
        anInvite({
          uid: text,
          organizer: text,
          attendee: text,
          clinic: { address: { ...VANCOUVER, line1: text, line2: text, city: text, postalCode: text } },
          joinUrl: text,
          detail: { summary: text, lines: [text] },
        }),
      ),
    )
    t.equal(valuesOf(lines, 'DESCRIPTION').length, 3, 'its own and those of two reminders')
    for (const name of ['ATTENDEE', 'ORGANIZER', 'UID', 'SUMMARY', 'LOCATION']) {
      t.equal(valuesOf(lines, name).length, 1, name)
    }
    t.equal(lines.filter((line) => line === 'BEGIN:VEVENT').length, 1)
    const parsed = new ICAL.Component(ICAL.parse(`${lines.join('\r\n')}\r\n`) as string)
    const summary = parsed.getFirstSubcomponent('vevent')?.getFirstPropertyValue('summary')
    t.equal(summary, text.replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n').replace(/[^\P{C}\n]/gu, ''))
  }
})

t.test('nothing about care, and no line to call in a crisis, in either language', async (t) => {
  for (const lang of ['en', 'fr'] satisfies Lang[]) {
    for (const standing of ['confirmed', 'tentative', 'cancelled'] as const) {
      const text = inviteText(anInvite({ lang, standing }))
      t.notMatch(text, /ketamin|kétamin|dos(e|ing)|experience|expérience|th[eé]rap|clini[cq]|treat|traite|9-8-8|911/i)
    }
  }
})

t.test('a calendar to subscribe to has every zone once, no attendee, and hints when to come back', async (t) => {
  const toronto = zone('America/Toronto')
  const events = [
    anInvite({ uid: 'a' }),
    anInvite({ uid: 'b', start: at('2027-02-01T17:00:00Z'), standing: 'cancelled' }),
    anInvite({ uid: 'c', zone: toronto, start: at('2027-04-01T17:00:00Z') }),
  ]
  const lines = linted(t, calendarText(events, 'PT1H'))
  t.same(valuesOf(lines, 'METHOD'), ['PUBLISH'])
  t.same(valuesOf(lines, 'TZID'), ['/throughline/America/Vancouver', 'America/Toronto'])
  t.same(valuesOf(lines, 'UID'), ['a', 'b', 'c'])
  t.same(valuesOf(lines, 'STATUS'), ['CONFIRMED', 'CANCELLED', 'CONFIRMED'])
  t.same(valuesOf(lines, 'ATTENDEE'), [])
  t.same([...valuesOf(lines, 'REFRESH-INTERVAL'), ...valuesOf(lines, 'X-PUBLISHED-TTL')], ['PT1H', 'PT1H'])
  t.same(valuesOf(linted(t, calendarText([], 'PT1H')), 'METHOD'), ['PUBLISH'])
})
