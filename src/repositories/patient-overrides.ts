/** A prescriber's exceptions for one patient, in SQL. */
import { desc, eq } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { patientOverride } from '../db/schema.ts'
import type { PatientId } from '../domain/ids.ts'
import { PatientOverride } from '../domain/patient.ts'

/** The latest first. */
export async function ofPatient(tx: Tx, id: PatientId): Promise<PatientOverride[]> {
  const rows = await tx
    .select()
    .from(patientOverride)
    .where(eq(patientOverride.patientId, id))
    .orderBy(desc(patientOverride.recordedAt), desc(patientOverride.id))
  return rows.map((row) => PatientOverride.parse(row))
}

export async function insert(tx: Tx, value: PatientOverride): Promise<void> {
  await tx.insert(patientOverride).values(value)
}
