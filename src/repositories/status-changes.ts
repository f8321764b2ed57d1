/** An appointment's way through its statuses, in SQL: the steps so far, the next one, and those taken back. */
import { eq, inArray, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { appointment } from '../db/schema.ts'
import type { Appointment, AppointmentStatus, StatusChange } from '../domain/appointment.ts'
import type { AppointmentId } from '../domain/ids.ts'
import type { Instant, LocalDate } from '../domain/time.ts'

/** Since it was booked, oldest first; what was undone is not among them. */
export async function changesOf(tx: Tx, id: AppointmentId): Promise<StatusChange[]> {
  const [row] = await tx.select({ changes: appointment.statusChanges }).from(appointment).where(eq(appointment.id, id))
  return (row?.changes ?? []) as StatusChange[]
}

export type NewStatus = {
  readonly status: AppointmentStatus
  readonly actual: Appointment['actual']
  readonly changes: readonly StatusChange[]
  readonly reassessOn: LocalDate | null
  readonly flags: readonly string[]
}

/** The revision rises by one; an invite has nothing new to tell. */
export async function store(tx: Tx, id: AppointmentId, next: NewStatus, updatedAt: Instant): Promise<void> {
  const { status, actual, changes, reassessOn, flags } = next
  await tx
    .update(appointment)
    .set({
      ...actual,
      status,
      statusChanges: changes,
      reassessOn,
      flags: [...flags],
      updatedAt,
      revision: sql`${appointment.revision} + 1`,
    })
    .where(eq(appointment.id, id))
}

/** Voided and flagged ones are booked again, as if nothing had been; their invites tell of it. */
export async function bookAgain(tx: Tx, ids: readonly AppointmentId[], updatedAt: Instant): Promise<void> {
  if (ids.length === 0) return
  await tx
    .update(appointment)
    .set({
      status: 'booked',
      cancellation: null,
      voidedBy: null,
      flags: sql`array_remove(${appointment.flags}, 'needs-replanning')`,
      sequence: sql`${appointment.sequence} + 1`,
      revision: sql`${appointment.revision} + 1`,
      updatedAt,
    })
    .where(inArray(appointment.id, [...ids]))
}
