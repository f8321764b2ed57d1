/** What the patient answered to an invite, in SQL. */
import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { appointment } from '../db/schema.ts'
import type { PatientResponse } from '../domain/calendar.ts'
import type { AppointmentId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

/** The flag `declined` stands while the last answer is a decline. The revision rises; the sequence is the organizer's. */
export async function set(tx: Tx, id: AppointmentId, response: PatientResponse, updatedAt: Instant): Promise<void> {
  const others = sql`array_remove(${appointment.flags}, 'declined')`
  await tx
    .update(appointment)
    .set({
      patientResponse: response,
      flags: response === 'declined' ? sql`${others} || 'declined'::text` : others,
      revision: sql`${appointment.revision} + 1`,
      updatedAt,
    })
    .where(eq(appointment.id, id))
}
