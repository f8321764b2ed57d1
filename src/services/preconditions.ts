/** Recording the dated facts that visits ask for. Never changed: a new one says more. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { type EnrolmentId, PreconditionId } from '../domain/ids.ts'
import { GATES_OF_THEIR_OWN, type Precondition } from '../domain/precondition.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as preconditions from '../repositories/preconditions.ts'
import type { Deps } from './deps.ts'

export type PreconditionDraft = Omit<Precondition, 'id' | 'enrolmentId' | 'recordedAt'>

const FIELDS = { resourceType: 'precondition', fieldClasses: ['clinical'] }

export const listPreconditions = (
  { db }: Deps,
  caller: Caller,
  id: EnrolmentId,
): Promise<Result<Precondition[], Refusal>> =>
  transact(db, async (tx) => {
    const enrolment = await enrolments.visibleById(tx, caller, id)
    if (!enrolment) return err(notFound)
    const found = await preconditions.ofEnrolment(tx, id)
    await audit.record(tx, caller, [{ ...FIELDS, action: 'read', patientId: enrolment.patientId }])
    return ok(found)
  })

export function addPrecondition(
  { db, newId, now }: Deps,
  caller: Caller,
  enrolmentId: EnrolmentId,
  draft: PreconditionDraft,
): Promise<Result<Precondition, Refusal>> {
  return transact(db, async (tx) => {
    const enrolment = await enrolments.lockVisible(tx, caller, enrolmentId)
    if (!enrolment) return err(notFound)
    if (GATES_OF_THEIR_OWN.has(draft.key)) return err(invalid('key', `${draft.key} has a record of its own`))
    if (draft.validUntil !== null && draft.validUntil < draft.metOn)
      return err(invalid('validUntil', 'is before metOn'))
    const fact: Precondition = { ...draft, id: PreconditionId.parse(newId()), enrolmentId, recordedAt: now() }
    await preconditions.insert(tx, fact)
    await audit.record(tx, caller, [
      { ...FIELDS, action: 'create', resourceId: fact.id, patientId: enrolment.patientId },
    ])
    return ok(fact)
  })
}
