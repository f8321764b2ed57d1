/** `/v1/clinics`: who, where and by which policy. `{id}` is an id or a slug. */
import { z } from 'zod'
import { Clinic, ClinicDraft, Policy } from '../../domain/clinic.ts'
import { addClinic, changeClinic, listClinics, readClinic } from '../../services/clinics.ts'
import type { Routes } from '../app-types.ts'
import { draftBody, patchBody } from '../body-schema.ts'
import { pageWish, presentPage } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { IdParams, PageQuery, pageOf } from '../wire.ts'
import { adminOnly, readsCatalogue } from './catalogue-access.ts'

const tags = ['clinics']
/** What a policy leaves out is its province's default. */
const ClinicBody = draftBody(ClinicDraft).extend({ policy: patchBody(Policy).nullish() })

export const clinicRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/clinics',
    {
      config: readsCatalogue,
      schema: { tags, querystring: z.strictObject(PageQuery), response: { 200: pageOf(Clinic) } },
    },
    async ({ query }) => {
      return presentPage(orRefuse(await listClinics(deps, pageWish(query))), (found) => found)
    },
  )
  app.post(
    '/v1/clinics',
    { config: adminOnly, schema: { tags, body: ClinicBody, response: { 201: Clinic } } },
    async ({ body, caller }, reply) => {
      reply.code(201)
      return orRefuse(await addClinic(deps, caller, body))
    },
  )
  app.get(
    '/v1/clinics/:id',
    { config: readsCatalogue, schema: { tags, params: IdParams, response: { 200: Clinic } } },
    async ({ params }) => orRefuse(await readClinic(deps, params.id)),
  )
  app.patch(
    '/v1/clinics/:id',
    {
      config: adminOnly,
      schema: { tags, params: IdParams, body: patchBody(ClinicDraft), response: { 200: Clinic } },
    },
    async ({ params, body, caller }) => orRefuse(await changeClinic(deps, caller, params.id, body)),
  )
}
