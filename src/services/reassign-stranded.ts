/** Appointments whose nurse, supervisor or room will not be there are given to another who is free at that time (contract.md §3). */
import type { Tx } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { Expandable } from '../domain/expansion.ts'
import { AppointmentId, ClinicianId, RoomId } from '../domain/ids.ts'
import type { HeldShift } from '../domain/shift-replacement.ts'
import { type Candidate, type Substitution, substitute } from '../domain/substitution.ts'
import type { Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import type { ExposedClaim } from '../repositories/availability.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as rooms from '../repositories/rooms.ts'
import * as substitutes from '../repositories/substitutes.ts'
import { tellAppointments } from './tell-appointments.ts'

/** `things` are locked: the absent and all who might take over. `shifts` are theirs after the change. */
export async function findSubstitutes(
  tx: Tx,
  now: Instant,
  stranded: readonly ExposedClaim[],
  things: readonly Expandable[],
  shifts: readonly HeldShift[],
): Promise<Substitution[]> {
  const losses = await substitutes.lossesOf(tx, stranded, now)
  if (losses.length === 0) return []
  const window = {
    start: Math.min(...losses.map((loss) => loss.day.start)) as Instant,
    end: Math.max(...losses.map((loss) => loss.day.end)) as Instant,
  }
  const ids = things.map(({ id }) => id)
  const { taken, lanes } = await substitutes.takenWithin(tx, ids, window)
  return substitute(losses, await candidatesAmong(tx, things, lanes), shifts, taken)
}

async function candidatesAmong(
  tx: Tx,
  things: readonly Expandable[],
  lanes: ReadonlyMap<string, number>,
): Promise<Candidate[]> {
  const owners = things.flatMap((thing) => (thing.kind === 'clinician' ? [ClinicianId.parse(thing.owner)] : []))
  const people = await clinicians.withLicences(tx, [...new Set(owners)])
  const known = await rooms.byIds(
    tx,
    things.flatMap((thing) => (thing.kind === 'room' ? [RoomId.parse(thing.id)] : [])),
  )
  return [
    ...known.map(({ id, clinicId, kind }) => ({ kind: 'room' as const, resourceId: id, clinicId, roomKind: kind })),
    ...people.flatMap(({ id, supervisionId, roles, licences, limits }): Candidate[] => {
      const person = { personId: id, roles, licences, dosesPerDay: limits.dosesPerDay }
      return [
        { ...person, kind: 'clinician', resourceId: id, lanes: 1 },
        { ...person, kind: 'supervision', resourceId: supervisionId, lanes: lanes.get(supervisionId) ?? 0 },
      ]
    }),
  ].sort((a, b) => (a.resourceId < b.resourceId ? -1 : 1))
}

/** After availability has been replaced. → the appointments' ids */
export async function installSubstitutes(
  tx: Tx,
  substitutions: readonly Substitution[],
  caller: Caller | undefined,
): Promise<string[]> {
  if (substitutions.length === 0) return []
  await substitutes.install(tx, substitutions)
  const ids = [...new Set(substitutions.map(({ loss }) => loss.appointmentId))]
  const reassigned = await substitutes.noteReassigned(tx, ids)
  const changed = await appointments.byIds(
    tx,
    reassigned.map(({ id }) => AppointmentId.parse(id)),
  )
  await tellAppointments(
    tx,
    caller ?? audit.SYSTEM,
    changed.map((appointment) => ({
      appointment,
      action: 'reassign',
      event: 'appointment.rescheduled',
      more: { change: 'resources' },
    })),
  )
  return ids
}
