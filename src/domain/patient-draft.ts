/** A patient as people enter it: bounds, and what is assumed when nothing is said (domain.md §3, §7). Pure. */
import { z } from 'zod'
import { Language } from './clinician.ts'
import { ANY_CONTACT, CanadianProvince, type Patient, PreferredLanguage } from './patient.ts'
import { Text } from './text.ts'
import { LocalDate } from './time.ts'

const orNull = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? null)
const orElse = <S extends z.ZodType>(schema: S, value: z.output<S>) => schema.nullish().transform((v) => v ?? value)
const unique = <T>(list: readonly T[]): boolean => new Set(list).size === list.length

const Phone = Text(40).refine((text) => /\d/.test(text), 'holds no digit')
const wish = orElse(z.boolean(), true)

/** Absent and `null` mean the same. */
export const PatientDraft = z.strictObject({
  givenName: Text(100),
  familyName: Text(100),
  birthDate: orNull(LocalDate),
  preferredLanguage: PreferredLanguage.nullish(),
  careLanguages: z.array(Language).min(1).max(20).refine(unique, 'names one twice').nullish(),
  province: CanadianProvince,
  residences: z
    .array(z.strictObject({ province: CanadianProvince, from: LocalDate }))
    .min(1)
    .max(100)
    .nullish(),
  email: orNull(z.email().max(254)),
  phone: orNull(Phone),
  contact: orElse(z.strictObject({ email: wish, sms: wish, voicemail: wish, calendar: wish }), ANY_CONTACT),
  communitySupport: orNull(z.strictObject({ name: Text(200), profession: orNull(Text(200)), phone: orNull(Phone) })),
  escort: orNull(z.strictObject({ name: Text(200), phone: orNull(Phone), relationship: orNull(Text(100)) })),
  note: orNull(Text(4000)),
})
export type PatientDraft = z.output<typeof PatientDraft>

/** Who is referred: a name suffices, with one contact, theirs or the referrer's; the province is the clinic's unless said. */
export const ReferredPatient = z.strictObject({ ...PatientDraft.shape, province: CanadianProvince.nullish() })
export type ReferredPatient = z.output<typeof ReferredPatient>

/** What a PATCH may hold (RFC 7396): any part, `null` to forget. The merged whole is judged as a draft. */
export const PatientPatch = z
  .strictObject({
    givenName: Text(100),
    familyName: Text(100),
    birthDate: LocalDate.nullable(),
    preferredLanguage: PreferredLanguage.nullable(),
    careLanguages: PatientDraft.shape.careLanguages,
    province: CanadianProvince,
    residences: PatientDraft.shape.residences,
    email: z.email().max(254).nullable(),
    phone: Phone.nullable(),
    contact: z
      .strictObject({ email: z.boolean(), sms: z.boolean(), voicemail: z.boolean(), calendar: z.boolean() })
      .partial()
      .nullable(),
    communitySupport: z
      .strictObject({ name: Text(200), profession: Text(200).nullable(), phone: Phone.nullable() })
      .partial()
      .nullable(),
    escort: z
      .strictObject({ name: Text(200), phone: Phone.nullable(), relationship: Text(100).nullable() })
      .partial()
      .nullable(),
    note: Text(4000).nullable(),
  })
  .partial()
export type PatientPatch = z.output<typeof PatientPatch>

/** What the record says after the draft's gaps are filled; `today` begins the residence. */
export function settled(draft: PatientDraft, today: LocalDate): Omit<Patient, 'id' | 'intakeClinicIds' | 'revision'> {
  const preferredLanguage = draft.preferredLanguage ?? (draft.province === 'QC' ? 'fr' : 'en')
  return {
    ...draft,
    preferredLanguage,
    careLanguages: draft.careLanguages ?? [preferredLanguage],
    residences: draft.residences ?? [{ province: draft.province, from: today }],
  }
}
