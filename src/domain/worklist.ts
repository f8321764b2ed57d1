/** Whom to call next and why (contract.md §7). Pure. */
import type { AppointmentId, EnrolmentId, GroupSessionId, ItineraryId, PatientId, ReferralId } from './ids.ts'
import type { Instant, ZoneId } from './time.ts'

/** Each kind with what is to be done about it. */
export const ACTIONS = {
  'referral-due': 'call',
  'needs-replanning': 'replan',
  'escort-missing': 'name-escort',
  'hold-lapsing': 'confirm-or-release',
  'clearance-expiring': 'screen-again',
  'running-late': 'tell-patient',
  'screening-review': 'review-screening',
  'resume-due': 'resume',
} as const
export type WorkKind = keyof typeof ACTIONS
export const WORK_KINDS = Object.keys(ACTIONS) as WorkKind[]

export type WorkItem = {
  readonly kind: WorkKind
  /** By when it has to be settled: the visit's start, the hold's end, the end of the last day of a clearance, a review, a pause. */
  readonly dueAt: Instant
  readonly timeZone: ZoneId
  readonly patientId: PatientId
  readonly enrolmentId: EnrolmentId | null
  readonly appointmentId: AppointmentId | null
  readonly itineraryId: ItineraryId | null
  readonly referralId: ReferralId | null
  /** Of a group of no program in which the patient has a seat. */
  readonly groupSessionId: GroupSessionId | null
  /** Whether a voice message may be left. */
  readonly mayLeaveMessage: boolean
}

/** Days ahead that these kinds look; the others show what is due at any time, the next first. */
export const LOOK_AHEAD = { hold: 1, clearance: 14, resume: 7 } as const
