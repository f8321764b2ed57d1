/** Recording medical screenings. A clearance that names no end lasts as long as the policy of the enrolment's clinic says, judged at the gate. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { type PatientId, ScreeningId } from '../domain/ids.ts'
import { recordDay, type Screening } from '../domain/patient.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as patients from '../repositories/patients.ts'
import * as screenings from '../repositories/screenings.ts'
import type { Deps } from './deps.ts'
import { flagIneligible } from './sweep-eligibility.ts'

export type ScreeningDraft = Omit<Screening, 'id' | 'patientId' | 'recordedAt'>

const about = (action: string, patientId: PatientId, resourceId: string | null = null): audit.AuditNote => ({
  action,
  resourceType: 'screening',
  resourceId,
  patientId,
  fieldClasses: ['clinical'],
})

export const listScreenings = ({ db }: Deps, caller: Caller, id: PatientId): Promise<Result<Screening[], Refusal>> =>
  transact(db, async (tx) => {
    if (!(await patients.visibleById(tx, caller, id))) return err(notFound)
    const found = await screenings.ofPatient(tx, id)
    await audit.record(tx, caller, [about('read', id)])
    return ok(found)
  })

/** Only a prescriber assesses. */
export function addScreening(
  { db, newId, now }: Deps,
  caller: Caller,
  patientId: PatientId,
  draft: ScreeningDraft,
): Promise<Result<Screening, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await patients.lockVisible(tx, caller, patientId))) return err(notFound)
    const [assessor] = await clinicians.withLicences(tx, [draft.assessedBy])
    if (!assessor) return err(notFound)
    if (!assessor.roles.includes('prescriber')) return err(invalid('assessedBy', 'is not a prescriber'))
    if (draft.assessedOn > recordDay(now())) return err(invalid('assessedOn', 'is in the future'))
    if (draft.validUntil !== null && draft.validUntil < draft.assessedOn)
      return err(invalid('validUntil', 'is before assessedOn'))
    const screening: Screening = { ...draft, id: ScreeningId.parse(newId()), patientId, recordedAt: now() }
    await screenings.insert(tx, screening)
    await flagIneligible(tx, caller, now(), { patientId })
    await audit.record(tx, caller, [about('create', patientId, screening.id)])
    return ok(screening)
  })
}
