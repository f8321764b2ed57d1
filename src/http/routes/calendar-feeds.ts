/** `/v1/calendar-feeds`: secret links to a clinician's or a patient's calendar; `/feeds/{token}.ics`: what they open (contract.md §6). */
import { z } from 'zod'
import { type CalendarFeed, FEED_DETAILS } from '../../domain/calendar-feed.ts'
import { CalendarFeedId, ClinicianId, PatientId } from '../../domain/ids.ts'
import { addFeed, listFeeds, revokeFeed } from '../../services/calendar-feeds.ts'
import { readFeed } from '../../services/read-feed.ts'
import type { Routes } from '../app-types.ts'
import { pageWish, presentPage } from '../page.ts'
import { orRefuse, Refused } from '../problem.ts'
import { publicUrl } from '../public-url.ts'
import { asId, IdParams, InstantOut, inUtc, optional, PageQuery, pageOf } from '../wire.ts'

const FeedBody = z
  .strictObject({
    clinicianId: optional(ClinicianId),
    patientId: optional(PatientId),
    detail: optional(z.enum(FEED_DETAILS)).describe('initials unless said otherwise'),
  })
  .check(({ value: { clinicianId, patientId }, issues }) => {
    if ((clinicianId === undefined) === (patientId === undefined))
      issues.push({
        code: 'custom',
        path: ['clinicianId'],
        input: clinicianId,
        message: 'this or patientId, and one only',
      })
  })

const FeedOut = z.object({
  id: CalendarFeedId,
  clinicianId: ClinicianId.nullable(),
  patientId: PatientId.nullable(),
  detail: z.enum(FEED_DETAILS),
  createdAt: InstantOut,
})
const present = ({ id, clinicianId, patientId, detail, createdAt }: CalendarFeed): z.infer<typeof FeedOut> => ({
  id,
  clinicianId,
  patientId,
  detail,
  createdAt: inUtc(createdAt),
})

const config = { access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'feeds:write' } } as const
const tags = ['invites']

/** A secret in the path: no referrer tells it, no shared cache keeps what it opens. */
const SECRET = { 'cache-control': 'private, no-cache', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' }

export const calendarFeedRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/calendar-feeds',
    {
      config: { ...config, secretAnswer: true },
      schema: {
        tags,
        body: FeedBody,
        response: { 201: FeedOut.extend({ url: z.string().describe('to subscribe to; shown this once') }) },
      },
    },
    async (request, reply) => {
      const { clinicianId, patientId, detail = 'initials' } = request.body
      const subject = clinicianId ? { clinicianId } : patientId ? { patientId } : undefined
      if (!subject) throw new Refused('not-found')
      const { feed, token } = orRefuse(await addFeed(deps, request.caller, { subject, detail }))
      reply.code(201).header('cache-control', 'no-store')
      return { ...present(feed), url: `${publicUrl(deps, request)}/feeds/${token}.ics` }
    },
  )
  app.get(
    '/v1/calendar-feeds',
    { config, schema: { tags, querystring: z.strictObject(PageQuery), response: { 200: pageOf(FeedOut) } } },
    async ({ query, caller }) => presentPage(orRefuse(await listFeeds(deps, caller, pageWish(query))), present),
  )
  app.delete(
    '/v1/calendar-feeds/:id',
    { config, schema: { tags, params: IdParams, response: { 204: z.null() } } },
    async ({ params, caller }, reply) => {
      orRefuse(await revokeFeed(deps, caller, asId(CalendarFeedId, params.id)))
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/feeds/:file',
    {
      config: { access: 'public' },
      schema: {
        tags,
        summary: 'The calendar itself, {token}.ics, with ETag and 304',
        params: z.object({ file: z.string() }),
        querystring: z.strictObject({ lang: z.enum(['en', 'fr']).optional().describe('absent: the subject’s own') }),
        response: {
          200: { description: 'iCalendar, METHOD:PUBLISH', content: { 'text/calendar': { schema: z.string() } } },
        },
      },
    },
    async ({ params, query, headers, id }, reply) => {
      const token = /^([\w-]{1,200})\.ics$/.exec(params.file)?.[1]
      if (!token) throw new Refused('not-found')
      const fetched = { token, lang: query.lang, ifNoneMatch: headers['if-none-match'], requestId: id }
      const { etag, text } = orRefuse(await readFeed(deps, fetched))
      reply.headers({ ...SECRET, etag })
      if (text === undefined) {
        reply.status(304 as 200)
        return ''
      }
      return reply.type('text/calendar; method=PUBLISH; charset=utf-8').send(text)
    },
  )
}
