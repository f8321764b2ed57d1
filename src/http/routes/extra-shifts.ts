/** `/v1/extra-shifts`: work and opening beyond the rules, on closed days too (contract.md §3). */
import { z } from 'zod'
import { Subject } from '../../domain/availability.ts'
import { ClinicId, ExtraShiftId } from '../../domain/ids.ts'
import { addExtraShift, listExtraShifts, removeExtraShift, type StoredExtraShift } from '../../services/extra-shifts.ts'
import type { Routes } from '../app-types.ts'
import {
  AffectedOut,
  checkWindow,
  ModeQuery,
  modeOf,
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
  PageQuery,
  pageOf,
  toWire,
} from '../wire.ts'

const ExtraShiftBody = z.strictObject({ subject: Subject, clinicId: ClinicId, start: InstantIn, end: InstantIn })
const ExtraShiftOut = z.object({
  id: z.string(),
  subject: z.record(z.string(), z.string()),
  clinicId: z.string(),
  start: InstantOut,
  end: InstantOut,
  timeZone: z.string(),
})

const reading = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'catalogue:read' },
} as const
const changing = { access: { roles: ['admin', 'scheduler'] } } as const
const tags = ['availability']
const modes = z.strictObject(ModeQuery)
const present = (extra: StoredExtraShift): z.infer<typeof ExtraShiftOut> => ({
  ...extra,
  subject: { ...extra.subject },
  start: toWire(extra.start, extra.timeZone),
  end: toWire(extra.end, extra.timeZone),
})

export const extraShiftRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/extra-shifts',
    {
      config: reading,
      schema: {
        tags,
        querystring: z.strictObject({ ...PageQuery, ...SubjectQuery, ...WindowQuery }).check(checkWindow),
        response: { 200: pageOf(ExtraShiftOut) },
      },
    },
    async ({ query: { limit, cursor, clinicianId, roomId, clinicId, from, to }, caller }) => {
      const after = decodeCursor(z.tuple([z.guid()]), cursor)?.[0]
      const page = { limit, after, resourceId: clinicianId ?? roomId, clinicId, from, to }
      const items = orRefuse(await listExtraShifts(deps, caller, page))
      const last = items.at(-1)
      return {
        items: items.map(present),
        nextCursor: last && items.length === limit ? encodeCursor([last.id]) : null,
      }
    },
  )
  app.post(
    '/v1/extra-shifts',
    {
      config: changing,
      schema: {
        tags,
        querystring: modes,
        body: ExtraShiftBody,
        response: { 200: AffectedOut, 201: ExtraShiftOut.extend(SettledOut) },
      },
    },
    async ({ body, query, caller }, reply) => {
      const outcome = orRefuse(await addExtraShift(deps, caller, body, modeOf(query)))
      if ('affected' in outcome) return reply.code(200).send(presentAffected(outcome.affected))
      return reply.code(201).send({ ...present(outcome.thing), ...outcome.settled })
    },
  )
  app.delete(
    '/v1/extra-shifts/:id',
    {
      config: changing,
      schema: { tags, params: IdParams, querystring: modes, response: { 200: AffectedOut, 204: z.null() } },
    },
    async ({ params, query, caller }, reply) => {
      const outcome = orRefuse(await removeExtraShift(deps, caller, asId(ExtraShiftId, params.id), modeOf(query)))
      if ('affected' in outcome) return reply.code(200).send(presentAffected(outcome.affected))
      return reply.code(204).send(null)
    },
  )
}
