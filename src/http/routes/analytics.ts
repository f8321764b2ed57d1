/** `/v1/analytics/…`: how the clinics are doing, as JSON or CSV (contract.md §8). Ids, slugs and keys; nobody's name, no patient. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { COLUMNS, GROUPINGS, type Report } from '../../domain/analytics.ts'
import { readNextAvailable } from '../../services/next-available.ts'
import { type Heading, readAnalytics } from '../../services/read-analytics.ts'
import type { Routes } from '../app-types.ts'
import { csv, sendCsv } from '../csv.ts'
import { orRefuse } from '../problem.ts'
import { InstantOut, LocalDate, toWire } from '../wire.ts'

const AnalyticsQuery = z.strictObject({
  clinicId: z.string().min(1).max(200).optional().describe('id or slug; absent: every clinic of the caller’s'),
  from: LocalDate.optional(),
  to: LocalDate.optional().describe('included; at most 366 days in all'),
  groupBy: z.enum(GROUPINGS, { error: `must be one of ${GROUPINGS.join(', ')}` }).default('month'),
  format: z.enum(['json', 'csv'], { error: 'must be json or csv' }).optional(),
})
type AnalyticsQuery = z.output<typeof AnalyticsQuery>

const HeadingOut = {
  from: LocalDate,
  to: LocalDate,
  groupBy: z.enum(GROUPINGS),
  timeZone: z.string().nullable().describe('null: the clinics have several'),
  definitions: z.record(z.string(), z.string()),
}

/** `a.b` is the member `b` of the member `a`. */
function nested<T>(columns: readonly string[], make: (column: string) => T): Record<string, T | Record<string, T>> {
  const out: Record<string, T | Record<string, T>> = {}
  for (const column of columns) {
    const [first = '', second] = column.split('.')
    if (second === undefined) out[first] = make(column)
    else out[first] = { ...(out[first] as Record<string, T> | undefined), [second]: make(column) }
  }
  return out
}

const withheld = z.number().nullable()
const members = (columns: readonly string[]): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(nested<z.ZodType>(columns, () => withheld)).map(([name, value]) => [
      name,
      value instanceof z.ZodType ? value : z.object(value),
    ]),
  )
const AnalysisOut = (report: Report) =>
  z.object({
    ...HeadingOut,
    items: z.array(
      z.object({
        group: z.string(),
        clinicId: z.string().optional().describe('of a group that is a clinic'),
        ...members(COLUMNS[report]),
        suppressed: z.array(z.string()).describe('members withheld because they rest on fewer than 5'),
      }),
    ),
  })

const WaitingOut = z.object({
  group: z.string(),
  days: z.number().int().nullable(),
  start: InstantOut.nullable(),
  timeZone: z.string().nullable(),
  clinicId: z.string().nullable(),
  programKey: z.string().nullable(),
  suppressed: z.array(z.string()),
})
const WAITING_COLUMNS = ['group', 'days', 'start', 'timeZone', 'clinicId', 'programKey'] as const

const config = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'analytics:read' } } as const
const answers = (json: z.ZodType) => ({
  200: {
    description: 'As `format` or `Accept` asks; JSON by default',
    content: { 'application/json': { schema: json }, 'text/csv': { schema: z.string() } },
  },
})
const tags = ['analytics']

/** `format`, or what `Accept` names first of the two. */
const wantsCsv = ({ format }: AnalyticsQuery, { headers: { accept = '' } }: FastifyRequest): boolean =>
  format === undefined
    ? /text\/csv|application\/json|\*\/\*/i.exec(accept)?.[0].toLowerCase() === 'text/csv'
    : format === 'csv'
const wishOf = ({ clinicId, from, to, groupBy }: AnalyticsQuery) => ({ clinic: clinicId, from, to, groupBy })
const headingOf = ({ from, to, groupBy, timeZone, definitions }: Heading) => ({
  from,
  to,
  groupBy,
  timeZone,
  definitions,
})

const unstored = (reply: FastifyReply): FastifyReply =>
  reply.header('cache-control', 'private, no-store').header('vary', 'Accept')

export const analyticsRoutes: Routes = (app, deps) => {
  for (const report of Object.keys(COLUMNS) as Report[]) {
    const columns = COLUMNS[report]
    const schema = { tags, querystring: AnalyticsQuery, response: answers(AnalysisOut(report)) }
    app.get(`/v1/analytics/${report}`, { config, schema }, async (request, reply) => {
      const analysis = orRefuse(await readAnalytics(deps, request.caller, report, wishOf(request.query)))
      unstored(reply)
      if (wantsCsv(request.query, request)) {
        const rows = analysis.lines.map((line) => [
          line.group,
          ...columns.map((column) => line.values[column] ?? null),
          line.suppressed.join(' '),
        ])
        return sendCsv(reply, csv([['group', ...columns, 'suppressed'], ...rows]))
      }
      const items = analysis.lines.map(({ group, clinicId, values, suppressed }) => ({
        group,
        ...(clinicId === undefined ? {} : { clinicId }),
        ...nested(columns, (column) => values[column] ?? null),
        suppressed: [...suppressed],
      }))
      return reply.type('application/json').send({ ...headingOf(analysis), items })
    })
  }
  const schema = {
    tags,
    querystring: AnalyticsQuery,
    response: answers(z.object({ ...HeadingOut, items: z.array(WaitingOut) })),
  }
  app.get('/v1/analytics/next-available', { config, schema }, async (request, reply) => {
    const found = orRefuse(await readNextAvailable(deps, request.caller, wishOf(request.query)))
    unstored(reply)
    const items = found.lines.map((line) => ({
      ...line,
      start: line.start === null || line.timeZone === null ? null : toWire(line.start, line.timeZone),
      suppressed: [],
    }))
    return wantsCsv(request.query, request)
      ? sendCsv(reply, csv([WAITING_COLUMNS, ...items.map((item) => WAITING_COLUMNS.map((column) => item[column]))]))
      : reply.type('application/json').send({ ...headingOf(found), items })
  })
}
