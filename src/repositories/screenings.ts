/** Medical screenings in SQL: never changed, a new one says more. */
import { desc, eq } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { screening } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { AssessedScreening } from '../domain/eligibility.ts'
import type { PatientId } from '../domain/ids.ts'
import { Screening } from '../domain/patient.ts'
import { licencesOf } from './clinicians.ts'

/** The latest first. */
export async function ofPatient(tx: Tx, id: PatientId): Promise<Screening[]> {
  const rows = await tx
    .select()
    .from(screening)
    .where(eq(screening.patientId, id))
    .orderBy(desc(screening.assessedOn), desc(screening.recordedAt), desc(screening.id))
  return rows.map((row) => Screening.parse(row))
}

const { columns, read } = reading(screening)
const ASSESSED = statement(
  `select ${columns}, ${licencesOf('screening.assessed_by')} as licences from screening where patient_id = $1
  order by assessed_on desc, recorded_at desc, id desc`,
  (row: Pick<AssessedScreening, 'licences'>) => ({ ...Screening.parse(read(row)), licences: row.licences }),
)

/** As `ofPatient`, each with the licences of who assessed: what the gates ask for. */
export const assessed = (tx: Tx, id: PatientId): Promise<(Screening & AssessedScreening)[]> => ASSESSED(tx, id)

export async function insert(tx: Tx, value: Screening): Promise<void> {
  await tx.insert(screening).values(value)
}
