/** `/v1/enrolments/{id}/preconditions`: dated facts that visits ask for (contract.md §4). */
import { z } from 'zod'
import { EnrolmentId } from '../../domain/ids.ts'
import { Precondition } from '../../domain/precondition.ts'
import type { ZoneId } from '../../domain/time.ts'
import { addPrecondition, listPreconditions } from '../../services/preconditions.ts'
import type { Routes } from '../app-types.ts'
import { pageWithin } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantOut, inUtc, LocalDate, PageQuery, pageOf, Text, toWire } from '../wire.ts'
import { readsPatients, writesPatients } from './patients.ts'

const PreconditionBody = z.strictObject({
  key: Text(60).describe('as the program’s visits name it in `requires`'),
  metOn: LocalDate,
  validUntil: LocalDate.nullish(),
  visitsGranted: z
    .int()
    .min(1)
    .max(1000)
    .nullish()
    .describe('how many visits that ask for it it covers; absent: any number'),
  reference: Text(200).nullish(),
})
export const PreconditionOut = Precondition.extend({ recordedAt: InstantOut })

/** Without a zone in UTC. */
export const presentPrecondition = (fact: Precondition, zone?: ZoneId): z.infer<typeof PreconditionOut> => ({
  ...fact,
  recordedAt: zone ? toWire(fact.recordedAt, zone) : inUtc(fact.recordedAt),
})
const present = (fact: Precondition) => presentPrecondition(fact)

export const preconditionRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/enrolments/:id/preconditions',
    {
      config: readsPatients,
      schema: {
        tags: ['enrolments'],
        params: IdParams,
        querystring: z.strictObject(PageQuery),
        response: { 200: pageOf(PreconditionOut) },
      },
    },
    async ({ params, query, caller }) =>
      pageWithin(orRefuse(await listPreconditions(deps, caller, asId(EnrolmentId, params.id))), query, present),
  )
  app.post(
    '/v1/enrolments/:id/preconditions',
    {
      config: writesPatients,
      schema: { tags: ['enrolments'], params: IdParams, body: PreconditionBody, response: { 201: PreconditionOut } },
    },
    async ({ params, body, caller }, reply) => {
      const { validUntil = null, visitsGranted = null, reference = null, ...rest } = body
      const draft = { ...rest, validUntil, visitsGranted, reference }
      reply.code(201)
      return present(orRefuse(await addPrecondition(deps, caller, asId(EnrolmentId, params.id), draft)))
    },
  )
}
