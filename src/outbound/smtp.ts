/** Letters over SMTP. The library writes headers and MIME: mixed(alternative(plain, html, calendar), .ics); nothing that people wrote reaches a header raw. */
import type { Letter, Mailed } from '../services/deps.ts'

/** Milliseconds. */
const TIMEOUTS = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 }
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])
/** From here on an SMTP reply is final (RFC 5321 §4.2.1). */
const PERMANENT = 500
/** What the server says of the letter or its recipient; other replies are about us, and may change. */
const ABOUT_THE_LETTER = new Set(['EENVELOPE', 'EMESSAGE'])

/** @param from address, or `Name <address>` */
export function smtp(url: string, from: string): (letter: Letter) => Promise<Mailed> {
  // read only where mail is sent
  const transport = import('nodemailer').then(({ createTransport }) =>
    createTransport({
      url,
      ...TIMEOUTS,
      // a catcher on this machine shows a certificate of its own making
      tls: { rejectUnauthorized: !LOOPBACK.has(new URL(url).hostname) },
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  )
  return async ({ to, subject, paragraphs, messageId, language, invite }) => {
    try {
      await (await transport).sendMail({
        from,
        to: { name: '', address: to },
        subject,
        messageId,
        text: `${paragraphs.join('\n\n')}\n`,
        html: page(paragraphs, language),
        headers: { 'Content-Language': language, 'Auto-Submitted': 'auto-generated' },
        ...(invite ? { icalEvent: { method: invite.method, content: invite.text, filename: 'appointment.ics' } } : {}),
      })
      return 'sent'
    } catch (thrown) {
      const { code = 'unknown', responseCode } = thrown as { code?: string; responseCode?: number }
      const why = responseCode === undefined ? code : `${code} ${responseCode}`
      const final = responseCode !== undefined && responseCode >= PERMANENT && ABOUT_THE_LETTER.has(code)
      return final ? { refused: why } : { failed: why }
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ESCAPES[c] ?? '')

const page = (paragraphs: readonly string[], language: string): string => {
  const body = paragraphs.map((text) => `<p>${escaped(text).replaceAll('\n', '<br>')}</p>`).join('\n')
  return `<!doctype html>\n<html lang="${language}-CA"><meta charset="utf-8"><title></title>\n<body>\n${body}\n</body></html>\n`
}
