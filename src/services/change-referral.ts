/** What becomes of a referral: every attempt at contact, who sees to it, accepted (with an enrolment where that is wanted) or declined (domain.md §4). */
import { type Tx, transact } from '../db/client.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { INFO_CALL } from '../domain/enrolment-overview.ts'
import { ReferralContactId, type ReferralId, type UserId } from '../domain/ids.ts'
import type { Patient } from '../domain/patient.ts'
import {
  isContact,
  mayBecome,
  type Referral,
  type ReferralContact,
  type ReferralStatus,
  statusAfter,
} from '../domain/referral.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type Instant, MINUTE } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patients from '../repositories/patients.ts'
import * as referrals from '../repositories/referrals.ts'
import * as users from '../repositories/users.ts'
import type { Deps } from './deps.ts'
import { type EnrolmentChange, noWishes, wished } from './enrolment-wishes.ts'
import { openEnrolment } from './open-enrolment.ts'
import { aboutReferral, CLOCK_SKEW, type WholeReferral, whole } from './referrals.ts'

export type ReferralChange = {
  readonly status: ReferralStatus | undefined
  /** Null: nobody. */
  readonly assignedTo: UserId | null | undefined
  /** With `accepted`: what to enrol the patient in at the referral's clinic; by default the program that was asked for. */
  readonly enrolment: (EnrolmentChange & { readonly programKey?: string | null | undefined }) | undefined
}

type Locked = { readonly referral: Referral; readonly patient: Patient }

async function locked(tx: Tx, caller: Caller, id: ReferralId): Promise<Result<Locked, Refusal>> {
  const seen = await referrals.visibleById(tx, caller, id)
  const patient = seen && (await patients.lockVisible(tx, caller, seen.patientId))
  const referral = patient && (await referrals.lock(tx, id))
  if (!patient || !referral) return err(notFound)
  return isStale(caller, referral) ? err(stale) : ok({ referral, patient })
}

/** Refuses `invalid-transition`, and what opening an enrolment refuses. */
export function changeReferral(
  { db, now, newId }: Deps,
  caller: Caller,
  id: ReferralId,
  { status: to, assignedTo, enrolment }: ReferralChange,
): Promise<Result<WholeReferral, Refusal>> {
  return transact(db, async (tx) => {
    const found = await locked(tx, caller, id)
    if (!found.ok) return found
    const { referral, patient } = found.value
    const status = to ?? referral.status
    if (!mayBecome(referral.status, status))
      return err({ code: 'invalid-transition', from: referral.status, to: status })
    if (assignedTo && !(await users.exists(tx, assignedTo))) return err(notFound)
    const decides = status !== referral.status && (status === 'accepted' || status === 'declined')
    const changed = await referrals.update(tx, {
      ...referral,
      status,
      assignedTo: assignedTo === undefined ? referral.assignedTo : assignedTo,
      contactedAt: status === 'contacted' ? (referral.contactedAt ?? now()) : referral.contactedAt,
      decidedAt: decides ? now() : referral.decidedAt,
    })
    await audit.record(tx, caller, [aboutReferral('update', changed)])
    if (!enrolment) return ok(await whole(tx, caller, changed, patient))
    if (status !== 'accepted') return err(invalid('enrolment', 'goes with the status accepted'))
    if (changed.enrolmentId !== null) return err({ code: 'already-enrolled' })
    const { programKey: wanted, ...wishes } = enrolment
    const programKey = wanted ?? referral.programKey
    if (programKey === null) return err(invalid('enrolment.programKey', 'the referral names no program'))
    const { clinicId, patientId } = changed
    const wish = wished(noWishes(clinicId), wishes)
    const opened = await openEnrolment(
      tx,
      caller,
      { ...wish, patientId, programKey },
      { newId, at: now(), from: changed },
    )
    if (!opened.ok) return opened
    const after = await referrals.lock(tx, id)
    return after ? ok(await whole(tx, caller, after, patient)) : err(notFound)
  })
}

export type ContactDraft = Pick<ReferralContact, 'outcome' | 'note' | 'infoCallDone'> & {
  /** Absent: now. */
  readonly at: ReferralContact['at'] | undefined
}
/** The attempt, and the referral after it. */
export type Contacted = { readonly contact: ReferralContact; readonly referral: WholeReferral }

/** Refuses `invalid-transition` when the patient declines what was accepted; any other attempt is a fact. */
export function recordContact(
  { db, now, newId }: Deps,
  caller: Caller,
  referralId: ReferralId,
  draft: ContactDraft,
): Promise<Result<Contacted, Refusal>> {
  return transact(db, async (tx) => {
    const found = await locked(tx, caller, referralId)
    if (!found.ok) return found
    const { referral, patient } = found.value
    const said = draft.at ?? now()
    if (said > now() + CLOCK_SKEW) return err(invalid('at', 'is in the future'))
    // people write down the minute, which may have begun before the referral came
    if (said + MINUTE <= referral.receivedAt) return err(invalid('at', 'is before the referral was received'))
    const at = Math.max(said, referral.receivedAt) as Instant
    const status = statusAfter(referral.status, draft)
    if (!mayBecome(referral.status, status))
      return err({ code: 'invalid-transition', from: referral.status, to: status })
    const id = ReferralContactId.parse(newId())
    const contact: ReferralContact = { ...draft, id, referralId, at, recordedBy: caller.userId, recordedAt: now() }
    await referrals.insertContact(tx, contact)
    const earliest = (known: typeof at | null, counts: boolean) =>
      counts && (known === null || at < known) ? at : known
    const changed = await referrals.update(tx, {
      ...referral,
      status,
      contactedAt: earliest(referral.contactedAt, isContact(contact)),
      infoCallAt: earliest(referral.infoCallAt, contact.infoCallDone),
      decidedAt: status === 'declined' ? (referral.decidedAt ?? now()) : referral.decidedAt,
    })
    if (contact.infoCallDone) await creditCall(tx, caller, changed)
    await audit.record(tx, caller, [aboutReferral('contact', changed)])
    return ok({ contact, referral: await whole(tx, caller, changed, patient) })
  })
}

/** An information call on the phone is not planned again. */
async function creditCall(tx: Tx, caller: Caller, { enrolmentId, patientId }: Referral): Promise<void> {
  const enrolment = enrolmentId === null ? undefined : await enrolments.lock(tx, enrolmentId)
  if (!enrolment || enrolment.credited.includes(INFO_CALL)) return
  const { id, revision } = await enrolments.update(tx, { ...enrolment, credited: [...enrolment.credited, INFO_CALL] })
  await audit.record(tx, caller, [
    {
      ...{ action: 'update', resourceType: 'enrolment', resourceId: id, patientId },
      ...{ revision, fieldClasses: ['program'] },
    },
  ])
}
