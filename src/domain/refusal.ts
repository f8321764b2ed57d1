/** Every expected no, with its reasons as data. Pure. The `code` is the contract's (contract.md §2); http turns one into problem+json. */
import type { Blocker } from './itinerary.ts'
import type { Instant, ZoneId } from './time.ts'

/** One claim that could not be had, and the interval that was asked for. */
export type Conflict = {
  visitKey: string
  kind: 'clinician' | 'room' | 'patient' | 'supervision'
  /** The resource as the outside knows it; for supervision the clinician's id. */
  id: string
  start: Instant
  end: Instant
  /** Of the clinic: how the instants are written. */
  timeZone: ZoneId
}
/** A booking, a held itinerary or a group session that stands in the way of a change of availability. */
export type Affected = {
  appointmentId?: string
  itineraryId?: string
  groupSessionId?: string
  visitKey: string
  start: Instant
  clinicId: string
  /** Of the clinic: how the instant is written. */
  timeZone: ZoneId
}
/** A gate that is closed: which rule, for which visit, and where the rule comes from. */
export type GateReason = { rule: string; visitKey?: string; source: string; detail: string }
/** Days or minutes, by the rule's name; of `continuity` the ids of the clinicians. */
export type LagViolation = {
  visitKey: string
  after: string
  rule: string
  actual: number | string
  required: number | string
}

export type GateCode =
  | 'not-cleared'
  | 'consent-missing'
  | 'route-not-permitted'
  | 'not-eligible'
  | 'precondition-missing'
  | 'escort-missing'

export type StaffingCode = 'not-licensed' | 'wrong-role' | 'wrong-language' | 'limit-exceeded'

export type Refusal =
  | { code: 'validation'; errors: { path: string; message: string }[] }
  | { code: 'unauthenticated' | 'forbidden' | 'not-found' | 'unavailable' | 'hold-limit' | 'stale'; detail?: string }
  | { code: 'resource-taken' | 'outside-availability'; conflicts: Conflict[] }
  | { code: 'hold-expired' | 'not-held' | 'already-booked' | 'already-enrolled' | 'full'; detail?: string }
  | { code: 'idempotency-key-reused' | 'idempotency-in-progress'; detail?: string }
  | { code: 'enrolment-held'; by: string; until: Instant; timeZone: ZoneId | undefined }
  | { code: 'bookings-affected' | 'shift-conflict'; affected: Affected[] }
  | { code: 'invalid-transition'; from: string; to: string }
  /** `blockers`: why what follows could not be planned anew. */
  | { code: 'lag-violated'; violations: LagViolation[]; blockers?: Blocker[] }
  | { code: GateCode; reasons: GateReason[] }
  | { code: StaffingCode; clinicianId: string; visitKey: string; detail: string }

/** The thing has changed since the caller read it (If-Match). */
export const stale: Refusal = { code: 'stale' }
/** The thing is not there, or not for this caller: the two are told apart to nobody. */
export const notFound: Refusal = { code: 'not-found' }
/** A value that is well formed and still impossible, with the path of its field. */
export const invalid = (path: string, message: string): Refusal => ({ code: 'validation', errors: [{ path, message }] })
