/** Who could take one part of an appointment at its time (contract.md §5). */
import { z } from 'zod'
import { AppointmentId, ClinicianId } from '../../domain/ids.ts'
import { ClinicalRole, Key } from '../../domain/program.ts'
import { findSubstitutes } from '../../services/find-substitutes.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams } from '../wire.ts'

const SubstitutesOut = z.object({
  items: z.array(
    z.object({
      clinicianId: ClinicianId,
      displayName: z.string(),
      roles: z.array(ClinicalRole),
      licence: z
        .object({ province: z.string(), college: z.string(), number: z.string(), validUntil: z.string().nullable() })
        .nullable()
        .describe('covers the date where the patient is; null: the part needs none'),
      languages: z.array(z.string()),
      speaksPatientsLanguage: z.boolean(),
      continuityCost: z.number().describe('points for the changes of therapist that it adds'),
    }),
  ),
})

export const substituteRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/appointments/:id/substitutes',
    {
      config: { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'bookings:read' } },
      schema: {
        tags: ['appointments'],
        params: IdParams,
        querystring: z.strictObject({ as: Key.describe('the part of the visit, as its template names it') }),
        response: { 200: SubstitutesOut },
      },
    },
    async ({ params, query, caller }) => {
      const found = orRefuse(await findSubstitutes(deps, caller, asId(AppointmentId, params.id), query.as))
      return {
        items: found.map(({ clinician, licence, speaksPatientsLanguage, continuityCost }) => ({
          clinicianId: clinician.id,
          displayName: clinician.displayName,
          roles: clinician.roles,
          licence: licence && {
            province: licence.province,
            college: licence.college,
            number: licence.number,
            validUntil: licence.validUntil,
          },
          languages: clinician.languages,
          speaksPatientsLanguage,
          continuityCost,
        })),
      }
    },
  )
}
