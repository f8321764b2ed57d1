/** When a patient is booked elsewhere, in SQL. */
import type { Tx } from '../db/client.ts'
import { boundedRangeFromText, instantText } from '../db/range.ts'
import { statement } from '../db/statement.ts'
import type { PatientId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

const BUSY = statement(
  `select c.during::text as during from patient_claim c
  left join itinerary i on i.id = c.itinerary_id
  where c.patient_id = $1 and c.during && tstzrange($2::timestamptz, $3::timestamptz, '[)')
    and (c.expires_at is null or c.expires_at > clock_timestamp())
    and ($4::boolean or i.id is null or i.enrolment_id <> $5::uuid)
    and (c.appointment_id is null or c.appointment_id <> all($6::uuid[]))
  order by c.during`,
  ({ during }: { during: string }) => boundedRangeFromText(during),
)

/** The patient's claims in the window, less the enrolment's own holds, unless those are said to be taken, and what is being replanned. */
export const busy = (
  tx: Tx,
  patientId: PatientId,
  query: { from: Instant; to: Instant; enrolmentId: string; replanned: readonly string[]; ownHolds?: 'free' | 'taken' },
): Promise<{ start: Instant; end: Instant }[]> =>
  BUSY(
    tx,
    patientId,
    instantText(query.from),
    instantText(query.to),
    query.ownHolds === 'taken',
    query.enrolmentId,
    query.replanned,
  )
