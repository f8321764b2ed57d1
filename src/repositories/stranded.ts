/** Bookings and holds left outside availability, in SQL: their claims go, appointments are flagged, holds released. One statement for any number. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import type { ExposedClaim } from './availability.ts'

const uuids = (ids: readonly string[]) => sql`${sql.param([...ids])}::uuid[]`

/** Exactly these claims. */
export async function deleteClaims(tx: Tx, claims: readonly ExposedClaim[]): Promise<void> {
  await tx.execute(sql`
    delete from claim c using unnest(${uuids(claims.map((c) => c.resourceId))},
      ${sql.param(claims.map((c) => c.lane))}::smallint[], ${sql.param(claims.map((c) => c.start / 1000))}::float8[])
      as gone (resource_id, lane, starts)
    where c.resource_id = gone.resource_id and c.lane = gone.lane and lower(c.during) = to_timestamp(gone.starts)`)
}

type FlaggedAppointment = {
  readonly id: string
  readonly enrolmentId: string
  readonly patientId: string
  readonly clinicId: string
  readonly visitKey: string
  readonly revision: number
}

/** Booked and arrived ones → `needs-replanning`, their invite's sequence one higher; others are left as they are. → those changed */
export async function flagAppointments(tx: Tx, ids: readonly string[]): Promise<FlaggedAppointment[]> {
  if (ids.length === 0) return []
  const rows = await tx.execute<FlaggedAppointment>(sql`
    update appointment set status = 'needs-replanning', sequence = sequence + 1, revision = revision + 1,
      flags = array(select distinct unnest(flags || array['needs-replanning'])), updated_at = clock_timestamp()
    where id = any(${uuids(ids)}) and status in ('booked', 'arrived')
    returning id, enrolment_id as "enrolmentId", patient_id as "patientId", clinic_id as "clinicId",
      visit_key as "visitKey", revision`)
  return [...rows]
}

type ReleasedHold = {
  readonly id: string
  readonly enrolmentId: string
  readonly patientId: string
  readonly clinicId: string
}

/** Frees everything the holds claim, wherever it is. */
export async function releaseHolds(tx: Tx, ids: readonly string[]): Promise<ReleasedHold[]> {
  if (ids.length === 0) return []
  await tx.execute(sql`delete from claim where itinerary_id = any(${uuids(ids)})`)
  await tx.execute(sql`delete from patient_claim where itinerary_id = any(${uuids(ids)})`)
  const rows = await tx.execute<ReleasedHold>(sql`
    update itinerary i set status = 'released' from enrolment e
    where i.id = any(${uuids(ids)}) and i.status = 'held' and e.id = i.enrolment_id
    returning i.id, e.id as "enrolmentId", e.patient_id as "patientId", e.clinic_id as "clinicId"`)
  return [...rows]
}
