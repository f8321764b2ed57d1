/** `/v1/patients/{id}/consents`: given, in force, withdrawn (contract.md §4). */
import { z } from 'zod'
import { PatientId } from '../../domain/ids.ts'
import { Consent, ConsentKind } from '../../domain/patient.ts'
import { addConsent, listConsents, withdrawConsent } from '../../services/consents.ts'
import type { Routes } from '../app-types.ts'
import { pageWithin } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantOut, inUtc, LocalDate, PageQuery, pageOf } from '../wire.ts'
import { readsPatients, writesPatients } from './patients.ts'

const ConsentBody = z.strictObject({ kind: ConsentKind, givenOn: LocalDate })
const ConsentOut = Consent.extend({ recordedAt: InstantOut, withdrawnAt: InstantOut.nullable() })
const present = (consent: Consent): z.infer<typeof ConsentOut> => ({
  ...consent,
  recordedAt: inUtc(consent.recordedAt),
  withdrawnAt: consent.withdrawnAt === null ? null : inUtc(consent.withdrawnAt),
})

export const consentRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/patients/:id/consents',
    {
      config: readsPatients,
      schema: {
        tags: ['patients'],
        params: IdParams,
        querystring: z.strictObject(PageQuery),
        response: { 200: pageOf(ConsentOut) },
      },
    },
    async ({ params, query, caller }) =>
      pageWithin(orRefuse(await listConsents(deps, caller, asId(PatientId, params.id))), query, present),
  )
  app.post(
    '/v1/patients/:id/consents',
    {
      config: writesPatients,
      schema: { tags: ['patients'], params: IdParams, body: ConsentBody, response: { 201: ConsentOut } },
    },
    async ({ params, body, caller }, reply) => {
      reply.code(201)
      return present(orRefuse(await addConsent(deps, caller, asId(PatientId, params.id), body)))
    },
  )
  app.delete(
    '/v1/patients/:id/consents/:kind',
    {
      config: writesPatients,
      schema: {
        tags: ['patients'],
        params: IdParams.extend({ kind: z.string().max(200) }),
        response: { 204: z.null() },
      },
    },
    async ({ params, caller }, reply) => {
      orRefuse(await withdrawConsent(deps, caller, asId(PatientId, params.id), asId(ConsentKind, params.kind)))
      return reply.code(204).send(null)
    },
  )
}
