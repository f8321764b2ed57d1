/** The worklist in SQL: one statement for all kinds, the caller's scope in each. */
import { type AnyColumn, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { appointment, enrolment, groupSession, referral } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicId } from '../domain/ids.ts'
import { addMinutes, type Instant } from '../domain/time.ts'
import { LOOK_AHEAD, type WorkItem } from '../domain/worklist.ts'
import { countingScreening, visitDay } from './ineligible.ts'
import { appointmentVisible, enrolmentVisible, referralVisible, sessionVisible } from './scope.ts'

/** Where the last page ended. */
export type AfterItem = { readonly dueAt: number; readonly key: string }
export type KeyedItem = WorkItem & { readonly key: string }

const DAY_MINUTES = 1440
const days = (from: Instant, n: number): SQL => sql`${instantText(addMinutes(from, n * DAY_MINUTES))}::timestamptz`

/** An item of the caller's appointments (`seen`): due at the visit's start. */
const ofAppointment = (kind: string, condition: SQL): SQL => sql`
  select ${kind}::text as kind, starts_at as due, clinic_id, patient_id, enrolment_id, id as appointment_id, null::uuid as itinerary_id,
    null::uuid as referral_id, null::uuid as group_session_id
  from seen where ${condition}`

/** An item of an enrolment; `more` joins what it is due by. */
const ofEnrolment = (kind: string, due: SQL, more: SQL, condition: SQL, itineraryId = sql`null::uuid`): SQL => sql`
  select ${kind}, ${due}, ${enrolment.clinicId}, ${enrolment.patientId}, ${enrolment.id}, null, ${itineraryId}, null, null
  from ${enrolment} ${more} where ${condition}`

/** A day's end, as near as it matters. */
const endOf = (day: SQL): SQL => sql`(${day} + 1)::timestamp at time zone 'UTC'`

const asksForEscort = sql`exists (
  select from enrolment e join program p on p.key = e.program_key and p.version = e.program_version,
    jsonb_array_elements(p.body -> 'visits') v
  where e.id = seen.enrolment_id and v ->> 'key' = seen.visit_key and v -> 'requires' @> '["escort"]')`

/** A dose of the program that is neither booked nor done. */
const doseLeft = sql`exists (
  select from program p, jsonb_array_elements(p.body -> 'visits') v
  where p.key = enrolment.program_key and p.version = enrolment.program_version
    and v ->> 'step' = 'experience' and not coalesce((v ->> 'optional')::boolean, false)
    and not exists (select from appointment a where a.enrolment_id = enrolment.id and a.visit_key = v ->> 'key'
      and a.status not in ('cancelled', 'no-show', 'not-dosed')))`

/** A dose of the program that has not been given, booked or not. */
const doseToCome = sql`exists (
  select from program p, jsonb_array_elements(p.body -> 'visits') v
  where p.key = enrolment.program_key and p.version = enrolment.program_version
    and v ->> 'step' = 'experience' and not coalesce((v ->> 'optional')::boolean, false)
    and not exists (select from appointment a where a.enrolment_id = enrolment.id and a.visit_key = v ->> 'key'
      and a.status in ('completed', 'stopped')))`

/** Whose latest screening found something to manage first. */
const managed = sql`, lateral (
  select s.outcome, coalesce(s.review_on, s.assessed_on) as day from screening s where s.patient_id = ${enrolment.patientId}
  order by s.assessed_on desc, s.recorded_at desc, s.id desc limit 1) found`

type Asked = {
  readonly caller: Caller
  readonly clinicId: ClinicId | undefined
  readonly now: Instant
  readonly limit: number
  readonly after: AfterItem | undefined
}

