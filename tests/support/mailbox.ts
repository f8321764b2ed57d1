/** A real SMTP server on this machine that keeps what it is sent, taken apart as a mail program would. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export type Part = { type: string; headers: Map<string, string>; text: string; parts: Part[] }
export type Caught = { from: string; to: string[]; raw: string; mail: Part }
export type Mailbox = {
  readonly url: string
  readonly caught: Caught[]
  /** Why the next recipients are turned away; undefined: they are not. */
  refuse: { code: number } | undefined
  readonly close: () => Promise<void>
}

/** `port` 0: any free one. */
export async function openMailbox(port = 0, onMail: (mail: Caught) => void = () => {}): Promise<Mailbox> {
  const caught: Caught[] = []
  const server = new SMTPServer({
    authOptional: true,
    // it has no certificate that anybody would trust
    hideSTARTTLS: true,
    disableReverseLookup: true,
    onRcptTo: (_address, _session, answer) => {
      const { refuse } = mailbox
      answer(refuse ? Object.assign(new Error('turned away'), { responseCode: refuse.code }) : undefined)
    },
    onData: (stream, { envelope }, answer) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('latin1')
        const from = envelope.mailFrom ? envelope.mailFrom.address : ''
        const one = { from, to: envelope.rcptTo.map(({ address }) => address), raw, mail: takeApart(raw) }
        caught.push(one)
        onMail(one)
        answer()
      })
    },
  })
  server.on('error', () => {})
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  const mailbox: Mailbox = {
    url,
    caught,
    refuse: undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return mailbox
}

/** RFC 2045 as far as our own mail needs it. `raw`: one character for each byte. */
export function takeApart(raw: string): Part {
  const split = raw.indexOf('\r\n\r\n')
  const headers = new Map(
    raw
      .slice(0, split)
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map(
        (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
      ),
  )
  const body = raw.slice(split + 4)
  const type = headers.get('content-type') ?? 'text/plain'
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1]
  if (boundary === undefined) return { type, headers, text: decoded(body, headers), parts: [] }
  const parts = body.split(`--${boundary}`).slice(1, -1)
  return { type, headers, text: '', parts: parts.map((part) => takeApart(part.replace(/^\r\n|\r\n$/g, ''))) }
}

function decoded(body: string, headers: Map<string, string>): string {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase()
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  const bytes =
    encoding === 'quoted-printable'
      ? body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
      : body
  return Buffer.from(bytes, 'latin1').toString()
}

/** An encoded word (RFC 2047) as people read it. */
export const readable = (header: string): string =>
  header.replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_, how: string, text: string) =>
    how.toUpperCase() === 'B'
      ? Buffer.from(text, 'base64').toString()
      : Buffer.from(
          text
            .replaceAll('_', ' ')
            .replace(/=([0-9A-F]{2})/g, (_m, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        ).toString(),
  )
