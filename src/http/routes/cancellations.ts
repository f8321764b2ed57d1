/** Cancelling an appointment, with what that takes along (contract.md §5). */
import { z } from 'zod'
import { AppointmentId } from '../../domain/ids.ts'
import { cancelAppointment } from '../../services/cancel-appointment.ts'
import type { Routes } from '../app-types.ts'
import { AppointmentOut, presentAppointment } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, optional, Text } from '../wire.ts'

const CancelBody = z.strictObject({
  by: z.enum(['patient', 'clinic']),
  reason: optional(Text(500)),
  reasonCode: optional(Text(60)),
  following: optional(z.enum(['flag'])),
})

export const cancellationRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/appointments/:id/cancel',
    {
      config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } },
      schema: { tags: ['appointments'], params: IdParams, body: CancelBody, response: { 200: AppointmentOut } },
    },
    async ({ params, body, caller }) => {
      const wish = { by: body.by, reason: body.reason ?? null, reasonCode: body.reasonCode ?? null }
      return presentAppointment(orRefuse(await cancelAppointment(deps, caller, asId(AppointmentId, params.id), wish)))
    },
  )
}
