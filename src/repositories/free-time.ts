/** Free and taken time of everything that could serve at some clinics, in one set-based statement: packed lists of shifts per clinic and of taken time (planning.md §4). */
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { statement } from '../db/statement.ts'
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

/** A resource, what is its own to take, and one packed list: shifts at a clinic, or taken time (`clinic_id` null). */
type Row = {
  id: string
  kind: 'clinician' | 'supervision' | 'room'
  clinician_id: string | null
  clinic_id: ClinicId | null
  times: string | null
}

const WINDOW = "tstzrange($2::timestamptz, $3::timestamptz, '[)')"
const LOAD = statement<Row>(`
  with people as (
    select resource_id as id from availability_rule where clinic_id = any($1::uuid[])
    union select resource_id from extra_shift where clinic_id = any($1::uuid[])
  ), wanted as (
    select r.id, r.kind, r.clinician_id from resource r join people p on p.id = r.clinician_id
    where r.kind in ('clinician', 'supervision')
    union all select id, 'room', null from room where clinic_id = any($1::uuid[]) and active
  )
  select w.id, w.kind, w.clinician_id, a.clinic_id, string_agg(
    ceil(date_part('epoch', lower(a.during)) / 60)::int || ',' || floor(date_part('epoch', upper(a.during)) / 60)::int, ';') as times
  from wanted w join availability a on a.resource_id = w.id and a.during && ${WINDOW}
  where w.kind <> 'supervision'
  group by w.id, w.kind, w.clinician_id, a.clinic_id
  union all
  select w.id, w.kind, w.clinician_id, null, string_agg(
    floor(date_part('epoch', lower(c.during)) / 60)::int || ',' || ceil(date_part('epoch', upper(c.during)) / 60)::int || ',' || c.dose || ',' || c.own, ';')
  from wanted w left join lateral (
    select c.during, (c.dose and row_number() over (
        partition by coalesce(c.appointment_id, c.itinerary_id), c.visit_key order by lower(c.during)) = 1)::int as dose,
      (c.enrolment_id is not distinct from $4::uuid)::int as own
    from claim c
    where c.resource_id = w.id and upper(c.during) > $2::timestamptz and lower(c.during) < $3::timestamptz
      and (c.expires_at is null or c.expires_at > clock_timestamp())
      and not ($6::boolean and c.itinerary_id is not null and c.enrolment_id is not distinct from $4::uuid)
      and (c.appointment_id is null or c.appointment_id <> all($5::uuid[]))
  ) c on true
  group by w.id, w.kind, w.clinician_id`)

/**
 * Rooms of the clinics; clinicians and their supervision with a rule or an extra shift there. What a resource does at other
 * clinics comes too, for its load. Cost does not grow with past bookings nor with other clinics: both are cut off by an index.
 * Minutes are whole integers with the clinic named once per list: printing a row each as numbers with fractions took four times as long.
 */
export async function load(tx: Tx, query: FreeTimeQuery): Promise<FreeTime> {
  const { clinicIds, from, to, enrolmentId, replanned, ownHolds } = query
  return freeTimeOf(
    await LOAD(tx, clinicIds, instantText(from), instantText(to), enrolmentId, replanned, ownHolds !== 'taken'),
  )
}

/** Every resource has one row of taken time; a supervision has the shifts of its clinician. */
function freeTimeOf(rows: readonly Row[]): FreeTime {
  const shifts = new Map<string, Shift[]>()
  for (const { id, clinic_id: clinic, times } of rows)
    if (clinic !== null) shifts.set(id, [...(shifts.get(id) ?? []), ...shiftsAt(clinic, times)])
  for (const list of shifts.values()) list.sort((a, b) => a[0] - b[0])
  const resources = rows.filter((row) => row.clinic_id === null)
  return {
    roomIds: resources.filter((r) => r.kind === 'room').map((r) => r.id),
    clinicianIds: resources.filter((r) => r.kind === 'clinician').map((r) => r.id),
    calendars: resources.map((r) => ({
      resourceId: r.id,
      shifts: shifts.get(r.kind === 'supervision' ? (r.clinician_id ?? '') : r.id) ?? [],
      busy: busyOf(r.times),
    })),
  }
}

type Shift = Calendar['shifts'][number]
const numbersOf = (times: string | null): number[][] =>
  times ? times.split(';').map((entry) => entry.split(',').map(Number)) : []

const shiftsAt = (clinic: ClinicId, times: string | null): Shift[] =>
  numbersOf(times).map(([start = 0, end = 0]) => [start, end, clinic] as const)

const busyOf = (times: string | null): BusyTime[] =>
  numbersOf(times)
    .map(([start = 0, end = 0, dose, own]) => ({ start, end, dose: dose === 1, own: own === 1 }))
    .sort((a, b) => a.start - b.start)
