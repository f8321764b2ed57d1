/** Keeping referrals: the queue, one with its contacts, a new one. From then on the patient has a record, and the clock runs (domain.md §4). */
import { type Tx, transact } from '../db/client.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import { expandEach } from '../domain/expansion.ts'
import { type ClinicId, PatientId, ReferralId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import { type Patient, recordDay } from '../domain/patient.ts'
import { type ReferredPatient, settled } from '../domain/patient-draft.ts'
import { contactDue, isOverdue, type Referral, type ReferralContact } from '../domain/referral.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { DAY, type Instant, MINUTE, toWire, type ZoneId } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as calendars from '../repositories/calendars.ts'
import * as clinics from '../repositories/clinics.ts'
import * as events from '../repositories/events.ts'
import * as patients from '../repositories/patients.ts'
import * as programs from '../repositories/programs.ts'
import * as referrals from '../repositories/referrals.ts'
import type { Deps } from './deps.ts'
import { cut, type Page } from './page.ts'

/** With the zone of its clinic. */
export type PlacedReferral = Referral & { readonly timeZone: ZoneId }
/** `possibleDuplicates`: other patients who may be the same person. */
export type WholeReferral = PlacedReferral & {
  readonly contacts: ReferralContact[]
  readonly possibleDuplicates: PatientId[]
}

export type ReferralDraft = Pick<Referral, 'clinicId' | 'source' | 'referrer' | 'programKey' | 'reason'> & {
  /** Absent: now. */
  readonly receivedAt: Instant | undefined
  readonly patient: PatientId | ReferredPatient
}

/** As far ahead as a clinic may take to be open for 24 hours. */
const OPENING_DAYS = 90
/** Clocks differ a little. */
export const CLOCK_SKEW = MINUTE
const DUPLICATES = 20
const OLDEST = 3653 * DAY

export const aboutReferral = (action: string, { id, patientId, revision }: Referral): audit.AuditNote => ({
  action,
  resourceType: 'referral',
  resourceId: id,
  patientId,
  revision,
  fieldClasses: ['referral'],
})

export function listReferrals(
  { db, now }: Deps,
  caller: Caller,
  { overdue, ...filter }: Pick<referrals.ReferralFilter, 'status' | 'clinicId'> & { overdue: boolean | undefined },
  { limit, after }: Parameters<typeof referrals.list>[3],
): Promise<Result<Page<PlacedReferral>, Refusal>> {
  return transact(db, async (tx) => {
    const when = overdue === undefined ? undefined : { at: now(), is: overdue }
    const found = await referrals.list(tx, caller, { ...filter, overdue: when }, { limit: limit + 1, after })
    const { items, more } = cut(found, limit)
    const homes = await clinics.byIds(tx, [...new Set(items.map((r) => r.clinicId))])
    const zones = new Map(homes.map((c) => [c.id, c.timeZone]))
    await audit.record(
      tx,
      caller,
      items.map((r) => aboutReferral('read', r)),
    )
    return ok({ items: items.map((r) => ({ ...r, timeZone: zones.get(r.clinicId) as ZoneId })), more })
  })
}

export const getReferral = ({ db }: Deps, caller: Caller, id: ReferralId): Promise<Result<WholeReferral, Refusal>> =>
  transact(db, async (tx) => {
    const found = await referrals.visibleById(tx, caller, id)
    const patient = found && (await patients.byId(tx, found.patientId))
    if (!found || !patient) return err(notFound)
    await audit.record(tx, caller, [aboutReferral('read', found)])
    return ok(await whole(tx, caller, found, patient))
  })

/** Who is named as a possible duplicate is known to be a patient: that is in the log too. */
export async function whole(tx: Tx, caller: Caller, referral: Referral, patient: Patient): Promise<WholeReferral> {
  const [clinic] = await clinics.byIds(tx, [referral.clinicId])
  if (!clinic) throw new Error('a referral without its clinic')
  const possibleDuplicates = await referrals.possibleDuplicates(tx, caller, patient, DUPLICATES)
  await audit.record(
    tx,
    caller,
    possibleDuplicates.map((patientId) => ({
      ...{ action: 'match', resourceType: 'patient', resourceId: patientId },
      ...{ patientId, fieldClasses: ['identity'] },
    })),
  )
  const contacts = await referrals.contactsOf(tx, referral.id)
  return { ...referral, timeZone: clinic.timeZone, contacts, possibleDuplicates }
}

export function addReferral(deps: Deps, caller: Caller, draft: ReferralDraft): Promise<Result<WholeReferral, Refusal>> {
  return transact(deps.db, async (tx) => {
    const at = deps.now()
    const { clinicId, programKey, receivedAt = at } = draft
    const [clinic] = actsFor(caller, clinicId) ? await clinics.byIds(tx, [clinicId]) : []
    if (!clinic || (programKey !== null && !(await programs.latest(tx, programKey)))) return err(notFound)
    if (receivedAt < at - OLDEST) return err(invalid('receivedAt', 'is more than ten years ago'))
    if (receivedAt > at + CLOCK_SKEW) return err(invalid('receivedAt', 'is in the future'))
    const patient = await patientOf(tx, deps, caller, draft, clinic.province)
    if (!patient.ok) return patient
    const { elapsed, business } = contactDue(receivedAt, await openingOf(tx, clinicId, receivedAt))
    const referral: Referral = {
      ...{ id: ReferralId.parse(deps.newId()), clinicId, patientId: patient.value.id, enrolmentId: null },
      ...{ source: draft.source, referrer: draft.referrer, programKey, reason: draft.reason },
      ...{ status: 'new', assignedTo: null, receivedAt, dueElapsed: elapsed, dueBusiness: business },
      contactDueAt: clinic.policy.contactClock === 'business' ? (business ?? elapsed) : elapsed,
      ...{ contactedAt: null, infoCallAt: null, decidedAt: null, revision: 1 },
    }
    const late = isOverdue(referral, at)
    await referrals.insert(tx, referral, at, late)
    await audit.record(tx, caller, [aboutReferral('create', referral)])
    const { id, patientId, contactDueAt } = referral
    const about = { referralId: id, patientId, contactDueAt: toWire(contactDueAt, clinic.timeZone) }
    const subject = { ...about, receivedAt: toWire(receivedAt, clinic.timeZone) }
    const received = { type: 'referral.received' as const, enrolmentId: null, clinicId, subject }
    // one that lay in a tray for a day is told of without waiting for the sweep
    const overdue = { ...received, type: 'referral.overdue' as const, subject: about }
    await events.append(tx, late ? [received, overdue] : [received])
    return ok(await whole(tx, caller, referral, patient.value))
  })
}

/** A patient on record, whom the clinic sees from now on, or a new one. */
async function patientOf(
  tx: Tx,
  { newId, now }: Deps,
  caller: Caller,
  { patient, clinicId }: ReferralDraft,
  province: ReferredPatient['province'] & string,
): Promise<Result<Patient, Refusal>> {
  if (typeof patient === 'string') {
    const known = await patients.lockVisible(tx, caller, patient)
    if (!known) return err(notFound)
    const { intakeClinicIds } = known
    if (intakeClinicIds.includes(clinicId)) return ok(known)
    return ok(await patients.update(tx, { ...known, intakeClinicIds: [...intakeClinicIds, clinicId] }))
  }
  const today = recordDay(now())
  if (patient.birthDate !== null && patient.birthDate > today)
    return err(invalid('patient.birthDate', 'is in the future'))
  const record: Patient = {
    ...settled({ ...patient, province: patient.province ?? province }, today),
    id: PatientId.parse(newId()),
    intakeClinicIds: [clinicId],
    revision: 1,
  }
  await patients.insert(tx, record, now())
  const fieldClasses = ['identity', 'contact', 'residence', 'support', 'note']
  await audit.record(tx, caller, [
    {
      ...{ action: 'create', resourceType: 'patient', resourceId: record.id },
      ...{ patientId: record.id, revision: 1, fieldClasses },
    },
  ])
  return ok(record)
}

/** The clinic's hours from then on: also where nothing is stored, for what came before the service did. */
async function openingOf(tx: Tx, clinicId: ClinicId, from: Instant): Promise<Interval<Instant>[]> {
  const facts = await calendars.load(tx, [clinicId], [clinicId], from)
  const window = { start: from, end: (from + OPENING_DAYS * DAY) as Instant }
  return expandEach(facts, [{ kind: 'clinic', id: clinicId }], window).sort((a, b) => a.start - b.start)
}
