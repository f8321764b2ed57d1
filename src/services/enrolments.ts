/** Keeping enrolments: list, add, change the patient's wishes. Pausing, withdrawing and transferring are use cases of their own. */
import type { Tx } from '../db/client.ts'
import { attempt, transact } from '../db/client.ts'
import { actsFor, type Caller, isStale } from '../domain/caller.ts'
import type { Clinic } from '../domain/clinic.ts'
import { ANY_THERAPIST, type Enrolment, type TherapistWish } from '../domain/enrolment.ts'
import { type ClinicId, EnrolmentId, type PatientId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { ZoneId } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import * as patients from '../repositories/patients.ts'
import * as programs from '../repositories/programs.ts'
import type { Deps } from './deps.ts'
import { cut, type Page, type PageWish } from './page.ts'

/** With the zone of its clinic. */
export type PlacedEnrolment = Enrolment & { readonly timeZone: ZoneId }

type Wishes = Pick<
  Enrolment,
  'route' | 'priority' | 'allowedClinicIds' | 'therapist' | 'unavailable' | 'weeklyUnavailable' | 'preferred'
>
type Maybe<T> = { readonly [K in keyof T]?: T[K] | null | undefined }
/** RFC 7396: what is absent stays, `null` is the default again. */
export type EnrolmentChange = Maybe<Omit<Wishes, 'therapist'>> & {
  readonly therapist?: Maybe<TherapistWish> | null | undefined
}
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
    const program = await programs.latest(tx, programKey)
    if (!program) return err(notFound)
    const enrolment: Enrolment = {
      ...wished(noWishes(clinicId), wishes),
      id: EnrolmentId.parse(newId()),
      patientId,
      program: { key: program.key, version: program.version },
      status: 'open',
      openedAt: now(),
      endedAt: null,
      endReason: null,
      revision: 1,
    }
    const home = await homeThatFits(tx, enrolment)
    if (!home.ok) return home
    const stored = await attempt(tx, (inner) => enrolments.insert(inner, enrolment))
    if (!stored.ok && stored.error.constraint === 'enrolment_once_per_program') return err({ code: 'already-enrolled' })
    if (!stored.ok) throw new Error(`an enrolment broke ${stored.error.constraint}`)
    await audit.record(tx, caller, [about('create', enrolment)])
    await events.append(tx, [
      {
        type: 'enrolment.opened',
        enrolmentId: enrolment.id,
        clinicId,
        subject: { enrolmentId: enrolment.id, patientId },
      },
    ])
    return ok({ ...enrolment, timeZone: home.value.timeZone })
  })
}

export function changeEnrolment(
  { db }: Deps,
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
    await audit.record(tx, caller, [about('update', after)])
    return ok({ ...after, timeZone: home.value.timeZone })
  })
}

type HomeAndWishes = Wishes & Pick<Enrolment, 'clinicId'>

const noWishes = (clinicId: ClinicId): HomeAndWishes => ({
  clinicId,
  route: null,
  priority: 1,
  allowedClinicIds: [clinicId],
  therapist: ANY_THERAPIST,
  unavailable: [],
  weeklyUnavailable: [],
  preferred: [],
})

function wished(before: HomeAndWishes, change: EnrolmentChange): HomeAndWishes {
  const plain = noWishes(before.clinicId)
  const said = <T>(value: T | null | undefined, kept: T, otherwise: T): T =>
    value === undefined ? kept : (value ?? otherwise)
  const kept = before.therapist
  const therapist = change.therapist === null ? ANY_THERAPIST : change.therapist
  return {
    clinicId: before.clinicId,
    route: said(change.route, before.route, plain.route),
    priority: said(change.priority, before.priority, plain.priority),
    allowedClinicIds: said(change.allowedClinicIds, before.allowedClinicIds, plain.allowedClinicIds),
    therapist: {
      requireGender: said(therapist?.requireGender, kept.requireGender, null),
      prefer: said(therapist?.prefer, kept.prefer, []),
      exclude: said(therapist?.exclude, kept.exclude, []),
    },
    unavailable: said(change.unavailable, before.unavailable, []),
    weeklyUnavailable: said(change.weeklyUnavailable, before.weeklyUnavailable, []),
    preferred: said(change.preferred, before.preferred, []),
  }
}

/** Every clinic and clinician named exists; the allowed clinics hold the home clinic and lie in its region. */
async function homeThatFits(
  tx: Tx,
  { clinicId, allowedClinicIds, therapist }: Pick<Enrolment, 'clinicId' | 'allowedClinicIds' | 'therapist'>,
): Promise<Result<Clinic, Refusal>> {
  const found = await clinics.byIds(tx, [...new Set([clinicId, ...allowedClinicIds])])
  const home = found.find((clinic) => clinic.id === clinicId)
  if (!home || !allowedClinicIds.every((id) => found.some((clinic) => clinic.id === id))) return err(notFound)
  if (!allowedClinicIds.includes(clinicId)) return err(invalid('allowedClinicIds', 'does not hold the home clinic'))
  if (found.some((clinic) => clinic.region !== home.region))
    return err(invalid('allowedClinicIds', 'holds a clinic of another region'))
  if (therapist.prefer.some((id) => therapist.exclude.includes(id)))
    return err(invalid('therapist.prefer', 'names a clinician who is excluded'))
  const named = [...therapist.prefer, ...therapist.exclude]
  return (await clinicians.exist(tx, named)) ? ok(home) : err(notFound)
}
