/** Keeping clinics: list, read, add, change. What moves opening hours re-expands availability in the same transaction. */
import { isDeepStrictEqual } from 'node:util'
import { attempt, readSnapshot, type Tx, transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { type Clinic, ClinicDraft, withAgeOfMajority } from '../domain/clinic.ts'
import { ClinicId } from '../domain/ids.ts'
import { mergePatch, readAs } from '../domain/merge-patch.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as referrals from '../repositories/referrals.ts'
import * as regions from '../repositories/regions.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'
import { cut, type Page, type PageWish } from './page.ts'
import { flagByPolicy } from './sweep-eligibility.ts'

export const listClinics = ({ db }: Deps, page: PageWish): Promise<Result<Page<Clinic>, Refusal>> =>
  readSnapshot(db, async (tx) => ok(cut(await clinics.list(tx, { ...page, limit: page.limit + 1 }), page.limit)))

export const readClinic = ({ db }: Deps, idOrSlug: string): Promise<Result<Clinic, Refusal>> =>
  readSnapshot(db, async (tx) => {
    const found = await clinics.byIdOrSlug(tx, idOrSlug)
    return found ? ok(found) : err(notFound)
  })

const taken = invalid('slug', 'is another clinic’s')

/** `wish` is a draft; what its policy leaves out is the province's default. */
export function addClinic({ db, newId }: Deps, caller: Caller, wish: object): Promise<Result<Clinic, Refusal>> {
  return transact(db, async (tx) => {
    const draft = readAs(ClinicDraft, withAgeOfMajority(mergePatch({}, wish) as object))
    if (!draft.ok) return draft
    const clinic: Clinic = { ...draft.value, id: ClinicId.parse(newId()), revision: 1 }
    await regions.ensure(tx, [clinic.region])
    const fits = await sharesItsRegionsZone(tx, clinic)
    if (!fits.ok) return fits
    const inserted = await attempt(tx, (inner) => clinics.insert(inner, [clinic]))
    if (!inserted.ok) return err(taken)
    await audit.record(tx, caller, [{ action: 'create', resourceType: 'clinic', resourceId: clinic.id, revision: 1 }])
    return ok(clinic)
  })
}

/** `patch` is an RFC 7396 merge patch. Refuses `bookings-affected` when bookings would lie outside the new hours. */
export function changeClinic(
  { db, now }: Deps,
  caller: Caller,
  idOrSlug: string,
  patch: object,
): Promise<Result<Clinic, Refusal>> {
  return transact(db, async (tx) => {
    const before = await clinics.lock(tx, idOrSlug)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const { id, revision, ...known } = before
    const draft = readAs(ClinicDraft, withAgeOfMajority(mergePatch(known, patch) as object))
    if (!draft.ok) return draft
    const wish: Clinic = { ...draft.value, id, revision }
    await regions.ensure(tx, [before.region, wish.region])
    const fits = await sharesItsRegionsZone(tx, wish)
    if (!fits.ok) return fits
    if (wish.region !== before.region) await regions.deleteTravel(tx, [id])
    const updated = await attempt(tx, (inner) => clinics.update(inner, wish))
    if (!updated.ok) return err(taken)
    if (wish.policy.contactClock !== before.policy.contactClock)
      await referrals.followClock(tx, id, wish.policy.contactClock)
    const expanded = movesHours(before, wish) ? await reExpand(tx, now(), [id]) : ok(undefined)
    if (!expanded.ok) return expanded
    if (!isDeepStrictEqual(before.policy, wish.policy) || before.province !== wish.province)
      await flagByPolicy(tx, caller, now(), id)
    await audit.record(tx, caller, [
      { action: 'update', resourceType: 'clinic', resourceId: id, revision: updated.value.revision },
    ])
    return ok(updated.value)
  })
}

/** An itinerary may span a region, and counts its local days in one zone. */
async function sharesItsRegionsZone(tx: Tx, clinic: Clinic): Promise<Result<void, Refusal>> {
  const others = (await clinics.ofRegion(tx, clinic.region)).filter(({ id }) => id !== clinic.id)
  const other = others.find(({ timeZone }) => timeZone !== clinic.timeZone)
  if (!other) return ok(undefined)
  return err(invalid('timeZone', `clinics of region ${clinic.region} share ${other.timeZone}`))
}

const movesHours = (before: Clinic, after: Clinic): boolean =>
  before.timeZone !== after.timeZone ||
  before.province !== after.province ||
  before.opensOn !== after.opensOn ||
  !isDeepStrictEqual(before.policy.holidays, after.policy.holidays)
