/** Claims in SQL: locked, judged, inserted, moved and deleted, always as sets. Guards: `claim_no_double_booking`, `claim_within_availability`. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText, instantText } from '../db/range.ts'
import { statement } from '../db/statement.ts'
import type { Instant } from '../domain/time.ts'

/** A hold's claims expire; an appointment's do not. */
export type Owner =
  | { readonly itineraryId: string; readonly ttlSeconds: number }
  | { readonly appointmentOf: ReadonlyMap<string, string> }

export type NewClaim = {
  readonly resourceId: string
  readonly clinicId: string
  readonly visitKey: string
  readonly start: Instant
  readonly end: Instant
  readonly shared: boolean
  readonly dose: boolean
}
export type LanedClaim = NewClaim & { readonly lane: number }

const iso = (list: readonly Instant[]) => sql`${sql.param(list.map(instantText))}::timestamptz[]`

const LOCK = statement<{ id: string; lanes: number }>(
  'select id, lanes from resource where id = any($1::uuid[]) order by id for no key update',
)
const LET_GO = statement(`
  with theirs as (delete from patient_claim where patient_id = $2 and expires_at <= clock_timestamp())
  delete from claim where resource_id = any($1::uuid[]) and expires_at <= clock_timestamp()`)

/** Lanes per resource, locked in id order against other writers; then what has expired there is gone, holds of the patient's too. */
export async function lock(tx: Tx, resourceIds: readonly string[], patientId: string): Promise<Map<string, number>> {
  const ids = [...new Set(resourceIds)]
  // sent together, answered in this order
  const [rows] = await Promise.all([LOCK(tx, ids), LET_GO(tx, ids, patientId)])
  return new Map(rows.map((r) => [r.id, r.lanes]))
}

/** How one wish stands: is it inside availability at its clinic, and which claims overlap it. */
export type Standing = { readonly covered: boolean; readonly taken: { lane: number; start: Instant; end: Instant }[] }

const STANDINGS = statement(
  `select coalesce((select range_agg(a.during) @> w.during from availability a
      where a.resource_id = w.resource_id and a.clinic_id = w.clinic_id and a.during && w.during), false) as covered,
    (select string_agg(c.lane || '|' || lower(c.during) || '|' || upper(c.during), ';') from claim c
      where c.resource_id = w.resource_id and c.during && w.during) as taken
  from (
    select n, resource_id, clinic_id, tstzrange(starts, ends, '[)') as during
    from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
      with ordinality as u(resource_id, clinic_id, starts, ends, n)
  ) w order by w.n`,
  ({ covered, taken }: { covered: boolean; taken: string | null }): Standing => ({
    covered,
    taken: (taken ? taken.split(';') : []).map((entry) => {
      const [lane, start, end] = entry.split('|')
      return { lane: Number(lane), start: instantFromText(start ?? ''), end: instantFromText(end ?? '') }
    }),
  }),
)

/** One answer per wish, in order. The resources are locked. */
export const standings = (tx: Tx, wishes: readonly NewClaim[]): Promise<Standing[]> =>
  STANDINGS(
    tx,
    wishes.map((w) => w.resourceId),
    wishes.map((w) => w.clinicId),
    ...intervalsOf(wishes),
  )

const intervalsOf = (list: readonly { start: Instant; end: Instant }[]): [string[], string[]] => [
  list.map(({ start }) => instantText(start)),
  list.map(({ end }) => instantText(end)),
]

/** Of each claim: its appointment, its hold, and for how many seconds. */
const ownership = (owner: Owner, visitKeys: readonly string[]): [(string | null)[], string | null, number | null] =>
  'itineraryId' in owner
    ? [visitKeys.map(() => null), owner.itineraryId, owner.ttlSeconds]
    : [visitKeys.map((key) => owner.appointmentOf.get(key) ?? null), null, null]

const INSERT = statement(`
  insert into claim (resource_id, lane, clinic_id, during, enrolment_id, visit_key, dose, appointment_id, itinerary_id, expires_at)
  select resource_id, lane, clinic_id, tstzrange(starts, ends, '[)'), $8::uuid, visit_key, dose = 1, appointment_id, $10::uuid,
    clock_timestamp() + make_interval(secs => $11::float8)
  from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::smallint[], $9::uuid[])
    as u(resource_id, lane, clinic_id, starts, ends, visit_key, dose, appointment_id)`)

