/** A prescriber's exceptions for one patient, in SQL. */
import type { Tx } from '../db/client.ts'
import { patientOverride } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { PatientId } from '../domain/ids.ts'
import { PatientOverride } from '../domain/patient.ts'

/** The latest first. */
export const ofPatient = (tx: Tx, id: PatientId): Promise<PatientOverride[]> => OF_PATIENT(tx, id)

const { columns, read } = reading(patientOverride)
const OF_PATIENT = statement(
  `select ${columns} from patient_override where patient_id = $1 order by recorded_at desc, id desc`,
  (row) => PatientOverride.parse(read(row)),
)

export async function insert(tx: Tx, value: PatientOverride): Promise<void> {
  await tx.insert(patientOverride).values(value)
}
