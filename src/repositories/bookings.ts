/** Writing appointments and their participants, as sets. Claims are claims.ts's; the two go together in one transaction. */
import { inArray, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { participant } from '../db/schema.ts'
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
  await tx.execute(sql`
    insert into appointment (id, enrolment_id, patient_id, itinerary_id, override, visit_key, step, repeatable, status, starts_at, ends_at,
      clinic_id, room_id, modality, booked_wall_time, booked_tz_version, created_at, updated_at)
    select id, ${booking.enrolmentId}::uuid, ${booking.patientId}::uuid, ${booking.itineraryId}::uuid, ${asJson(booking.override)}::jsonb,
      key, step, repeatable, 'booked', starts, ends, clinic, room, modality, wall, ${tzVersion}, ${at}::timestamptz, ${at}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as a(id uuid, key text, step text, repeatable boolean, ${PLACE})`)
  await insertParticipants(tx, appointments)
}

const asJson = (value: unknown): string | null => (value ? JSON.stringify(value) : null)

const placeOf = (visit: PlacedVisit) => ({
  starts: instantText(visit.start),
  ends: instantText(visit.end),
  clinic: visit.clinicId,
  room: visit.roomId,
  modality: visit.modality,
  wall: toWire(visit.start, visit.timeZone),
})
const PLACE = sql.raw('starts timestamptz, ends timestamptz, clinic uuid, room uuid, modality text, wall text')

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
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into participant (appointment_id, ordinal, "as", role, clinician_id, shared, starts_at, ends_at)
    select id, ordinal, "as", role, clinician, shared, starts, ends from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as p(id uuid, ordinal smallint, "as" text, role text, clinician uuid, shared boolean, starts timestamptz, ends timestamptz)`)
}

/** Existing appointments at new places: booked again, sequence and revision up, participants replaced. */
export async function move(
  tx: Tx,
  moves: readonly { id: AppointmentId; visit: PlacedVisit }[],
  { itineraryId, override, at }: Pick<Booking, 'itineraryId' | 'override' | 'at'>,
): Promise<void> {
  if (moves.length === 0) return
  const places = moves.map(({ id, visit }) => ({ id, ...placeOf(visit) }))
  await tx.execute(sql`
    update appointment a set starts_at = m.starts, ends_at = m.ends, clinic_id = m.clinic, room_id = m.room, modality = m.modality,
      booked_wall_time = m.wall, booked_tz_version = ${tzVersion}, itinerary_id = coalesce(${itineraryId}::uuid, a.itinerary_id),
      override = ${asJson(override)}::jsonb, status = 'booked', status_changes = '[]',
      flags = array_remove(array_remove(array_remove(a.flags, 'needs-replanning'), 'running-late'), 'declined'), patient_response = 'needs-action',
      sequence = a.sequence + 1, revision = a.revision + 1, updated_at = ${instantText(at)}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as m(id uuid, ${PLACE})
    where a.id = m.id`)
  const ids = moves.map((m) => m.id)
  await tx.delete(participant).where(inArray(participant.appointmentId, ids))
  await insertParticipants(tx, moves)
}

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