/** All claims in one statement; the temporal keys have the last word. */
export async function insert(tx: Tx, claims: readonly LanedClaim[], enrolmentId: string, owner: Owner): Promise<void> {
  if (claims.length === 0) return
  const visitKeys = claims.map((c) => c.visitKey)
  await INSERT(
    tx,
    claims.map((c) => c.resourceId),
    claims.map((c) => c.lane),
    claims.map((c) => c.clinicId),
    ...intervalsOf(claims),
    visitKeys,
    claims.map((c) => Number(c.dose)),
    enrolmentId,
    ...ownership(owner, visitKeys),
  )
}

export type PatientTime = { readonly visitKey: string; readonly start: Instant; readonly end: Instant }

const PATIENT_TAKEN = statement(
  `select exists (select from patient_claim p where p.patient_id = $1
    and p.during && tstzrange(u.starts, u.ends, '[)')) as taken
  from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality as u(starts, ends, n) order by n`,
  ({ taken }: { taken: boolean }) => taken,
)

/** Which of these times the patient has elsewhere already: one answer per time, in order. */
export const patientTaken = (tx: Tx, patientId: string, times: readonly PatientTime[]): Promise<boolean[]> =>
  PATIENT_TAKEN(tx, patientId, ...intervalsOf(times))

const INSERT_TIMES = statement(`
  insert into patient_claim (patient_id, during, visit_key, appointment_id, itinerary_id, expires_at)
  select $1::uuid, tstzrange(starts, ends, '[)'), visit_key, appointment_id, $6::uuid,
    clock_timestamp() + make_interval(secs => $7::float8)
  from unnest($2::timestamptz[], $3::timestamptz[], $4::text[], $5::uuid[]) as u(starts, ends, visit_key, appointment_id)`)

export async function insertPatientTimes(
  tx: Tx,
  patientId: string,
  times: readonly PatientTime[],
  owner: Owner,
): Promise<void> {
  if (times.length === 0) return
  const visitKeys = times.map((t) => t.visitKey)
  await INSERT_TIMES(tx, patientId, ...intervalsOf(times), visitKeys, ...ownership(owner, visitKeys))
}

const DOSES = statement(
  `select (select count(distinct (coalesce(c.appointment_id, c.itinerary_id), c.visit_key)) from claim c
    where c.resource_id = u.resource_id and c.dose and c.during && tstzrange(u.starts, u.ends, '[)')
      and lower(c.during) >= u.starts and lower(c.during) < u.ends)::int as doses
  from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) with ordinality as u(resource_id, starts, ends, n) order by n`,
  ({ doses }: { doses: number }) => doses,
)

/** A clinician's doses on each of some days, given as intervals: what a daily limit counts. One answer per pair, in order. */
export const dosesWithin = async (
  tx: Tx,
  pairs: readonly { resourceId: string; start: Instant; end: Instant }[],
): Promise<number[]> =>
  pairs.length === 0
    ? []
    : DOSES(
        tx,
        pairs.map((p) => p.resourceId),
        ...intervalsOf(pairs),
      )

type Changed = { claims: number; times: number }
const CONVERT = statement<Changed>(`
  with named as (select * from unnest($2::text[], $3::uuid[]) as n(visit_key, appointment_id)),
  taken as (
    update claim c set appointment_id = n.appointment_id, itinerary_id = null, expires_at = null from named n
    where c.itinerary_id = $1 and c.visit_key = n.visit_key and c.expires_at > clock_timestamp() returning 1),
  theirs as (
    update patient_claim c set appointment_id = n.appointment_id, itinerary_id = null, expires_at = null from named n
    where c.itinerary_id = $1 and c.visit_key = n.visit_key and c.expires_at > clock_timestamp() returning 1)
  select (select count(*) from taken)::int as claims, (select count(*) from theirs)::int as times`)

/** The hold's claims become the appointments', if it has not expired by the database's clock. Rows changed: claims, patient's times. */
export async function convert(
  tx: Tx,
  itineraryId: string,
  appointmentOf: ReadonlyMap<string, string>,
): Promise<Changed> {
  const [row] = await CONVERT(tx, itineraryId, [...appointmentOf.keys()], [...appointmentOf.values()])
  return row ?? { claims: 0, times: 0 }
}

