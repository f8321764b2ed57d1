/**
 * Bookings ahead that their rules no longer allow, in SQL, for any number at once: the licences and roles of domain/staffing.ts and the
 * gates of domain/eligibility.ts, visits granted apart. A visit's day is the date of its booked wall time: no zone arithmetic in the database.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { YOUTH_AGE_MIN } from '../domain/clinic.ts'
import type { AppointmentId, ClinicId, ClinicianId, EnrolmentId, PatientId } from '../domain/ids.ts'
import { GATES_OF_THEIR_OWN } from '../domain/precondition.ts'
import type { Instant } from '../domain/time.ts'

const uuids = (ids: readonly string[]) => sql`${sql.param([...ids])}::uuid[]`

/** The clinic's date of a visit of the table or alias named. */
export const visitDay = (visit: SQL): SQL => sql`
  coalesce(substring(${visit}.booked_wall_time from '^[0-9]{4}-[0-9]{2}-[0-9]{2}')::date, (${visit}.starts_at at time zone 'UTC')::date)`

/** The screening that counts in a province, as `(outcome, until, contraindications, routes)`: a clearance by somebody not licensed there does not. `policy`: the home clinic's. */
export const countingScreening = (patientId: SQL, province: SQL, policy: SQL): SQL => sql`(
  select s.outcome, coalesce(s.valid_until, s.assessed_on + (${policy} ->> 'clearanceDays')::int) as until, s.contraindications, s.routes
  from screening s where s.patient_id = ${patientId} and (s.outcome <> 'cleared' or exists (
    select from licence l where l.clinician_id = s.assessed_by and l.province = ${province}
      and l.valid_from <= s.assessed_on and (l.valid_until is null or s.assessed_on <= l.valid_until)))
  order by s.assessed_on desc, s.recorded_at desc, s.id desc limit 1)`

/** Which bookings are looked at; absent: all. */
export type Among = {
  readonly clinicianId?: ClinicianId
  readonly patientId?: PatientId
  readonly enrolmentId?: EnrolmentId
  /** Whose policy judges: the visit's clinic, or the enrolment's own. */
  readonly clinicId?: ClinicId
  readonly appointmentIds?: readonly AppointmentId[]
  /** Those with a larger id, for one batch after another. */
  readonly after?: AppointmentId | undefined
}

/** `clinicianIds`: who may no longer serve; empty when a gate is closed. */
export type Fault = { readonly appointmentId: AppointmentId; readonly clinicianIds: ClinicianId[] }

