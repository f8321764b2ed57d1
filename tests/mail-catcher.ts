/** `npm run mail-catcher [port]`: takes mail for development, keeps each as a file that a mail program opens, and says which came. Stops with Ctrl-C. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMailbox, readable } from './support/mailbox.ts'

const PORT = 1025

const folder = mkdtempSync(join(tmpdir(), 'throughline-mail-'))
let count = 0
const { url } = await openMailbox(Number(process.argv[2] ?? PORT), ({ mail, raw }) => {
  const file = join(folder, `${String(++count).padStart(4, '0')}.eml`)
  writeFileSync(file, raw, 'latin1')
  process.stdout.write(`${readable(mail.headers.get('subject') ?? '')}  ${file}\n`)
})
process.stdout.write(`Mail sent to ${url} is caught: SMTP_URL=${url} npm start\n`)
