/** Preconditions in SQL: never changed, a new one says more. */
import { asc, eq } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { precondition } from '../db/schema.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import { Precondition } from '../domain/precondition.ts'

/** In the order in which they were recorded. */
export async function ofEnrolment(tx: Tx, id: EnrolmentId): Promise<Precondition[]> {
  const rows = await tx
    .select()
    .from(precondition)
    .where(eq(precondition.enrolmentId, id))
    .orderBy(asc(precondition.recordedAt), asc(precondition.id))
  return rows.map((row) => Precondition.parse(row))
}

export async function insert(tx: Tx, value: Precondition): Promise<void> {
  await tx.insert(precondition).values(value)
}
