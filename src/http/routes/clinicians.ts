/** `/v1/clinicians`: staff with roles, languages, limits and licences. When they work: availability. */
import { z } from 'zod'
import { Clinician, ClinicianDraft } from '../../domain/clinician.ts'
import { ClinicId, ClinicianId } from '../../domain/ids.ts'
import { ClinicalRole } from '../../domain/program.ts'
import { addClinician, changeClinician, listClinicians, readClinician } from '../../services/clinicians.ts'
import type { Routes } from '../app-types.ts'
import { draftBody, patchBody } from '../body-schema.ts'
import { pageWish, presentPage } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, PageQuery, pageOf } from '../wire.ts'
import { keepsStaffAndRooms, readsCatalogue } from './catalogue-access.ts'

const tags = ['clinicians']
const ClinicianOut = Clinician.omit({ supervisionId: true })
/** Without a display name, given and family name. */
const ClinicianBody = draftBody(ClinicianDraft).extend({ displayName: ClinicianDraft.shape.displayName.nullish() })
const CliniciansQuery = z.strictObject({
  ...PageQuery,
  clinicId: ClinicId.optional(),
  role: ClinicalRole.optional(),
})

export const clinicianRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/clinicians',
    {
      config: readsCatalogue,
      schema: { tags, querystring: CliniciansQuery, response: { 200: pageOf(ClinicianOut) } },
    },
    async ({ query }) => {
      return presentPage(
        orRefuse(await listClinicians(deps, { ...pageWish(query), clinicId: query.clinicId, role: query.role })),
        (found) => found,
      )
    },
  )
  app.post(
    '/v1/clinicians',
    { config: keepsStaffAndRooms, schema: { tags, body: ClinicianBody, response: { 201: ClinicianOut } } },
    async ({ body, caller }, reply) => {
      reply.code(201)
      return orRefuse(await addClinician(deps, caller, body))
    },
  )
  app.get(
    '/v1/clinicians/:id',
    { config: readsCatalogue, schema: { tags, params: IdParams, response: { 200: ClinicianOut } } },
    async ({ params }) => orRefuse(await readClinician(deps, asId(ClinicianId, params.id))),
  )
  app.patch(
    '/v1/clinicians/:id',
    {
      config: keepsStaffAndRooms,
      schema: { tags, params: IdParams, body: patchBody(ClinicianDraft), response: { 200: ClinicianOut } },
    },
    async ({ params, body, caller }) =>
      orRefuse(await changeClinician(deps, caller, asId(ClinicianId, params.id), body)),
  )
}
