/** Writes placed visits as appointments and tells of them: what confirming, booking by hand, moving and replanning share. Claims are take-claims.ts's. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import type { AppointmentId, ItineraryId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { visitOf } from '../domain/program.ts'
import { type Instant, toWire } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as bookings from '../repositories/bookings.ts'
import * as events from '../repositories/events.ts'
import type { LockedEnrolment } from './lock-enrolment.ts'

/** Rules set aside for a booking; the reason is kept with it, and goes nowhere else. */
type Override = {
  readonly rules: readonly string[]
  readonly reason: string
  readonly approvedBy?: string | null | undefined
}

export type Placing = {
  readonly id: AppointmentId
  readonly visit: PlacedVisit
  /** An existing appointment at a new place: it is moved, not booked twice. */
  readonly moves: boolean
}

/** Appointments come before claims, for the claims refer to them. As they are stored, in no order. */
export async function storeAppointments(
  tx: Tx,
  { enrolment, program }: Pick<LockedEnrolment, 'enrolment' | 'program'>,
  placings: readonly Placing[],
  how: { itineraryId: ItineraryId | null; override?: Override | null | undefined; at: Instant },
): Promise<Appointment[]> {
  const fresh = placings
    .filter((p) => !p.moves)
    .map(({ id, visit }) => ({ id, visit, repeatable: visitOf(program, visit.visitKey)?.repeatable ?? false }))
  const shared = { itineraryId: how.itineraryId, override: how.override ?? null, at: how.at }
  const moves = placings.filter((p) => p.moves)
  const ids = placings.map((p) => p.id)
  // sent together, answered in this order
  const [, , stored] = await Promise.all([
    bookings.insert(tx, { enrolmentId: enrolment.id, patientId: enrolment.patientId, ...shared }, fresh),
    bookings.move(tx, moves, shared),
    appointments.byIds(tx, ids),
  ])
  return stored
}

/**
 * Audit and event of each appointment, booked or moved; of an override, which rules it set aside and who signed it, never its words.
 * @param first goes into the audit log before them
 */
export async function tellOfBookings(
  tx: Tx,
  caller: Caller,
  booked: readonly Appointment[],
  moved: ReadonlySet<string>,
  override?: Override | null,
  first?: audit.AuditNote,
): Promise<void> {
  const notes = booked.flatMap((a) => {
    const about = {
      resourceType: 'appointment',
      resourceId: a.id,
      revision: a.revision,
      patientId: a.patientId,
      fieldClasses: ['schedule'],
    }
    const note = { ...about, action: moved.has(a.id) ? 'reschedule' : 'create' }
    if (!override) return [note]
    const signed = override.approvedBy ? [`approved-by:${override.approvedBy}`] : []
    const fieldClasses = [...override.rules.map((rule) => `rule:${rule}`), ...signed]
    return [note, { ...about, action: 'override', fieldClasses }]
  })
  const told = booked.map((a) => ({
    type: moved.has(a.id) ? ('appointment.rescheduled' as const) : ('appointment.booked' as const),
    enrolmentId: a.enrolmentId,
    clinicId: a.clinicId,
    subject: {
      appointmentId: a.id,
      patientId: a.patientId,
      sequence: a.sequence,
      start: toWire(a.start, a.timeZone),
      end: toWire(a.end, a.timeZone),
    },
  }))
  await Promise.all([audit.record(tx, caller, first ? [first, ...notes] : notes), events.append(tx, told)])
}
