/** What becomes of bookings and holds whose resource is no longer there: appointments are flagged, holds released (contract.md §3). */
import type { Tx } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { AppointmentId } from '../domain/ids.ts'
import type { Substitution } from '../domain/substitution.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import type { ExposedClaim } from '../repositories/availability.ts'
import * as events from '../repositories/events.ts'
import * as stranded from '../repositories/stranded.ts'
import * as groups from '../repositories/stranded-groups.ts'
import * as substitutes from '../repositories/substitutes.ts'
import { tellAppointments } from './tell-appointments.ts'

/** Ids of appointments and group sessions; for `released`, of itineraries. */
export type Settlement = { readonly flagged: string[]; readonly reassigned: string[]; readonly released: string[] }

const distinct = (ids: readonly (string | null)[]): string[] => [...new Set(ids.flatMap((id) => id ?? []))]

/**
 * Takes away the claims that became illegal and no others. A booked or arrived appointment becomes `needs-replanning`; one under way or
 * over keeps its status; one that a substitute takes over is left for reassign-stranded.ts. A hold is released whole, a group session
 * flagged. `caller` absent: the system itself.
 */
export async function settle(
  tx: Tx,
  claims: readonly ExposedClaim[],
  substitutions: readonly Substitution[],
  caller: Caller | undefined,
): Promise<Settlement> {
  await stranded.deleteClaims(tx, claims)
  await substitutes.deleteLost(tx, substitutions)
  const kept = new Set(substitutions.map(({ loss }) => loss.appointmentId))
  const lost = distinct(claims.map((claim) => claim.appointmentId)).filter((id) => !kept.has(id))
  const strandedGroups = distinct(claims.map((claim) => claim.groupSessionId))
  const flagged = await stranded.flagAppointments(tx, [...lost, ...(await groups.visitsIn(tx, strandedGroups))])
  const released = await stranded.releaseHolds(tx, distinct(claims.map((claim) => claim.itineraryId)))
  const sessions = await groups.flagSessions(tx, strandedGroups)
  const changed = await appointments.byIds(
    tx,
    flagged.map(({ id }) => AppointmentId.parse(id)),
  )
  await tellAppointments(
    tx,
    caller ?? audit.SYSTEM,
    changed.map((appointment) => ({ appointment, action: 'flag', event: 'appointment.needs-replanning' })),
  )
  await events.append(tx, [
    ...released.map(({ id, enrolmentId, clinicId }) => ({
      type: 'itinerary.expired' as const,
      enrolmentId,
      clinicId,
      subject: { itineraryId: id },
    })),
    ...sessions.map(({ id, clinicId }) => ({
      type: 'group-session.needs-replanning' as const,
      enrolmentId: null,
      clinicId,
      subject: { groupSessionId: id },
    })),
  ])
  await audit.record(tx, caller ?? audit.SYSTEM, [
    ...released.map(({ id, patientId }) => ({
      action: 'release',
      resourceType: 'itinerary',
      resourceId: id,
      patientId,
    })),
    ...sessions.map(({ id, revision }) => ({
      action: 'flag',
      resourceType: 'group-session',
      resourceId: id,
      revision,
    })),
  ])
  return {
    flagged: [...flagged, ...sessions].map(({ id }) => id),
    reassigned: [],
    released: released.map(({ id }) => id),
  }
}
