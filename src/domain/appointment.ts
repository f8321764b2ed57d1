/** A visit booked: who, where, when; and its status machine (contract.md §5). Pure. */
import { z } from 'zod'
import type { AppointmentId, ClinicId, EnrolmentId, ItineraryId, PatientId, RoomId, UserId } from './ids.ts'
import type { Participant } from './itinerary.ts'
import type { Modality, Step } from './program.ts'
import { dayOf, type Instant, type LocalDate, type ZoneId } from './time.ts'

export const AppointmentStatus = z.enum([
  'booked',
  'arrived',
  'in-progress',
  'recovering',
  'completed',
  'cancelled',
  'no-show',
  'not-dosed',
  'stopped',
  'needs-replanning',
])
export type AppointmentStatus = z.infer<typeof AppointmentStatus>

export const Escort = z.strictObject({
  name: z.string().trim().min(1).max(200),
  phone: z.string().trim().max(40).nullish(),
  relationship: z.string().trim().max(100).nullish(),
})
export type Escort = z.infer<typeof Escort>

export type Cancellation = { by: 'patient' | 'clinic'; reason: string | null; reasonCode: string | null; late: boolean }

/** One step through the statuses: by whom, why, and which other appointments it voided or flagged. */
export type StatusChange = {
  from: AppointmentStatus
  to: AppointmentStatus
  at: Instant
  by: UserId
  reason: string | null
  voided: AppointmentId[]
  flagged: AppointmentId[]
}

export type Appointment = {
  id: AppointmentId
  uid: string
  enrolmentId: EnrolmentId
  patientId: PatientId
  itineraryId: ItineraryId | null
  visitKey: string
  step: Step
  status: AppointmentStatus
  start: Instant
  end: Instant
  timeZone: ZoneId
  clinicId: ClinicId
  roomId: RoomId | null
  modality: Modality
  participants: Participant[]
  sequence: number
  revision: number
  actual: { arrivedAt: Instant | null; startedAt: Instant | null; endedAt: Instant | null }
  escort: Escort | null
  joinUrl: string | null
  patientLocation: string | null
  patientResponse: string
  flags: string[]
  voidedBy: AppointmentId | null
  cancellation: Cancellation | null
  /** Why it is in its status, where that was said. */
  statusReason: string | null
  /** Of a visit that was not dosed: when the patient is to be seen again. */
  reassessOn: LocalDate | null
  note: string | null
}

/** `booked → arrived → in-progress → recovering → completed` and the ways out of it. Cancelled and completed are final. */
export const TRANSITIONS: Readonly<Record<AppointmentStatus, readonly AppointmentStatus[]>> = {
  booked: ['arrived', 'no-show', 'cancelled', 'needs-replanning'],
  arrived: ['in-progress', 'not-dosed', 'cancelled', 'needs-replanning'],
  'in-progress': ['recovering', 'completed', 'stopped'],
  recovering: ['completed', 'stopped'],
  'needs-replanning': ['booked', 'cancelled'],
  completed: [],
  cancelled: [],
  'no-show': [],
  'not-dosed': [],
  stopped: [],
}

/** Still to come or under way: it holds its place in the itinerary. */
export const isLive = (status: AppointmentStatus): boolean =>
  status === 'booked' || status === 'arrived' || status === 'in-progress' || status === 'recovering'

/**
 * The end that lags are measured from: the actual one once known. One recorded on another day than the visit's, ahead of it or long
 * after, tells when somebody wrote it down.
 */
export const endForLags = ({ start, end, timeZone, actual: { endedAt } }: Ended): Instant =>
  endedAt !== null && endedAt > start && dayOf(endedAt, timeZone) === dayOf(end, timeZone) ? endedAt : end
type Ended = Pick<Appointment, 'start' | 'end' | 'timeZone' | 'actual'>

/** Fixed points of a plan: live, or done. A stopped dose counts until its prescriber says otherwise. */
export const isFixedPoint = (status: AppointmentStatus): boolean =>
  isLive(status) || status === 'completed' || status === 'stopped'
