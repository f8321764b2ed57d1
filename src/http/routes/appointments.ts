/** `/v1/appointments`: what is booked, and the details beside it (contract.md §5). None of it changes when, where or who. */
import { z } from 'zod'
import { AppointmentStatus } from '../../domain/appointment.ts'
import { AppointmentId, ClinicId, ClinicianId, EnrolmentId, PatientId, RoomId } from '../../domain/ids.ts'
import { DAY, HOUR, Instant } from '../../domain/time.ts'
import { changeAppointment, listAppointments, readAppointment } from '../../services/read-appointments.ts'
import type { Routes } from '../app-types.ts'
import { AppointmentOut, presentAppointment } from '../present.ts'
import { orRefuse } from '../problem.ts'
import {
  asId,
  decodeCursor,
  encodeCursor,
  IdParams,
  InstantIn,
  MAX_WINDOW_DAYS,
  PageQuery,
  pageOf,
  Text,
} from '../wire.ts'

/** A window in local days may hold one hour more than its days have elapsed hours. */
const LONGEST_WINDOW = MAX_WINDOW_DAYS * DAY + HOUR

const AppointmentsQuery = z
  .strictObject({
    ...PageQuery,
    clinicId: ClinicId.optional(),
    clinicianId: ClinicianId.optional(),
    roomId: RoomId.optional(),
    patientId: PatientId.optional(),
    enrolmentId: EnrolmentId.optional(),
    from: InstantIn.optional().describe('those that end after it'),
    to: InstantIn.optional().describe('those that start before it'),
    status: AppointmentStatus.optional().describe('absent: every status'),
  })
  .check(({ value: { from, to }, issues }) => {
    if (from === undefined || to === undefined) return
    const found = { code: 'custom' as const, path: ['to'], input: to }
    if (to <= from) issues.push({ ...found, message: 'must be after from' })
    if (to - from > LONGEST_WINDOW)
      issues.push({ ...found, message: `must be at most ${MAX_WINDOW_DAYS} days after from` })
  })

const AfterKey = z.tuple([Instant, z.guid()])

const DetailsPatch = z.strictObject({
  escort: z
    .strictObject({
      name: Text().optional(),
      phone: Text(40).nullish(),
      relationship: Text(100).nullish(),
    })
    .nullish(),
  joinUrl: z
    .url({ protocol: /^https$/, error: 'must be an https address' })
    .max(2000)
    .nullish(),
  patientLocation: Text().nullish(),
  note: Text(2000).nullish(),
})

const reading = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'bookings:read' },
} as const
const changing = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } } as const
const tags = ['appointments']

export const appointmentRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/appointments',
    { config: reading, schema: { tags, querystring: AppointmentsQuery, response: { 200: pageOf(AppointmentOut) } } },
    async ({ query: { limit, cursor, ...filter }, caller }) => {
      const key = decodeCursor(AfterKey, cursor)
      const after = key && { start: key[0], id: key[1] }
      const found = orRefuse(await listAppointments(deps, caller, filter, { limit, after }))
      const last = found.at(-1)
      return {
        items: found.map(presentAppointment),
        nextCursor: last && found.length === limit ? encodeCursor([last.start, last.id]) : null,
      }
    },
  )
  app.get(
    '/v1/appointments/:id',
    { config: reading, schema: { tags, params: IdParams, response: { 200: AppointmentOut } } },
    async ({ params, caller }) =>
      presentAppointment(orRefuse(await readAppointment(deps, caller, asId(AppointmentId, params.id)))),
  )
  app.patch(
    '/v1/appointments/:id',
    { config: changing, schema: { tags, params: IdParams, body: DetailsPatch, response: { 200: AppointmentOut } } },
    async ({ params, body, caller }) =>
      presentAppointment(orRefuse(await changeAppointment(deps, caller, asId(AppointmentId, params.id), body))),
  )
}
