/** What must never be stored, as SQL over what is: each row of an answer is one breach. Nothing here trusts the service's own code. */
import type { Sql } from 'postgres'

export type Breach = { readonly rule: string; readonly detail: string }

/** Statuses under which an appointment owns its claims whole; `needs-replanning` may have lost some. */
const WHOLE = `('booked', 'arrived', 'in-progress')`
const ENDED = `('cancelled', 'no-show', 'not-dosed')`

/** Somebody has noted that it lasts longer than booked: its claims grow only as far as there is room. */
const overrun = (id: string): string =>
  `exists (select from audit_entry where resource_id = ${id}::text and action = 'extend')`
/** Of an appointment: every change is in the audit log; an overrun and a detail are no news. */
const CHANGES = `('create', 'reschedule', 'cancel', 'flag', 'status', 'restore', 'reassign', 'extend', 'update')`
const QUIET = `('extend', 'update')`

/** Each names what it finds in one column, `detail`. `shadow` is written by the triggers of `watch`. */
const RULES: Readonly<Record<string, string>> = {
  'one lane, one claim at a time': `
    select a.resource_id || ' ' || a.lane || ' ' || a.during || ' ' || b.during as detail
    from claim a join claim b on a.resource_id = b.resource_id and a.lane = b.lane and a.during && b.during and a.ctid < b.ctid`,
  'a patient is in one place': `
    select a.patient_id || ' ' || a.during || ' ' || b.during as detail
    from patient_claim a join patient_claim b on a.patient_id = b.patient_id and a.during && b.during and a.ctid < b.ctid`,
  'claims lie inside availability at their clinic': `
    select c.resource_id || ' ' || c.during as detail from claim c
    where not coalesce((select range_agg(v.during) @> c.during from availability v
      where v.resource_id = c.resource_id and v.clinic_id = c.clinic_id and v.during && c.during), false)`,
  'a booked visit has its room and the patient’s time': `
    select a.id || ' ' || a.visit_key as detail from appointment a where a.status in ${WHOLE} and not ${overrun('a.id')} and not (
      exists (select from patient_claim p where p.appointment_id = a.id and p.during @> tstzrange(a.starts_at, a.ends_at))
      and (a.room_id is null or exists (select from claim c where c.appointment_id = a.id and c.resource_id = a.room_id
        and c.during @> tstzrange(a.starts_at, a.ends_at))))`,
  'a booked visit has everybody who takes part': `
    select a.id || ' ' || a.visit_key || ' ' || p."as" as detail from appointment a join participant p on p.appointment_id = a.id
    where a.status in ${WHOLE} and not ${overrun('a.id')} and not exists (select from claim c where c.appointment_id = a.id
      and c.during @> tstzrange(p.starts_at, p.ends_at)
      and (c.resource_id = p.clinician_id or (p.shared and c.resource_id = (
        select supervision_id from clinician k where k.id = p.clinician_id))))`,
  'a claim has a live owner': `
    select c.resource_id || ' ' || c.during as detail from claim c
      left join appointment a on a.id = c.appointment_id left join itinerary i on i.id = c.itinerary_id
      left join group_session g on g.id = c.session_id
    where coalesce(a.status in ${ENDED}, i.status <> 'held', g.status = 'cancelled', true)
    union all
    select c.patient_id || ' ' || c.during from patient_claim c
      left join appointment a on a.id = c.appointment_id left join itinerary i on i.id = c.itinerary_id
      left join group_session g on g.id = c.session_id
    where coalesce(a.status in ${ENDED}, i.status <> 'held', g.status = 'cancelled', true)`,
  'nobody sits in a group without the time for it': `
    select m.session_id || ' ' || m.patient_id as detail from group_member m join group_session g on g.id = m.session_id
    where m.status = 'seated' and not exists (select from patient_claim p where p.patient_id = m.patient_id
      and p.during @> tstzrange(g.starts_at, g.ends_at) and (p.session_id = g.id or p.appointment_id = m.appointment_id))`,
  'a live hold holds every visit': `
    select i.id || ' holds ' || n || ' of ' || jsonb_array_length(i.visits) as detail from itinerary i,
      lateral (select count(distinct visit_key) as n from patient_claim p where p.itinerary_id = i.id) p
    where i.status = 'held' and i.expires_at > clock_timestamp() + interval '1 second' and n <> jsonb_array_length(i.visits)`,
  'an itinerary is booked whole, once, in one request': `
    select i.id || ' booked ' || coalesce(v.placed, 0) || ' of ' || jsonb_array_length(i.visits) || ', confirmed ' || coalesce(c.times, 0) as detail
    from itinerary i
    left join (select resource_id, count(*) as times, min(request_id) as request from audit_entry
      where action = 'confirm' group by resource_id) c on c.resource_id = i.id::text
    left join (select request_id, count(*) as placed from audit_entry
      where resource_type = 'appointment' and action in ('create', 'reschedule') group by request_id) v on v.request_id = c.request
    where case when i.status = 'booked' then c.times is distinct from 1 or v.placed is distinct from jsonb_array_length(i.visits)
      else c.times is not null end`,
  'one visit is booked once': `
    select enrolment_id || ' ' || visit_key as detail from appointment
    where status not in ${ENDED} and not repeatable group by enrolment_id, visit_key having count(*) > 1`,
  'every revision of an appointment has its audit entry': `
    select a.id || ' revision ' || a.revision || ', entries ' || array_to_string(e.of, ',') as detail from appointment a,
      lateral (select array_agg(distinct revision order by revision) as of from audit_entry
        where resource_id = a.id::text and action in ${CHANGES}) e
    where e.of is distinct from array(select generate_series(1, a.revision))`,
  'every hold and release has its audit entry': `
    select i.id || ' ' || i.status as detail from itinerary i
    where i.status in ('held', 'released') and not exists (select from audit_entry
      where resource_id = i.id::text and action = case i.status when 'held' then 'hold' else 'release' end)`,
  'every change of an appointment has its event, in order': `
    select a.id || ' ' || coalesce(e.types, 'nothing') as detail from appointment a,
      lateral (select string_agg(type, ' ' order by sequence) as types, count(*) as n from event
        where subject ->> 'appointmentId' = a.id::text) e,
      lateral (select count(*) as n from audit_entry
        where resource_id = a.id::text and action in ${CHANGES} and action not in ${QUIET}) told
    where e.n <> told.n or e.types not like 'appointment.booked%'`,
  'the sequence rises with every change that an invite tells of': `
    select appointment_id || ' ' || sequence || ' after ' || before || ', now ' || told as detail from (
      select *, lag(sequence) over w as before, lag(told) over w as told_before from chaos_shadow
      window w as (partition by appointment_id order by n)) s
    where before is not null and (sequence < before or sequence = before and told <> told_before)`,
  'a key has one answer': `
    select key as detail from idempotency_key group by key having count(*) > 1`,
}

/** Notes each state of each appointment as it is stored: what the history rules read. Dropped with the database. */
export const watch = (sql: Sql): Promise<unknown> =>
  sql.unsafe(`
    create table chaos_shadow (n bigint generated always as identity, appointment_id uuid, sequence int, told text);
    create function chaos_shadow() returns trigger language plpgsql as $$ begin
      insert into chaos_shadow (appointment_id, sequence, told) values (new.id, new.sequence, new.starts_at || ' ' || new.ends_at || ' '
        || case when new.status in ('cancelled', 'needs-replanning') then new.status else 'on' end);
      return null;
    end $$;
    create trigger chaos_shadow after insert or update of status, starts_at, ends_at on appointment
      for each row execute function chaos_shadow()`)

/** Breaches named in one answer are cut after this many. */
const SHOWN = 5

export async function breaches(sql: Sql): Promise<Breach[]> {
  const found: Breach[] = []
  for (const [rule, text] of Object.entries(RULES))
    for (const { detail } of await sql.unsafe<{ detail: string }[]>(`${text} limit ${SHOWN}`))
      found.push({ rule, detail })
  return found
}
