/**
 * Bookings ahead that a licence or a gate no longer allows on their day are flagged for replanning, never silently kept (domain.md §2–3).
 * Judged when a clinician, a patient or a policy changes, and for everybody by a job: what nobody changed can still run out.
 */
import { readSnapshot, type Tx, transact } from '../db/client.ts'
import type { AppointmentId, ClinicId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as ineligible from '../repositories/ineligible.ts'
import * as stranded from '../repositories/stranded.ts'
import type { Deps } from './deps.ts'
import { tellAppointments } from './tell-appointments.ts'

/** Appointments of one transaction. */
const BATCH = 200
/** More than anybody has ahead of them. */
const EVERY = 10_000

/**
 * They lose only the claims that became illegal: the clinician's, when it is the licence. The clinician with both resources, or the
 * patient, is locked by the caller. → how many were flagged
 */
export async function flagIneligible(
  tx: Tx,
  actor: audit.Actor,
  now: Instant,
  among: ineligible.Among,
): Promise<number> {
  const found = await ineligible.faults(tx, now, among, EVERY)
  if (found.length === 0) return 0
  await ineligible.freeClinicians(tx, found)
  const flagged = await stranded.flagAppointments(
    tx,
    found.map(({ appointmentId }) => appointmentId),
  )
  const changed = await appointments.byIds(
    tx,
    flagged.map(({ id }) => id as AppointmentId),
  )
  await tellAppointments(
    tx,
    actor,
    changed.map((appointment) => ({ appointment, action: 'flag', event: 'appointment.needs-replanning' })),
  )
  return changed.length
}

/** What a clinic's new policy no longer allows. Their patients are locked first, as by a booking. */
export async function flagByPolicy(tx: Tx, actor: audit.Actor, now: Instant, clinicId: ClinicId): Promise<void> {
  const found = await ineligible.faults(tx, now, { clinicId }, EVERY)
  const appointmentIds = found.map(({ appointmentId }) => appointmentId)
  if (appointmentIds.length === 0) return
  await ineligible.lockOwners(tx, appointmentIds)
  await flagIneligible(tx, actor, now, { appointmentIds })
}

/** Everybody's, a batch per transaction. → how many were flagged */
export async function sweepEligibility({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<Result<number, Refusal>> {
  let flagged = 0
  for (let after: AppointmentId | undefined; ; ) {
    const seen = await readSnapshot(db, async (tx) => ok(await ineligible.faults(tx, now(), { after }, BATCH)))
    if (!seen.ok) return seen
    const appointmentIds = seen.value.map(({ appointmentId }) => appointmentId)
    if (appointmentIds.length === 0) return ok(flagged)
    const done = await transact(db, async (tx) => {
      await ineligible.lockOwners(tx, appointmentIds)
      return ok(await flagIneligible(tx, audit.SYSTEM, now(), { appointmentIds }))
    })
    if (!done.ok) return done
    flagged += done.value
    after = appointmentIds.at(-1)
  }
}
