/** Recording consents and their withdrawal. One given while another of its kind is in force takes its place. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { ConsentId, type PatientId } from '../domain/ids.ts'
import { type Consent, type ConsentKind, recordDay } from '../domain/patient.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as consents from '../repositories/consents.ts'
import * as patients from '../repositories/patients.ts'
import type { Deps } from './deps.ts'
import { flagIneligible } from './sweep-eligibility.ts'

export type ConsentDraft = Pick<Consent, 'kind' | 'givenOn'>

const about = (action: string, patientId: PatientId, resourceId: string | null = null): audit.AuditNote => ({
  action,
  resourceType: 'consent',
  resourceId,
  patientId,
  fieldClasses: ['consent'],
})

/** Withdrawn ones too, the latest first. */
export const listConsents = ({ db }: Deps, caller: Caller, id: PatientId): Promise<Result<Consent[], Refusal>> =>
  transact(db, async (tx) => {
    if (!(await patients.visibleById(tx, caller, id))) return err(notFound)
    const found = await consents.ofPatient(tx, id)
    await audit.record(tx, caller, [about('read', id)])
    return ok(found)
  })

export function addConsent(
  { db, newId, now }: Deps,
  caller: Caller,
  patientId: PatientId,
  draft: ConsentDraft,
): Promise<Result<Consent, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await patients.lockVisible(tx, caller, patientId))) return err(notFound)
    if (draft.givenOn > recordDay(now())) return err(invalid('givenOn', 'is in the future'))
    const at = now()
    const consent: Consent = { ...draft, id: ConsentId.parse(newId()), patientId, withdrawnAt: null, recordedAt: at }
    await consents.end(tx, patientId, draft.kind, at)
    await consents.insert(tx, consent)
    await audit.record(tx, caller, [about('create', patientId, consent.id)])
    return ok(consent)
  })
}

/** Acts at once: visits ahead that cannot be without it wait to be replanned. Refuses `not-found` when no consent of the kind is in force. */
export function withdrawConsent(
  { db, now }: Deps,
  caller: Caller,
  patientId: PatientId,
  kind: ConsentKind,
): Promise<Result<void, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await patients.lockVisible(tx, caller, patientId))) return err(notFound)
    const ended = await consents.end(tx, patientId, kind, now())
    if (!ended) return err(notFound)
    await flagIneligible(tx, caller, now(), { patientId })
    await audit.record(tx, caller, [about('withdraw', patientId, ended.id)])
    return ok(undefined)
  })
}
