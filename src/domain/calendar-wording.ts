/**
 * What a patient's calendar says, in English and French. Pure. A partner may read it: an appointment, when and where, and nothing about
 * care, brand or a crisis line (domain.md §7). Richer words come from the caller, who has the patient's consent on record.
 */
import type { AppointmentStatus } from './appointment.ts'
import type { Address } from './clinic.ts'
import type { Modality } from './program.ts'
import { type Instant, type Lang, readInWords, type ZoneId } from './time.ts'

/** `tentative`: it waits to be replanned, and keeps its time until then. */
export type Standing = 'confirmed' | 'tentative' | 'cancelled'

/** What did not take place was not called off: its time is past, and the calendar keeps it. */
export const standingOf = (status: AppointmentStatus): Standing =>
  status === 'cancelled' ? 'cancelled' : status === 'needs-replanning' ? 'tentative' : 'confirmed'

export type Occasion = {
  readonly start: Instant
  readonly zone: ZoneId
  readonly lang: Lang
  readonly modality: Modality
  readonly clinic: { readonly address: Address }
  readonly joinUrl?: string | null
  readonly standing: Standing
  /** Only with the patient's recorded consent to detailed invites. */
  readonly detail?: { readonly summary: string; readonly lines: readonly string[] }
}

const WORDS = {
  en: {
    appointment: 'Appointment',
    cancelled: 'This appointment is cancelled.',
    tentative: 'The time may change; you will hear from us.',
    virtual: 'By video',
    phone: 'By phone',
    join: 'Join:',
  },
  fr: {
    appointment: 'Rendez-vous',
    cancelled: 'Ce rendez-vous est annulé.',
    tentative: 'L’heure pourrait changer; nous vous le ferons savoir.',
    virtual: 'Par vidéo',
    phone: 'Par téléphone',
    join: 'Lien :',
  },
} as const satisfies Record<Lang, Record<string, string>>

/** One line: 2555 Commercial Dr, Unit 208, Vancouver, BC V5N 4C1. */
export const addressLine = ({ line1, line2, city, province, postalCode }: Address): string =>
  [line1, ...(line2 ? [line2] : []), city, `${province} ${postalCode}`].join(', ')

/** What every reminder says, and all that a calendar says without consent. */
export const privateSummary = (lang: Lang): string => WORDS[lang].appointment

const summaryOf = ({ lang, detail }: Occasion): string => detail?.summary ?? privateSummary(lang)

const locationOf = ({ modality, lang, clinic }: Occasion): string =>
  modality === 'in-person' ? addressLine(clinic.address) : WORDS[lang][modality]

/** The wall time is here in words too: a calendar with old zone rules would show another hour. */
function descriptionOf(occasion: Occasion): string {
  const { lang, joinUrl, standing, detail } = occasion
  return [
    ...(standing === 'confirmed' ? [] : [WORDS[lang][standing]]),
    readInWords(occasion.start, occasion.zone, lang),
    locationOf(occasion),
    ...(joinUrl && standing !== 'cancelled' ? [`${WORDS[lang].join} ${joinUrl}`] : []),
    ...(detail?.lines ?? []),
  ].join('\n')
}

export type Words = { readonly summary: string; readonly location: string; readonly description: string }

export const wordsOf = (occasion: Occasion): Words => ({
  summary: summaryOf(occasion),
  location: locationOf(occasion),
  description: descriptionOf(occasion),
})

/** How to prepare for an Experience visit; only for a patient who consented to detail. The escort and the driving are domain.md §3's. */
export const PREPARATION: Readonly<Record<Lang, readonly string[]>> = {
  en: [
    'Wear comfortable clothes, and bring a list of your medications.',
    'Follow what the clinic told you about eating and drinking.',
    'Somebody you know takes you home; do not drive until the next day.',
  ],
  fr: [
    'Portez des vêtements confortables et apportez la liste de vos médicaments.',
    'Suivez les consignes de la clinique sur ce que vous pouvez manger et boire.',
    'Une personne que vous connaissez vous raccompagne; ne conduisez pas avant le lendemain.',
  ],
}
