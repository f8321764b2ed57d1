/** Free and taken time of everything that could serve at some clinics, in one set-based statement: one packed row per resource (planning.md §4). */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import type { BusyTime, Calendar } from '../domain/free-time.ts'
import type { ClinicId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

export type FreeTimeQuery = {
  readonly clinicIds: readonly ClinicId[]
  readonly from: Instant
  readonly to: Instant
  /** Whose own time is told apart. */
  readonly enrolmentId: string
  /** Appointments that are being replanned: their claims count as free. */
  readonly replanned: readonly string[]
  /** Claims of the enrolment's own holds; free unless said otherwise. */
  readonly ownHolds?: 'free' | 'taken'
}

export type FreeTime = { readonly roomIds: string[]; readonly clinicianIds: string[]; readonly calendars: Calendar[] }

type Row = { id: string; kind: string; clinician_id: string | null; shifts: string | null; busy: string | null }

/**
 * Rooms of the clinics; clinicians and their supervision with a rule or an extra shift there. What a resource does at other
 * clinics comes too, for its load. Cost does not grow with past bookings nor with other clinics: both are cut off by an index.
 */
export async function load(tx: Tx, query: FreeTimeQuery): Promise<FreeTime> {
  const clinics = sql`${sql.param([...query.clinicIds])}::uuid[]`
  const window = sql`tstzrange(${instantText(query.from)}, ${instantText(query.to)}, '[)')`
  const rows = (await tx.execute(sql`
    with people as (
      select resource_id as id from availability_rule where clinic_id = any(${clinics})
      union select resource_id from extra_shift where clinic_id = any(${clinics})
    ), wanted as (
      select r.id, r.kind, r.clinician_id from resource r join people p on p.id = r.clinician_id
      where r.kind in ('clinician', 'supervision')
      union all select id, 'room', null from room where clinic_id = any(${clinics}) and active
    )
    select w.id, w.kind, w.clinician_id, s.shifts, b.busy
    from wanted w
    left join lateral (
      select string_agg(
        (extract(epoch from lower(a.during)) / 60)::float8 || ',' || (extract(epoch from upper(a.during)) / 60)::float8 || ',' || a.clinic_id,
        ';' order by lower(a.during)) as shifts
      from availability a where a.resource_id = w.id and a.during && ${window}
    ) s on true
    left join lateral (
      select string_agg(c.start || ',' || c.stop || ',' || c.dose || ',' || c.own, ';' order by c.start) as busy
      from (
        select (extract(epoch from lower(c.during)) / 60)::float8 as start, (extract(epoch from upper(c.during)) / 60)::float8 as stop,
          (c.dose and row_number() over (
            partition by coalesce(c.appointment_id, c.itinerary_id), c.visit_key order by lower(c.during)) = 1)::int as dose,
          (c.enrolment_id is not distinct from ${query.enrolmentId}::uuid)::int as own
        from claim c
        where c.resource_id = w.id and c.during && ${window}
          and (c.expires_at is null or c.expires_at > clock_timestamp())
          and not (${query.ownHolds !== 'taken'}::boolean and c.itinerary_id is not null and c.enrolment_id is not distinct from ${query.enrolmentId}::uuid)
          and (c.appointment_id is null or c.appointment_id <> all(${sql.param([...query.replanned])}::uuid[]))
      ) c
    ) b on true`)) as unknown as Row[]
  return {
    roomIds: rows.filter((r) => r.kind === 'room').map((r) => r.id),
    clinicianIds: rows.filter((r) => r.kind === 'clinician').map((r) => r.id),
    calendars: rows.map((row) => ({ resourceId: row.id, shifts: shiftsOf(row.shifts), busy: busyOf(row.busy) })),
  }
}

const shiftsOf = (text: string | null): Calendar['shifts'] =>
  (text ? text.split(';') : []).map((entry) => {
    const [start, end, clinic] = entry.split(',')
    return [Math.ceil(Number(start)), Math.floor(Number(end)), clinic as ClinicId] as const
  })

const busyOf = (text: string | null): BusyTime[] =>
  (text ? text.split(';') : []).map((entry) => {
    const [start, end, dose, own] = entry.split(',')
    return { start: Math.floor(Number(start)), end: Math.ceil(Number(end)), dose: dose === '1', own: own === '1' }
  })
