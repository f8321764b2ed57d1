/**
 * iCalendar text: a patient's invite (RFC 5546 REQUEST and CANCEL) and published calendars. Pure. CRLF, folded at 75 octets, UTF-8.
 * A patient's is private by default: see calendar-wording.ts. Zones are ours: see calendar-zone.ts.
 */
import ICAL from 'ical.js'
import { type Occasion, privateSummary, type Standing, wordsOf } from './calendar-wording.ts'
import { localTime, tzidOf, vtimezone } from './calendar-zone.ts'
import { DAY, type Instant, type Lang, MINUTE, transitions, type ZoneId } from './time.ts'

/** Part of every published calendar's entity tag: raise it when the same facts give another text. */
export const TEXT_VERSION = 1
const PRODUCT = '-//Throughline//Scheduling 1//EN'
/** Octets a line, of 75 allowed: ical.js does not count the space that begins a continuation. */
ICAL.foldLength = 74

/** How long before the start a patient's calendar reminds. */
const REMINDERS = ['-PT24H', '-PT2H'] as const

/** What any event of a calendar has. */
type Frame = {
  /** The same for the event's whole life. */
  readonly uid: string
  /** Only ever rises. */
  readonly sequence: number
  readonly stampedAt: Instant
  readonly start: Instant
  readonly end: Instant
  readonly zone: ZoneId
  readonly standing: Standing
}
/** An event in words of the caller's choosing: staff's calendars. */
export type CalendarEntry = Frame & {
  readonly summary: string
  readonly location: string | null
  readonly description: string | null
}
/** A patient's event: its words are calendar-wording.ts's. Its UID is random and the patient's secret: a reply quotes it. */
export type PatientEvent = Frame &
  Occasion & {
    /** The clinic's mail address, or `Name <address>`. */
    readonly organizer: string
  }
export type Invite = PatientEvent & {
  /** The patient's mail address; without one a non-delivering address is made from the UID. */
  readonly attendee: string | null
  readonly response: PatientResponse
}
export const PATIENT_RESPONSES = ['needs-action', 'accepted', 'declined', 'tentative'] as const
export type PatientResponse = (typeof PATIENT_RESPONSES)[number]

export const methodOf = ({ standing }: Pick<Frame, 'standing'>): 'REQUEST' | 'CANCEL' =>
  standing === 'cancelled' ? 'CANCEL' : 'REQUEST'

/** Text as a property may hold it: line breaks as \n, which ical.js escapes; no other control characters, no half characters. */
const plain = (text: string): string =>
  text.replace(/\r\n?|[\u0085\u2028\u2029]/gu, '\n').replace(/[\p{Cc}\p{Cs}]/gu, (c) => (c === '\n' ? c : ''))
const mailto = (address: string): string => {
  const bare = /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address
  return `mailto:${encodeURI(bare.replace(/[\s\p{Cc}\p{Cs}]/gu, ''))}`
}
const nonDelivering = (uid: string): string => `${uid.replace(/[^A-Za-z0-9-]/g, '-')}@no-reply.invalid`

/** A property as jCal has it (RFC 7265): name, parameters, type, value. A component made of these is written twice as fast as one filled call by call. */
type Property = readonly [
  name: string,
  parameters: Readonly<Record<string, string>>,
  type: string,
  value: string | number,
]
const inWords = (name: string, words: string): Property => [name, {}, 'text', words]
const inUtc = (name: string, at: Instant): Property => [
  name,
  {},
  'date-time',
  `${new Date(at).toISOString().slice(0, 19)}Z`,
]

/** Whether the wall time at this instant occurs twice: parsers differ on which one is meant. */
const occursTwice = (at: Instant, zone: ZoneId): boolean =>
  transitions(zone, (at - DAY) as Instant, (at + DAY) as Instant).some((change) => {
    const turnedBack = (change.before - change.after) * MINUTE
    return change.at - turnedBack <= at && at < change.at + turnedBack
  })

/** Local time with its zone; in UTC where that would be ambiguous. */
const inZone = (name: 'dtstart' | 'dtend', at: Instant, zone: ZoneId): Property =>
  occursTwice(at, zone) ? inUtc(name, at) : [name, { tzid: tzidOf(zone) }, 'date-time', localTime(at, zone)]

