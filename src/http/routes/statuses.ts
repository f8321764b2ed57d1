/** An appointment's day: its status, and that it lasts longer (contract.md §5). Neither is tied to the clock. */
import { z } from 'zod'
import { AppointmentStatus } from '../../domain/appointment.ts'
import { AppointmentId, ClinicId } from '../../domain/ids.ts'
import { NOT_DOSED_REASONS, notDosedReason } from '../../domain/status-step.ts'
import { extendAppointment } from '../../services/extend-appointment.ts'
import { setStatus } from '../../services/set-status.ts'
import type { Routes } from '../app-types.ts'
import { AppointmentOut, presentAppointment } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantOut, LocalDate, optional, Text, toWire } from '../wire.ts'

const StatusBody = z
  .strictObject({
    status: AppointmentStatus,
    reason: optional(Text(500)).describe(`of not-dosed: ${NOT_DOSED_REASONS.join(', ')}`),
    reassessOn: optional(LocalDate).describe('of not-dosed: when the patient is to be seen again'),
  })
  .check(({ value: { status, reason, reassessOn }, issues }) => {
    if (status === 'not-dosed' && reason !== undefined && notDosedReason(reason) === undefined)
      issues.push({
        code: 'custom',
        path: ['reason'],
        input: reason,
        message: `must be one of ${NOT_DOSED_REASONS.join(', ')}`,
      })
    if (status !== 'not-dosed' && reassessOn !== undefined)
      issues.push({ code: 'custom', path: ['reassessOn'], input: reassessOn, message: 'goes with not-dosed' })
  })

const ExtendBody = z.strictObject({ minutes: z.int().min(1).max(720) })
const Extended = z.object({
  appointment: AppointmentOut,
  affected: z.array(
    z.object({
      appointmentId: AppointmentId,
      visitKey: z.string(),
      start: InstantOut,
      timeZone: z.string(),
      clinicId: ClinicId,
    }),
  ),
})

/** A clinician's reach is the own roster. */
const atTheClinic = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'bookings:write' },
} as const
const tags = ['appointments']

export const statusRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/appointments/:id/status',
    { config: atTheClinic, schema: { tags, params: IdParams, body: StatusBody, response: { 200: AppointmentOut } } },
    async ({ params, body, caller }) => {
      const reason = body.status === 'not-dosed' ? notDosedReason(body.reason) : body.reason
      const wish = { status: body.status, reason: reason ?? null, reassessOn: body.reassessOn ?? null }
      return presentAppointment(orRefuse(await setStatus(deps, caller, asId(AppointmentId, params.id), wish)))
    },
  )
  app.post(
    '/v1/appointments/:id/extend',
    { config: atTheClinic, schema: { tags, params: IdParams, body: ExtendBody, response: { 200: Extended } } },
    async ({ params, body, caller }) => {
      const id = asId(AppointmentId, params.id)
      const { appointment, affected } = orRefuse(await extendAppointment(deps, caller, id, body.minutes))
      return {
        appointment: presentAppointment(appointment),
        affected: affected.map((a) => ({
          appointmentId: a.id,
          visitKey: a.visitKey,
          start: toWire(a.start, a.timeZone),
          timeZone: a.timeZone,
          clinicId: a.clinicId,
        })),
      }
    },
  )
}
