/** One member's invite to a group session, or its cancellation: nothing in it tells of the others, or that there are any (domain.md §7). */
import { transact } from '../db/client.ts'
import { inviteText, methodOf, type PatientEvent } from '../domain/calendar.ts'
import type { Caller } from '../domain/caller.ts'
import type { GroupMember, GroupSession } from '../domain/group-session.ts'
import type { GroupSessionId, PatientId } from '../domain/ids.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Lang } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as patients from '../repositories/patients.ts'
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
      const [clinic] = session ? await clinics.byIds(tx, [session.clinicId]) : []
      if (!session || !patient || !clinic || !member || member.status === 'waiting' || member.appointmentId)
        return err(notFound)
      const lang = asked ?? patient.preferredLanguage
      const detailed = (await consents.inForce(tx, patientId)).includes('detailed-invites')
      const event: PatientEvent = {
        uid: member.uid,
        sequence: member.sequence,
        stampedAt: member.updatedAt,
        start: session.start,
        end: session.end,
        zone: session.timeZone,
        modality: 'in-person',
        standing: standingOf(session, member),
        lang,
        clinic,
        organizer: mailFrom,
        ...(detailed ? { detail: { summary: session.title[lang], lines: [clinic.name[lang], clinic.phone] } } : {}),
      }
      await audit.record(tx, caller, [
        { action: 'read', resourceType: 'invite', resourceId: id, patientId, fieldClasses: ['schedule', 'contact'] },
      ])
      const text = inviteText({ ...event, response: 'needs-action', attendee: patient.email })
      return ok({ method: methodOf(event), text })
    },
    { isolation: 'repeatable read' },
  )

function standingOf({ status }: GroupSession, member: GroupMember): PatientEvent['standing'] {
  if (member.status !== 'seated') return 'cancelled'
  return status === 'needs-replanning' ? 'tentative' : 'confirmed'
}
