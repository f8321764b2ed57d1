/** `/v1/enrolments/{id}/withdraw|pause|resume|transfer`: what happens to an enrolment as a whole, one transaction each (contract.md §4). */
import { z } from 'zod'
import { ClinicId, EnrolmentId } from '../../domain/ids.ts'
import { pauseEnrolment, resumeEnrolment } from '../../services/pause-enrolment.ts'
import { transferEnrolment } from '../../services/transfer-enrolment.ts'
import { withdrawEnrolment } from '../../services/withdraw-enrolment.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, LocalDate, optional, Text } from '../wire.ts'
import { EnrolmentOut, presentEnrolment } from './enrolments.ts'
import { writesPatients } from './patients.ts'

const WithdrawBody = z.strictObject({ reason: optional(Text(500)) }).nullish()
const PauseBody = z.strictObject({ reason: optional(Text(500)), resumeOn: optional(LocalDate) }).nullish()
const ResumeBody = z.strictObject({}).nullish()
const TransferBody = z
  .strictObject({
    clinicId: optional(ClinicId),
    programKey: optional(Text()),
    effectiveFrom: LocalDate.describe('visits before that day stay at their clinic'),
  })
  .refine(({ clinicId, programKey }) => clinicId !== undefined || programKey !== undefined, {
    path: ['clinicId'],
    message: 'name a clinic, a program, or both',
  })

const schema = <B extends z.ZodType>(body: B) => ({
  tags: ['enrolments'],
  params: IdParams,
  body,
  response: { 200: EnrolmentOut },
})

export const enrolmentStepRoutes: Routes = (app, deps) => {
  const config = writesPatients
  app.post(
    '/v1/enrolments/:id/withdraw',
    { config, schema: schema(WithdrawBody) },
    async ({ params, body, caller }) => {
      const id = asId(EnrolmentId, params.id)
      return presentEnrolment(orRefuse(await withdrawEnrolment(deps, caller, id, body?.reason ?? null)))
    },
  )
  app.post('/v1/enrolments/:id/pause', { config, schema: schema(PauseBody) }, async ({ params, body, caller }) => {
    const wish = { reason: body?.reason ?? null, resumeOn: body?.resumeOn ?? null }
    return presentEnrolment(orRefuse(await pauseEnrolment(deps, caller, asId(EnrolmentId, params.id), wish)))
  })
  app.post('/v1/enrolments/:id/resume', { config, schema: schema(ResumeBody) }, async ({ params, caller }) =>
    presentEnrolment(orRefuse(await resumeEnrolment(deps, caller, asId(EnrolmentId, params.id)))),
  )
  app.post('/v1/enrolments/:id/transfer', { config, schema: schema(TransferBody) }, async ({ params, body, caller }) =>
    presentEnrolment(orRefuse(await transferEnrolment(deps, caller, asId(EnrolmentId, params.id), body))),
  )
}
