/** A clinic, its policy with the defaults of domain.md §3, its rooms, and the way between the clinics of a region. Pure; dates are local, bounds inclusive. */
import { z } from 'zod'
import { ClinicId, RoomId } from './ids.ts'
import { RoomKind, Route } from './program.ts'
import { CanadianProvince, Province } from './province.ts'
import { Text } from './text.ts'
import { LocalDate, LocalTime, ZoneId } from './time.ts'

export { Province }

/** Names in addresses: clinics and regions go by slug. One that reads like an id is refused, for ids and slugs share a path. */
export const Slug = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens')
  .refine((slug) => !z.guid().safeParse(slug).success, 'reads like an id')

export const Address = z.strictObject({
  line1: Text(),
  line2: Text().nullable().default(null),
  city: Text(100),
  province: CanadianProvince,
  postalCode: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]\d[A-Z] ?\d[A-Z]\d$/, 'a Canadian postal code'),
})
export type Address = z.infer<typeof Address>

/** Codes of what a screening may find (P, domain.md §3). Youth is decided by age and `youthAllowed`. */
const CONTRAINDICATIONS = {
  psychosis: 'exclude',
  mania: 'exclude',
  'untreated-hypertension': 'exclude',
  'heart-disease': 'exclude',
  stroke: 'exclude',
  'cerebrovascular-disease': 'exclude',
  seizures: 'exclude',
  'severe-liver-disease': 'exclude',
  'untreated-thyroid-disorder': 'manage',
  pregnancy: 'exclude',
} as const

/** Age of majority. */
const AGE_MIN: Readonly<Record<Province, number>> = { QC: 18, ON: 18, BC: 19 }

/** The youngest that any clinic may admit (P, patient page). */
export const YOUTH_AGE_MIN = 14
const years = z.int().min(YOUTH_AGE_MIN).max(130)
const code = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens')
const unique = <T>(list: readonly T[]): boolean => new Set(list).size === list.length
const dates = z.array(LocalDate).max(400)
/** The finest grid that a program may have: a start beside it could never be booked. */
const FINEST_GRID = 5
const SessionTime = LocalTime.refine((time) => Number(time.slice(3)) % FINEST_GRID === 0, {
  message: 'is on no grid: starts are whole five minutes',
})

/** Everything a clinic may decide; each member's default is domain.md §3's. Years, days and hours as named. */
export const Policy = z
  .strictObject({
    ageMin: years,
    ageMax: years.default(65),
    /** 14–17: off unless the clinic says otherwise. */
    youthAllowed: z.boolean().default(false),
    residenceProvinces: z
      .array(CanadianProvince)
      .min(1)
      .refine(unique, 'names one twice')
      .default(() => [...Province.options]),
    /** Routes that may be given here. */
    routes: z.array(Route).refine(unique, 'names one twice').default(['rdt']),
    clearanceDays: z.int().min(1).max(730).default(90),
    contraindications: z.record(code, z.enum(['exclude', 'manage'])).default({ ...CONTRAINDICATIONS }),
    contactClock: z.enum(['elapsed', 'business']).default('elapsed'),
    lateCancelHours: z.int().min(0).max(720).default(48),
    /** Patients whom one nurse looks after in a group dose (J). */
    groupPatientsPerNurse: z.int().min(1).max(50).default(6),
    /** Fixed local starts per room kind; null: any start on the grid. */
    sessionTimes: z
      .partialRecord(RoomKind, z.array(SessionTime).min(1).max(96).refine(unique, 'names one twice'))
      .nullable()
      .default(null),
    /** Days closed beyond the statutory holidays, and statutory holidays worked. */
    holidays: z
      .strictObject({ add: dates.default([]), drop: dates.default([]) })
      .default(() => ({ add: [], drop: [] })),
  })
  // both are named: either may be the one that was sent
  .refine((policy) => policy.ageMin <= policy.ageMax, { path: ['ageMin'], message: 'is above ageMax' })
  .refine((policy) => policy.ageMin <= policy.ageMax, { path: ['ageMax'], message: 'is below ageMin' })
export type Policy = z.infer<typeof Policy>

/** What people decide about a clinic; the rest is made. */
export const ClinicDraft = z.strictObject({
  slug: Slug,
  name: z.strictObject({ en: Text(), fr: Text() }),
  address: Address,
  province: Province,
  timeZone: ZoneId,
  /** Clinics of one region share clinicians, patients' itineraries and their time zone. */
  region: Slug,
  phone: Text(40),
  /** Nothing is available before this day. */
  opensOn: LocalDate.nullable().default(null),
  policy: Policy,
})
export type ClinicDraft = z.infer<typeof ClinicDraft>

/** A draft whose policy lacks a lowest age takes its province's. */
export function withAgeOfMajority(draft: object): object {
  const { province, policy } = draft as { province?: unknown; policy?: object }
  const known = Province.safeParse(province)
  return known.success ? { ...draft, policy: { ageMin: AGE_MIN[known.data], ...policy } } : draft
}

export const Clinic = z.object({ id: ClinicId, ...ClinicDraft.shape, revision: z.int() })
export type Clinic = z.infer<typeof Clinic>

/** One direction of the way between two clinics: minutes for the clinician, points for the patient's itinerary. */
export const Travel = z.strictObject({
  from: ClinicId,
  to: ClinicId,
  minutes: z.int().min(0).max(1440),
  points: z.int().min(0).max(10_000),
})
export type Travel = z.infer<typeof Travel>

export const RoomDraft = z.strictObject({
  name: Text(),
  kind: RoomKind,
  seats: z.int().min(1).max(500).default(1),
})

export const Room = z.object({ id: RoomId, clinicId: ClinicId, ...RoomDraft.shape, revision: z.int() })
export type Room = z.infer<typeof Room>
