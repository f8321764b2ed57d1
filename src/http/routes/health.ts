/** `/healthz`: the process answers. `/readyz`: so does all that it needs. For probes: public, cheap, silent in the log. */
import { z } from 'zod'
import { readiness } from '../../services/readiness.ts'
import type { Routes } from '../app-types.ts'
import { Refused } from '../problem.ts'

const quiet = { config: { access: 'public' }, logLevel: 'warn' } as const

export const healthRoutes: Routes = (app, deps) => {
  app.get(
    '/healthz',
    { ...quiet, schema: { tags: ['operations'], response: { 200: z.object({ status: z.literal('ok') }) } } },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { status: 'ok' as const }
    },
  )
  app.get(
    '/readyz',
    {
      ...quiet,
      schema: {
        tags: ['operations'],
        response: {
          200: z.object({
            status: z.literal('ready'),
            database: z.literal('ok'),
            migrations: z.literal('ok'),
            tzVersion: z.string().meta({ description: 'Release of the tz database that every wall time is read by' }),
          }),
        },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      const state = await readiness(deps)
      if (!state.ready) throw new Refused('unavailable', { detail: state.why })
      return {
        status: 'ready' as const,
        database: 'ok' as const,
        migrations: 'ok' as const,
        tzVersion: state.tzVersion,
      }
    },
  )
}
