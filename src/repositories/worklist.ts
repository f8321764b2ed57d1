/** The worklist in SQL: one statement for all kinds, the caller's scope in each. */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { appointment, enrolment } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicId } from '../domain/ids.ts'
import { addMinutes, type Instant } from '../domain/time.ts'
import { LOOK_AHEAD, type WorkItem } from '../domain/worklist.ts'
import { countingScreening, visitDay } from './ineligible.ts'
import { appointmentVisible, enrolmentVisible } from './scope.ts'

/** Where the last page ended. */
export type AfterItem = { readonly dueAt: number; readonly key: string }
export type KeyedItem = WorkItem & { readonly key: string }

const DAY_MINUTES = 1440
const days = (from: Instant, n: number): SQL => sql`${instantText(addMinutes(from, n * DAY_MINUTES))}::timestamptz`

/** An appointment's item: due at its start. */
const ofAppointment = (kind: string, condition: SQL): SQL => sql`
  select ${kind}::text as kind, starts_at as due, clinic_id, patient_id, enrolment_id, id as appointment_id, null::uuid as itinerary_id
  from seen where ${condition}`

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

/** By when they are due; at most `limit`. A visit missed by more than a day is nobody's call any more, unless it waits to be replanned. */
export async function list(
  tx: Tx,
  caller: Caller,
  { clinicId, now }: { readonly clinicId: ClinicId | undefined; readonly now: Instant },
  { limit, after }: { readonly limit: number; readonly after: AfterItem | undefined },
): Promise<KeyedItem[]> {
  const at = (table: typeof appointment | typeof enrolment) =>
    clinicId === undefined ? sql`true` : sql`${table.clinicId} = ${clinicId}`
  const rows = await tx.execute<Omit<KeyedItem, 'dueAt'> & { due: number }>(sql`
    with seen as (
      select ${appointment}.* from ${appointment}
      where ${appointment.status} in ('booked', 'arrived', 'needs-replanning') and ${at(appointment)} and ${appointmentVisible(caller)}
        and (${appointment.status} = 'needs-replanning' or ${appointment.start} > ${days(now, -1)})),
    work as (
      ${ofAppointment('needs-replanning', sql`status = 'needs-replanning'`)}
      union all
      ${ofAppointment('running-late', sql`status <> 'needs-replanning' and 'running-late' = any(flags)`)}
      union all
      ${ofAppointment('escort-missing', sql`status = 'booked' and escort is null and starts_at <= ${days(now, LOOK_AHEAD.escort)} and ${asksForEscort}`)}
      union all
      ${ofAppointment(
        'clearance-expiring',
        sql`step = 'experience' and status <> 'arrived' and starts_at > ${days(now, 0)} and exists (
          select from clinic k, enrolment e join clinic home on home.id = e.clinic_id,
            lateral ${countingScreening(sql`seen.patient_id`, sql`k.province`, sql`home.policy`)} s
          where k.id = seen.clinic_id and e.id = seen.enrolment_id and s.outcome = 'cleared' and ${visitDay(sql`seen`)} > s.until)`,
      )}
      union all
      select 'clearance-expiring', (s.until + 1)::timestamp at time zone 'UTC', ${enrolment.clinicId}, ${enrolment.patientId}, ${enrolment.id}, null, null
      from ${enrolment} join clinic home on home.id = ${enrolment.clinicId},
        lateral ${countingScreening(sql`${enrolment.patientId}`, sql`home.province`, sql`home.policy`)} s
      where ${enrolment.status} = 'open' and ${at(enrolment)} and ${enrolmentVisible(caller)} and s.outcome = 'cleared'
        and s.until between (${days(now, 0)} at time zone 'UTC')::date and (${days(now, LOOK_AHEAD.clearance)} at time zone 'UTC')::date
        and ${doseLeft}
      union all
      select 'hold-lapsing', i.expires_at, ${enrolment.clinicId}, ${enrolment.patientId}, ${enrolment.id}, null, i.id
      from ${enrolment} join itinerary i on i.enrolment_id = ${enrolment.id}
      where i.status = 'held' and i.expires_at > clock_timestamp()
        and i.expires_at <= clock_timestamp() + make_interval(days => ${LOOK_AHEAD.hold}) and ${at(enrolment)} and ${enrolmentVisible(caller)}),
    keyed as (
      select w.*, floor(extract(epoch from w.due) * 1000)::float8 as due_ms,
        w.kind || ' ' || coalesce(w.appointment_id, w.itinerary_id, w.enrolment_id) as key
      from work w)
    select w.kind, w.key, w.due_ms as due, k.time_zone as "timeZone", w.patient_id as "patientId", w.enrolment_id as "enrolmentId",
      w.appointment_id as "appointmentId", w.itinerary_id as "itineraryId",
      coalesce((p.contact ->> 'voicemail')::boolean, false) as "mayLeaveMessage"
    from keyed w join clinic k on k.id = w.clinic_id join patient p on p.id = w.patient_id
    where ${after === undefined ? sql`true` : sql`(w.due_ms, w.key) > (${after.dueAt}::float8, ${after.key}::text)`}
    order by w.due_ms, w.key limit ${limit}`)
  return rows.map(({ due, ...row }) => ({ ...row, dueAt: due as Instant }))
}
