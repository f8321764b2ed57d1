/** A patient's answer as their calendar program sends it: METHOD:REPLY (RFC 5546 §3.2.3), one event, one attendee. Pure. */
import ICAL from 'ical.js'
import type { PatientResponse } from './calendar.ts'
import { err, ok, type Result } from './result.ts'

export type CalendarReply = {
  readonly uid: string
  /** Of the invite that was answered. */
  readonly sequence: number
  readonly response: Exclude<PatientResponse, 'needs-action'>
}
/** Which property is wrong, and how. */
export type UnreadableReply = { readonly path: string; readonly message: string }

const RESPONSES: Readonly<Record<string, CalendarReply['response']>> = {
  ACCEPTED: 'accepted',
  DECLINED: 'declined',
  TENTATIVE: 'tentative',
}
/** Components that a reply is made of; more than these are no reply. */
const MOST_COMPONENTS = 50
/** RFC 5545 §3.3.8: 32 bits. */
const GREATEST_SEQUENCE = 2 ** 31 - 1

const wrong = (path: string, message: string) => err({ path, message })

function parsed(text: string): ICAL.Component | undefined {
  if ((text.match(/^BEGIN:/gim)?.length ?? 0) > MOST_COMPONENTS) return undefined
  try {
    const read: unknown = ICAL.parse(text)
    // several calendars in one text come as a list of them
    return Array.isArray(read) && typeof read[0] === 'string' ? new ICAL.Component(read) : undefined
  } catch {
    return undefined
  }
}

/** The one value of a property as written; undefined when there is none or several. */
function only(component: ICAL.Component, name: string): string | undefined {
  const [property, ...others] = component.getAllProperties(name)
  if (!property || others.length > 0) return undefined
  const value: unknown = property.toJSON()[3]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** The attendee's address is not judged: people answer from other addresses than the invited one. The UID is the secret. */
export function readReply(text: string): Result<CalendarReply, UnreadableReply> {
  const calendar = parsed(text)
  if (calendar?.name !== 'vcalendar') return wrong('body', 'is not one iCalendar object')
  if (only(calendar, 'method')?.toUpperCase() !== 'REPLY') return wrong('METHOD', 'must be REPLY')
  const [event, ...others] = calendar.getAllSubcomponents('vevent')
  if (!event || others.length > 0) return wrong('VEVENT', 'must be there once')
  if (event.hasProperty('recurrence-id')) return wrong('RECURRENCE-ID', 'is of no invite of ours')
  const uid = only(event, 'uid')
  if (!uid) return wrong('UID', 'must be there once')
  const written = event.hasProperty('sequence') ? only(event, 'sequence') : '0'
  if (!written || !/^\d{1,10}$/.test(written) || Number(written) > GREATEST_SEQUENCE)
    return wrong('SEQUENCE', 'must be a whole number')
  const [attendee, ...more] = event.getAllProperties('attendee')
  if (!attendee || more.length > 0) return wrong('ATTENDEE', 'must be there once')
  const partstat: unknown = attendee.getParameter('partstat')
  const response = typeof partstat === 'string' ? RESPONSES[partstat.toUpperCase()] : undefined
  if (!response) return wrong('ATTENDEE', `PARTSTAT must be one of ${Object.keys(RESPONSES).join(', ')}`)
  return ok({ uid, sequence: Number(written), response })
}
