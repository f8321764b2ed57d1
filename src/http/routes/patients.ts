/** `/v1/patients`: the record of who is treated. Names are searched for in a body, never in a URL (contract.md §4). */
import { z } from 'zod'
import { PatientId } from '../../domain/ids.ts'
import { Patient } from '../../domain/patient.ts'
import { PatientDraft, PatientPatch } from '../../domain/patient-draft.ts'
import { addPatient, changePatient, getPatient, listPatients, searchPatients } from '../../services/patients.ts'
import type { Routes } from '../app-types.ts'
import { pageWish, presentPage } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, LocalDate, optional, PageQuery, pageOf, Text } from '../wire.ts'

export const readsPatients = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'patients:read' },
} as const
export const writesPatients = {
  access: { roles: ['admin', 'scheduler', 'integration'], scope: 'patients:write' },
} as const

const PatientOut = Patient.omit({ intakeClinicIds: true })
type PatientOut = z.infer<typeof PatientOut>
const present = ({ intakeClinicIds: _, ...patient }: Patient): PatientOut => patient

/** Enough digits to mean someone. */
const PHONE_DIGITS_MIN = 4

const Criteria = z
  .strictObject({
    name: optional(Text()),
    birthDate: optional(LocalDate),
    phone: optional(
      Text(40).refine((text) => text.replace(/\D/g, '').length >= PHONE_DIGITS_MIN, 'holds too few digits'),
    ),
    limit: PageQuery.limit,
    cursor: optional(z.string().max(500)),
  })
  .refine(({ name, birthDate, phone }) => name ?? birthDate ?? phone, {
    path: ['name'],
    message: 'give a name, a date of birth or a phone number',
  })

export const patientRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/patients',
    {
      config: readsPatients,
      schema: { tags: ['patients'], querystring: z.strictObject(PageQuery), response: { 200: pageOf(PatientOut) } },
    },
    async ({ query, caller }) => presentPage(orRefuse(await listPatients(deps, caller, pageWish(query))), present),
  )
  app.post(
    '/v1/patients',
    { config: writesPatients, schema: { tags: ['patients'], body: PatientDraft, response: { 201: PatientOut } } },
    async ({ body, caller }, reply) => {
      reply.code(201)
      return present(orRefuse(await addPatient(deps, caller, body)))
    },
  )
  app.post(
    '/v1/patients/search',
    { config: readsPatients, schema: { tags: ['patients'], body: Criteria, response: { 200: pageOf(PatientOut) } } },
    async ({ body: { limit, cursor, ...criteria }, caller }) =>
      presentPage(orRefuse(await searchPatients(deps, caller, criteria, pageWish({ limit, cursor }))), present),
  )
  app.get(
    '/v1/patients/:id',
    { config: readsPatients, schema: { tags: ['patients'], params: IdParams, response: { 200: PatientOut } } },
    async ({ params, caller }) => present(orRefuse(await getPatient(deps, caller, asId(PatientId, params.id)))),
  )
  app.patch(
    '/v1/patients/:id',
    {
      config: writesPatients,
      schema: { tags: ['patients'], params: IdParams, body: PatientPatch, response: { 200: PatientOut } },
    },
    async ({ params, body, caller }) =>
      present(orRefuse(await changePatient(deps, caller, asId(PatientId, params.id), body))),
  )
}
