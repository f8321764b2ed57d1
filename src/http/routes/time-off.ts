/** `/v1/time-off`: absences of people and rooms, closures of clinics (contract.md §3). */
import { z } from 'zod'
import { ClosureScope, Subject } from '../../domain/availability.ts'
import { TimeOffId } from '../../domain/ids.ts'
import { resourceOf } from '../../domain/subject.ts'
import { addTimeOff, listTimeOff, removeTimeOff, type StoredTimeOff } from '../../services/time-off.ts'
import type { Routes } from '../app-types.ts'
import {
  AffectedOut,
  checkWindow,
  ModeQuery,
  modeOf,
  OnConflict,
  presentAffected,
  SettledOut,
  SubjectQuery,
  WindowQuery,
} from '../availability-wire.ts'
import { orRefuse } from '../problem.ts'
import {
  asId,
  decodeCursor,
  encodeCursor,
  IdParams,
  InstantIn,
  InstantOut,
  optional,
  PageQuery,
  pageOf,
  Text,
  toWire,
} from '../wire.ts'

const TimeOffBody = z
  .strictObject({
    subject: optional(Subject),
    subjects: optional(z.array(Subject).min(1).max(200)),
    start: InstantIn,
    end: InstantIn,
    reason: optional(z.union([Text(), z.literal('')])),
    scope: optional(ClosureScope),
    onConflict: optional(OnConflict),
  })
  .check(({ value: { subject, subjects }, issues }) => {
    if ((subject === undefined) === (subjects === undefined))
      issues.push({ code: 'custom', path: ['subject'], input: subject, message: 'either subject or subjects' })
    if (subjects && new Set(subjects.map(resourceOf)).size < subjects.length)
      issues.push({ code: 'custom', path: ['subjects'], input: subjects, message: 'names one twice' })
  })
const subjectOut = z.record(z.string(), z.string())
const TimeOffOut = z.object({
  id: z.string(),
  subject: subjectOut.optional().describe('when there is only one'),
  subjects: z.array(subjectOut),
  start: InstantOut,
  end: InstantOut,
  timeZone: z.string(),
  reason: z.string(),
  scope: ClosureScope,
})

const reading = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'catalogue:read' },
} as const
const changing = { access: { roles: ['admin', 'scheduler'] } } as const
const tags = ['availability']
const modes = z.strictObject(ModeQuery)
function present(off: StoredTimeOff): z.infer<typeof TimeOffOut> {
  const subjects = off.subjects.map((subject) => ({ ...subject }) as Record<string, string>)
  const [only] = subjects
  return {
    ...off,
    ...(only && subjects.length === 1 ? { subject: only } : {}),
    subjects,
    start: toWire(off.start, off.timeZone),
    end: toWire(off.end, off.timeZone),
  }
}

export const timeOffRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/time-off',
    {
      config: reading,
      schema: {
        tags,
        querystring: z.strictObject({ ...PageQuery, ...SubjectQuery, ...WindowQuery }).check(checkWindow),
        response: { 200: pageOf(TimeOffOut) },
      },
    },
    async ({ query: { limit, cursor, clinicianId, roomId, clinicId, from, to }, caller }) => {
      const after = decodeCursor(z.tuple([z.guid()]), cursor)?.[0]
      const page = { limit, after, resourceId: clinicianId ?? roomId ?? clinicId, from, to }
      const items = orRefuse(await listTimeOff(deps, caller, page))
      const last = items.at(-1)
      return {
        items: items.map(present),
        nextCursor: last && items.length === limit ? encodeCursor([last.id]) : null,
      }
    },
  )
  app.post(
    '/v1/time-off',
    {
      config: changing,
      schema: {
        tags,
        querystring: modes,
        body: TimeOffBody,
        response: { 200: AffectedOut, 201: TimeOffOut.extend(SettledOut) },
      },
    },
    async ({ body: { subject, subjects, onConflict, reason, ...rest }, query, caller }, reply) => {
      const draft = {
        ...rest,
        subjects: subjects ?? (subject ? [subject] : []),
        reason: reason ?? '',
        scope: rest.scope,
      }
      const outcome = orRefuse(await addTimeOff(deps, caller, draft, modeOf(query, onConflict)))
      if ('affected' in outcome) return reply.code(200).send(presentAffected(outcome.affected))
      return reply.code(201).send({ ...present(outcome.thing), ...outcome.settled })
    },
  )
  app.delete(
    '/v1/time-off/:id',
    {
      config: changing,
      schema: { tags, params: IdParams, querystring: modes, response: { 200: AffectedOut, 204: z.null() } },
    },
    async ({ params, query, caller }, reply) => {
      const outcome = orRefuse(await removeTimeOff(deps, caller, asId(TimeOffId, params.id), modeOf(query)))
      if ('affected' in outcome) return reply.code(200).send(presentAffected(outcome.affected))
      return reply.code(204).send(null)
    },
  )
}
