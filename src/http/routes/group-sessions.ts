/** `/v1/group-sessions`: several patients, one room, those who lead; seats, and who waits for one (contract.md §5). */
import { z } from 'zod'
import { ClinicId, ClinicianId, GroupSessionId, PatientId, RoomId } from '../../domain/ids.ts'
import { Key } from '../../domain/program.ts'
import { Instant } from '../../domain/time.ts'
import { joinGroup, leaveGroup } from '../../services/group-seats.ts'
import { cancelGroup, listGroups, readGroup } from '../../services/group-sessions.ts'
import { moveGroup } from '../../services/move-group.ts'
import { readGroupInvite } from '../../services/read-group-invite.ts'
import { scheduleGroup } from '../../services/schedule-group.ts'
import type { Routes } from '../app-types.ts'
import { checkWindow, WindowQuery } from '../availability-wire.ts'
import {
  GroupOut,
  presentGroup,
  presentRead,
  presentSeat,
  presentSkipped,
  ReadGroupOut,
  ScheduledOut,
  SeatOut,
} from '../present-group.ts'
import { orRefuse } from '../problem.ts'
import {
  asId,
  decodeCursor,
  encodeCursor,
  IdParams,
  InstantIn,
  LocalDate,
  Localised,
  optional,
  PageQuery,
  pageOf,
  Text,
} from '../wire.ts'
import { NamedParticipants } from './bookings.ts'

const Facilitators = z
  .array(ClinicianId)
  .min(1)
  .max(10)
  .refine((ids) => new Set(ids).size === ids.length, 'names one twice')
const GroupBody = z
  .strictObject({
    clinicId: ClinicId,
    roomId: RoomId,
    title: Localised,
    facilitatorIds: Facilitators,
    start: InstantIn,
    minutes: z.int().min(5).max(720),
    seats: z.int().min(1).max(500),
    rrule: optional(Text(500)).describe('RFC 5545, counted from the day of `start`; without COUNT and UNTIL 184 days'),
    exceptDates: optional(z.array(LocalDate).max(366)),
    programKey: optional(Key).describe('with `visitKey`: the group visit of a program that its members come for'),
    visitKey: optional(Key),
    participants: optional(NamedParticipants).describe('who takes the visit’s other parts; others are chosen'),
    skipConflicts: optional(z.boolean()).describe('leave out the occurrences that do not fit'),
  })
  .check(({ value: { programKey, visitKey }, issues }) => {
    if ((programKey === undefined) !== (visitKey === undefined))
      issues.push({ code: 'custom', path: ['visitKey'], input: visitKey, message: 'goes with programKey' })
  })

const SeatBody = z.strictObject({
  patientId: PatientId,
  wait: optional(z.boolean()).describe('for want of a seat, wait for one'),
})
const WaitBody = z.strictObject({ patientId: PatientId })
const CancelBody = z.strictObject({ reason: optional(Text(500)) }).nullish()

const MoveBody = z.strictObject({
  start: InstantIn,
  roomId: optional(RoomId).describe('absent: the room that it has'),
  facilitatorIds: optional(Facilitators).describe('absent: those that it has'),
  participants: optional(NamedParticipants).describe(
    'absent: whoever has the visit’s other parts, or others where they cannot',
  ),
})

const reading = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'bookings:read' },
} as const
const changing = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } } as const
const tags = ['group sessions']
const AfterKey = z.tuple([Instant, z.guid()])
const SeatParams = z.object({ id: z.string().max(200), patientId: z.string().max(200) })