function among({ clinicianId, patientId, enrolmentId, clinicId, appointmentIds, after }: Among): SQL {
  const conditions = [
    clinicianId &&
      sql`exists (select from participant t where t.appointment_id = a.id and t.clinician_id = ${clinicianId})`,
    patientId && sql`a.patient_id = ${patientId}`,
    enrolmentId && sql`a.enrolment_id = ${enrolmentId}`,
    clinicId && sql`(a.clinic_id = ${clinicId} or e.clinic_id = ${clinicId})`,
    appointmentIds && sql`a.id = any(${uuids(appointmentIds)})`,
    after && sql`a.id > ${after}`,
  ].filter((condition) => condition !== undefined)
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

const consented = (kind: string): SQL => sql`exists (
  select from consent c where c.patient_id = a.patient_id and c.kind = ${kind} and c.withdrawn_at is null)`

/** In the order of the gates: clearance, contraindications, consent, route, then who and how old the patient is, then dated facts. */
const closed = sql`(
  (a.dose or a.requires ? 'clearance') and (s.outcome is distinct from 'cleared' or a.day > s.until
    or exists (select from unnest(s.contraindications) code where a.policy -> 'contraindications' ->> code = 'exclude'))
  or (a.dose or a.requires ? 'consent') and not ${consented('treatment')}
  or a.modality = 'virtual' and a.requires ? 'virtual-care' and not ${consented('virtual-care')}
  or a.dose and (a.route is null or not a.policy -> 'routes' ? a.route
    or cardinality(s.routes) > 0 and not a.route = any(s.routes)
    or not a.policy -> 'residenceProvinces' ? a.residence
    or a.age is null
    or a.age < (a.policy ->> 'ageMin')::int and not ((a.policy ->> 'youthAllowed')::boolean and a.age >= ${YOUTH_AGE_MIN})
    or a.age > (a.policy ->> 'ageMax')::int and not coalesce(a.override -> 'rules' ? 'age', false)
      and not exists (select from patient_override o where o.patient_id = a.patient_id and o.rule = 'age'))
  or a.requires ? 'community-support' and a.community_support is null
  or exists (select from jsonb_array_elements_text(a.requires) key
    where not key = any(${sql.param([...GATES_OF_THEIR_OWN])}::text[]) and not exists (
      select from precondition f where f.enrolment_id = a.enrolment_id and f.key = key.value
        and f.met_on <= a.day and (f.valid_until is null or a.day <= f.valid_until))))`

/** By id, at most `limit`. */
export async function faults(tx: Tx, now: Instant, of: Among, limit: number): Promise<Fault[]> {
  const rows = await tx.execute<{ id: string; people: string | null }>(sql`
    with ahead as (
      select a.id, a.patient_id, a.enrolment_id, a.step = 'experience' as dose, a.modality, a.override, d.day, k.province as clinic_province,
        k.policy, home.policy as home_policy, e.route, pt.community_support, lives.province as residence,
        extract(year from age(d.day, pt.birth_date))::int as age,
        coalesce((select v -> 'requires' from program p, jsonb_array_elements(p.body -> 'visits') v
          where p.key = e.program_key and p.version = e.program_version and v ->> 'key' = a.visit_key), '[]') as requires,
        case when a.modality = 'in-person' then k.province else lives.province end as province
      from appointment a
      cross join lateral (select ${visitDay(sql`a`)} as day) d
      join clinic k on k.id = a.clinic_id
      join patient pt on pt.id = a.patient_id
      join enrolment e on e.id = a.enrolment_id
      join clinic home on home.id = e.clinic_id
      cross join lateral (select coalesce((
        select r.entry ->> 'province' from jsonb_array_elements(pt.residences) with ordinality as r (entry, n)
        where (r.entry ->> 'from')::date <= d.day order by r.entry ->> 'from' desc, r.n desc limit 1), pt.province) as province) lives
      where a.status = 'booked' and a.starts_at > ${instantText(now)}::timestamptz and ${among(of)}),
    unlicensed as (
      select a.id, string_agg(distinct p.clinician_id::text, ',') as people
      from ahead a join participant p on p.appointment_id = a.id join clinician c on c.id = p.clinician_id
      where not p.role = any(c.roles) or (p.role <> 'navigator' and not exists (
        select from licence l where l.clinician_id = c.id and l.province = a.province
          and l.valid_from <= a.day and (l.valid_until is null or a.day <= l.valid_until)))
      group by a.id),
    gated as (
      select a.id
      from ahead a left join lateral ${countingScreening(sql`a.patient_id`, sql`a.clinic_province`, sql`a.home_policy`)} s on true
      where ${closed})
    select coalesce(l.id, g.id) as id, l.people
    from unlicensed l full join gated g on g.id = l.id order by 1 limit ${limit}`)
  return rows.map(({ id, people }) => ({
    appointmentId: id as AppointmentId,
    clinicianIds: (people?.split(',') ?? []) as ClinicianId[],
  }))
}

/** Their patients and enrolments, in the order of every booking (architecture.md §2). */
export async function lockOwners(tx: Tx, appointmentIds: readonly AppointmentId[]): Promise<void> {
  const them = sql`appointment where id = any(${uuids(appointmentIds)})`
  await tx.execute(sql`
    select id from patient where id in (select patient_id from ${them}) order by id for no key update`)
  await tx.execute(sql`
    select id from enrolment where id in (select enrolment_id from ${them}) order by id for no key update`)
}

/** Frees what these clinicians have claimed for these appointments, and nothing else of them. */
export async function freeClinicians(tx: Tx, found: readonly Fault[]): Promise<void> {
  const pairs = found.flatMap(({ appointmentId, clinicianIds }) => clinicianIds.map((id) => ({ appointmentId, id })))
  if (pairs.length === 0) return
  const people = uuids(pairs.map(({ id }) => id))
  await tx.execute(sql`select id from resource where clinician_id = any(${people}) order by id for no key update`)
  await tx.execute(sql`
    delete from claim c using unnest(${uuids(pairs.map((pair) => pair.appointmentId))}, ${people}) as gone (appointment_id, clinician_id),
      resource r
    where c.appointment_id = gone.appointment_id and r.id = c.resource_id and r.clinician_id = gone.clinician_id`)
}
