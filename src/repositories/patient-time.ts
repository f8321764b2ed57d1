/** When a patient is booked elsewhere, in SQL. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { boundedRangeFromText, instantText } from '../db/range.ts'
import type { PatientId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

/** The patient's claims in the window, less the enrolment's own holds, unless those are said to be taken, and what is being replanned. */
export async function busy(
  tx: Tx,
  patientId: PatientId,
  query: { from: Instant; to: Instant; enrolmentId: string; replanned: readonly string[]; ownHolds?: 'free' | 'taken' },
): Promise<{ start: Instant; end: Instant }[]> {
  const rows = (await tx.execute(sql`
    select c.during::text as during from patient_claim c
    left join itinerary i on i.id = c.itinerary_id
    where c.patient_id = ${patientId}::uuid
      and c.during && tstzrange(${instantText(query.from)}, ${instantText(query.to)}, '[)')
      and (c.expires_at is null or c.expires_at > clock_timestamp())
      and (${query.ownHolds === 'taken'}::boolean or i.id is null or i.enrolment_id <> ${query.enrolmentId}::uuid)
      and (c.appointment_id is null or c.appointment_id <> all(${sql.param([...query.replanned])}::uuid[]))
    order by c.during`)) as unknown as { during: string }[]
  return rows.map((r) => boundedRangeFromText(r.during))
}