/** A live hold lasts for another `ttlSeconds` from now. Rows changed: claims, patient's times. */
export async function extend(tx: Tx, itineraryId: string, ttlSeconds: number) {
  // a shorter wish takes nothing away
  const until = sql`greatest(expires_at, clock_timestamp() + make_interval(secs => ${ttlSeconds}))`
  const [row] = (await tx.execute(sql`
    with taken as (
      update claim set expires_at = ${until} where itinerary_id = ${itineraryId}::uuid and expires_at > clock_timestamp() returning 1),
    theirs as (
      update patient_claim set expires_at = ${until} where itinerary_id = ${itineraryId}::uuid and expires_at > clock_timestamp() returning 1)
    select (select count(*) from taken)::int as claims, (select count(*) from theirs)::int as times`)) as unknown as {
    claims: number
    times: number
  }[]
  return row ?? { claims: 0, times: 0 }
}

const RELEASE = statement(`
  with theirs as (
    delete from patient_claim where itinerary_id = any($1::uuid[]) or appointment_id = any($2::uuid[])
  )
  delete from claim where itinerary_id = any($1::uuid[]) or appointment_id = any($2::uuid[])`)

/** Frees everything of these holds and appointments at once. */
export async function release(
  tx: Tx,
  of: { itineraryIds?: readonly string[]; appointmentIds?: readonly string[] },
): Promise<void> {
  await RELEASE(tx, of.itineraryIds ?? [], of.appointmentIds ?? [])
}

const WANTED = 'unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) as w(resource_id, starts, ends)'
const RELEASE_OVERLAPPING = statement(`
  with theirs as (
    delete from patient_claim p using ${WANTED}
    where p.appointment_id = any($1::uuid[]) and p.during && tstzrange(w.starts, w.ends, '[)')
  )
  delete from claim c using ${WANTED}
  where c.appointment_id = any($1::uuid[]) and c.resource_id = w.resource_id and c.during && tstzrange(w.starts, w.ends, '[)')`)

/** Frees of these appointments what overlaps the wishes, and the patient's time with it. */
export async function releaseOverlapping(
  tx: Tx,
  appointmentIds: readonly string[],
  wishes: readonly NewClaim[],
): Promise<void> {
  if (appointmentIds.length === 0) return
  const resourceIds = wishes.map((w) => w.resourceId)
  await RELEASE_OVERLAPPING(tx, appointmentIds, resourceIds, ...intervalsOf(wishes))
}

/** The claims of a shared resource around an interval, to be recoloured under its lock. */
export async function near(tx: Tx, resourceId: string, start: Instant, end: Instant) {
  const rows = (await tx.execute(sql`
    select lane, lower(during)::text as start, upper(during)::text as stop from claim
    where resource_id = ${resourceId}::uuid and during && tstzrange(${instantText(start)}, ${instantText(end)}, '[)')
    order by lower(during), lane`)) as unknown as { lane: number; start: string; stop: string }[]
  return rows.map((r) => ({ lane: r.lane, start: instantFromText(r.start), end: instantFromText(r.stop) }))
}

/** Moves claims of one resource to other lanes: deleted and inserted in two statements, for one would meet itself. */
export async function recolour(
  tx: Tx,
  resourceId: string,
  moves: readonly { lane: number; start: Instant; to: number }[],
): Promise<void> {
  const rows = (await tx.execute(sql`
    delete from claim c using unnest(${sql.param(moves.map((m) => m.lane))}::smallint[], ${iso(moves.map((m) => m.start))}, ${sql.param(moves.map((m) => m.to))}::smallint[])
      as m(lane, starts, target)
    where c.resource_id = ${resourceId}::uuid and c.lane = m.lane and lower(c.during) = m.starts
    returning to_jsonb(c) || jsonb_build_object('lane', m.target) as claim`)) as unknown as { claim: unknown }[]
  await tx.execute(sql`
    insert into claim select r.* from jsonb_populate_recordset(null::claim, ${JSON.stringify(rows.map((r) => r.claim))}::jsonb) r`)
}
