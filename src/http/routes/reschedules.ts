/** Moving an appointment, and what follows it (contract.md §5). */
import { z } from 'zod'
import { AppointmentId, ClinicId, RoomId } from '../../domain/ids.ts'
import { rescheduleAppointment } from '../../services/reschedule-appointment.ts'
import type { Routes } from '../app-types.ts'
import { AppointmentOut, presentAppointment } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantIn, optional } from '../wire.ts'
import { NamedParticipants } from './bookings.ts'
import { OverrideBody } from './itineraries.ts'

const RescheduleBody = z.strictObject({
  start: InstantIn,
  clinicId: optional(ClinicId),
  roomId: optional(RoomId),
  participants: optional(NamedParticipants),
  following: optional(z.enum(['refuse', 'replan'])),
  override: optional(OverrideBody),
})
const RescheduledOut = AppointmentOut.extend({
  moved: z.array(AppointmentOut).optional().describe('with `replan`: later visits that are elsewhere now'),
})

export const rescheduleRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/appointments/:id/reschedule',
    {
      config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:write' } },
      schema: { tags: ['appointments'], params: IdParams, body: RescheduleBody, response: { 200: RescheduledOut } },
    },
    async ({ params, body, caller }) => {
      const following = body.following ?? 'refuse'
      const wish = { ...body, following, participants: body.participants ?? [] } as const
      const { appointment, moved } = orRefuse(
        await rescheduleAppointment(deps, caller, asId(AppointmentId, params.id), wish),
      )
      const answer = presentAppointment(appointment)
      return following === 'replan' ? { ...answer, moved: moved.map(presentAppointment) } : answer
    },
  )
}
