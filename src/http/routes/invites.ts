/** Calendar text for patients: `…/invite.ics` of an appointment, `…/calendar.ics` of an enrolment (contract.md §6). */
import { z } from 'zod'
import { AppointmentId, EnrolmentId } from '../../domain/ids.ts'
import { readEnrolmentCalendar, readInvite } from '../../services/read-invite.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams } from '../wire.ts'

const config = { access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'invites:read' } } as const
const schema = {
  tags: ['invites'],
  params: IdParams,
  querystring: z.strictObject({ lang: z.enum(['en', 'fr']).optional().describe('absent: the patient’s own') }),
  response: { 200: { description: 'iCalendar', content: { 'text/calendar': { schema: z.string() } } } },
}

/** File names tell no more than the calendar does. */
const named = (name: string) => ({
  'content-disposition': `attachment; filename="${name}.ics"`,
  'cache-control': 'private, no-store',
})

export const inviteRoutes: Routes = (app, deps) => {
  app.get('/v1/appointments/:id/invite.ics', { config, schema }, async ({ params, query, caller }, reply) => {
    const id = asId(AppointmentId, params.id)
    const { method, text } = orRefuse(await readInvite(deps, caller, id, query.lang))
    return reply.type(`text/calendar; method=${method}; charset=utf-8`).headers(named('appointment')).send(text)
  })
  app.get('/v1/enrolments/:id/calendar.ics', { config, schema }, async ({ params, query, caller }, reply) => {
    const id = asId(EnrolmentId, params.id)
    const text = orRefuse(await readEnrolmentCalendar(deps, caller, id, query.lang))
    return reply.type('text/calendar; method=PUBLISH; charset=utf-8').headers(named('calendar')).send(text)
  })
}
