/** The outbox: what happened, in ids and times, written in the transaction of the change (contract.md §6). */
import type { Tx } from '../db/client.ts'
import { event } from '../db/schema.ts'

export type EventType =
  | 'itinerary.held'
  | 'itinerary.expired'
  | 'appointment.booked'
  | 'appointment.rescheduled'
  | 'appointment.cancelled'
  | 'appointment.status-changed'
  | 'appointment.needs-replanning'
  | 'appointment.running-late'
  | 'enrolment.opened'
  | 'enrolment.completed'
  | 'enrolment.withdrawn'

export type NewEvent = {
  type: EventType
  enrolmentId: string | null
  clinicId: string | null
  /** Ids and RFC 3339 times only; never names. */
  subject: Record<string, string | number | null>
}

/** One statement for any number of events. */
export async function append(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length > 0) await tx.insert(event).values([...events])
}
