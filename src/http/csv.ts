/** Comma-separated values (RFC 4180). Text that a spreadsheet would take for a formula is quoted with an apostrophe. Pure but for the reply. */
import type { FastifyReply } from 'fastify'

type Cell = string | number | null

/** What spreadsheets evaluate. */
const FORMULA = /^[=+\-@\t\r]/

function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')

/** The bytes as they are, past the route's JSON schema. */
export const sendCsv = (reply: FastifyReply, text: string): FastifyReply =>
  reply
    .type('text/csv; charset=utf-8')
    .serializer((body: unknown) => String(body))
    .send(text)
