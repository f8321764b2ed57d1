/** `/v1/enrolments`: one patient in one program at one clinic, with the patient's wishes and how far it has come (contract.md §4). */
import { z } from 'zod'
import { Enrolment, EnrolmentStatus, WeeklyWindow } from '../../domain/enrolment.ts'
import { VISIT_STATES } from '../../domain/enrolment-overview.ts'
import { AppointmentId, ClinicId, ClinicianId, EnrolmentId, PatientId, ReferralId } from '../../domain/ids.ts'
import { ScreeningOutcome } from '../../domain/patient.ts'
import { Route, Step } from '../../domain/program.ts'
import { type EnrolmentOverview, getEnrolment } from '../../services/enrolment-overview.ts'
import { addEnrolment, changeEnrolment, listEnrolments, type PlacedEnrolment } from '../../services/enrolments.ts'
import type { Routes } from '../app-types.ts'
import { pageWish, presentPage } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantIn, InstantOut, LocalDate, PageQuery, pageOf, Text, toWire } from '../wire.ts'
import { readsPatients, writesPatients } from './patients.ts'
import { PreconditionOut, presentPrecondition } from './preconditions.ts'

const unique = <T>(list: readonly T[]): boolean => new Set(list).size === list.length

const Away = z
  .strictObject({ start: InstantIn, end: InstantIn })
  .refine(({ start, end }) => start < end, { path: ['end'], message: 'is not after start' })
const Weekly = z
  .strictObject({ ...WeeklyWindow.shape, byDay: WeeklyWindow.shape.byDay.min(1).refine(unique, 'names one twice') })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'is not after from' })
const People = z.array(ClinicianId).max(200).nullish()

/** What a body may say of the patient's wishes. */
export const EnrolmentWishes = z.strictObject({
  route: Route.nullish(),
  priority: Enrolment.shape.priority.nullish(),
  allowedClinicIds: z.array(ClinicId).min(1).max(50).refine(unique, 'names one twice').nullish(),
  therapist: z.strictObject({ requireGender: Text(40).nullish(), prefer: People, exclude: People }).nullish(),
  unavailable: z.array(Away).max(500).nullish(),
  weeklyUnavailable: z.array(Weekly).max(100).nullish(),
  preferred: z.array(Weekly).max(100).nullish(),
})
const EnrolmentBody = z.strictObject({
  patientId: PatientId,
  programKey: Text(),
  clinicId: ClinicId,
  ...EnrolmentWishes.shape,
})

const EnrolmentOut = Enrolment.omit({ history: true, formerClinicIds: true }).extend({
  programKey: z.string(),
  timeZone: z.string(),
  unavailable: z.array(z.object({ start: InstantOut, end: InstantOut })),
  openedAt: InstantOut,
  endedAt: InstantOut.nullable(),
})
type EnrolmentOut = z.infer<typeof EnrolmentOut>

const VisitProgressOut = z.object({
  visitKey: z.string(),
  step: Step,
  state: z.enum(VISIT_STATES).meta({
    description:
      'unplanned: nothing booked, or cancelled, missed or not dosed; booked; in-progress: from arrival to recovery; done: completed, or a recorded screening; stopped; needs-replanning',
  }),
  appointmentId: AppointmentId.nullable(),
  start: InstantOut.nullable(),
})
/** What else an entry says depends on its kind. */
const TimelineEntryOut = z.object({
  at: InstantOut,
  kind: z.string(),
  enrolmentId: EnrolmentId.optional(),
  appointmentId: AppointmentId.optional(),
  visitKey: z.string().optional(),
  status: z.string().optional(),
  outcome: ScreeningOutcome.optional(),
  consent: z.string().optional(),
  rule: z.string().optional(),
  key: z.string().optional(),
  referralId: ReferralId.optional(),
  effectiveFrom: LocalDate.optional(),
  fromClinicId: ClinicId.optional(),
  clinicId: ClinicId.optional(),
  fromProgramKey: z.string().optional(),
  programKey: z.string().optional(),
})
const OverviewOut = EnrolmentOut.extend({
  visits: z.array(VisitProgressOut),
  clearance: z.object({ outcome: ScreeningOutcome, validUntil: LocalDate.nullable() }).nullable(),
  nextStep: Step.nullable(),
  reviewOn: LocalDate.nullable().describe('of a patient who needs management: when they are looked at again'),
  preconditions: z.array(PreconditionOut),
  timeline: z.array(TimelineEntryOut),
})

function present(enrolment: PlacedEnrolment): EnrolmentOut {
  const { timeZone, unavailable, openedAt, endedAt, history, formerClinicIds, ...rest } = enrolment
  return {
    ...rest,
    programKey: enrolment.program.key,
    timeZone,
    unavailable: unavailable.map(({ start, end }) => ({ start: toWire(start, timeZone), end: toWire(end, timeZone) })),
    openedAt: toWire(openedAt, timeZone),
    endedAt: endedAt === null ? null : toWire(endedAt, timeZone),
  }
}

function presentOverview({
  visits,
  clearance,
  nextStep,
  reviewOn,
  preconditions,
  timeline,
  ...enrolment
}: EnrolmentOverview): z.infer<typeof OverviewOut> {
  const home = enrolment.timeZone
  return {
    ...present(enrolment),
    visits: visits.map(({ timeZone, start, ...visit }) => ({
      ...visit,
      start: start === null ? null : toWire(start, timeZone ?? home),
    })),
    clearance,
    nextStep,
    reviewOn,
    preconditions: preconditions.map((fact) => presentPrecondition(fact, home)),
    timeline: timeline.map((entry) => ({ ...entry, at: toWire(entry.at, home) })),
  }
}

/** An enrolment as every route answers it. */
export { EnrolmentOut, present as presentEnrolment }

export const enrolmentRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/enrolments',
    {
      config: readsPatients,
      schema: {
        tags: ['enrolments'],
        querystring: z.strictObject({
          patientId: PatientId.optional(),
          clinicId: ClinicId.optional(),
          status: EnrolmentStatus.optional(),
          flag: Text(60).optional(),
          ...PageQuery,
        }),
        response: { 200: pageOf(EnrolmentOut) },
      },
    },
    async ({ query: { limit, cursor, ...filter }, caller }) =>
      presentPage(orRefuse(await listEnrolments(deps, caller, filter, pageWish({ limit, cursor }))), present),
  )
  app.post(
    '/v1/enrolments',
    { config: writesPatients, schema: { tags: ['enrolments'], body: EnrolmentBody, response: { 201: EnrolmentOut } } },
    async ({ body, caller }, reply) => {
      reply.code(201)
      return present(orRefuse(await addEnrolment(deps, caller, body)))
    },
  )
  app.get(
    '/v1/enrolments/:id',
    { config: readsPatients, schema: { tags: ['enrolments'], params: IdParams, response: { 200: OverviewOut } } },
    async ({ params, caller }) =>
      presentOverview(orRefuse(await getEnrolment(deps, caller, asId(EnrolmentId, params.id)))),
  )
  app.patch(
    '/v1/enrolments/:id',
    {
      config: writesPatients,
      schema: { tags: ['enrolments'], params: IdParams, body: EnrolmentWishes, response: { 200: EnrolmentOut } },
    },
    async ({ params, body, caller }) =>
      present(orRefuse(await changeEnrolment(deps, caller, asId(EnrolmentId, params.id), body))),
  )
}
