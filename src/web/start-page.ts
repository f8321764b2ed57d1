/** Where a signed-in person begins who has no roster of their own: their clinics, today or on another day. Pure. */
import { addDays, type Lang, type LocalDate } from '../domain/time.ts'
import { html } from './html.ts'
import { pageOf } from './sign-in-page.ts'

const WORDS = {
  en: {
    rosters: 'Rosters',
    today: 'Today',
    tomorrow: 'Tomorrow',
    day: 'Another day',
    show: 'Show',
    out: 'Sign out',
    none: 'There is no clinic for you here.',
    reference: 'API reference',
  },
  fr: {
    rosters: 'Horaires',
    today: 'Aujourd’hui',
    tomorrow: 'Demain',
    day: 'Un autre jour',
    show: 'Afficher',
    out: 'Fermer la session',
    none: 'Il n’y a pas de clinique pour vous ici.',
    reference: 'Référence de l’API',
  },
} as const

export type ClinicToday = {
  readonly slug: string
  readonly name: Readonly<Record<Lang, string>>
  /** The clinic's own. */
  readonly today: LocalDate
}

export function startPage(lang: Lang, clinics: readonly ClinicToday[]): string {
  const words = WORDS[lang]
  const link = (slug: string, date: LocalDate, text: string) =>
    html`<a href="/v1/rosters/clinics/${slug}?date=${date}&amp;format=html&amp;lang=${lang}">${text}</a>`
  const items = clinics.map(
    ({ slug, name, today }) => html`<li><p>${name[lang]}</p>
<nav aria-label="${name[lang]}">${link(slug, today, words.today)}${link(slug, addDays(today, 1), words.tomorrow)}</nav>
<form method="get" action="/v1/rosters/clinics/${slug}">
<input type="hidden" name="format" value="html"><input type="hidden" name="lang" value="${lang}">
<div><label for="day-${slug}">${words.day}</label><input id="day-${slug}" name="date" type="date" value="${today}" required></div>
<button type="submit">${words.show}</button>
</form></li>
`,
  )
  return pageOf(
    lang,
    words.rosters,
    html`${
      items.length > 0
        ? html`<ul>
${items}</ul>`
        : html`<p>${words.none}</p>`
    }
<p><a href="/docs">${words.reference}</a></p>
<form method="post" action="/sign-out"><button type="submit">${words.out}</button></form>
`,
  )
}
