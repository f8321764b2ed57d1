/** Keeping clinicians: list, read, add, change. A last day of work ends the shifts after it, a lost licence flags bookings, in the same transaction. */
import { readSnapshot, transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { type Clinician, ClinicianDraft } from '../domain/clinician.ts'
import { ClinicianId, ResourceId } from '../domain/ids.ts'
import { mergePatch, readAs } from '../domain/merge-patch.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'
import { cut, type Page } from './page.ts'
import { flagIneligible } from './sweep-eligibility.ts'

export const listClinicians = (
  { db }: Deps,
  page: clinicians.CliniciansPage,
): Promise<Result<Page<Clinician>, Refusal>> =>
  readSnapshot(db, async (tx) => ok(cut(await clinicians.list(tx, { ...page, limit: page.limit + 1 }), page.limit)))

export const readClinician = ({ db }: Deps, id: ClinicianId): Promise<Result<Clinician, Refusal>> =>
  readSnapshot(db, async (tx) => {
    const [found] = await clinicians.withLicences(tx, [id])
    return found ? ok(found) : err(notFound)
  })

/** A clinician without a display name goes by given and family name. */
const named = (wish: { givenName?: string; familyName?: string; displayName?: string }): object => ({
  displayName: `${wish.givenName} ${wish.familyName}`,
  ...wish,
})

export function addClinician({ db, newId }: Deps, caller: Caller, wish: object): Promise<Result<Clinician, Refusal>> {
  return transact(db, async (tx) => {
    const draft = readAs(ClinicianDraft, named(mergePatch({}, wish) as object))
    if (!draft.ok) return draft
    const [id, supervisionId] = [ClinicianId.parse(newId()), ResourceId.parse(newId())]
    const clinician: Clinician = { ...draft.value, id, supervisionId, revision: 1 }
    await clinicians.insert(tx, [clinician])
    await audit.record(tx, caller, [{ action: 'create', resourceType: 'clinician', resourceId: id, revision: 1 }])
    return ok(clinician)
  })
}

/** `patch` is an RFC 7396 merge patch; licences are replaced as a list. Refuses `bookings-affected` when the last day precedes bookings. */
export function changeClinician(
  { db, now }: Deps,
  caller: Caller,
  id: ClinicianId,
  patch: object,
): Promise<Result<Clinician, Refusal>> {
  return transact(db, async (tx) => {
    const before = await clinicians.lock(tx, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const { id: _, supervisionId, revision, ...known } = before
    const draft = readAs(ClinicianDraft, named(mergePatch(known, patch) as object))
    if (!draft.ok) return draft
    const after = await clinicians.update(tx, { ...draft.value, id, supervisionId, revision })
    const expanded =
      after.activeUntil === before.activeUntil ? ok(undefined) : await reExpand(tx, now(), [id, supervisionId])
    if (!expanded.ok) return expanded
    await flagIneligible(tx, caller, now(), { clinicianId: id })
    await audit.record(tx, caller, [
      { action: 'update', resourceType: 'clinician', resourceId: id, revision: after.revision },
    ])
    return ok(after)
  })
}
