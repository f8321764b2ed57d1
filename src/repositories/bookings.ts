/** Writing appointments and their participants, as sets. Claims are claims.ts's; the two go together in one transaction. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { statement } from '../db/statement.ts'
import type { AppointmentStatus, Cancellation } from '../domain/appointment.ts'
import type { AppointmentId, EnrolmentId, ItineraryId, PatientId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { type Instant, toWire, tzVersion } from '../domain/time.ts'

export type NewAppointment = {
  readonly id: AppointmentId
  readonly visit: PlacedVisit
  readonly repeatable: boolean
}

/** What every appointment of one booking shares. */
export type Booking = {
  readonly enrolmentId: EnrolmentId
  readonly patientId: PatientId
  readonly itineraryId: ItineraryId | null
  /** Rules set aside, why, and who signed: kept with what was booked so, and told to nobody. */
  readonly override: unknown
  readonly at: Instant
}

/** Rows go out as one parameter each: hundreds of them cost more to build and parse than to store. */
export async function insert(tx: Tx, booking: Booking, appointments: readonly NewAppointment[]): Promise<void> {
  if (appointments.length === 0) return
  const at = instantText(booking.at)
  const rows = appointments.map(({ id, visit, repeatable }) => ({
    ...{ id, repeatable, key: visit.visitKey, step: visit.step },
    ...placeOf(visit),
  }))
  const { enrolmentId, patientId, itineraryId, override } = booking
  await Promise.all([
    INSERT(tx, JSON.stringify(rows), enrolmentId, patientId, itineraryId, asJson(override), tzVersion, at),
    insertParticipants(tx, appointments),
  ])
}

const PLACE = 'starts timestamptz, ends timestamptz, clinic uuid, room uuid, modality text, wall text'
const INSERT = statement(`
  insert into appointment (id, enrolment_id, patient_id, itinerary_id, override, visit_key, step, repeatable, status, starts_at, ends_at,
    clinic_id, room_id, modality, booked_wall_time, booked_tz_version, created_at, updated_at)
  select id, $2::uuid, $3::uuid, $4::uuid, $5::jsonb, key, step, repeatable, 'booked', starts, ends, clinic, room, modality, wall, $6::text,
    $7::timestamptz, $7::timestamptz
  from jsonb_to_recordset($1::jsonb) as a(id uuid, key text, step text, repeatable boolean, ${PLACE})`)

const asJson = (value: unknown): string | null => (value ? JSON.stringify(value) : null)

const placeOf = (visit: PlacedVisit) => ({
  starts: instantText(visit.start),
  ends: instantText(visit.end),
  clinic: visit.clinicId,
  room: visit.roomId,
  modality: visit.modality,
  wall: toWire(visit.start, visit.timeZone),
})

async function insertParticipants(
  tx: Tx,
  appointments: readonly { id: AppointmentId; visit: PlacedVisit }[],
): Promise<void> {
  const rows = appointments.flatMap(({ id, visit }) =>
    visit.participants.map((p, ordinal) => ({
      ...{ id, ordinal, as: p.as, role: p.role, clinician: p.clinicianId, shared: p.shared },
      ...{ starts: instantText(p.start), ends: instantText(p.end) },
    })),
  )
  if (rows.length > 0) await INSERT_PARTICIPANTS(tx, JSON.stringify(rows))
}

const INSERT_PARTICIPANTS = statement(`
  insert into participant (appointment_id, ordinal, "as", role, clinician_id, shared, starts_at, ends_at)
  select id, ordinal, "as", role, clinician, shared, starts, ends from jsonb_to_recordset($1::jsonb)
    as p(id uuid, ordinal smallint, "as" text, role text, clinician uuid, shared boolean, starts timestamptz, ends timestamptz)`)

/** Existing appointments at new places: booked again, sequence and revision up, participants replaced. */
export async function move(
  tx: Tx,
  moves: readonly { id: AppointmentId; visit: PlacedVisit }[],
  { itineraryId, override, at }: Pick<Booking, 'itineraryId' | 'override' | 'at'>,
): Promise<void> {
  if (moves.length === 0) return
  const places = moves.map(({ id, visit }) => ({ id, ...placeOf(visit) }))
  const ids = moves.map((m) => m.id)
  // sent together, answered in this order
  await Promise.all([
    MOVE(tx, JSON.stringify(places), itineraryId, asJson(override), tzVersion, instantText(at)),
    DELETE_PARTICIPANTS(tx, ids),
    insertParticipants(tx, moves),
  ])
}

const MOVE = statement(`
  update appointment a set starts_at = m.starts, ends_at = m.ends, clinic_id = m.clinic, room_id = m.room, modality = m.modality,
    booked_wall_time = m.wall, booked_tz_version = $4::text, itinerary_id = coalesce($2::uuid, a.itinerary_id),
    override = $3::jsonb, status = 'booked', status_changes = '[]', arrived_at = null, started_at = null, ended_at = null,
    flags = array_remove(array_remove(array_remove(a.flags, 'needs-replanning'), 'running-late'), 'declined'), patient_response = 'needs-action',
    sequence = a.sequence + 1, revision = a.revision + 1, updated_at = $5::timestamptz
  from jsonb_to_recordset($1::jsonb) as m(id uuid, ${PLACE}) where a.id = m.id`)
const DELETE_PARTICIPANTS = statement('delete from participant where appointment_id = any($1::uuid[])')

export type Ending = {
  readonly id: AppointmentId
  readonly status: Extract<AppointmentStatus, 'cancelled' | 'needs-replanning'>
  readonly cancellation: Cancellation | null
  readonly voidedBy: AppointmentId | null
}

/** Cancellations and flags in one statement; sequence and revision rise, so that an invite tells of it. */
export async function end(tx: Tx, endings: readonly Ending[], at: Instant): Promise<void> {
  if (endings.length === 0) return
  await tx.execute(sql`
    update appointment a set status = e.status, cancellation = coalesce(e.cancellation, a.cancellation), voided_by = coalesce(e.voided_by, a.voided_by),
      flags = case when e.status = 'needs-replanning' and not ('needs-replanning' = any(a.flags)) then a.flags || 'needs-replanning'::text else a.flags end,
      sequence = a.sequence + 1, revision = a.revision + 1, updated_at = ${new Date(at).toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(
      endings.map((e) => ({ id: e.id, status: e.status, cancellation: e.cancellation, voided_by: e.voidedBy })),
    )}::jsonb) as e(id uuid, status text, cancellation jsonb, voided_by uuid)
    where a.id = e.id`)
}
