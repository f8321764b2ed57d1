/** `/v1/events`: the log of what happened, for pollers (contract.md §6). Webhooks are told the same items. */
import { z } from 'zod'
import { EVENT_TYPES, type EventType, eventItem } from '../../domain/event.ts'
import { readEvents } from '../../services/read-events.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse, Refused } from '../problem.ts'
import { encodeCursor, InstantOut, PageQuery } from '../wire.ts'

/** Ids and times beside those that every event has: `appointmentId`, `start`, … */
export const EventOut = z
  .object({
    id: z.string(),
    type: z.enum(EVENT_TYPES),
    at: InstantOut,
    enrolmentId: z.string().nullable(),
    clinicId: z.string().nullable(),
  })
  .catchall(z.union([z.string(), z.number(), z.null()]))

const EventsQuery = z.strictObject({
  ...PageQuery,
  after: z
    .string()
    .max(500)
    .optional()
    .describe('the id of an event, or a nextCursor: what came after it; absent, empty or 0: from the beginning'),
  types: z.string().max(2_000).optional().describe('names of event types, with commas between'),
})

const EventPage = z.object({
  items: z.array(EventOut),
  nextCursor: z.string().nullable().describe('of the last item; null when there is none: go on with the one before'),
})

const bad = (path: string, message: string) => new Refused('validation', { errors: [{ path, message }] })

/** An id, or the sequence inside a cursor. */
function pointOf(text: string | undefined, path: string): string | number | undefined {
  if (text === undefined || text === '' || text === '0') return undefined
  if (z.guid().safeParse(text).success) return text
  try {
    return z.tuple([z.int().min(0)]).parse(JSON.parse(Buffer.from(text, 'base64url').toString()))[0]
  } catch {
    throw bad(path, 'is neither the id of an event nor a cursor of this list')
  }
}

function typesOf(text: string | undefined): EventType[] | undefined {
  if (text === undefined || text === '') return undefined
  const read = z.array(z.enum(EVENT_TYPES)).safeParse(text.split(',').map((name) => name.trim()))
  if (!read.success) throw bad('types', `known are ${EVENT_TYPES.join(', ')}`)
  return read.data
}

export const eventRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/events',
    {
      config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'events:read' } },
      schema: { tags: ['events'], querystring: EventsQuery, response: { 200: EventPage } },
    },
    async ({ query: { after, cursor, limit, types }, caller }) => {
      const point = pointOf(cursor, 'cursor') ?? pointOf(after, 'after')
      const items = orRefuse(await readEvents(deps, caller, { after: point, limit, types: typesOf(types) }))
      const last = items.at(-1)
      return { items: items.map(eventItem), nextCursor: last ? encodeCursor([last.sequence]) : null }
    },
  )
}
