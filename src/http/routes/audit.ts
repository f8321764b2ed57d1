/** `/v1/audit`: who saw and changed what, for those who watch over privacy (contract.md §8). */
import { z } from 'zod'
import { AuditEntry } from '../../domain/audit-entry.ts'
import { PatientId, UserId } from '../../domain/ids.ts'
import { addDays, DAY, startOfDay, ZoneId } from '../../domain/time.ts'
import { readAudit } from '../../services/read-audit.ts'
import type { Routes } from '../app-types.ts'
import { csv, sendCsv } from '../csv.ts'
import { orRefuse, Refused } from '../problem.ts'
import {
  decodeCursor,
  encodeCursor,
  type Instant,
  InstantIn,
  InstantOut,
  inUtc,
  LocalDate,
  MAX_WINDOW_DAYS,
  PageQuery,
  pageOf,
} from '../wire.ts'

const UTC = ZoneId.parse('UTC')

/** An instant with an offset, or a day of UTC: `from` its first moment, `to` all of it. */
const Bound = z.union([LocalDate.transform((day) => ({ day })), InstantIn.transform((at) => ({ at }))])
type Bound = z.output<typeof Bound>
const firstMoment = (bound: Bound): Instant => ('at' in bound ? bound.at : startOfDay(bound.day, UTC))
const momentAfter = (bound: Bound): Instant => ('at' in bound ? bound.at : startOfDay(addDays(bound.day, 1), UTC))

const AuditQuery = z.strictObject({
  patientId: PatientId.optional(),
  actor: UserId.optional(),
  from: Bound.optional(),
  to: Bound.optional(),
  format: z.enum(['json', 'csv']).default('json'),
  ...PageQuery,
})

const AuditEntryOut = AuditEntry.extend({ at: InstantOut })
type AuditEntryOut = z.infer<typeof AuditEntryOut>
const COLUMNS = AuditEntryOut.keyof().options
const present = (entry: AuditEntry): AuditEntryOut => ({ ...entry, at: inUtc(entry.at) })
const row = (entry: AuditEntryOut) =>
  COLUMNS.map((column) => (column === 'fieldClasses' ? entry.fieldClasses.join(' ') : entry[column]))

export const auditRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/audit',
    {
      config: { access: { roles: ['admin', 'privacy'] } },
      schema: { tags: ['operations'], querystring: AuditQuery, response: { 200: pageOf(AuditEntryOut) } },
    },
    async ({ query: { patientId, actor, from, to, format, limit, cursor }, caller }, reply) => {
      const [start, before] = [from && firstMoment(from), to && momentAfter(to)]
      if (start !== undefined && before !== undefined && before - start > MAX_WINDOW_DAYS * DAY)
        throw new Refused('validation', {
          errors: [{ path: 'to', message: `is over ${MAX_WINDOW_DAYS} days after from` }],
        })
      const below = decodeCursor(z.tuple([z.int()]), cursor)?.[0]
      const page = orRefuse(await readAudit(deps, caller, { patientId, actor, from: start, before }, { limit, below }))
      const items = page.items.map(present)
      const last = page.more ? page.items.at(-1) : undefined
      const nextCursor = last ? encodeCursor([last.sequence]) : null
      if (format === 'json') return { items, nextCursor }
      if (nextCursor) reply.header('x-next-cursor', nextCursor)
      return sendCsv(reply, csv([COLUMNS, ...items.map(row)]))
    },
  )
}
