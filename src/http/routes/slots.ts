/** Slots: the starts at which one visit can be booked or moved to (contract.md §5). Computed, never stored. */
import { z } from 'zod'
import { EnrolmentId } from '../../domain/ids.ts'
import { Key, Modality } from '../../domain/program.ts'
import { DAY, HOUR } from '../../domain/time.ts'
import { offerSlots } from '../../services/offer-slots.ts'
import type { Routes } from '../app-types.ts'
import { PlacedVisitOut, presentVisit } from '../present.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantIn, InstantOut, MAX_WINDOW_DAYS, optional } from '../wire.ts'

/** A window in local days may hold one hour more than its days have elapsed hours. */
const LONGEST_WINDOW = MAX_WINDOW_DAYS * DAY + HOUR
const USUAL_LIMIT = 500

const SlotsBody = z
  .strictObject({
    visitKey: Key,
    from: InstantIn.describe('the first start'),
    to: InstantIn.describe('starts lie before it'),
    limit: optional(z.int().min(1).max(2000)).describe(`${USUAL_LIMIT} unless said otherwise`),
    modality: optional(Modality).describe('in person where the visit can be, unless said otherwise'),
  })
  .check(({ value: { from, to }, issues }) => {
    const found = { code: 'custom' as const, path: ['to'], input: to }
    if (to <= from) issues.push({ ...found, message: 'must be after from' })
    if (to - from > LONGEST_WINDOW)
      issues.push({ ...found, message: `must be at most ${MAX_WINDOW_DAYS} days after from` })
  })

const SlotsOut = z.object({ slots: z.array(PlacedVisitOut), nextFrom: InstantOut.nullable() })

export const slotRoutes: Routes = (app, deps) => {
  app.post(
    '/v1/enrolments/:id/slots',
    {
      config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:read' } },
      schema: { tags: ['planning'], params: IdParams, body: SlotsBody, response: { 200: SlotsOut } },
    },
    async ({ params, body, caller }) => {
      const wish = { ...body, limit: body.limit ?? USUAL_LIMIT }
      const { slots, next } = orRefuse(await offerSlots(deps, caller, asId(EnrolmentId, params.id), wish))
      return { slots: slots.map(presentVisit), nextFrom: next ? presentVisit(next).start : null }
    },
  )
}
