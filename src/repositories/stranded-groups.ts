/** Group sessions whose people or room will not be there, in SQL: they wait for somebody to decide, as appointments do. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import type { ClinicianId } from '../domain/ids.ts'
import type { ClinicalRole } from '../domain/program.ts'
import type { Instant, ZoneId } from '../domain/time.ts'
import type { ExposedClaim } from './availability.ts'

/** The members' visits, where the sessions are a program's. */
export async function visitsIn(tx: Tx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await tx.execute<{ id: string }>(sql`
    select appointment_id as id from group_member
    where session_id = any(${sql.param([...ids])}::uuid[]) and status = 'seated' and appointment_id is not null`)
  return rows.map(({ id }) => id)
}

/** Those to come → `needs-replanning`; every member's calendar hears of it. → those changed */
export async function flagSessions(
  tx: Tx,
  ids: readonly string[],
): Promise<{ id: string; clinicId: string; revision: number }[]> {
  if (ids.length === 0) return []
  const asked = sql`${sql.param([...ids])}::uuid[]`
  const rows = await tx.execute<{ id: string; clinicId: string; revision: number }>(sql`
    with told as (
      update group_member set sequence = sequence + 1, updated_at = clock_timestamp()
      where session_id = any(${asked}) and status = 'seated')
    update group_session set status = 'needs-replanning', revision = revision + 1, updated_at = clock_timestamp()
    where id = any(${asked}) and status = 'scheduled'
    returning id, clinic_id as "clinicId", revision`)
  return [...rows]
}

/** A claim of somebody whose role or licence may not cover a session to come. */
export type DoubtfulClaim = ExposedClaim & {
  readonly clinicianId: ClinicianId
  readonly role: ClinicalRole
  readonly province: string
  readonly timeZone: ZoneId
}

/**
 * Of sessions that start after `now`, their rows locked: whoever lacks the part's role, or a licence that covers both dates of UTC that the
 * clinic's own may be.
 */
export async function doubtful(tx: Tx, now: Instant): Promise<DoubtfulClaim[]> {
  const rows = await tx.execute<DoubtfulClaim>(sql`
    select c.resource_id as "resourceId", c.lane, c.clinic_id as "clinicId", (extract(epoch from lower(c.during)) * 1000)::float8 as start,
      (extract(epoch from upper(c.during)) * 1000)::float8 as "end", c.visit_key as "visitKey",
      (extract(epoch from g.starts_at) * 1000)::float8 as "visitStart", null::uuid as "appointmentId", null::uuid as "itineraryId",
      g.id as "groupSessionId", p.id as "clinicianId", t.role, clinic.province, clinic.time_zone as "timeZone"
    from group_session g join clinic on clinic.id = g.clinic_id
    join group_staff t on t.session_id = g.id join clinician p on p.id = t.clinician_id
    join claim c on c.session_id = g.id and c.resource_id = case when t.shared then p.supervision_id else p.id end
    where g.status = 'scheduled' and g.starts_at > to_timestamp(${now / 1000}::float8)
      and (not t.role = any(p.roles) or not exists (
        select from licence l where l.clinician_id = p.id and l.province = clinic.province
          and l.valid_from <= (g.starts_at at time zone 'UTC')::date - 1
          and (l.valid_until is null or l.valid_until >= (g.starts_at at time zone 'UTC')::date)))
    order by g.id for no key update of g`)
  return [...rows]
}
