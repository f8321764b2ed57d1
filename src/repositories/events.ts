/** The outbox: what happened, in ids and times, written in the transaction of the change (contract.md §6). */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'

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
  'group-session.cancelled',
  'group-session.needs-replanning',
  'group-session.seat-taken',
  'group-session.seat-released',
  'waitlist.offered',
  'waitlist.accepted',
  'waitlist.declined',
  'waitlist.lapsed',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

export type NewEvent = {
  type: EventType
  enrolmentId: string | null
  clinicId: string | null
  /** Ids and RFC 3339 times only; never names. */
  subject: Record<string, string | number | null>
}

/** One statement and one parameter for any number of events, in this order. */
export async function append(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  await tx.execute(sql`
    insert into event (type, enrolment_id, clinic_id, subject)
    select type, "enrolmentId", "clinicId", subject from jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
      as e(type text, "enrolmentId" uuid, "clinicId" uuid, subject jsonb)`)
}
