/** Writing appointments and their participants, as sets. Claims are claims.ts's; the two go together in one transaction. */
import { inArray, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { appointment, participant } from '../db/schema.ts'
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

export async function insert(tx: Tx, booking: Booking, appointments: readonly NewAppointment[]): Promise<void> {
  if (appointments.length === 0) return
  const { at, ...shared } = booking
  await tx.insert(appointment).values(
    appointments.map(({ id, visit, repeatable }) => ({
      id,
      ...shared,
      repeatable,
      ...placeOf(visit),
      visitKey: visit.visitKey,
      step: visit.step,
      status: 'booked' as const,
      createdAt: at,
      updatedAt: at,
    })),
  )
  await insertParticipants(tx, appointments)
}

const placeOf = (visit: PlacedVisit) => ({
  start: visit.start,
  end: visit.end,
  clinicId: visit.clinicId,
  roomId: visit.roomId,
  modality: visit.modality,
  bookedWallTime: toWire(visit.start, visit.timeZone),
  bookedTzVersion: tzVersion,
})

async function insertParticipants(
  tx: Tx,
  appointments: readonly { id: AppointmentId; visit: PlacedVisit }[],
): Promise<void> {
  const rows = appointments.flatMap(({ id, visit }) =>
    visit.participants.map((p, ordinal) => ({ appointmentId: id, ordinal, ...p })),
  )
  if (rows.length > 0) await tx.insert(participant).values(rows)
}

/** Existing appointments at new places: booked again, sequence and revision up, participants replaced. */
export async function move(
  tx: Tx,
  moves: readonly { id: AppointmentId; visit: PlacedVisit }[],
  { itineraryId, override, at }: Pick<Booking, 'itineraryId' | 'override' | 'at'>,
): Promise<void> {
  if (moves.length === 0) return
  const places = moves.map(({ id, visit }) => {
    const { start, end, clinicId, roomId, modality, bookedWallTime } = placeOf(visit)
    const [starts, ends] = [instantText(start), instantText(end)]
    return { id, starts, ends, clinic: clinicId, room: roomId, modality, wall: bookedWallTime }
  })
  await tx.execute(sql`
    update appointment a set starts_at = m.starts, ends_at = m.ends, clinic_id = m.clinic, room_id = m.room, modality = m.modality,
      booked_wall_time = m.wall, booked_tz_version = ${tzVersion}, itinerary_id = coalesce(${itineraryId}::uuid, a.itinerary_id),
      override = ${override ? JSON.stringify(override) : null}::jsonb, status = 'booked', flags = array_remove(a.flags, 'needs-replanning'), patient_response = 'needs-action',
      sequence = a.sequence + 1, revision = a.revision + 1, updated_at = ${instantText(at)}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(places)}::jsonb)
      as m(id uuid, starts timestamptz, ends timestamptz, clinic uuid, room uuid, modality text, wall text)
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
