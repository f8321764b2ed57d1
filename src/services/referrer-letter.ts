/** What a referrer is told, with the patient's consent and no more: accepted, scheduled or completed (domain.md §4). */
import { transact } from '../db/client.ts'
import { isFixedPoint } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import type { Clinic } from '../domain/clinic.ts'
import type { ReferralId } from '../domain/ids.ts'
import { type LetterStatus, letterStatus, type Referrer } from '../domain/referral.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { dayOf, type Lang, type LocalDate } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patients from '../repositories/patients.ts'
import * as referrals from '../repositories/referrals.ts'
import type { Deps } from './deps.ts'

export type ReferrerLetter = {
  readonly clinic: Clinic
  readonly referrer: Referrer
  readonly patientName: string
  readonly receivedOn: LocalDate
  readonly writtenOn: LocalDate
  readonly status: LetterStatus
  readonly lang: Lang
}

/** Refuses `consent-missing`; `not-found` of a self-referral, `invalid-transition` while there is nothing to tell. `lang`: by default the province's. */
export function writeReferrerLetter(
  { db, now }: Deps,
  caller: Caller,
  id: ReferralId,
  lang: Lang | undefined,
): Promise<Result<ReferrerLetter, Refusal>> {
  return transact(db, async (tx) => {
    const referral = await referrals.visibleById(tx, caller, id)
    if (!referral?.referrer) return err(notFound)
    const { referrer, patientId, enrolmentId, revision } = referral
    const patient = await patients.byId(tx, patientId)
    const [clinic] = await clinics.byIds(tx, [referral.clinicId])
    if (!patient || !clinic) throw new Error('a referral without its patient or clinic')
    if (!(await consents.inForce(tx, patientId)).includes('share-with-referrer')) {
      const detail = 'no consent of kind share-with-referrer is in force'
      return err({ code: 'consent-missing', reasons: [{ rule: 'consent', source: 'domain: consent', detail }] })
    }
    const enrolment = enrolmentId === null ? undefined : await enrolments.byId(tx, enrolmentId)
    const booked = enrolmentId === null ? [] : await appointments.ofEnrolment(tx, enrolmentId)
    const status = letterStatus(referral.status, {
      scheduled: booked.some((a) => isFixedPoint(a.status)),
      completed: enrolment?.status === 'completed',
    })
    if (!status) return err({ code: 'invalid-transition', from: referral.status, to: 'accepted' })
    await audit.record(tx, caller, [
      {
        ...{ action: 'export', resourceType: 'referral', resourceId: id, patientId, revision },
        ...{ fieldClasses: ['identity', 'referral'], recipient: 'referrer' },
      },
    ])
    return ok({
      ...{ clinic, referrer, status, lang: lang ?? (clinic.province === 'QC' ? 'fr' : 'en') },
      patientName: `${patient.givenName} ${patient.familyName}`,
      receivedOn: dayOf(referral.receivedAt, clinic.timeZone),
      writtenOn: dayOf(now(), clinic.timeZone),
    })
  })
}
