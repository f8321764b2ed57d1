/** What happened, as others are told of it (contract.md §6). Pure. Ids and times only: a name never gets in, for nothing here has one. */
import { type Instant, toWire, ZoneId } from './time.ts'

/** Those of contract.md §6, then ours beside them. */
export const EVENT_TYPES = [
  'referral.received',
  'referral.overdue',
  'itinerary.held',
  'itinerary.expired',
  'appointment.booked',
  'appointment.rescheduled',
  'appointment.cancelled',
  'appointment.status-changed',
  'appointment.needs-replanning',
  'appointment.running-late',
  'enrolment.opened',
  'enrolment.completed',
  'enrolment.withdrawn',
  'enrolment.paused',
  'enrolment.resumed',
  'enrolment.transferred',
  'plan.finished',
  'appointment.replied',
  'enrolment.closed',
  'group-session.scheduled',
  'group-session.rescheduled',
  'group-session.cancelled',
  'group-session.needs-replanning',
  'group-session.seat-taken',
  'group-session.seat-moved',
  'group-session.seat-released',
  'waitlist.offered',
  'waitlist.accepted',
  'waitlist.declined',
  'waitlist.lapsed',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** One row of the log. `timeZone` is its clinic's; UTC where it belongs to no clinic. */
export type LoggedEvent = {
  /** Its place in the log; known inside only. */
  readonly sequence: number
  readonly id: string
  readonly type: EventType
  readonly at: Instant
  readonly enrolmentId: string | null
  readonly clinicId: string | null
  readonly timeZone: ZoneId | null
  /** Whom it is about, for the audit log. */
  readonly patientId: string | null
  readonly subject: Readonly<Record<string, string | number | null>>
}

export type EventItem = Pick<LoggedEvent, 'id' | 'type' | 'enrolmentId' | 'clinicId'> & { at: string } & Record<
    string,
    string | number | null
  >

const UTC = ZoneId.parse('UTC')

/** The same for whoever polls and whoever is called. */
export const eventItem = ({ id, type, at, enrolmentId, clinicId, timeZone, subject }: LoggedEvent): EventItem => ({
  ...subject,
  id,
  type,
  at: toWire(at, timeZone ?? UTC),
  enrolmentId,
  clinicId,
})
