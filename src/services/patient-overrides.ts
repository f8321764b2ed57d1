/** Recording a prescriber's exception to a rule of eligibility for one patient. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { type PatientId, PatientOverrideId } from '../domain/ids.ts'
import type { PatientOverride } from '../domain/patient.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as patientOverrides from '../repositories/patient-overrides.ts'
import * as patients from '../repositories/patients.ts'
import type { Deps } from './deps.ts'

export type PatientOverrideDraft = Pick<PatientOverride, 'rule' | 'prescriberId' | 'reason'>

export function addPatientOverride(
  { db, newId, now }: Deps,
  caller: Caller,
  patientId: PatientId,
  draft: PatientOverrideDraft,
): Promise<Result<PatientOverride, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await patients.lockVisible(tx, caller, patientId))) return err(notFound)
    const [prescriber] = await clinicians.withLicences(tx, [draft.prescriberId])
    if (!prescriber) return err(notFound)
    if (!prescriber.roles.includes('prescriber')) return err(invalid('prescriberId', 'is not a prescriber'))
    const signed = { ...draft, id: PatientOverrideId.parse(newId()), patientId, recordedAt: now() }
    await patientOverrides.insert(tx, signed)
    await audit.record(tx, caller, [
      {
        action: 'override',
        resourceType: 'patient-override',
        resourceId: signed.id,
        patientId,
        fieldClasses: ['clinical'],
      },
    ])
    return ok(signed)
  })
}
