/** Booking one visit by hand (contract.md §5). */
import { z } from 'zod'
import { ClinicId, ClinicianId, EnrolmentId, RoomId } from '../../domain/ids.ts'
import { Key, Modality } from '../../domain/program.ts'
import { bookAppointment } from '../../services/book-appointment.ts'
import type { Routes } from '../app-types.ts'
import { AppointmentOut, presentAppointment } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { InstantIn, optional } from '../wire.ts'
import { OverrideBody } from './itineraries.ts'

/** Who takes which part; a part that is not named is chosen. */
export const NamedParticipants = z.array(z.strictObject({ as: Key, clinicianId: ClinicianId })).max(20)

const BookingBody = z.strictObject({
  enrolmentId: EnrolmentId,
  visitKey: Key,
  start: InstantIn,
  clinicId: ClinicId,
  roomId: optional(RoomId),
  modality: optional(Modality),
  participants: optional(NamedParticipants),
  override: optional(OverrideBody),
})

export const bookingRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/appointments',
    {
      config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } },
      schema: { tags: ['appointments'], body: BookingBody, response: { 201: AppointmentOut } },
    },
    async ({ body, caller }, reply) => {
      const wish = { ...body, participants: body.participants ?? [] }
      const booked = orRefuse(await bookAppointment(deps, caller, wish))
      reply.code(201)
      return presentAppointment(booked)
    },
  )
}
