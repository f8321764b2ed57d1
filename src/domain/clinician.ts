/** A clinician: roles, languages, limits and licences (domain.md §2). Pure; dates are local and inclusive. */
import { z } from 'zod'
import { ClinicianId, ResourceId } from './ids.ts'
import { ClinicalRole } from './program.ts'
import { CanadianProvince } from './province.ts'
import { Text } from './text.ts'
import { LocalDate } from './time.ts'

const unique = <T>(list: readonly T[]): boolean => new Set(list).size === list.length

/** A language's own code, without a region: `en`, `fr`, `es`. */
export const Language = z.string().regex(/^[a-z]{2,3}$/, 'a language code of two or three letters')

export const Licence = z
  .strictObject({
    province: CanadianProvince,
    /** Free text: OPQ, CMQ, College of Nurses of Ontario. */
    college: Text(),
    number: Text(100),
    validFrom: LocalDate,
    /** Null: until further notice. */
    validUntil: LocalDate.nullable().default(null),
  })
  .refine(({ validFrom, validUntil }) => validUntil === null || validFrom <= validUntil, {
    path: ['validUntil'],
    message: 'is before validFrom',
  })
export type Licence = z.infer<typeof Licence>

export const ClinicianDraft = z.strictObject({
  givenName: Text(),
  familyName: Text(),
  displayName: Text(401),
  gender: Text(40).nullable().default(null),
  roles: z.array(ClinicalRole).min(1).refine(unique, 'names one twice'),
  languages: z.array(Language).max(20).refine(unique, 'names one twice').default([]),
  /** Visits supervised at once (J): lanes of the supervision resource. */
  supervisionCapacity: z.int().min(1).max(50).default(4),
  /** Doses on one calendar day of the clinic (J). */
  limits: z.strictObject({ dosesPerDay: z.int().min(0).max(50).default(2) }).default({ dosesPerDay: 2 }),
  /** The last day of work. */
  activeUntil: LocalDate.nullable().default(null),
  licences: z.array(Licence).max(50).default([]),
})
export type ClinicianDraft = z.infer<typeof ClinicianDraft>

export const Clinician = z.object({
  id: ClinicianId,
  ...ClinicianDraft.shape,
  /** The supervision resource: on the same shifts, with lanes of its own. */
  supervisionId: ResourceId,
  revision: z.int(),
})
export type Clinician = z.infer<typeof Clinician>

/** Whether one of the licences covers the province on that day, both bounds included. */
export const licensedOn = (licences: readonly Licence[], province: string, day: LocalDate): boolean =>
  licences.some(
    (licence) =>
      licence.province === province &&
      licence.validFrom <= day &&
      (licence.validUntil === null || day <= licence.validUntil),
  )

/** Navigators book and accompany; they need no licence (domain.md §2). */
export const needsLicence = (role: ClinicalRole): boolean => role !== 'navigator'
