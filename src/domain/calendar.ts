/**
 * iCalendar text for patients: invites (RFC 5546 REQUEST and CANCEL) and published calendars. Pure. CRLF, folded at 75 octets, UTF-8.
 * Private by default: see calendar-wording.ts. Zones are ours: see calendar-zone.ts.
 */
import ICAL from 'ical.js'
import { descriptionOf, locationOf, type Occasion, summaryOf } from './calendar-wording.ts'
import { localTime, vtimezone } from './calendar-zone.ts'
import { DAY, type Instant, MINUTE, transitions, type ZoneId } from './time.ts'

const PRODUCT = '-//Throughline//Scheduling 1//EN'
/** Octets a line, of 75 allowed: ical.js does not count the space that begins a continuation. */
ICAL.foldLength = 74

export type CalendarEvent = Omit<Occasion, 'cancelled'> & {
  /** Random, and the same for the appointment's whole life. */
  readonly uid: string
  /** Only ever rises. */
  readonly sequence: number
  readonly stampedAt: Instant
  readonly end: Instant
  /** The clinic's mail address. */
  readonly organizer: string
}
export type Invite = CalendarEvent & {
  readonly method: 'REQUEST' | 'CANCEL'
  /** The patient's mail address; without one a non-delivering address is made from the UID. */
  readonly attendee: string | null
}

/** Text as a property may hold it: line breaks as \n, which ical.js escapes; no other control characters, no half characters. */
const plain = (text: string): string =>
  text.replace(/\r\n?|[\u0085\u2028\u2029]/gu, '\n').replace(/[\p{Cc}\p{Cs}]/gu, (c) => (c === '\n' ? c : ''))
const mailto = (address: string): string => `mailto:${encodeURI(address.replace(/[\s\p{Cc}\p{Cs}]/gu, ''))}`
const nonDelivering = (uid: string): string => `${uid.replace(/[^A-Za-z0-9-]/g, '-')}@no-reply.invalid`

const utc = (at: Instant): ICAL.Time => ICAL.Time.fromDateTimeString(`${new Date(at).toISOString().slice(0, 19)}Z`)

/** Whether the wall time at this instant occurs twice: parsers differ on which one is meant. */
const occursTwice = (at: Instant, zone: ZoneId): boolean =>
  transitions(zone, (at - DAY) as Instant, (at + DAY) as Instant).some((change) => {
    const turnedBack = (change.before - change.after) * MINUTE
    return change.at - turnedBack <= at && at < change.at + turnedBack
  })

/** Local time with its zone; in UTC where that would be ambiguous. */
function timeProperty(name: 'dtstart' | 'dtend', at: Instant, zone: ZoneId): ICAL.Property {
  const property = new ICAL.Property(name)
  if (occursTwice(at, zone)) property.setValue(utc(at))
  else {
    property.setParameter('tzid', zone)
    property.setValue(localTime(at, zone))
  }
  return property
}

function vevent(event: CalendarEvent, cancelled: boolean): ICAL.Component {
  const occasion: Occasion = { ...event, cancelled }
  const component = new ICAL.Component('vevent')
  component.addPropertyWithValue('uid', plain(event.uid))
  component.addPropertyWithValue('sequence', event.sequence)
  component.addPropertyWithValue('dtstamp', utc(event.stampedAt))
  component.addProperty(timeProperty('dtstart', event.start, event.zone))
  component.addProperty(timeProperty('dtend', event.end, event.zone))
  component.addPropertyWithValue('summary', plain(summaryOf(occasion)))
  component.addPropertyWithValue('location', plain(locationOf(occasion)))
  component.addPropertyWithValue('description', plain(descriptionOf(occasion)))
  component.addPropertyWithValue('class', 'PRIVATE')
  component.addPropertyWithValue('transp', cancelled ? 'TRANSPARENT' : 'OPAQUE')
  component.addPropertyWithValue('status', cancelled ? 'CANCELLED' : 'CONFIRMED')
  component.addPropertyWithValue('organizer', mailto(event.organizer))
  return component
}

function attendeeProperty(address: string): ICAL.Property {
  const property = new ICAL.Property('attendee')
  property.setParameter('cutype', 'INDIVIDUAL')
  property.setParameter('role', 'REQ-PARTICIPANT')
  property.setParameter('partstat', 'NEEDS-ACTION')
  property.setParameter('rsvp', 'TRUE')
  property.setValue(mailto(address))
  return property
}

/** A VCALENDAR with the zones that its events need, one VTIMEZONE each. */
function vcalendar(method: string, events: readonly CalendarEvent[]): ICAL.Component {
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

/** One appointment's invite or its cancellation, for its patient alone. */
export function inviteText(invite: Invite): string {
  const calendar = vcalendar(invite.method, [invite])
  const event = vevent(invite, invite.method === 'CANCEL')
  event.addProperty(attendeeProperty(invite.attendee ?? nonDelivering(invite.uid)))
  calendar.addSubcomponent(event)
  return written(calendar)
}

/** Appointments to subscribe to or keep, METHOD:PUBLISH, without attendees. `refreshEvery` is an RFC 5545 duration such as PT1H. */
export function calendarText(
  events: readonly (CalendarEvent & { readonly cancelled: boolean })[],
  refreshEvery: string,
): string {
  const calendar = vcalendar('PUBLISH', events)
  const refresh = new ICAL.Property('refresh-interval')
  refresh.setParameter('value', 'DURATION')
  refresh.setValue(refreshEvery)
  calendar.addProperty(refresh)
  calendar.addPropertyWithValue('x-published-ttl', refreshEvery)
  for (const event of events) calendar.addSubcomponent(vevent(event, event.cancelled))
  return written(calendar)
}
