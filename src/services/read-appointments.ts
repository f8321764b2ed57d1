/** Appointments as asked for: a page of them, one, and the details that change nothing about when, where and who. */
import { type Tx, transact } from '../db/client.ts'
import { type Appointment, Escort } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import type { AppointmentId } from '../domain/ids.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import type { Deps } from './deps.ts'

/** All statements of one answer see one instant of the database; the audit entry goes in with it. */
const AUDITED_READ = { isolation: 'repeatable read' } as const

export function listAppointments(
  { db }: Deps,
  caller: Caller,
  filter: appointments.AppointmentFilter,
  page: appointments.AppointmentsPage,
): Promise<Result<Appointment[], Refusal>> {
  return transact(
    db,
    async (tx) => {
      const found = await appointments.list(tx, caller, filter, page)
      await noteRead(tx, caller, found)
      return ok(found)
    },
    AUDITED_READ,
  )
}

export function readAppointment(
  { db }: Deps,
  caller: Caller,
  id: AppointmentId,
): Promise<Result<Appointment, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const found = await appointments.visibleById(tx, caller, id)
      if (!found) return err(notFound)
      await noteRead(tx, caller, [found])
      return ok(found)
    },
    AUDITED_READ,
  )
}

/** RFC 7396: absent keeps, null removes, members of the escort are merged one by one. */
export type DetailsChange = {
  escort?: { [Member in keyof Escort]?: Escort[Member] | null | undefined } | null | undefined
  joinUrl?: string | null | undefined
  patientLocation?: string | null | undefined
  note?: string | null | undefined
}

export function changeAppointment(
  { db, now }: Deps,
  caller: Caller,
  id: AppointmentId,
  change: DetailsChange,
): Promise<Result<Appointment, Refusal>> {
  return transact(db, async (tx) => {
    const before = await appointments.lockVisible(tx, caller, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const escort = mergedEscort(before.escort, change.escort)
    if (!escort.ok) return escort
    const { joinUrl = before.joinUrl, patientLocation = before.patientLocation, note = before.note } = change
    const details = { escort: escort.value, joinUrl, patientLocation, note }
    await appointments.updateDetails(tx, id, details, now())
    const revision = before.revision + 1
    const { patientId } = before
    await audit.record(tx, caller, [
      { action: 'update', resourceType: 'appointment', resourceId: id, patientId, revision, fieldClasses: ['details'] },
    ])
    return ok({ ...before, ...details, revision })
  })
}

function mergedEscort(before: Escort | null, change: DetailsChange['escort']): Result<Escort | null, Refusal> {
  if (change === undefined) return ok(before)
  if (change === null) return ok(null)
  const merged = Escort.safeParse(mergePatch(before, change))
  return merged.success ? ok(merged.data) : err(invalid('escort.name', 'an escort has a name'))
}

/** One entry per patient; of a single appointment also which one. */
function noteRead(tx: Tx, caller: Caller, found: readonly Appointment[]): Promise<void> {
  const [only, ...others] = found
  const about = only && others.length === 0 ? { resourceId: only.id, revision: only.revision } : {}
  const patients = new Set(found.map(({ patientId }) => patientId))
  return audit.record(
    tx,
    caller,
    [...patients].map((patientId) => ({
      action: 'read',
      resourceType: 'appointment',
      patientId,
      fieldClasses: ['schedule', 'details'],
      ...about,
    })),
  )
}
