/** `/v1/worklist`: whom to call next and why (contract.md §7). */
import { z } from 'zod'
import {
  AppointmentId,
  ClinicId,
  EnrolmentId,
  GroupSessionId,
  ItineraryId,
  PatientId,
  ReferralId,
} from '../../domain/ids.ts'
import { ACTIONS, WORK_KINDS } from '../../domain/worklist.ts'
import { readWorklist } from '../../services/read-worklist.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { CursorInstant, decodeCursor, encodeCursor, InstantOut, PageQuery, pageOf, toWire } from '../wire.ts'

const WorkItemOut = z.object({
  kind: z.enum(WORK_KINDS),
  dueAt: InstantOut,
  timeZone: z.string(),
  patientId: PatientId,
  enrolmentId: EnrolmentId.nullable(),
  appointmentId: AppointmentId.nullable(),
  itineraryId: ItineraryId.nullable(),
  referralId: ReferralId.nullable(),
  groupSessionId: GroupSessionId.nullable(),
  overdue: z.boolean(),
  mayLeaveMessage: z.boolean(),
  action: z.enum(Object.values(ACTIONS)),
})

const AfterKey = z.tuple([CursorInstant, z.string()])

export const worklistRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/worklist',
    {
      config: { access: { roles: ['admin', 'scheduler', 'clinician'] } },
      schema: {
        tags: ['worklist'],
        querystring: z.strictObject({ ...PageQuery, clinicId: ClinicId.optional() }),
        response: { 200: pageOf(WorkItemOut) },
      },
    },
    async ({ query: { limit, cursor, clinicId }, caller }) => {
      const key = decodeCursor(AfterKey, cursor)
      const after = key && { dueAt: key[0], key: key[1] }
      const { items, more } = orRefuse(await readWorklist(deps, caller, clinicId, { limit, after }))
      const last = more ? items.at(-1) : undefined
      return {
        items: items.map(({ key: _, ...item }) => ({
          ...item,
          dueAt: toWire(item.dueAt, item.timeZone),
          overdue: item.dueAt < deps.now(),
          action: ACTIONS[item.kind],
        })),
        nextCursor: last ? encodeCursor([last.dueAt, last.key]) : null,
      }
    },
  )
}
