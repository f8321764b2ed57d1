/** The letter that tells a referrer how far a patient has come: one sentence, to print. Pure; every value is escaped. */
import type { Clinic } from '../domain/clinic.ts'
import type { LetterStatus, Referrer } from '../domain/referral.ts'
import { dayInWords, type Lang, type LocalDate } from '../domain/time.ts'
import { html, trusted } from './html.ts'

export type Letter = {
  readonly clinic: Pick<Clinic, 'name' | 'address' | 'phone'>
  readonly referrer: Referrer
  readonly patientName: string
  readonly receivedOn: LocalDate
  readonly writtenOn: LocalDate
  readonly status: LetterStatus
  readonly lang: Lang
}

const WORDS = {
  en: {
    title: 'Your referral',
    to: 'To:',
    about: (name: string, day: string) => `Re: ${name}, referred on ${day}`,
    fax: 'Fax',
    told: {
      accepted: 'We have accepted this referral.',
      scheduled: 'We have accepted this referral, and visits are scheduled.',
      completed: 'The program is completed.',
    },
    why: 'The patient has agreed that we tell you this, and nothing more.',
  },
  fr: {
    title: 'Votre demande de consultation',
    to: 'À :',
    about: (name: string, day: string) => `Objet : ${name}, demande reçue le ${day}`,
    fax: 'Téléc.',
    told: {
      accepted: 'Nous avons accepté cette demande.',
      scheduled: 'Nous avons accepté cette demande, et des rendez-vous sont fixés.',
      completed: 'Le programme est terminé.',
    },
    why: 'La personne a consenti à ce que nous vous disions cela, et rien de plus.',
  },
} as const

export const LETTER_STYLE =
  'body{font:11pt/1.5 Georgia,serif;max-width:42em;margin:3em auto;padding:0 1em}address{font-style:normal}h1{font-size:1.2em}@page{margin:25mm}'

/** A complete document; its only style is LETTER_STYLE. */
export function referrerLetter({ clinic, referrer, patientName, receivedOn, writtenOn, status, lang }: Letter): string {
  const words = WORDS[lang]
  const { address } = clinic
  return html`${trusted('<!doctype html>')}
<html lang="${lang === 'fr' ? 'fr-CA' : 'en-CA'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${words.title}</title>
<style>${trusted(LETTER_STYLE)}</style>
</head>
<body>
<address>${clinic.name[lang]}<br>${address.line1}${address.line2 ? `, ${address.line2}` : ''}<br>${address.city}, ${address.province} ${address.postalCode}<br>${clinic.phone}</address>
<p>${dayInWords(writtenOn, lang)}</p>
<p>${words.to} ${referrer.name}${referrer.profession ? `, ${referrer.profession}` : ''}${referrer.fax ? html`<br>${words.fax} ${referrer.fax}` : ''}</p>
<h1>${words.about(patientName, dayInWords(receivedOn, lang))}</h1>
<p>${words.told[status]}</p>
<p>${words.why}</p>
</body>
</html>
`.markup
}
