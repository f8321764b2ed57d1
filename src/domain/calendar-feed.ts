/** Calendars that are subscribed to by a secret link: what each detail shows of an event. Pure. A clinician's say what staff need; a patient's see calendar-wording.ts. */
import type { AppointmentStatus } from './appointment.ts'
import type { CalendarEntry } from './calendar.ts'
import { addressLine, standingOf } from './calendar-wording.ts'
import type { Address } from './clinic.ts'
import type { CalendarFeedId, ClinicId, ClinicianId, PatientId } from './ids.ts'
import type { ClinicalRole, Modality } from './program.ts'
import { initialsOf } from './roster.ts'
import { DAY, type Instant, type Lang, readInWords, type ZoneId } from './time.ts'

export const FEED_DETAILS = ['busy', 'initials', 'full'] as const
/** `busy`: when, and nothing else. `initials`: the visit, patients by initials. `full`: names; for a patient only with consent. */
export type FeedDetail = (typeof FEED_DETAILS)[number]

export type FeedSubject = { readonly clinicianId: ClinicianId } | { readonly patientId: PatientId }
export type CalendarFeed = {
  readonly id: CalendarFeedId
  readonly clinicianId: ClinicianId | null
  readonly patientId: PatientId | null
  readonly detail: FeedDetail
  /** How far whoever made it saw then; null: every clinic. */
  readonly clinicIds: readonly ClinicId[] | null
  readonly createdAt: Instant
}

/** How long a published calendar shows what is past or was cancelled, so that every copy hears of it (quality.md §5). */
export const SHOWN_AFTERWARDS = 30 * DAY
/** How far ahead it looks. */
export const SHOWN_AHEAD = 366 * DAY
/** RFC 5545 duration: how often a copy is fetched again. */
export const REFRESH_EVERY = 'PT1H'

const BUSY: Readonly<Record<Lang, string>> = { en: 'Busy', fr: 'Occupé' }

/** When, and nothing else. */
export const busyEntry = (
  event: Omit<CalendarEntry, 'summary' | 'location' | 'description'>,
  lang: Lang,
): CalendarEntry => ({
  uid: event.uid,
  sequence: event.sequence,
  stampedAt: event.stampedAt,
  start: event.start,
  end: event.end,
  zone: event.zone,
  standing: event.standing,
  summary: BUSY[lang],
  location: null,
  description: null,
})

/** One part of a clinician in a visit, or in a group session: then there is no patient. */
export type FeedPart = {
  /** Not the patient's UID, which a reply quotes. */
  readonly uid: string
  readonly sequence: number
  readonly stampedAt: Instant
  readonly start: Instant
  readonly end: Instant
  readonly zone: ZoneId
  readonly status: AppointmentStatus
  readonly patientId: PatientId | null
  readonly patientName: string | null
  readonly title: Readonly<Record<Lang, string>>
  readonly role: ClinicalRole
  readonly shared: boolean
  readonly modality: Modality
  readonly room: string | null
  readonly address: Address
}

const WORDS = {
  en: {
    virtual: 'By video',
    phone: 'By phone',
    supervises: 'supervision',
    roles: { therapist: 'therapist', nurse: 'nurse', prescriber: 'prescriber', navigator: 'navigator' },
  },
  fr: {
    virtual: 'Par vidéo',
    phone: 'Par téléphone',
    supervises: 'supervision',
    roles: {
      therapist: 'thérapeute',
      nurse: 'infirmier·ère',
      prescriber: 'prescripteur·trice',
      navigator: 'intervenant·e',
    },
  },
} as const

/** One event for each part: a nurse who comes twice is free in between. */
export function staffEntry(part: FeedPart, detail: FeedDetail, lang: Lang): CalendarEntry {
  const frame = { ...part, standing: standingOf(part.status) }
  if (detail === 'busy') return busyEntry(frame, lang)
  const words = WORDS[lang]
  const name = part.patientName
  const who = name === null ? [] : [detail === 'full' ? name : initialsOf(name)]
  const where = part.modality === 'in-person' ? addressLine(part.address) : words[part.modality]
  const role = `${words.roles[part.role]}${part.shared ? `, ${words.supervises}` : ''}`
  return {
    ...busyEntry(frame, lang),
    summary: [part.title[lang], ...who].join(', '),
    location: part.room === null ? where : `${part.room}, ${where}`,
    description: `${readInWords(part.start, part.zone, lang)}\n${role}`,
  }
}
