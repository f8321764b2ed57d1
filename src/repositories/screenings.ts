/** Medical screenings in SQL: never changed, a new one says more. */
import { desc, eq } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { screening } from '../db/schema.ts'
import type { AssessedScreening } from '../domain/eligibility.ts'
import type { PatientId } from '../domain/ids.ts'
import { Screening } from '../domain/patient.ts'
import * as clinicians from './clinicians.ts'

/** The latest first. */
export async function ofPatient(tx: Tx, id: PatientId): Promise<Screening[]> {
  const rows = await tx
    .select()
    .from(screening)
    .where(eq(screening.patientId, id))
    .orderBy(desc(screening.assessedOn), desc(screening.recordedAt), desc(screening.id))
  return rows.map((row) => Screening.parse(row))
}

/** As `ofPatient`, each with the licences of who assessed: what the gates ask for. */
export async function assessed(tx: Tx, id: PatientId): Promise<(Screening & AssessedScreening)[]> {
  const found = await ofPatient(tx, id)
  const assessors = await clinicians.withLicences(tx, [...new Set(found.map((s) => s.assessedBy))])
  const licences = new Map(assessors.map((c) => [c.id, c.licences]))
  return found.map((s) => ({ ...s, licences: licences.get(s.assessedBy) ?? [] }))
}

export async function insert(tx: Tx, value: Screening): Promise<void> {
  await tx.insert(screening).values(value)
}
