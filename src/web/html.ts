/** HTML from templates in which every value is escaped unless it is HTML itself. Pure. */

/** Text that is already markup; only `html` and `trusted` make it. */
export type Html = { readonly markup: string }
type Value = Html | string | number | null | undefined | false | readonly Value[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? '')

function markupOf(value: Value): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return 'markup' in value ? value.markup : value.map(markupOf).join('')
}

/** Escapes strings and numbers for element content and quoted attributes; lists are joined, absent values are nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: parts.reduce((out, part, i) => out + markupOf(values[i - 1]) + part),
})

/** Our own constant text, never anybody's input. */
export const trusted = (markup: string): Html => ({ markup })
