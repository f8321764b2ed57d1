/** `POST /v1/appointments/{id}/replies`: a patient's answer to an invite, as text/calendar METHOD:REPLY (contract.md §6). */
import { z } from 'zod'
import { readReply } from '../../domain/calendar-reply.ts'
import { AppointmentId } from '../../domain/ids.ts'
import { recordReply } from '../../services/record-reply.ts'
import type { App, Routes } from '../app-types.ts'
import { AppointmentOut, presentAppointment } from '../present.ts'
import { orRefuse, Refused } from '../problem.ts'
import { asId, IdParams } from '../wire.ts'

const invalid = (path: string, message: string) => new Refused('validation', { errors: [{ path, message }] })

/** UTF-8 text/calendar and nothing else; a method named beside the type must be the body's. */
function acceptCalendarsOnly(app: App): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('text/calendar', { parseAs: 'buffer' }, (request, body, done) => {
    const [, method = 'REPLY'] = /;\s*method="?([^";\s]*)/i.exec(request.headers['content-type'] ?? '') ?? []
    if (method.toUpperCase() !== 'REPLY') return done(invalid('Content-Type', 'its method must be REPLY'))
    try {
      done(null, new TextDecoder('utf-8', { fatal: true }).decode(body as Buffer))
    } catch {
      done(invalid('body', 'is not UTF-8'))
    }
  })
}

export const replyRoutes: Routes = (root, deps) => {
  root.register(async (app: App) => {
    acceptCalendarsOnly(app)
    app.post(
      '/v1/appointments/:id/replies',
      {
        config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'invites:write' } },
        schema: {
          tags: ['invites'],
          summary: 'The patient accepts, declines or is tentative',
          consumes: ['text/calendar'],
          params: IdParams,
          body: z.string(),
          response: { 200: AppointmentOut },
        },
      },
      async ({ params, body, caller }) => {
        const reply = readReply(body)
        if (!reply.ok) throw invalid(reply.error.path, reply.error.message)
        return presentAppointment(
          orRefuse(await recordReply(deps, caller, asId(AppointmentId, params.id), reply.value)),
        )
      },
    )
  })
}
