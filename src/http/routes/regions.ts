/** `/v1/regions/{slug}`: the way between clinics that share clinicians and itineraries. */
import { z } from 'zod'
import { Slug, Travel } from '../../domain/clinic.ts'
import { changeRegion, readRegion } from '../../services/regions.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { asId } from '../wire.ts'
import { adminOnly, readsCatalogue } from './catalogue-access.ts'

const SlugParams = z.object({ slug: z.string().max(200) })
const Region = z.object({ slug: z.string(), travel: z.array(Travel) })
const clinic = z.string().min(1).max(200).describe('An id or a slug')
const RegionBody = z.strictObject({ travel: z.array(Travel.extend({ from: clinic, to: clinic })).max(2000) })

export const regionRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/regions/:slug',
    { config: readsCatalogue, schema: { tags: ['clinics'], params: SlugParams, response: { 200: Region } } },
    async ({ params }) => orRefuse(await readRegion(deps, asId(Slug, params.slug))),
  )
  app.put(
    '/v1/regions/:slug',
    {
      config: adminOnly,
      schema: { tags: ['clinics'], params: SlugParams, body: RegionBody, response: { 200: Region } },
    },
    async ({ params, body, caller }) =>
      orRefuse(await changeRegion(deps, caller, asId(Slug, params.slug), body.travel)),
  )
}