export const groupSessionRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/group-sessions',
    {
      config: reading,
      schema: {
        tags,
        querystring: z.strictObject({ ...PageQuery, ...WindowQuery, clinicId: ClinicId.optional() }).check(checkWindow),
        response: { 200: pageOf(GroupOut) },
      },
    },
    async ({ query: { limit, cursor, clinicId, from, to }, caller }) => {
      const key = decodeCursor(AfterKey, cursor)
      const after = key && { start: key[0], id: key[1] }
      const found = orRefuse(await listGroups(deps, caller, { clinicId, from, to, limit, after }))
      const last = found.at(-1)
      return {
        items: found.map(presentGroup),
        nextCursor: last && found.length === limit ? encodeCursor([last.start, last.id]) : null,
      }
    },
  )
  app.post(
    '/v1/group-sessions',
    { config: changing, schema: { tags, body: GroupBody, response: { 201: ScheduledOut } } },
    async ({ body: { exceptDates, skipConflicts, programKey, visitKey, participants, ...draft }, caller }, reply) => {
      const { sessions, skipped, clinic } = orRefuse(
        await scheduleGroup(deps, caller, {
          ...draft,
          exceptDates: exceptDates ?? [],
          skipConflicts: skipConflicts ?? false,
          visit: programKey !== undefined && visitKey !== undefined ? { programKey, visitKey } : undefined,
          participants: participants ?? [],
        }),
      )
      reply.code(201)
      return {
        sessions: sessions.map(presentGroup),
        skipped: skipped.map((one) => presentSkipped(one, clinic.timeZone)),
      }
    },
  )
  app.get(
    '/v1/group-sessions/:id',
    { config: reading, schema: { tags, params: IdParams, response: { 200: ReadGroupOut } } },
    async ({ params, caller }) => presentRead(orRefuse(await readGroup(deps, caller, asId(GroupSessionId, params.id)))),
  )
  app.post(
    '/v1/group-sessions/:id/seats',
    { config: changing, schema: { tags, params: IdParams, body: SeatBody, response: { 201: SeatOut } } },
    async ({ params, body: { patientId, wait }, caller }, reply) => {
      const wish = { patientId, wait: wait ?? false }
      const seat = orRefuse(await joinGroup(deps, caller, asId(GroupSessionId, params.id), wish))
      reply.code(201)
      return presentSeat(seat)
    },
  )
  app.post(
    '/v1/group-sessions/:id/waiting',
    { config: changing, schema: { tags, params: IdParams, body: WaitBody, response: { 201: SeatOut } } },
    async ({ params, body, caller }, reply) => {
      const wish = { ...body, wait: true }
      const seat = orRefuse(await joinGroup(deps, caller, asId(GroupSessionId, params.id), wish))
      reply.code(201)
      return presentSeat(seat)
    },
  )
  app.delete(
    '/v1/group-sessions/:id/seats/:patientId',
    { config: changing, schema: { tags, params: SeatParams, response: { 204: z.null() } } },
    async ({ params, caller }, reply) => {
      const [id, patientId] = [asId(GroupSessionId, params.id), asId(PatientId, params.patientId)]
      orRefuse(await leaveGroup(deps, caller, id, patientId))
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/v1/group-sessions/:id/invite.ics',
    {
      config: {
        access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'invites:read' },
      },
      schema: {
        tags,
        params: IdParams,
        querystring: z.strictObject({
          patientId: PatientId.describe('the member whose invite it is'),
          lang: z.enum(['en', 'fr']).optional().describe('absent: the patient’s own'),
        }),
        response: { 200: { description: 'iCalendar', content: { 'text/calendar': { schema: z.string() } } } },
      },
    },
    async ({ params, query: { patientId, lang }, caller }, reply) => {
      const id = asId(GroupSessionId, params.id)
      const { method, text } = orRefuse(await readGroupInvite(deps, caller, id, patientId, lang))
      return reply
        .type(`text/calendar; method=${method}; charset=utf-8`)
        .headers({
          'content-disposition': 'attachment; filename="appointment.ics"',
          'cache-control': 'private, no-store',
        })
        .send(text)
    },
  )
  app.post(
    '/v1/group-sessions/:id/reschedule',
    { config: changing, schema: { tags, params: IdParams, body: MoveBody, response: { 200: ReadGroupOut } } },
    async ({ params, body: { start, roomId, facilitatorIds, participants }, caller }) => {
      const wish = { start, roomId, facilitatorIds, participants }
      return presentRead(orRefuse(await moveGroup(deps, caller, asId(GroupSessionId, params.id), wish)))
    },
  )
  app.post(
    '/v1/group-sessions/:id/cancel',
    { config: changing, schema: { tags, params: IdParams, body: CancelBody, response: { 200: ReadGroupOut } } },
    async ({ params, body, caller }) =>
      presentRead(orRefuse(await cancelGroup(deps, caller, asId(GroupSessionId, params.id), body?.reason ?? null))),
  )
}