function vevent({ standing, location, description, ...entry }: CalendarEntry): ICAL.Component {
  const properties: Property[] = [
    inWords('uid', plain(entry.uid)),
    ['sequence', {}, 'integer', entry.sequence],
    inUtc('dtstamp', entry.stampedAt),
    inZone('dtstart', entry.start, entry.zone),
    inZone('dtend', entry.end, entry.zone),
    inWords('summary', plain(entry.summary)),
    ...(location === null ? [] : [inWords('location', plain(location))]),
    ...(description === null ? [] : [inWords('description', plain(description))]),
    inWords('class', 'PRIVATE'),
    inWords('transp', standing === 'cancelled' ? 'TRANSPARENT' : 'OPAQUE'),
    inWords('status', standing.toUpperCase()),
  ]
  return new ICAL.Component(['vevent', properties, []])
}

function patientVevent(event: PatientEvent): ICAL.Component {
  const component = vevent({ ...event, ...wordsOf(event) })
  component.addPropertyWithValue('organizer', mailto(event.organizer))
  if (event.standing !== 'cancelled')
    for (const before of REMINDERS) component.addSubcomponent(reminder(before, event.lang))
  return component
}

/** It pops up where others may look: it never says more than that there is an appointment. */
function reminder(before: (typeof REMINDERS)[number], lang: Lang): ICAL.Component {
  const alarm = new ICAL.Component('valarm')
  alarm.addPropertyWithValue('action', 'DISPLAY')
  alarm.addPropertyWithValue('trigger', ICAL.Duration.fromString(before))
  alarm.addPropertyWithValue('description', privateSummary(lang))
  return alarm
}

function attendeeProperty(address: string, response: PatientResponse): ICAL.Property {
  const property = new ICAL.Property('attendee')
  property.setParameter('cutype', 'INDIVIDUAL')
  property.setParameter('role', 'REQ-PARTICIPANT')
  property.setParameter('partstat', response.toUpperCase())
  property.setParameter('rsvp', 'TRUE')
  property.setValue(mailto(address))
  return property
}

/** A VCALENDAR with the zones that its events need, one VTIMEZONE each. */
function vcalendar(method: string, events: readonly Frame[]): ICAL.Component {
  const calendar = new ICAL.Component('vcalendar')
  calendar.addPropertyWithValue('version', '2.0')
  calendar.addPropertyWithValue('prodid', PRODUCT)
  calendar.addPropertyWithValue('calscale', 'GREGORIAN')
  calendar.addPropertyWithValue('method', method)
  for (const zone of new Set(events.map((event) => event.zone))) {
    const there = events.filter((event) => event.zone === zone)
    const from = Math.min(...there.map((event) => event.start)) as Instant
    const to = Math.max(...there.map((event) => event.end)) as Instant
    calendar.addSubcomponent(vtimezone(zone, from, to))
  }
  return calendar
}

const written = (calendar: ICAL.Component): string => `${calendar.toString()}\r\n`

/** One appointment's invite, or its cancellation, for its patient alone. */
export function inviteText(invite: Invite): string {
  const calendar = vcalendar(methodOf(invite), [invite])
  const event = patientVevent(invite)
  event.addProperty(attendeeProperty(invite.attendee ?? nonDelivering(invite.uid), invite.response))
  calendar.addSubcomponent(event)
  return written(calendar)
}

function published(frames: readonly Frame[], vevents: readonly ICAL.Component[], refreshEvery: string): string {
  const calendar = vcalendar('PUBLISH', frames)
  const refresh = new ICAL.Property('refresh-interval')
  refresh.setParameter('value', 'DURATION')
  refresh.setValue(refreshEvery)
  calendar.addProperty(refresh)
  calendar.addPropertyWithValue('x-published-ttl', refreshEvery)
  for (const event of vevents) calendar.addSubcomponent(event)
  return written(calendar)
}

/** A patient's appointments to subscribe to or keep: METHOD:PUBLISH, no attendee. `refreshEvery` is an RFC 5545 duration such as PT1H. */
export const calendarText = (events: readonly PatientEvent[], refreshEvery: string): string =>
  published(events, events.map(patientVevent), refreshEvery)

/** Events in words of their own to subscribe to or keep; no attendee, organizer or reminder. */
export const entriesText = (entries: readonly CalendarEntry[], refreshEvery: string): string =>
  published(entries, entries.map(vevent), refreshEvery)
