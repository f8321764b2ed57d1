/** One member's invite to a group session, or its cancellation: nothing in it tells of the others, or that there are any (domain.md §7). */
import { transact } from '../db/client.ts'
import { inviteText, methodOf } from '../domain/calendar.ts'
import type { Caller } from '../domain/caller.ts'
import type { GroupSessionId, PatientId } from '../domain/ids.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Lang } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as patients from '../repositories/patients.ts'
import { memberEvents } from './compose-invite.ts'
import type { Deps } from './deps.ts'

export type GroupInvite = { readonly method: 'REQUEST' | 'CANCEL'; readonly text: string }

/** Not found for whoever has never had a seat, and for a program's visit, which has an invite of its own. */
export const readGroupInvite = (
  { db, mailFrom }: Deps,
  caller: Caller,
  id: GroupSessionId,
  patientId: PatientId,
  asked: Lang | undefined,
): Promise<Result<GroupInvite, Refusal>> =>
  transact(
    db,
    async (tx) => {
      const session = await groups.visibleById(tx, caller, id)
      const patient = session && (await patients.byId(tx, patientId))
      const member = patient && (await members.ofPatient(tx, id, patientId))
      if (!session || !patient || !member || member.status === 'waiting' || member.appointmentId) return err(notFound)
      const [event] = await memberEvents(tx, [{ ...member, session }], patient, { organizer: mailFrom, lang: asked })
      if (!event) return err(notFound)
      await audit.record(tx, caller, [
        { action: 'read', resourceType: 'invite', resourceId: id, patientId, fieldClasses: ['schedule', 'contact'] },
      ])
      const text = inviteText({ ...event, response: 'needs-action', attendee: patient.email })
      return ok({ method: methodOf(event), text })
    },
    { isolation: 'repeatable read' },
  )
