/** Planning and booking: propose, hold, release, confirm (contract.md §5). */
import { z } from 'zod'
import { ClinicianId, EnrolmentId, ItineraryId } from '../../domain/ids.ts'
import type { Blocker } from '../../domain/itinerary.ts'
import { Step } from '../../domain/program.ts'
import type { ZoneId } from '../../domain/time.ts'
import { confirmItinerary } from '../../services/confirm-itinerary.ts'
import { holdItinerary } from '../../services/hold-itinerary.ts'
import { proposeItinerary } from '../../services/propose-itinerary.ts'
import { readItinerary, readProblem } from '../../services/read-itinerary.ts'
import { releaseHold } from '../../services/release-hold.ts'
import type { Routes } from '../app-types.ts'
import { AppointmentOut, ItineraryOut, presentAppointment, presentItinerary } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantIn, InstantOut, optional, Text, toWire } from '../wire.ts'

/** Rules that a signed override sets aside; the body of every route that takes one. */
export const OverrideBody = z.strictObject({
  rules: z.array(z.enum(['lag', 'span', 'continuity', 'age', 'preference', 'limit'])).min(1),
  reason: Text(500),
  approvedBy: optional(ClinicianId),
})

const ProposalBody = z.strictObject({
  notBefore: InstantIn,
  notAfter: optional(InstantIn),
  steps: optional(z.array(Step).min(1)),
  limit: optional(z.int().min(1).max(10)),
  therapistId: optional(ClinicianId),
  allowHandover: optional(z.boolean()),
  virtual: optional(z.enum(['avoid', 'allow', 'prefer'])),
  override: optional(OverrideBody),
})

const BlockerOut = z.object({
  visitKey: z.string(),
  kind: z.string(),
  resourceIds: z.array(z.string()),
  from: InstantOut,
  to: InstantOut,
  detail: z.string(),
  relaxations: z.array(
    z.object({
      kind: z.string(),
      detail: z.string(),
      cost: z.number(),
      request: z.array(z.object({ method: z.string(), path: z.string(), body: z.unknown().optional() })),
    }),
  ),
})
const ProposalOut = z.object({
  itineraries: z.array(ItineraryOut),
  blockers: z.array(BlockerOut),
  warnings: z
    .array(z.object({ rule: z.string(), visitKey: z.string().optional(), source: z.string(), detail: z.string() }))
    .describe('gates that would keep the best itinerary from being confirmed as things stand'),
  searchMs: z.number(),
})

/** Longest hold: three days. */
const HoldBody = z.strictObject({ ttlSeconds: optional(z.int().min(1).max(259_200)) }).nullish()
const HOLD_TTL_SECONDS = 600

const presentBlocker = (blocker: Blocker, zone: ZoneId) => ({
  ...blocker,
  from: toWire(blocker.from, zone),
  to: toWire(blocker.to, zone),
})

const write = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } } as const
const read = { access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'bookings:read' } } as const
const tags = ['planning']

export const itineraryRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/enrolments/:id/itineraries',
    { config: write, schema: { tags, params: IdParams, body: ProposalBody, response: { 200: ProposalOut } } },
    async ({ params, body, caller }) => {
      const { itineraries, blockers, warnings, timeZone, searchMs } = orRefuse(
        await proposeItinerary(deps, caller, asId(EnrolmentId, params.id), {
          notBefore: body.notBefore,
          notAfter: body.notAfter,
          steps: body.steps,
          limit: body.limit ?? 3,
          therapistId: body.therapistId,
          allowHandover: body.allowHandover ?? false,
          virtual: body.virtual ?? 'avoid',
          override: body.override,
        }),
      )
      return {
        itineraries: itineraries.map((it) => presentItinerary(it, timeZone)),
        blockers: blockers.map((b) => presentBlocker(b, timeZone)),
        warnings,
        searchMs,
      }
    },
  )
  app.get(
    '/v1/itineraries/:id',
    { config: read, schema: { tags, params: IdParams, response: { 200: ItineraryOut } } },
    async ({ params, caller }) =>
      presentItinerary(orRefuse(await readItinerary(deps, caller, asId(ItineraryId, params.id)))),
  )
  app.get(
    '/v1/itineraries/:id/problem',
    { config: read, schema: { tags, params: IdParams, response: { 200: z.unknown() } } },
    async ({ params, caller }) => orRefuse(await readProblem(deps, caller, asId(ItineraryId, params.id))),
  )
  app.post(
    '/v1/itineraries/:id/hold',
    { config: write, schema: { tags, params: IdParams, body: HoldBody, response: { 201: ItineraryOut } } },
    async ({ params, body, caller }, reply) => {
      const ttlSeconds = body?.ttlSeconds ?? HOLD_TTL_SECONDS
      const held = orRefuse(await holdItinerary(deps, caller, asId(ItineraryId, params.id), ttlSeconds))
      reply.code(201)
      return presentItinerary(held)
    },
  )
  app.delete(
    '/v1/itineraries/:id/hold',
    { config: write, schema: { tags, params: IdParams, response: { 204: z.null() } } },
    async ({ params, caller }, reply) => {
      orRefuse(await releaseHold(deps, caller, asId(ItineraryId, params.id)))
      reply.code(204)
      return null
    },
  )
  app.post(
    '/v1/itineraries/:id/confirm',
    {
      config: write,
      schema: {
        tags,
        params: IdParams,
        body: z.strictObject({}).nullish(),
        response: { 201: z.object({ appointments: z.array(AppointmentOut) }) },
      },
    },
    async ({ params, caller }, reply) => {
      const booked = orRefuse(await confirmItinerary(deps, caller, asId(ItineraryId, params.id)))
      reply.code(201)
      return { appointments: booked.map(presentAppointment) }
    },
  )
}
