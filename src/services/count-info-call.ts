/** The information call may be the first contact with whoever was referred (domain.md §4): held as a visit, it says so. Under the patient's lock. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import { INFO_CALL } from '../domain/enrolment-overview.ts'
import type { Instant } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as referrals from '../repositories/referrals.ts'
import { aboutReferral } from './referrals.ts'

/** `completed`: a visit that has just been. It counts from when it began, where that was said. */
export async function countInfoCall(tx: Tx, caller: Caller, completed: Appointment, at: Instant): Promise<void> {
  if (completed.visitKey !== INFO_CALL) return
  const held = completed.actual.startedAt ?? at
  for (const referral of await referrals.ofEnrolment(tx, completed.enrolmentId)) {
    if (referral.infoCallAt !== null) continue
    const contactedAt = referral.contactedAt ?? held
    const changed = await referrals.update(tx, { ...referral, contactedAt, infoCallAt: held })
    await audit.record(tx, caller, [aboutReferral('contact', changed)])
  }
}
