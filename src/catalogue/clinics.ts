/** The five clinics of domain.md §5 with their rooms, opening hours and region, as data. Addresses and phone: the published pages. */

import type { Address, Clinic, Room } from '../domain/clinic.ts'
import type { LocalDate, LocalTime, ZoneId } from '../domain/time.ts'

type CatalogueClinic = Pick<Clinic, 'slug' | 'name' | 'province' | 'region'> & {
  address: Address
  timeZone: ZoneId
}

const QC = { province: 'QC', region: 'montreal', timeZone: 'America/Toronto' as ZoneId } as const
const ON = { province: 'ON', region: 'toronto', timeZone: 'America/Toronto' as ZoneId } as const
const BC = { province: 'BC', region: 'vancouver', timeZone: 'America/Vancouver' as ZoneId } as const

export const PHONE = '1-833-686-4687'

export const CLINICS: readonly CatalogueClinic[] = [
  {
    ...QC,
    slug: 'montreal-laurier-393',
    name: { en: 'Montreal – 393 Laurier West', fr: 'Montréal – 393, avenue Laurier Ouest' },
    address: { line1: '393 Av. Laurier O', line2: null, city: 'Montréal', province: 'QC', postalCode: 'H2V 2K3' },
  },
  {
    ...QC,
    slug: 'montreal-laurier-397',
    name: { en: 'Montreal – 397 Laurier West', fr: 'Montréal – 397, avenue Laurier Ouest' },
    address: { line1: '397 Laurier Ave W', line2: null, city: 'Montreal', province: 'QC', postalCode: 'H2V 2K3' },
  },
  {
    ...QC,
    slug: 'montreal-sherbrooke',
    name: { en: 'Montreal – Sherbrooke West', fr: 'Montréal – rue Sherbrooke Ouest' },
    address: {
      line1: '5165 Sherbrooke St W',
      line2: 'Suite 405',
      city: 'Montreal',
      province: 'QC',
      postalCode: 'H4A 1T6',
    },
  },
  {
    ...ON,
    slug: 'toronto-eglinton',
    name: { en: 'Toronto – Eglinton Avenue', fr: 'Toronto – avenue Eglinton' },
    address: {
      line1: '491 Eglinton Ave W',
      line2: 'Suite 100',
      city: 'Toronto',
      province: 'ON',
      postalCode: 'M5N 1A7',
    },
  },
  {
    ...BC,
    slug: 'vancouver-commercial',
    name: { en: 'Vancouver – Commercial Drive', fr: 'Vancouver – Commercial Drive' },
    address: {
      line1: '2555 Commercial Dr',
      line2: 'Unit 208',
      city: 'Vancouver',
      province: 'BC',
      postalCode: 'V5N 4C1',
    },
  },
]

/** At each clinic (J). */
export const ROOMS: readonly Pick<Room, 'name' | 'kind' | 'seats'>[] = [
  { name: 'Consultation 1', kind: 'consultation', seats: 1 },
  { name: 'Consultation 2', kind: 'consultation', seats: 1 },
  { name: 'Suite 1', kind: 'dosing', seats: 1 },
  { name: 'Suite 2', kind: 'dosing', seats: 1 },
  { name: 'Group room', kind: 'group', seats: 8 },
]

/** At each clinic (J); statutory holidays are closed by policy. */
export const OPENING = {
  rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
  startTime: '08:00' as LocalTime,
  endTime: '18:00' as LocalTime,
  validFrom: '2026-01-01' as LocalDate,
} as const

/** Both directions (J): minutes for a clinician, points for an itinerary. */
export const TRAVEL: readonly { between: readonly [string, string]; minutes: number; points: number }[] = [
  { between: ['montreal-laurier-393', 'montreal-laurier-397'], minutes: 5, points: 15 },
  { between: ['montreal-laurier-393', 'montreal-sherbrooke'], minutes: 45, points: 40 },
  { between: ['montreal-laurier-397', 'montreal-sherbrooke'], minutes: 45, points: 40 },
]
