/**
 * The mails to a patient about an appointment, in English and French. Pure. The subject and the calendar tell nothing of care (domain.md §7);
 * the body ends with a crisis line, which is never in calendar text.
 */
import type { PatientEvent } from './calendar.ts'
import { wordsOf } from './calendar-wording.ts'
import { HOUR, type Lang, MINUTE } from './time.ts'

export type MailKind = 'request' | 'cancel' | 'reminder-72' | 'reminder-24'

const SUBJECTS = {
  en: {
    first: 'Appointment',
    changed: 'Appointment changed',
    cancel: 'Appointment cancelled',
    reminder: 'Appointment reminder',
  },
  fr: {
    first: 'Rendez-vous',
    changed: 'Rendez-vous modifié',
    cancel: 'Rendez-vous annulé',
    reminder: 'Rappel de rendez-vous',
  },
} as const

const WORDS = {
  en: {
    change: 'If you cannot come, please call',
    crisis:
      'If you are in crisis or thinking about suicide, call or text 9-8-8 at any time: Canada’s Suicide Crisis Helpline. In immediate danger, call 911.',
  },
  fr: {
    change: 'Si vous ne pouvez pas venir, appelez le',
    crisis:
      'En situation de crise ou si vous pensez au suicide, appelez ou textez le 9-8-8 en tout temps : c’est la Ligne d’aide en cas de crise de suicide du Canada. En cas de danger immédiat, composez le 911.',
  },
} as const satisfies Record<Lang, Record<string, string>>

export type LetterWords = { readonly subject: string; readonly paragraphs: readonly string[] }

/** `isNew`: the patient has not heard of it before. `phone`: the clinic's. */
export function letterWords(
  kind: MailKind,
  event: Pick<PatientEvent, 'lang'> & Parameters<typeof wordsOf>[0],
  { isNew, phone }: { readonly isNew: boolean; readonly phone: string },
): LetterWords {
  const { lang } = event
  const subject = SUBJECTS[lang]
  const said = kind === 'cancel' ? 'cancel' : kind !== 'request' ? 'reminder' : isNew ? 'first' : 'changed'
  const words = WORDS[lang]
  return {
    subject: subject[said],
    paragraphs: [
      `${subject[said]}\n${wordsOf(event).description}`,
      ...(kind === 'cancel' ? [] : [`${words.change} ${phone}.`]),
      words.crisis,
    ],
  }
}

/** Hours before the start: a reminder is due from then until there is little left of its purpose. */
export const REMINDERS = [
  { kind: 'reminder-72', from: 72, until: 25 },
  { kind: 'reminder-24', from: 24, until: 1 },
] as const

/** After these a letter that could not be handed over is tried again; after the last it has failed. Milliseconds. */
export const MAIL_PAUSES = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR]
