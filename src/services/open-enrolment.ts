/** Opens an enrolment, from a referral where there is one, in the caller's transaction. The patient is locked and visible. */
import { attempt, type Tx } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { type Enrolment, FRESH } from '../domain/enrolment.ts'
import { INFO_CALL } from '../domain/enrolment-overview.ts'
import { EnrolmentId, type PatientId } from '../domain/ids.ts'
import type { Referral } from '../domain/referral.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant, ZoneId } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import * as programs from '../repositories/programs.ts'
import * as referrals from '../repositories/referrals.ts'
import { type HomeAndWishes, homeThatFits } from './enrolment-wishes.ts'

type Opening = HomeAndWishes & { readonly patientId: PatientId; readonly programKey: string }

/**
 * Refuses `already-enrolled` while the patient is under way in the program. The referral given, else the latest that nothing has come of yet,
 * is accepted by it; an information call that was held counts as done.
 */
export async function openEnrolment(
  tx: Tx,
  caller: Caller,
  { patientId, programKey, ...wishes }: Opening,
  { newId, at, from }: { readonly newId: () => string; readonly at: Instant; readonly from?: Referral },
): Promise<Result<Enrolment & { readonly timeZone: ZoneId }, Refusal>> {
  const program = await programs.latest(tx, programKey)
  if (!program) return err(notFound)
  const home = await homeThatFits(tx, wishes)
  if (!home.ok) return home
  const referral = from ?? (await referrals.awaiting(tx, patientId, wishes.allowedClinicIds, programKey))
  const enrolment: Enrolment = {
    ...FRESH,
    ...wishes,
    id: EnrolmentId.parse(newId()),
    patientId,
    program: { key: program.key, version: program.version },
    credited: referral?.infoCallAt ? [INFO_CALL] : [],
    openedAt: at,
  }
  const { id, clinicId, revision } = enrolment
  const stored = await attempt(tx, (inner) => enrolments.insert(inner, enrolment))
  if (!stored.ok && stored.error.constraint === 'enrolment_once_per_program') return err({ code: 'already-enrolled' })
  if (!stored.ok) throw new Error(`an enrolment broke ${stored.error.constraint}`)
  if (referral) {
    const decidedAt = referral.decidedAt ?? at
    const accepted = await referrals.update(tx, { ...referral, status: 'accepted', decidedAt, enrolmentId: id })
    await audit.record(tx, caller, [
      {
        ...{ action: 'update', resourceType: 'referral', resourceId: accepted.id, patientId },
        ...{ revision: accepted.revision, fieldClasses: ['referral'] },
      },
    ])
  }
  await audit.record(tx, caller, [
    {
      ...{ action: 'create', resourceType: 'enrolment', resourceId: id, patientId },
      ...{ revision, fieldClasses: ['program', 'wishes'] },
    },
  ])
  await events.append(tx, [
    { type: 'enrolment.opened', enrolmentId: id, clinicId, subject: { enrolmentId: id, patientId } },
  ])
  return ok({ ...enrolment, timeZone: home.value.timeZone })
}
