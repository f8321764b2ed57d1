/**
 * What a patient's calendar says, in English and French. Pure. A partner may read it: an appointment, when and where, and nothing about
 * care, brand or a crisis line (domain.md §7). Richer words come from the caller, who has the patient's consent on record.
 */
import type { Address } from './clinic.ts'
import type { Modality } from './program.ts'
import { type Instant, type Lang, readInWords, type ZoneId } from './time.ts'

export type Occasion = {
  readonly start: Instant
  readonly zone: ZoneId
  readonly lang: Lang
  readonly modality: Modality
  readonly clinic: { readonly address: Address }
  readonly joinUrl?: string | null
  readonly cancelled: boolean
  /** Only with the patient's recorded consent to detailed invites. */
  readonly detail?: { readonly summary: string; readonly lines: readonly string[] }
}

const WORDS = {
  en: {
    appointment: 'Appointment',
    cancelled: 'This appointment is cancelled.',
    virtual: 'By video',
    phone: 'By phone',
    join: 'Join:',
  },
  fr: {
    appointment: 'Rendez-vous',
    cancelled: 'Ce rendez-vous est annulé.',
    virtual: 'Par vidéo',
    phone: 'Par téléphone',
    join: 'Lien :',
  },
} as const satisfies Record<Lang, Record<string, string>>

/** One line: 2555 Commercial Dr, Unit 208, Vancouver, BC V5N 4C1. */
export const addressLine = ({ line1, line2, city, province, postalCode }: Address): string =>
  [line1, ...(line2 ? [line2] : []), city, `${province} ${postalCode}`].join(', ')

export const summaryOf = ({ lang, detail }: Occasion): string => detail?.summary ?? WORDS[lang].appointment

export const locationOf = ({ modality, lang, clinic }: Occasion): string =>
  modality === 'in-person' ? addressLine(clinic.address) : WORDS[lang][modality]

/** The wall time is here in words too: a calendar with old zone rules would show another hour. */
export function descriptionOf(occasion: Occasion): string {
  const { lang, joinUrl, cancelled, detail } = occasion
  return [
    ...(cancelled ? [WORDS[lang].cancelled] : []),
    readInWords(occasion.start, occasion.zone, lang),
    locationOf(occasion),
    ...(joinUrl && !cancelled ? [`${WORDS[lang].join} ${joinUrl}`] : []),
    ...(detail?.lines ?? []),
  ].join('\n')
}
