/** `GET /v1/tz-audit`: future appointments that read differently under the bundled zone rules than when they were booked. Reissuing is the command line's. */
import { z } from 'zod'
import { AppointmentId } from '../../domain/ids.ts'
import { auditZones, type Shifted } from '../../services/tz-audit.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { InstantOut, toWire } from '../wire.ts'

const Reading = z.object({ wallTime: InstantOut, tzVersion: z.string() })
const TzAuditOut = z.object({
  checked: z.int(),
  items: z.array(
    z.object({
      appointmentId: AppointmentId,
      enrolmentId: z.string(),
      clinicId: z.string(),
      timeZone: z.string(),
      start: InstantOut,
      booked: Reading,
      now: Reading,
    }),
  ),
})

const present = ({ appointmentId, enrolmentId, clinicId, timeZone, start, ...reading }: Shifted) => ({
  ...{ appointmentId, enrolmentId, clinicId, timeZone, start: toWire(start, timeZone) },
  booked: { wallTime: reading.bookedWallTime, tzVersion: reading.bookedTzVersion },
  now: { wallTime: reading.wallTime, tzVersion: reading.tzVersion },
})

export const tzAuditRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/tz-audit',
    { config: { access: { roles: ['admin'] } }, schema: { tags: ['operations'], response: { 200: TzAuditOut } } },
    async () => {
      const { checked, shifted } = orRefuse(await auditZones(deps))
      return { checked, items: shifted.map(present) }
    },
  )
}
