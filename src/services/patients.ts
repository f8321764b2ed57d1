/** Keeping patients: list, search, get, add, change. Every record seen or written is in the audit log, one entry per patient. */
import type { Tx } from '../db/client.ts'
import { transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { PatientId } from '../domain/ids.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { type Patient, recordDay, residenceOn } from '../domain/patient.ts'
import { PatientDraft, type PatientPatch, settled } from '../domain/patient-draft.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { LocalDate } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as patients from '../repositories/patients.ts'
import type { Deps } from './deps.ts'
import { cut, type Page, type PageWish } from './page.ts'
import { flagIneligible } from './sweep-eligibility.ts'

/** Classes of fields that a patient's record shows (quality.md §4). */
const WHOLE_RECORD = ['identity', 'contact', 'residence', 'support', 'note']

const seen = (tx: Tx, caller: Caller, action: string, found: readonly Patient[]) =>
  audit.record(
    tx,
    caller,
    found.map(({ id, revision }) => ({
      action,
      resourceType: 'patient',
      resourceId: id,
      patientId: id,
      revision,
      fieldClasses: WHOLE_RECORD,
    })),
  )

export const listPatients = (
  { db }: Deps,
  caller: Caller,
  { limit, after }: PageWish,
): Promise<Result<Page<Patient>, Refusal>> =>
  transact(db, async (tx) => {
    const page = cut(await patients.list(tx, caller, { limit: limit + 1, after }), limit)
    await seen(tx, caller, 'read', page.items)
    return ok(page)
  })

export const searchPatients = (
  { db }: Deps,
  caller: Caller,
  criteria: patients.PatientCriteria,
  { limit, after }: PageWish,
): Promise<Result<Page<Patient>, Refusal>> =>
  transact(db, async (tx) => {
    const page = cut(await patients.search(tx, caller, criteria, { limit: limit + 1, after }), limit)
    await seen(tx, caller, 'search', page.items)
    return ok(page)
  })

export const getPatient = ({ db }: Deps, caller: Caller, id: PatientId): Promise<Result<Patient, Refusal>> =>
  transact(db, async (tx) => {
    const found = await patients.visibleById(tx, caller, id)
    if (!found) return err(notFound)
    await seen(tx, caller, 'read', [found])
    return ok(found)
  })

/** The clinics of whoever takes the patient in see the record from then on. */
export function addPatient(
  { db, newId, now }: Deps,
  caller: Caller,
  draft: PatientDraft,
): Promise<Result<Patient, Refusal>> {
  return transact(db, async (tx) => {
    const today = recordDay(now())
    if (isFuture(draft.birthDate, today)) return err(invalid('birthDate', 'is in the future'))
    const patient: Patient = {
      ...settled(draft, today),
      id: PatientId.parse(newId()),
      intakeClinicIds: [...(caller.clinicIds ?? [])],
      revision: 1,
    }
    await patients.insert(tx, patient, now())
    await seen(tx, caller, 'create', [patient])
    return ok(patient)
  })
}

/** RFC 7396. A new province without a list of residences is a move, today. */
export function changePatient(
  { db, now }: Deps,
  caller: Caller,
  id: PatientId,
  change: PatientPatch,
): Promise<Result<Patient, Refusal>> {
  return transact(db, async (tx) => {
    const before = await patients.lockVisible(tx, caller, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const { id: _, intakeClinicIds, revision, ...facts } = before
    const read = PatientDraft.safeParse(mergePatch(facts, change))
    if (!read.success) {
      const [issue] = read.error.issues
      return err(invalid(issue?.path.join('.') ?? 'body', issue?.message ?? 'is not valid'))
    }
    const today = recordDay(now())
    if (isFuture(read.data.birthDate, today)) return err(invalid('birthDate', 'is in the future'))
    const wish = settled(read.data, today)
    if (
      change.residences === undefined &&
      residenceOn(before, today) !== wish.province &&
      before.province !== wish.province
    )
      wish.residences = [
        ...wish.residences.filter(({ from }) => from !== today),
        { province: wish.province, from: today },
      ]
    const after = await patients.update(tx, { ...wish, id, intakeClinicIds, revision })
    // a move makes other licences count for virtual visits; age, residence and support are gates of their own
    if (GATING.some((fact) => change[fact] !== undefined)) await flagIneligible(tx, caller, now(), { patientId: id })
    await seen(tx, caller, 'update', [after])
    return ok(after)
  })
}

const GATING = ['province', 'residences', 'birthDate', 'communitySupport'] as const

const isFuture = (day: LocalDate | null, today: LocalDate): boolean => day !== null && day > today
