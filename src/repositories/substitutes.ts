/** What absent people and rooms were to do, who is taken meanwhile, and the change of hands, in SQL. Instants travel as epoch milliseconds. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { rangeText } from '../db/range.ts'
import type { ClinicId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { ClinicalRole, RoomKind } from '../domain/program.ts'
import type { Loss, Substitution, Taken } from '../domain/substitution.ts'
import { addDays, dayOf, type Instant, startOfDay, type ZoneId } from '../domain/time.ts'
import type { ExposedClaim } from './availability.ts'

const uuids = (ids: readonly string[]) => sql`${sql.param([...ids])}::uuid[]`

/** Of booked appointments that have not begun, all that they take of each resource that they lose time of; by start. */
export async function lossesOf(tx: Tx, claims: readonly ExposedClaim[], now: Instant): Promise<Loss[]> {
  const booked = claims.filter((claim) => claim.appointmentId !== null)
  const rows = await tx.execute<{
    appointment_id: string
    resource_id: string
    kind: Loss['kind']
    role: string | null
    room_kind: string | null
    clinic_id: string
    province: string
    time_zone: string
    starts: number
    spans: [number, number][]
    dose: boolean
    people: string[]
  }>(sql`
    select a.id as appointment_id, r.id as resource_id, r.kind, part.role, room.kind as room_kind, a.clinic_id,
      case a.modality when 'in-person' then clinic.province else patient.province end as province, clinic.time_zone,
      (extract(epoch from a.starts_at) * 1000)::float8 as starts,
      json_agg(json_build_array(extract(epoch from lower(c.during)) * 1000, extract(epoch from upper(c.during)) * 1000)
        order by c.during) as spans,
      bool_or(c.dose) as dose,
      coalesce((select array_agg(distinct p.clinician_id) from participant p where p.appointment_id = a.id), '{}') as people
    from (select distinct * from unnest(${uuids(booked.map((c) => c.resourceId))},
        ${uuids(booked.map((c) => c.appointmentId ?? ''))}) as pair (resource_id, appointment_id)) as lost
    join claim c on c.resource_id = lost.resource_id and c.appointment_id = lost.appointment_id
    join appointment a on a.id = lost.appointment_id and a.status = 'booked'
      and a.starts_at > to_timestamp(${now / 1000}::float8)
    join resource r on r.id = lost.resource_id
    join clinic on clinic.id = a.clinic_id
    join patient on patient.id = a.patient_id
    left join room on room.id = r.id
    left join lateral (select p.role from participant p where p.appointment_id = a.id and p.clinician_id = r.clinician_id
      and p.shared = (r.kind = 'supervision') limit 1) as part on true
    group by a.id, r.id, part.role, room.kind, clinic.id, patient.id
    order by a.starts_at, a.id, r.id`)
  return rows.map((row) => {
    const zone = row.time_zone as ZoneId
    const date = dayOf(row.starts as Instant, zone)
    return {
      appointmentId: row.appointment_id,
      resourceId: row.resource_id,
      kind: row.kind,
      role: row.role as ClinicalRole | null,
      roomKind: row.room_kind as RoomKind | null,
      clinicId: row.clinic_id as ClinicId,
      province: row.province,
      date,
      day: { start: startOfDay(date, zone), end: startOfDay(addDays(date, 1), zone) },
      spans: row.spans.map(([start, end]) => ({ start: start as Instant, end: end as Instant })),
      dose: row.dose,
      people: row.people,
    }
  })
}

