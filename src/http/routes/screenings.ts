/** `/v1/patients/{id}/screenings` and `…/overrides`: what prescribers say about a patient (contract.md §4). */
import { z } from 'zod'
import { ClinicianId, PatientId } from '../../domain/ids.ts'
import { PatientOverride, Screening, ScreeningOutcome } from '../../domain/patient.ts'
import { Route } from '../../domain/program.ts'
import { addPatientOverride } from '../../services/patient-overrides.ts'
import { addScreening, listScreenings } from '../../services/screenings.ts'
import type { Routes } from '../app-types.ts'
import { pageWithin } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantOut, inUtc, LocalDate, PageQuery, pageOf, Text } from '../wire.ts'
import { readsPatients, writesPatients } from './patients.ts'

/** Keys of a clinic's policy; a policy may name more than the default does. */
const Contraindication = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens')

const ScreeningBody = z.strictObject({
  assessedBy: ClinicianId,
  assessedOn: LocalDate,
  outcome: ScreeningOutcome,
  contraindications: z.array(Contraindication).max(50).nullish(),
  routes: z.array(Route).max(10).nullish(),
  validUntil: LocalDate.nullish(),
  reviewOn: LocalDate.nullish().describe('of `needs-management`: when the patient is looked at again'),
})
const ScreeningOut = Screening.extend({ recordedAt: InstantOut })
const present = (screening: Screening): z.infer<typeof ScreeningOut> => ({
  ...screening,
  recordedAt: inUtc(screening.recordedAt),
})

const OverrideBody = z.strictObject({ rule: z.enum(['age']), prescriberId: ClinicianId, reason: Text(1000) })
const OverrideOut = PatientOverride.extend({ recordedAt: InstantOut })

export const screeningRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/patients/:id/screenings',
    {
      config: readsPatients,
      schema: {
        tags: ['patients'],
        params: IdParams,
        querystring: z.strictObject(PageQuery),
        response: { 200: pageOf(ScreeningOut) },
      },
    },
    async ({ params, query, caller }) =>
      pageWithin(orRefuse(await listScreenings(deps, caller, asId(PatientId, params.id))), query, present),
  )
  app.post(
    '/v1/patients/:id/screenings',
    {
      config: writesPatients,
      schema: { tags: ['patients'], params: IdParams, body: ScreeningBody, response: { 201: ScreeningOut } },
    },
    async ({ params, body, caller }, reply) => {
      const draft = {
        ...body,
        contraindications: [...new Set(body.contraindications ?? [])],
        routes: [...new Set(body.routes ?? [])],
        validUntil: body.validUntil ?? null,
        reviewOn: body.reviewOn ?? null,
      }
      reply.code(201)
      return present(orRefuse(await addScreening(deps, caller, asId(PatientId, params.id), draft)))
    },
  )
  app.post(
    '/v1/patients/:id/overrides',
    {
      config: writesPatients,
      schema: { tags: ['patients'], params: IdParams, body: OverrideBody, response: { 201: OverrideOut } },
    },
    async ({ params, body, caller }, reply) => {
      const signed = orRefuse(await addPatientOverride(deps, caller, asId(PatientId, params.id), body))
      reply.code(201)
      return { ...signed, recordedAt: inUtc(signed.recordedAt) }
    },
  )
}
