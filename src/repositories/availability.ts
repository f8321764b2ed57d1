/** Expanded shifts in SQL, the locks that guard them, and the claims that stand on them. Instants travel as epoch milliseconds. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { rangeText } from '../db/range.ts'
import { ClinicId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { HeldShift } from '../domain/shift-replacement.ts'
import type { Instant } from '../domain/time.ts'

const epoch = (bound: 'lower' | 'upper', column: string) =>
  sql.raw(`(extract(epoch from ${bound}(${column})) * 1000)::float8`)

const uuids = (ids: readonly string[]) => sql`${sql.param([...ids])}::uuid[]`
const ranges = (spans: readonly Interval[]) => sql`${sql.param(spans.map(rangeText))}::tstzrange[]`

/** The clinics that the resources belong to or work at; `direct` when one of them was itself asked for. */
export async function clinicsOf(
  tx: Tx,
  resourceIds: readonly string[],
): Promise<{ clinicId: ClinicId; direct: boolean }[]> {
  const rows = await tx.execute<{ clinic_id: string; direct: boolean }>(sql`
    with asked as (
      select id, kind, coalesce(clinician_id, id) as owner from resource where id = any(${uuids(resourceIds)}))
    select clinic_id, bool_or(direct) as direct from (
      select id as clinic_id, true as direct from asked where kind = 'clinic'
      union all select room.clinic_id, false from room join asked on asked.id = room.id
      union all select rule.clinic_id, false from availability_rule rule join asked on asked.owner = rule.resource_id
      union all select extra.clinic_id, false from extra_shift extra join asked on asked.owner = extra.resource_id
    ) as touched group by clinic_id`)
  return rows.map((row) => ({ clinicId: ClinicId.parse(row.clinic_id), direct: row.direct }))
}

/**
 * Locks clinics before anything else, in id order: nobody joins or leaves a clinic's staff while it is re-expanded. `shared` lets
 * other changes of people who work there go on at the same time.
 */
export async function lockClinics(tx: Tx, ids: readonly ClinicId[], shared: boolean): Promise<void> {
  const strength = shared ? sql`for share` : sql`for no key update`
  await tx.execute(sql`select id from resource where id = any(${uuids(ids)}) order by id ${strength}`)
}

/** Locks the resources in id order: those asked for, each clinician's supervision, and all rooms and staff of `clinicIds`. → ids */
export async function lockResources(
  tx: Tx,
  resourceIds: readonly string[],
  clinicIds: readonly ClinicId[],
): Promise<string[]> {
  const [asked, clinics] = [uuids(resourceIds), uuids(clinicIds)]
  const rows = await tx.execute<{ id: string }>(sql`
    with people as (
      select coalesce(clinician_id, id) as owner from resource
        where id = any(${asked}) and kind in ('clinician', 'supervision')
      union select rule.resource_id from availability_rule rule where rule.clinic_id = any(${clinics})
      union select extra.resource_id from extra_shift extra where extra.clinic_id = any(${clinics}))
    select r.id from resource r
    where r.id = any(${asked}) or r.id in (select room.id from room where room.clinic_id = any(${clinics}))
      or (r.kind in ('clinician', 'supervision') and coalesce(r.clinician_id, r.id) in (select owner from people))
    order by r.id for no key update of r`)
  return rows.map((row) => row.id)
}

