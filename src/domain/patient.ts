/** A patient, and the dated facts that open or close the gates: screenings, consents, a prescriber's overrides (domain.md §3, §7). Pure. */
import { z } from 'zod'
import { Language } from './clinician.ts'
import { ClinicId, ClinicianId, ConsentId, PatientId, PatientOverrideId, ScreeningId } from './ids.ts'
import { Route } from './program.ts'
import { CanadianProvince } from './province.ts'
import { dayOf, Instant, LocalDate, ZoneId } from './time.ts'

export { CanadianProvince }

/** What the patient is written to in. */
export const PreferredLanguage = z.enum(['en', 'fr'])
export type PreferredLanguage = z.infer<typeof PreferredLanguage>

/** Where the patient lives from that day on, until the next entry's. */
export const Residence = z.object({ province: CanadianProvince, from: LocalDate })
export type Residence = z.infer<typeof Residence>

/** What may be used to reach the patient. */
export const ContactWishes = z.object({
  email: z.boolean(),
  sms: z.boolean(),
  voicemail: z.boolean(),
  calendar: z.boolean(),
})
export type ContactWishes = z.infer<typeof ContactWishes>
export const ANY_CONTACT: ContactWishes = { email: true, sms: true, voicemail: true, calendar: true }

/** The counsellor, therapist or physician who already stands by the patient. */
export const CommunitySupport = z.object({
  name: z.string(),
  profession: z.string().nullable(),
  phone: z.string().nullable(),
})
export type CommunitySupport = z.infer<typeof CommunitySupport>

/** Who usually takes the patient home after a dose. */
export const UsualEscort = z.object({
  name: z.string(),
  phone: z.string().nullable(),
  relationship: z.string().nullable(),
})
export type UsualEscort = z.infer<typeof UsualEscort>

export const Patient = z.object({
  id: PatientId,
  /** Clinics of whoever took the patient in: they see the record before any enrolment does. */
  intakeClinicIds: z.array(ClinicId),
  givenName: z.string(),
  familyName: z.string(),
  birthDate: LocalDate.nullable(),
  preferredLanguage: PreferredLanguage,
  careLanguages: z.array(Language),
  province: CanadianProvince,
  residences: z.array(Residence),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  contact: ContactWishes,
  communitySupport: CommunitySupport.nullable(),
  escort: UsualEscort.nullable(),
  note: z.string().nullable(),
  revision: z.int(),
})
export type Patient = z.infer<typeof Patient>

/** The province that the patient lives in on `day`: the latest residence begun by then, else the record's province. */
export function residenceOn(patient: Pick<Patient, 'province' | 'residences'>, day: LocalDate): CanadianProvince {
  let latest: Residence | undefined
  for (const residence of patient.residences)
    if (residence.from <= day && (!latest || residence.from >= latest.from)) latest = residence
  return latest?.province ?? patient.province
}

const UTC = ZoneId.parse('UTC')
/** The day by which a record's dates are judged to be past: UTC's, which is never behind a Canadian one. */
export const recordDay = (now: Instant): LocalDate => dayOf(now, UTC)

export const ScreeningOutcome = z.enum(['cleared', 'not-cleared', 'needs-management'])
export type ScreeningOutcome = z.infer<typeof ScreeningOutcome>

/** A medical screening. `validUntil` null: the policy of the enrolment's clinic decides. */
export const Screening = z.object({
  id: ScreeningId,
  patientId: PatientId,
  assessedBy: ClinicianId,
  assessedOn: LocalDate,
  outcome: ScreeningOutcome,
  contraindications: z.array(z.string()),
  routes: z.array(Route),
  validUntil: LocalDate.nullable(),
  /** When one that needs management is looked at again. */
  reviewOn: LocalDate.nullable(),
  recordedAt: Instant,
})
export type Screening = z.infer<typeof Screening>

export const ConsentKind = z.enum(['treatment', 'virtual-care', 'detailed-invites', 'share-with-referrer'])
export type ConsentKind = z.infer<typeof ConsentKind>

/** In force from `givenOn` until withdrawn; given again it is a new consent. */
export const Consent = z.object({
  id: ConsentId,
  patientId: PatientId,
  kind: ConsentKind,
  givenOn: LocalDate,
  withdrawnAt: Instant.nullable(),
  recordedAt: Instant,
})
export type Consent = z.infer<typeof Consent>

/** A prescriber's signed exception to a rule of eligibility, such as `age`. */
export const PatientOverride = z.object({
  id: PatientOverrideId,
  patientId: PatientId,
  rule: z.string(),
  prescriberId: ClinicianId,
  reason: z.string(),
  recordedAt: Instant,
})
export type PatientOverride = z.infer<typeof PatientOverride>
