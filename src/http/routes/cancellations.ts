/** Cancelling an appointment, with what that takes along (contract.md §5). */
import { z } from 'zod'
import { AppointmentId } from '../../domain/ids.ts'
import { cancelAppointment } from '../../services/cancel-appointment.ts'
import type { Routes } from '../app-types.ts'
import { AppointmentOut, presentAppointment } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, optional, Text } from '../wire.ts'
import { OverrideBody } from './itineraries.ts'

const CancelBody = z.strictObject({
  by: z.enum(['patient', 'clinic']),
  reason: optional(Text(500)),
  reasonCode: optional(Text(60)),
  following: optional(z.enum(['flag', 'replan'])),
  preview: optional(z.boolean()),
  override: optional(OverrideBody).describe('for a replan'),
})
const CancelledOut = AppointmentOut.extend({
  voided: z.array(AppointmentOut).describe('cancelled with it'),
  flagged: z.array(AppointmentOut).describe('wait to be replanned'),
  moved: z.array(AppointmentOut).describe('with `replan`: planned and booked anew'),
})

export const cancellationRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/appointments/:id/cancel',
    {
      config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } },
      schema: { tags: ['appointments'], params: IdParams, body: CancelBody, response: { 200: CancelledOut } },
    },
    async ({ params, body, caller }) => {
      const done = orRefuse(
        await cancelAppointment(deps, caller, asId(AppointmentId, params.id), {
          by: body.by,
          reason: body.reason ?? null,
          reasonCode: body.reasonCode ?? null,
          following: body.following ?? 'flag',
          preview: body.preview ?? false,
          override: body.override,
        }),
      )
      return {
        ...presentAppointment(done.appointment),
        voided: done.voided.map(presentAppointment),
        flagged: done.flagged.map(presentAppointment),
        moved: done.moved.map(presentAppointment),
      }
    },
  )
}
