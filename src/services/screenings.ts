/**
 * Recording medical screenings, and what follows from one: `cleared` opens the gates, `needs-management` waits for its review, `not-cleared`
 * closes what the patient is under way in (domain.md §3). A clearance that names no end lasts as long as the clinic's policy says.
 */
import { type Tx, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { latestScreening } from '../domain/eligibility.ts'
import { type PatientId, ScreeningId } from '../domain/ids.ts'
import { recordDay, type Screening } from '../domain/patient.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patients from '../repositories/patients.ts'
import * as screenings from '../repositories/screenings.ts'
import type { Deps } from './deps.ts'
import { lockEnrolment } from './lock-enrolment.ts'
import { flagIneligible } from './sweep-eligibility.ts'
import { closeEnrolment } from './withdraw-enrolment.ts'

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
    if (draft.reviewOn !== null && draft.outcome !== 'needs-management')
      return err(invalid('reviewOn', 'is for an outcome of needs-management'))
    if (draft.reviewOn !== null && draft.reviewOn < draft.assessedOn)
      return err(invalid('reviewOn', 'is before assessedOn'))
    const screening: Screening = { ...draft, id: ScreeningId.parse(newId()), patientId, recordedAt: now() }
    await screenings.insert(tx, screening)
    const latest = latestScreening(await screenings.ofPatient(tx, patientId))
    if (latest?.id === screening.id && screening.outcome === 'not-cleared') await closeAll(tx, caller, screening)
    await flagIneligible(tx, caller, now(), { patientId })
    await audit.record(tx, caller, [about('create', patientId, screening.id)])
    return ok(screening)
  })
}

/** A screening is the patient's: it closes every enrolment that has a dose left. */
async function closeAll(tx: Tx, caller: Caller, { patientId, assessedOn, recordedAt }: Screening): Promise<void> {
  for (const { id } of await enrolments.underWayOf(tx, patientId)) {
    const locked = await lockEnrolment(tx, id)
    const given = locked.booked.filter((a) => a.status === 'completed' || a.status === 'stopped')
    const left = locked.program.visits.filter(
      (v) => v.step === 'experience' && !v.optional && !given.some((a) => a.visitKey === v.key),
    )
    if (left.length === 0) continue
    await closeEnrolment(
      tx,
      caller,
      locked,
      `not cleared by the medical screening of ${assessedOn}`,
      'not-cleared',
      recordedAt,
    )
  }
}
