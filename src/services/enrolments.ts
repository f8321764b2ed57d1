/** Keeping enrolments: list, add, change the patient's wishes. Pausing, withdrawing and transferring are use cases of their own. */
import { transact } from '../db/client.ts'
import { actsFor, type Caller, isStale } from '../domain/caller.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import type { ClinicId, EnrolmentId, PatientId } from '../domain/ids.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { ZoneId } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patients from '../repositories/patients.ts'
import type { Deps } from './deps.ts'
import { type EnrolmentChange, homeThatFits, noWishes, wished } from './enrolment-wishes.ts'
import { openEnrolment } from './open-enrolment.ts'
import { cut, type Page, type PageWish } from './page.ts'
import { flagIneligible } from './sweep-eligibility.ts'

/** With the zone of its clinic. */
export type PlacedEnrolment = Enrolment & { readonly timeZone: ZoneId }

export type EnrolmentDraft = EnrolmentChange & {
  readonly patientId: PatientId
  readonly programKey: string
  readonly clinicId: ClinicId
}

const about = (action: string, { id, patientId, revision }: Enrolment): audit.AuditNote => ({
  action,
  resourceType: 'enrolment',
  resourceId: id,
  patientId,
  revision,
  fieldClasses: ['program', 'wishes'],
})

export function listEnrolments(
  { db }: Deps,
  caller: Caller,
  filter: enrolments.EnrolmentFilter,
  { limit, after }: PageWish,
): Promise<Result<Page<PlacedEnrolment>, Refusal>> {
  return transact(db, async (tx) => {
    const { items, more } = cut(await enrolments.list(tx, caller, filter, { limit: limit + 1, after }), limit)
    const homes = await clinics.byIds(tx, [...new Set(items.map((e) => e.clinicId))])
    const zones = new Map(homes.map((c) => [c.id, c.timeZone]))
    await audit.record(
      tx,
      caller,
      items.map((e) => about('read', e)),
    )
    return ok({ items: items.map((e) => ({ ...e, timeZone: zones.get(e.clinicId) as ZoneId })), more })
  })
}

/** Refuses `already-enrolled` while the patient is under way in the program. Age and clearance are judged when visits are booked. */
export function addEnrolment(
  { db, newId, now }: Deps,
  caller: Caller,
  { patientId, programKey, clinicId, ...wishes }: EnrolmentDraft,
): Promise<Result<PlacedEnrolment, Refusal>> {
  return transact(db, async (tx) => {
    if (!actsFor(caller, clinicId)) return err(notFound)
    if (!(await patients.lockVisible(tx, caller, patientId))) return err(notFound)
    const wish = wished(noWishes(clinicId), wishes)
    return openEnrolment(tx, caller, { ...wish, patientId, programKey }, { newId, at: now() })
  })
}

export function changeEnrolment(
  { db, now }: Deps,
  caller: Caller,
  id: EnrolmentId,
  change: EnrolmentChange,
): Promise<Result<PlacedEnrolment, Refusal>> {
  return transact(db, async (tx) => {
    const before = await enrolments.lockVisible(tx, caller, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const wish = { ...before, ...wished(before, change) }
    const home = await homeThatFits(tx, wish)
    if (!home.ok) return home
    const after = await enrolments.update(tx, wish)
    // a route is cleared, and given here, or it is not
    if (after.route !== before.route) await flagIneligible(tx, caller, now(), { enrolmentId: id })
    await audit.record(tx, caller, [about('update', after)])
    return ok({ ...after, timeZone: home.value.timeZone })
  })
}
