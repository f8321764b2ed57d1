/** Consents in SQL: versioned, never deleted; at most one of a kind in force. */
import { and, desc, eq, isNull } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { consent } from '../db/schema.ts'
import { statement } from '../db/statement.ts'
import type { PatientId } from '../domain/ids.ts'
import { Consent, type ConsentKind } from '../domain/patient.ts'
import type { Instant } from '../domain/time.ts'

/** Withdrawn ones too, the latest first. */
export async function ofPatient(tx: Tx, id: PatientId): Promise<Consent[]> {
  const rows = await tx
    .select()
    .from(consent)
    .where(eq(consent.patientId, id))
    .orderBy(desc(consent.recordedAt), desc(consent.id))
  return rows.map((row) => Consent.parse(row))
}

/** The kinds in force now: what the gates ask for. */
export const inForce = (tx: Tx, id: PatientId): Promise<ConsentKind[]> => IN_FORCE(tx, id)

const IN_FORCE = statement(
  'select kind from consent where patient_id = $1 and withdrawn_at is null',
  ({ kind }: Pick<Consent, 'kind'>) => kind,
)

export async function insert(tx: Tx, value: Consent): Promise<void> {
  await tx.insert(consent).values(value)
}

/** The consent that ended; undefined when none was in force. */
export async function end(tx: Tx, id: PatientId, kind: ConsentKind, at: Instant): Promise<Consent | undefined> {
  const [row] = await tx
    .update(consent)
    .set({ withdrawnAt: at })
    .where(and(eq(consent.patientId, id), eq(consent.kind, kind), isNull(consent.withdrawnAt)))
    .returning()
  return row && Consent.parse(row)
}
