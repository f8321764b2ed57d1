/** What a linter of iCalendar bytes says (RFC 5545 §3.1, §3.3.11), and a file's lines unfolded: parsing alone is not acceptance. */

const CONTENT_LINE = /^[A-Z-]+(;[A-Z-]+=("[^"]*"|[^";:,]+))*:./
/** In a TEXT value a backslash comes before \ ; , n or N only, and those stand nowhere without one. */
const TEXT = /^(?:[^\\;,]|\\[\\;,nN])*$/
const TEXT_PROPERTIES = new Set(['SUMMARY', 'LOCATION', 'DESCRIPTION', 'UID'])

/** Content lines, unfolded. */
export const linesOf = (text: string): string[] => text.replaceAll('\r\n ', '').split('\r\n').slice(0, -1)

export const valuesOf = (lines: readonly string[], name: string): string[] =>
  lines.filter((line) => line.split(/[;:]/)[0] === name).map((line) => line.slice(line.indexOf(':') + 1))

/** Nothing for well-formed bytes: CRLF, 1 to 75 octets a line of whole and printable characters, escapes, balanced components. */
export function faultsOf(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8')
  const physical = text.split('\r\n')
  const lines = linesOf(text)
  const open: string[] = []
  return [
    ...(bytes.toString('utf8') === text ? [] : ['not well-formed UTF-8']),
    ...(physical.at(-1) === '' ? [] : ['no CRLF at the end']),
    ...physical
      .slice(0, -1)
      .filter((line) => Buffer.byteLength(line) > 75 || line === '' || /[\r\n\p{Cc}\p{Cs}\ufffd]/u.test(line))
      .map((line) => `not 1 to 75 octets of whole, printable characters: ${line}`),
    ...lines.filter((line) => !CONTENT_LINE.test(line)).map((line) => `not NAME;PARAMETERS:VALUE: ${line}`),
    ...lines
      .filter(
        (line) => TEXT_PROPERTIES.has(line.split(/[;:]/)[0] ?? '') && !TEXT.test(line.slice(line.indexOf(':') + 1)),
      )
      .map((line) => `not escaped: ${line}`),
    ...lines.flatMap((line) => {
      if (line.startsWith('BEGIN:')) open.push(line.slice(6))
      return line.startsWith('END:') && open.pop() !== line.slice(4) ? [`not what was begun: ${line}`] : []
    }),
    ...open.map((component) => `not ended: ${component}`),
  ]
}