/** One query for each reason to call somebody, all of the same columns; what there may be many of brings its first ones only. */
function sources({ caller, clinicId, now, limit, after }: Asked): SQL[] {
  const at = (column: AnyColumn) => (clinicId === undefined ? sql`true` : sql`${column} = ${clinicId}`)
  const mine = sql`${at(enrolment.clinicId)} and ${enrolmentVisible(caller)}`
  const home = sql`join clinic home on home.id = ${enrolment.clinicId}`
  const from =
    after === undefined
      ? sql`true`
      : sql`${referral.contactDueAt} >= ${instantText(after.dueAt)}::timestamptz
    and (${inMs(sql`${referral.contactDueAt}`)}, 'referral-due ' || ${referral.id}) > (${after.dueAt}::float8, ${after.key}::text)`
  return [
    ofAppointment('needs-replanning', sql`status = 'needs-replanning'`),
    ofAppointment('running-late', sql`status <> 'needs-replanning' and 'running-late' = any(flags)`),
    ofAppointment('escort-missing', sql`status = 'booked' and escort is null and ${asksForEscort}`),
    ofAppointment(
      'clearance-expiring',
      sql`step = 'experience' and status <> 'arrived' and starts_at > ${days(now, 0)} and exists (
        select from clinic k, enrolment e join clinic home on home.id = e.clinic_id,
          lateral ${countingScreening(sql`seen.patient_id`, sql`k.province`, sql`home.policy`)} s
        where k.id = seen.clinic_id and e.id = seen.enrolment_id and s.outcome = 'cleared' and ${visitDay(sql`seen`)} > s.until)`,
    ),
    ofEnrolment(
      'clearance-expiring',
      endOf(sql`s.until`),
      sql`${home}, lateral ${countingScreening(sql`${enrolment.patientId}`, sql`home.province`, sql`home.policy`)} s`,
      sql`${enrolment.status} = 'open' and ${mine} and s.outcome = 'cleared'
        and s.until between (${days(now, 0)} at time zone 'UTC')::date and (${days(now, LOOK_AHEAD.clearance)} at time zone 'UTC')::date
        and ${doseLeft}`,
    ),
    ofEnrolment(
      'screening-review',
      endOf(sql`found.day`),
      managed,
      sql`${enrolment.status} in ('open', 'paused') and ${mine} and found.outcome = 'needs-management' and ${doseToCome}`,
    ),
    ofEnrolment(
      'resume-due',
      endOf(sql`${enrolment.resumeOn}`),
      sql``,
      sql`${enrolment.status} = 'paused' and ${mine} and ${enrolment.resumeOn} <= (${days(now, LOOK_AHEAD.resume)} at time zone 'UTC')::date`,
    ),
    ofEnrolment(
      'hold-lapsing',
      sql`i.expires_at`,
      sql`join itinerary i on i.enrolment_id = ${enrolment.id}`,
      sql`i.status = 'held' and i.expires_at > clock_timestamp()
        and i.expires_at <= clock_timestamp() + make_interval(days => ${LOOK_AHEAD.hold}) and ${mine}`,
      sql`i.id`,
    ),
    // visits of a program are among the appointments
    sql`select 'needs-replanning', ${groupSession.start}, ${groupSession.clinicId}, m.patient_id, null, null, null, null, ${groupSession.id}
      from ${groupSession} join group_member m on m.session_id = ${groupSession.id} and m.status = 'seated'
      where ${groupSession.status} = 'needs-replanning' and ${groupSession.programKey} is null and ${groupSession.end} > ${days(now, 0)}
        and ${at(groupSession.clinicId)} and ${sessionVisible(caller)}`,
    sql`(select 'referral-due', ${referral.contactDueAt}, ${referral.clinicId}, ${referral.patientId}, null::uuid, null::uuid, null::uuid, ${referral.id}, null::uuid
      from ${referral} where ${referral.status} = 'new' and ${at(referral.clinicId)} and ${referralVisible(caller)} and ${from}
      order by ${referral.contactDueAt}, ${referral.id} limit ${limit})`,
  ]
}

const inMs = (at: SQL): SQL => sql`floor(extract(epoch from ${at}) * 1000)::float8`

/** By when they are due; at most `limit`. A visit missed by more than a day is nobody's call any more, unless it waits to be replanned. */
export async function list(
  tx: Tx,
  caller: Caller,
  { clinicId, now }: Pick<Asked, 'clinicId' | 'now'>,
  { limit, after }: Pick<Asked, 'limit' | 'after'>,
): Promise<KeyedItem[]> {
  const ofClinic = clinicId === undefined ? sql`true` : sql`${appointment.clinicId} = ${clinicId}`
  const work = sql.join(sources({ caller, clinicId, now, limit, after }), sql` union all `)
  const rows = await tx.execute<Omit<KeyedItem, 'dueAt'> & { due: number }>(sql`
    with seen as (
      select ${appointment}.* from ${appointment}
      where ${appointment.status} in ('booked', 'arrived', 'needs-replanning') and ${ofClinic} and ${appointmentVisible(caller)}
        and (${appointment.status} = 'needs-replanning' or ${appointment.start} > ${days(now, -1)})),
    work as (${work}),
    keyed as (
      select w.*, ${inMs(sql`w.due`)} as due_ms,
        w.kind || ' ' || coalesce(w.group_session_id || ' ' || w.patient_id,
          coalesce(w.appointment_id, w.itinerary_id, w.referral_id, w.enrolment_id)::text) as key
      from work w)
    select w.kind, w.key, w.due_ms as due, k.time_zone as "timeZone", w.patient_id as "patientId", w.enrolment_id as "enrolmentId",
      w.appointment_id as "appointmentId", w.itinerary_id as "itineraryId", w.referral_id as "referralId",
      w.group_session_id as "groupSessionId",
      coalesce((p.contact ->> 'voicemail')::boolean, false) as "mayLeaveMessage"
    from keyed w join clinic k on k.id = w.clinic_id join patient p on p.id = w.patient_id
    where ${after === undefined ? sql`true` : sql`(w.due_ms, w.key) > (${after.dueAt}::float8, ${after.key}::text)`}
    order by w.due_ms, w.key limit ${limit}`)
  return rows.map(({ due, ...row }) => ({ ...row, dueAt: due as Instant }))
}
