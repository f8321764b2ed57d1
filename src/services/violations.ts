/** The database's last word as a refusal, for the races that locks and checks have not caught. Constraint names: drizzle/0001. */
import { violated } from '../db/sqlstate.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, type Result } from '../domain/result.ts'

const REFUSALS: Readonly<Record<string, Refusal>> = {
  claim_no_double_booking: { code: 'resource-taken', conflicts: [] },
  patient_claim_no_double_booking: { code: 'resource-taken', conflicts: [] },
  claim_within_availability: { code: 'outside-availability', conflicts: [] },
  appointment_once_per_visit: { code: 'already-booked' },
  group_member_one_seat_each: { code: 'full' },
  group_member_within_capacity: { code: 'full' },
}

export async function mapViolations<T>(work: () => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
  try {
    return await work()
  } catch (thrown) {
    const refusal = REFUSALS[violated(thrown) ?? '']
    if (!refusal) throw thrown
    return err(refusal)
  }
}