/** Expired holds block nobody: their claims on these resources go before anything is judged. */
export async function deleteExpiredClaims(tx: Tx, resourceIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    delete from claim where resource_id = any(${uuids(resourceIds)}) and expires_at <= clock_timestamp()`)
}

/** Stored shifts of the resources that touch the window. */
export async function shiftsWithin(
  tx: Tx,
  resourceIds: readonly string[],
  window: Interval<Instant>,
): Promise<HeldShift[]> {
  const rows = await tx.execute<{ resource_id: string; clinic_id: string; starts: number; ends: number }>(sql`
    select resource_id, clinic_id, ${epoch('lower', 'during')} as starts, ${epoch('upper', 'during')} as ends
    from availability where resource_id = any(${uuids(resourceIds)}) and during && ${rangeText(window)}::tstzrange
    order by resource_id, starts`)
  return rows.map((row) => ({
    resourceId: row.resource_id,
    clinicId: row.clinic_id as ClinicId,
    start: row.starts as Instant,
    end: row.ends as Instant,
  }))
}

/** Replaces rows of locked resources. The temporal foreign key is judged before it returns: a claim left outside throws. */
export async function replaceShifts(
  tx: Tx,
  { remove, add }: { remove: readonly HeldShift[]; add: readonly HeldShift[] },
): Promise<void> {
  if (remove.length === 0 && add.length === 0) return
  await tx.execute(sql`set constraints claim_within_availability deferred`)
  if (remove.length > 0)
    await tx.execute(sql`
      delete from availability a
      using unnest(${uuids(remove.map((s) => s.resourceId))}, ${ranges(remove)}) as gone (resource_id, during)
      where a.resource_id = gone.resource_id and a.during = gone.during`)
  if (add.length > 0)
    await tx.execute(sql`
      insert into availability (resource_id, clinic_id, during)
      select * from unnest(${uuids(add.map((s) => s.resourceId))}, ${uuids(add.map((s) => s.clinicId))}, ${ranges(add)})`)
  await tx.execute(sql`set constraints claim_within_availability immediate`)
}

/** A live claim that overlaps time which is to go, and the visit it belongs to. */
export type ExposedClaim = {
  readonly resourceId: string
  readonly lane: number
  readonly clinicId: ClinicId
  readonly start: Instant
  readonly end: Instant
  readonly visitKey: string
  readonly visitStart: Instant
  readonly appointmentId: string | null
  readonly itineraryId: string | null
  readonly groupSessionId: string | null
}

/** The claims, ending after `now`, that overlap any of the rows. */
export async function claimsOn(tx: Tx, rows: readonly HeldShift[], now: Instant): Promise<ExposedClaim[]> {
  if (rows.length === 0) return []
  const found = await tx.execute<ExposedClaim>(sql`
    select distinct c.resource_id as "resourceId", c.lane, c.clinic_id as "clinicId", ${epoch('lower', 'c.during')} as start,
      ${epoch('upper', 'c.during')} as "end", c.visit_key as "visitKey", c.appointment_id as "appointmentId",
      c.itinerary_id as "itineraryId", c.session_id as "groupSessionId",
      coalesce((extract(epoch from coalesce(a.starts_at, g.starts_at)) * 1000)::float8, ${epoch('lower', 'p.during')},
        ${epoch('lower', 'c.during')}) as "visitStart"
    from unnest(${uuids(rows.map((s) => s.resourceId))}, ${ranges(rows)}) as gone (resource_id, during)
    join claim c on c.resource_id = gone.resource_id and c.during && gone.during
      and upper(c.during) > to_timestamp(${now / 1000}::float8)
    left join appointment a on a.id = c.appointment_id
    left join group_session g on g.id = c.session_id
    left join patient_claim p on p.itinerary_id = c.itinerary_id and p.visit_key = c.visit_key
    order by "visitStart"`)
  return [...found]
}

/** Until when everything has been expanded; undefined on an empty database. */
export async function expandedUntil(tx: Tx): Promise<Instant | undefined> {
  const [row] = await tx.execute<{ at: number }>(
    sql`select (extract(epoch from expanded_until) * 1000)::float8 as at from horizon where id = 1 for update`,
  )
  return row && (row.at as Instant)
}

/** Notes the horizon; `ifNone` leaves a later one as it is. */
export async function noteHorizon(tx: Tx, until: Instant, mode: 'ifNone' | 'replace'): Promise<void> {
  const at = sql`to_timestamp(${until / 1000}::float8)`
  await tx.execute(sql`insert into horizon (id, expanded_until) values (1, ${at}) on conflict (id)
    ${mode === 'ifNone' ? sql`do nothing` : sql`do update set expanded_until = excluded.expanded_until`}`)
}

export async function everyResource(tx: Tx): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`select id from resource`)
  return rows.map((row) => row.id)
}
