/** `/v1/availability`: when one clinician, room or clinic is free and busy (contract.md §3). */
import { z } from 'zod'
import type { Subject } from '../../domain/availability.ts'
import type { ClinicId } from '../../domain/ids.ts'
import type { Instant } from '../../domain/time.ts'
import { readAvailability } from '../../services/read-availability.ts'
import type { Routes } from '../app-types.ts'
import { checkWindow, SubjectQuery } from '../availability-wire.ts'
import { orRefuse } from '../problem.ts'
import { InstantIn, InstantOut, toWire } from '../wire.ts'

const AvailabilityQuery = z
  .strictObject({ ...SubjectQuery, from: InstantIn, to: InstantIn })
  .check(checkWindow)
  .transform(({ clinicianId, roomId, clinicId, from, to }, ctx) => {
    const subjects: Subject[] = [
      ...(clinicianId ? [{ clinicianId }] : []),
      ...(roomId ? [{ roomId }] : []),
      ...(clinicId ? [{ clinicId }] : []),
    ]
    const [subject] = subjects
    if (subject && subjects.length === 1) return { subject, window: { start: from, end: to } }
    ctx.addIssue({ code: 'custom', path: ['clinicianId'], message: 'exactly one of clinicianId, roomId and clinicId' })
    return z.NEVER
  })

const AvailabilityOut = z.object({
  timeZone: z.string(),
  free: z.array(z.object({ start: InstantOut, end: InstantOut, clinicId: z.string() })),
  busy: z.array(
    z.object({
      start: InstantOut,
      end: InstantOut,
      appointmentId: z.string().nullable().describe('null: a live hold'),
    }),
  ),
})

export const availabilityRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/availability',
    {
      config: { access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'catalogue:read' } },
      schema: { tags: ['availability'], querystring: AvailabilityQuery, response: { 200: AvailabilityOut } },
    },
    async ({ query: { subject, window }, caller }) => {
      const { timeZone, free, busy, zones } = orRefuse(await readAvailability(deps, caller, subject, window))
      const wire = <T extends { start: Instant; end: Instant; clinicId: ClinicId }>(span: T) => {
        const zone = zones.get(span.clinicId) ?? timeZone
        return { ...span, start: toWire(span.start, zone), end: toWire(span.end, zone) }
      }
      return { timeZone, free: free.map(wire), busy: busy.map(wire) }
    },
  )
}
