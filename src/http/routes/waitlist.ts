/** `/v1/waitlist`: who waits for an earlier time, what is offered to them, and their answers (contract.md §7). */
import { z } from 'zod'
import { ClinicId, EnrolmentId, PatientId, WaitlistEntryId, WaitlistOfferId } from '../../domain/ids.ts'
import { Key } from '../../domain/program.ts'
import { toWire } from '../../domain/time.ts'
import type { WaitlistEntry, WaitlistOffer } from '../../domain/waitlist.ts'
import { acceptOffer, declineOffer } from '../../services/answer-offer.ts'
import { addWaiting, listOffers, listWaiting, removeWaiting } from '../../services/waitlist.ts'
import type { Routes } from '../app-types.ts'
import { checkWindow } from '../availability-wire.ts'
import { pageWish, presentPage } from '../page.ts'
import { AppointmentOut, PlacedVisitOut, presentAppointment, presentVisit } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantIn, InstantOut, optional, PageQuery, pageOf } from '../wire.ts'

const EntryBody = z
  .strictObject({
    enrolmentId: EnrolmentId,
    visitKey: optional(Key).describe('absent: whichever comes next'),
    from: InstantIn.describe('of the visit’s start'),
    to: InstantIn,
    minNoticeHours: optional(z.int().min(0).max(2000)).describe('absent: 48'),
  })
  .check(checkWindow)
const EntryStatus = z.enum(['waiting', 'served', 'withdrawn'])
const EntryOut = z.object({
  id: WaitlistEntryId,
  enrolmentId: EnrolmentId,
  clinicId: ClinicId,
  visitKey: z.string().nullable(),
  from: InstantOut,
  to: InstantOut,
  timeZone: z.string(),
  minNoticeHours: z.number().int(),
  status: EntryStatus,
  revision: z.number().int(),
})
const OfferStatus = z.enum(['offered', 'accepted', 'declined', 'lapsed'])
const OfferOut = z.object({
  id: WaitlistOfferId,
  entryId: WaitlistEntryId,
  enrolmentId: EnrolmentId,
  patientId: PatientId,
  clinicId: ClinicId,
  visitKey: z.string(),
  start: InstantOut,
  timeZone: z.string(),
  gainDays: z.number().int().nullable().describe('local days earlier than it is booked; null: not booked yet'),
  visits: z.array(PlacedVisitOut).describe('all that accepting books or moves'),
  status: OfferStatus,
  expiresAt: InstantOut,
  revision: z.number().int(),
})
const AcceptedOut = OfferOut.extend({ appointments: z.array(AppointmentOut) })

const presentEntry = ({ start, end, timeZone, ...rest }: WaitlistEntry): z.infer<typeof EntryOut> => ({
  ...rest,
  from: toWire(start, timeZone),
  to: toWire(end, timeZone),
  timeZone,
})
const presentOffer = ({ freedId: _, timeZone, ...offer }: WaitlistOffer): z.infer<typeof OfferOut> => ({
  ...offer,
  timeZone,
  start: toWire(offer.start, timeZone),
  expiresAt: toWire(offer.expiresAt, timeZone),
  visits: offer.visits.map(presentVisit),
})

const reading = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:read' } } as const
const changing = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } } as const
const tags = ['waiting list']

export const waitlistRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/waitlist',
    {
      config: reading,
      schema: {
        tags,
        querystring: z.strictObject({
          ...PageQuery,
          clinicId: ClinicId.optional(),
          enrolmentId: EnrolmentId.optional(),
          status: EntryStatus.default('waiting'),
        }),
        response: { 200: pageOf(EntryOut) },
      },
    },
    async ({ query: { clinicId, enrolmentId, status, ...asked }, caller }) => {
      const page = { ...pageWish(asked), clinicId, enrolmentId, status }
      return presentPage(orRefuse(await listWaiting(deps, caller, page)), presentEntry)
    },
  )
  app.post(
    '/v1/waitlist',
    { config: changing, schema: { tags, body: EntryBody, response: { 201: EntryOut } } },
    async ({ body: { enrolmentId, visitKey, from, to, minNoticeHours }, caller }, reply) => {
      const wish = {
        enrolmentId,
        visitKey: visitKey ?? null,
        start: from,
        end: to,
        minNoticeHours: minNoticeHours ?? 48,
      }
      const entry = orRefuse(await addWaiting(deps, caller, wish))
      reply.code(201)
      return presentEntry(entry)
    },
  )
  app.delete(
    '/v1/waitlist/:id',
    { config: changing, schema: { tags, params: IdParams, response: { 204: z.null() } } },
    async ({ params, caller }, reply) => {
      orRefuse(await removeWaiting(deps, caller, asId(WaitlistEntryId, params.id)))
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/v1/waitlist/offers',
    {
      config: reading,
      schema: {
        tags,
        querystring: z.strictObject({
          ...PageQuery,
          clinicId: ClinicId.optional(),
          status: OfferStatus.default('offered'),
        }),
        response: { 200: pageOf(OfferOut) },
      },
    },
    async ({ query: { clinicId, status, ...asked }, caller }) => {
      const page = { ...pageWish(asked), clinicId, status }
      return presentPage(orRefuse(await listOffers(deps, caller, page)), presentOffer)
    },
  )
  app.post(
    '/v1/waitlist/offers/:id/accept',
    { config: changing, schema: { tags, params: IdParams, response: { 200: AcceptedOut } } },
    async ({ params, caller }) => {
      const { offer, appointments } = orRefuse(await acceptOffer(deps, caller, asId(WaitlistOfferId, params.id)))
      return { ...presentOffer(offer), appointments: appointments.map(presentAppointment) }
    },
  )
  app.post(
    '/v1/waitlist/offers/:id/decline',
    { config: changing, schema: { tags, params: IdParams, response: { 200: OfferOut } } },
    async ({ params, caller }) =>
      presentOffer(orRefuse(await declineOffer(deps, caller, asId(WaitlistOfferId, params.id)))),
  )
}