/** Lanes of the resources, and the claims on them in the window. */
export async function takenWithin(
  tx: Tx,
  resourceIds: readonly string[],
  window: Interval<Instant>,
): Promise<{ taken: Taken[]; lanes: Map<string, number> }> {
  const claims = await tx.execute<{
    resource_id: string
    lane: number
    starts: number
    ends: number
    dose: boolean
    visit: string
  }>(sql`
    select resource_id, lane, (extract(epoch from lower(during)) * 1000)::float8 as starts,
      (extract(epoch from upper(during)) * 1000)::float8 as ends, dose,
      coalesce(appointment_id::text, itinerary_id || ' ' || visit_key, session_id::text) as visit
    from claim where resource_id = any(${uuids(resourceIds)}) and during && ${rangeText(window)}::tstzrange`)
  const resources = await tx.execute<{ id: string; lanes: number }>(
    sql`select id, lanes from resource where id = any(${uuids(resourceIds)})`,
  )
  return {
    taken: claims.map((row) => ({
      resourceId: row.resource_id,
      lane: row.lane,
      start: row.starts,
      end: row.ends,
      dose: row.dose,
      visit: row.visit,
    })),
    lanes: new Map(resources.map((row) => [row.id, row.lanes])),
  }
}

/** Frees what the absent one still claims of these visits. */
export async function deleteLost(tx: Tx, substitutions: readonly Substitution[]): Promise<void> {
  await tx.execute(sql`
    delete from claim c using unnest(${uuids(substitutions.map((s) => s.loss.resourceId))},
      ${uuids(substitutions.map((s) => s.loss.appointmentId))}) as lost (resource_id, appointment_id)
    where c.resource_id = lost.resource_id and c.appointment_id = lost.appointment_id`)
}

/** Claims for the substitutes, and their names in the appointments. Availability has been replaced before. */
export async function install(tx: Tx, substitutions: readonly Substitution[]): Promise<void> {
  const claims = substitutions.flatMap(({ loss, resourceId, lanes }) =>
    loss.spans.map((span, i) => ({
      ...span,
      resourceId,
      lane: lanes[i] ?? 1,
      dose: loss.dose,
      id: loss.appointmentId,
    })),
  )
  await tx.execute(sql`
    insert into claim (resource_id, lane, clinic_id, during, enrolment_id, visit_key, dose, appointment_id)
    select u.resource_id, u.lane, a.clinic_id, u.during, a.enrolment_id, a.visit_key, u.dose, a.id
    from unnest(${uuids(claims.map((c) => c.resourceId))}, ${sql.param(claims.map((c) => c.lane))}::smallint[],
      ${sql.param(claims.map(rangeText))}::tstzrange[], ${sql.param(claims.map((c) => String(c.dose)))}::boolean[],
      ${uuids(claims.map((c) => c.id))}) as u (resource_id, lane, during, dose, appointment_id)
    join appointment a on a.id = u.appointment_id`)
  const changes = sql`unnest(${uuids(substitutions.map((s) => s.loss.appointmentId))},
    ${uuids(substitutions.map((s) => s.loss.resourceId))}, ${uuids(substitutions.map((s) => s.personId))})
    as change (appointment_id, old_id, new_id)`
  await tx.execute(sql`
    update participant p set clinician_id = change.new_id from ${changes} join resource r on r.id = change.old_id
    where p.appointment_id = change.appointment_id and p.clinician_id = r.clinician_id
      and p.shared = (r.kind = 'supervision') and r.kind in ('clinician', 'supervision')`)
  await tx.execute(sql`
    update appointment a set room_id = change.new_id from ${changes} join room on room.id = change.old_id
    where a.id = change.appointment_id`)
}

type ReassignedAppointment = {
  readonly id: string
  readonly enrolmentId: string
  readonly patientId: string
  readonly clinicId: string
  readonly visitKey: string
  readonly revision: number
}

/** Their invites' sequence and their revision rise by one. */
export async function noteReassigned(tx: Tx, ids: readonly string[]): Promise<ReassignedAppointment[]> {
  const rows = await tx.execute<ReassignedAppointment>(sql`
    update appointment set sequence = sequence + 1, revision = revision + 1, updated_at = clock_timestamp()
    where id = any(${uuids(ids)})
    returning id, enrolment_id as "enrolmentId", patient_id as "patientId", clinic_id as "clinicId",
      visit_key as "visitKey", revision`)
  return [...rows]
}
