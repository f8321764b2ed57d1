/** Claims of appointments that are under way or restored, in SQL, as sets. The resources are locked. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import type { Instant } from '../domain/time.ts'

const iso = (list: readonly Instant[]) => sql`${sql.param(list.map(instantText))}::timestamptz[]`
const uuids = (list: readonly string[]) => sql`${sql.param([...list])}::uuid[]`

export type Needed = {
  readonly appointmentId: string
  readonly resourceId: string
  readonly start: Instant
  readonly end: Instant
}

/** The appointments among them of which something is no longer claimed. */
export async function incomplete(tx: Tx, needed: readonly Needed[]): Promise<Set<string>> {
  if (needed.length === 0) return new Set()
  const rows = await tx.execute<{ id: string }>(sql`
    select distinct n.appointment_id as id
    from unnest(${uuids(needed.map((n) => n.appointmentId))}, ${uuids(needed.map((n) => n.resourceId))},
      ${iso(needed.map((n) => n.start))}, ${iso(needed.map((n) => n.end))}) as n (appointment_id, resource_id, starts, ends)
    where not exists (select from claim c where c.appointment_id = n.appointment_id and c.resource_id = n.resource_id
      and c.during @> tstzrange(n.starts, n.ends, '[)'))`)
  return new Set(rows.map(({ id }) => id))
}

/** Until when an appointment's last claim on a resource should last now. */
export type Longer = { readonly resourceId: string; readonly until: Instant }

const wanted = (appointmentId: string, longer: readonly Longer[]) => sql`
  wanted as (
    select distinct on (c.resource_id, c.lane) c.resource_id, c.lane, c.clinic_id, c.during, n.ends
    from unnest(${uuids(longer.map((n) => n.resourceId))}, ${iso(longer.map((n) => n.until))}) as n (resource_id, ends)
    join claim c on c.appointment_id = ${appointmentId}::uuid and c.resource_id = n.resource_id
    order by c.resource_id, c.lane, lower(c.during) desc)`

export type InTheWay = {
  readonly id: string
  readonly enrolmentId: string
  readonly patientId: string
  readonly clinicId: string
  readonly visitKey: string
  readonly start: Instant
}

/** Booked and arrived appointments that have claimed some of the time, or of which the patient is waited for here, by start. */
export async function inTheWay(
  tx: Tx,
  appointmentId: string,
  longer: readonly Longer[],
  patient: { readonly id: string; readonly from: Instant; readonly until: Instant },
): Promise<InTheWay[]> {
  const rows = await tx.execute<Omit<InTheWay, 'start'> & { start: number }>(sql`
    with ${wanted(appointmentId, longer)}
    select a.id, a.enrolment_id as "enrolmentId", a.patient_id as "patientId", a.clinic_id as "clinicId",
      a.visit_key as "visitKey", (extract(epoch from a.starts_at) * 1000)::float8 as start
    from appointment a
    where a.id <> ${appointmentId}::uuid and a.status in ('booked', 'arrived') and (
      a.id in (select o.appointment_id from wanted w join claim o on o.resource_id = w.resource_id and o.lane = w.lane
        and o.during && tstzrange(lower(w.during), greatest(w.ends, upper(w.during)), '[)') and o.appointment_id <> ${appointmentId}::uuid)
      or a.id in (select p.appointment_id from patient_claim p where p.patient_id = ${patient.id}::uuid
        and p.appointment_id <> ${appointmentId}::uuid
        and p.during && tstzrange(${instantText(patient.from)}, ${instantText(patient.until)}, '[)')))
    order by a.starts_at, a.id`)
  return rows.map((row) => ({ ...row, start: row.start as Instant }))
}

/** Each as far as wanted, but not into the next claim nor beyond the shift or the opening hours: what is taken stays taken. */
export async function lengthen(tx: Tx, appointmentId: string, longer: readonly Longer[]): Promise<void> {
  await tx.execute(sql`
    with ${wanted(appointmentId, longer)},
    bounded as (
      select w.*, least(w.ends,
        (select min(lower(o.during)) from claim o where o.resource_id = w.resource_id and o.lane = w.lane
          and lower(o.during) >= upper(w.during)),
        (select upper(stretch) from unnest((select range_agg(v.during) from availability v
          where v.resource_id = w.resource_id and v.clinic_id = w.clinic_id
            and v.during && tstzrange(lower(w.during), greatest(w.ends, upper(w.during)), '[)'))) as stretch
          where stretch @> lower(w.during))) as until
      from wanted w)
    update claim c set during = tstzrange(lower(c.during), b.until, '[)') from bounded b
    where c.resource_id = b.resource_id and c.lane = b.lane and c.during = b.during
      and c.appointment_id = ${appointmentId}::uuid and b.until > upper(c.during)`)
}

/** The patient's own time, until the next thing that the patient has. */
export async function lengthenPatientTime(tx: Tx, appointmentId: string, until: Instant): Promise<void> {
  await tx.execute(sql`
    with bounded as (
      select p.patient_id, p.during, least(${instantText(until)}::timestamptz,
        (select min(lower(o.during)) from patient_claim o where o.patient_id = p.patient_id
          and lower(o.during) >= upper(p.during))) as ends
      from patient_claim p where p.appointment_id = ${appointmentId}::uuid)
    update patient_claim p set during = tstzrange(lower(p.during), b.ends, '[)') from bounded b
    where p.patient_id = b.patient_id and p.during = b.during and b.ends > upper(p.during)`)
}
