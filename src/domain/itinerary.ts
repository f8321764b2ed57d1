/** All visits of an enrolment, placed and staffed: one complete proposal (contract.md §5). Pure. */
import type { AppointmentId, ClinicId, ClinicianId, EnrolmentId, ItineraryId, ResourceId, RoomId } from './ids.ts'
import type { ClinicalRole, Modality, Step } from './program.ts'
import type { Instant, ZoneId } from './time.ts'

export type Participant = {
  as: string
  role: ClinicalRole
  clinicianId: ClinicianId
  start: Instant
  end: Instant
  /** Supervision: one lane of the clinician's own supervision resource. */
  shared: boolean
}

/** One resource for one interval, as it will be claimed; turnover included. `resourceId` is the supervision resource for a shared claim. */
export type ClaimWish = {
  resourceId: ResourceId
  shared: boolean
  start: Instant
  end: Instant
  /** How a refusal names it outside: for supervision the clinician's id. */
  kind: 'clinician' | 'room' | 'supervision'
  id: string
}

export type PlacedVisit = {
  visitKey: string
  step: Step
  start: Instant
  end: Instant
  timeZone: ZoneId
  clinicId: ClinicId
  roomId: RoomId | null
  modality: Modality
  participants: Participant[]
  /** Everything the visit takes, rooms with their turnover. */
  claims: ClaimWish[]
}

/** Points of planning.md §2. */
export type Cost = {
  total: number
  wait: number
  completion: number
  travel: number
  load: number
  preference: number
  handover: number
}

export type ItineraryStatus = 'proposed' | 'held' | 'booked' | 'expired' | 'released'

export type Itinerary = {
  id: ItineraryId
  enrolmentId: EnrolmentId
  status: ItineraryStatus
  cost: Cost
  expiresAt: Instant | null
  visits: PlacedVisit[]
}

/** Why no plan exists, or what would open one (the planner's explanation in the contract's words). */
export type Blocker = {
  visitKey: string
  kind: string
  resourceIds: string[]
  from: Instant
  to: Instant
  detail: string
  relaxations: {
    kind: string
    detail: string
    cost: number
    request: { method: string; path: string; body?: unknown }[]
  }[]
}

/** A visit that planning may not move: booked ahead, or done. */
export type FixedVisit = {
  visitKey: string
  start: Instant
  /** What lags are measured from (`endForLags`). */
  end: Instant
  clinicId: ClinicId
  appointmentId: AppointmentId | null
  /** Who leads it; null: nobody whom continuity binds. */
  leadId: ClinicianId | null
}
