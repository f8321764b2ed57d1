/** A referral: who sent whom and why, the attempts at contact, and the clock that runs until the patient is reached (domain.md §4). Pure. */
import { z } from 'zod'
import { ClinicId, EnrolmentId, PatientId, ReferralContactId, ReferralId, UserId } from './ids.ts'
import type { Interval } from './interval.ts'
import { HOUR, Instant } from './time.ts'

export const ReferralSource = z.enum(['professional', 'self'])
export type ReferralSource = z.infer<typeof ReferralSource>
export const ReferralStatus = z.enum(['new', 'contacted', 'accepted', 'declined'])
export type ReferralStatus = z.infer<typeof ReferralStatus>
export const ContactOutcome = z.enum(['reached', 'voicemail', 'no-answer', 'declined'])
export type ContactOutcome = z.infer<typeof ContactOutcome>

export const Referrer = z.object({
  name: z.string(),
  profession: z.string().nullable(),
  phone: z.string().nullable(),
  fax: z.string().nullable(),
  email: z.string().nullable(),
})
export type Referrer = z.infer<typeof Referrer>

export const Referral = z.object({
  id: ReferralId,
  clinicId: ClinicId,
  patientId: PatientId,
  /** What came of it. */
  enrolmentId: EnrolmentId.nullable(),
  source: ReferralSource,
  /** Null: the patient's own wish. */
  referrer: Referrer.nullable(),
  programKey: z.string().nullable(),
  reason: z.string(),
  status: ReferralStatus,
  assignedTo: UserId.nullable(),
  receivedAt: Instant,
  /** 24 hours later. */
  dueElapsed: Instant,
  /** After 24 opening hours of the clinic; null when it has none on record. */
  dueBusiness: Instant.nullable(),
  /** The one of the two that the clinic's policy says. */
  contactDueAt: Instant,
  contactedAt: Instant.nullable(),
  infoCallAt: Instant.nullable(),
  decidedAt: Instant.nullable(),
  revision: z.int(),
})
export type Referral = z.infer<typeof Referral>

/** One attempt, whatever came of it. */
export const ReferralContact = z.object({
  id: ReferralContactId,
  referralId: ReferralId,
  at: Instant,
  outcome: ContactOutcome,
  note: z.string().nullable(),
  infoCallDone: z.boolean(),
  recordedBy: UserId,
  recordedAt: Instant,
})
export type ReferralContact = z.infer<typeof ReferralContact>

/** Accepted and declined are final: whoever comes back is referred anew. */
const NEXT: Readonly<Record<ReferralStatus, readonly ReferralStatus[]>> = {
  new: ['contacted', 'accepted', 'declined'],
  contacted: ['accepted', 'declined'],
  accepted: [],
  declined: [],
}
export const mayBecome = (from: ReferralStatus, to: ReferralStatus): boolean => from === to || NEXT[from].includes(to)

/** What an attempt makes of the referral: who is reached, or hears what the program is, has been contacted. */
export function statusAfter(
  status: ReferralStatus,
  { outcome, infoCallDone }: Pick<ReferralContact, 'outcome' | 'infoCallDone'>,
): ReferralStatus {
  if (outcome === 'declined') return 'declined'
  return status === 'new' && (outcome === 'reached' || infoCallDone) ? 'contacted' : status
}
/** Somebody was spoken to: the clock stops. */
export const isContact = ({ outcome, infoCallDone }: Pick<ReferralContact, 'outcome' | 'infoCallDone'>): boolean =>
  outcome === 'reached' || outcome === 'declined' || infoCallDone

/** Nobody has been reached and nothing is decided. */
export const isOverdue = ({ status, contactDueAt }: Pick<Referral, 'status' | 'contactDueAt'>, now: Instant): boolean =>
  status === 'new' && contactDueAt < now

const CONTACT_HOURS = 24

/** By when the patient is to be reached. `opening`: the clinic's hours from `receivedAt` on, in order; the clock of business hours runs in them alone. */
export function contactDue(
  receivedAt: Instant,
  opening: readonly Interval<Instant>[],
): { elapsed: Instant; business: Instant | null } {
  const elapsed = (receivedAt + CONTACT_HOURS * HOUR) as Instant
  let left = CONTACT_HOURS * HOUR
  for (const { start, end } of opening) {
    const from = Math.max(start, receivedAt)
    if (end - from >= left) return { elapsed, business: (from + left) as Instant }
    left -= Math.max(0, end - from)
  }
  return { elapsed, business: null }
}

/** What a referrer may be told, and nothing more. */
export const LETTER_STATUSES = ['accepted', 'scheduled', 'completed'] as const
export type LetterStatus = (typeof LETTER_STATUSES)[number]

export function letterStatus(
  status: ReferralStatus,
  { scheduled, completed }: { readonly scheduled: boolean; readonly completed: boolean },
): LetterStatus | undefined {
  if (status !== 'accepted') return undefined
  return completed ? 'completed' : scheduled ? 'scheduled' : 'accepted'
}
