/** The pages of signing in: a token typed in, a link used once, a link that is no good. Pure; without script, English or French. */
import type { Lang } from '../domain/time.ts'
import { type Html, html, trusted } from './html.ts'
import { PAGE_STYLE } from './page-style.ts'

const WORDS = {
  en: {
    signIn: 'Sign in',
    token: 'Access token',
    hint: 'Your administrator gives you one. It begins with tl_.',
    wrong: 'That token is not good, or not any more.',
    tooMany: 'Too many attempts. Wait a minute and try again.',
    once: 'This link signs you in once, on this browser.',
    used: 'This link is not good any more: it was used, or its time has passed.',
    other: 'Sign in with a token',
    reference: 'For programs: the API reference',
  },
  fr: {
    signIn: 'Ouvrir une session',
    token: 'Jeton d’accès',
    hint: 'Votre administrateur vous en donne un. Il commence par tl_.',
    wrong: 'Ce jeton n’est pas valide, ou ne l’est plus.',
    tooMany: 'Trop de tentatives. Attendez une minute et réessayez.',
    once: 'Ce lien ouvre une session une seule fois, dans ce navigateur.',
    used: 'Ce lien n’est plus valide : il a servi, ou son délai est passé.',
    other: 'Ouvrir une session avec un jeton',
    reference: 'Pour les programmes : la référence de l’API (en anglais)',
  },
} as const

/** A complete document in the pages' style. */
export const pageOf = (lang: Lang, title: string, body: Html): string =>
  html`${trusted('<!doctype html>')}
<html lang="${lang === 'fr' ? 'fr-CA' : 'en-CA'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}</main>
</body>
</html>
`.markup

/** `next`: a path of ours to go to afterwards. */
export function signInPage(lang: Lang, next: string, fault?: 'wrong' | 'tooMany'): string {
  const words = WORDS[lang]
  return pageOf(
    lang,
    words.signIn,
    html`${
      fault &&
      html`<p class="alert" role="alert" id="fault">${words[fault]}</p>
`
    }<form method="post" action="/sign-in">
<input type="hidden" name="next" value="${next}">
<label for="token">${words.token}</label>
<input id="token" name="token" type="password" autocomplete="current-password" autocapitalize="none" spellcheck="false" required maxlength="200" aria-describedby="hint${fault ? ' fault' : ''}"${fault && trusted(' aria-invalid="true"')}>
<p class="hint" id="hint">${words.hint}</p>
<button type="submit">${words.signIn}</button>
</form>
<p><a href="/docs">${words.reference}</a></p>
`,
  )
}

/** A preview of the link must not use it up: a person presses the button. The form goes to where the page came from. */
export const linkPage = (lang: Lang): string =>
  pageOf(
    lang,
    WORDS[lang].signIn,
    html`<p>${WORDS[lang].once}</p>
<form method="post"><button type="submit">${WORDS[lang].signIn}</button></form>
`,
  )

export const usedLinkPage = (lang: Lang): string =>
  pageOf(
    lang,
    WORDS[lang].signIn,
    html`<p class="alert" role="alert">${WORDS[lang].used}</p>
<p><a href="/sign-in">${WORDS[lang].other}</a></p>
`,
  )
