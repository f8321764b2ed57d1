/** The append-only log of every read and write of a patient's record: which record and which classes of fields, never values (quality.md §4). */
import { and, desc, eq, gte, lt, type SQL } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { auditEntry } from '../db/schema.ts'
import { statement } from '../db/statement.ts'
import { AuditEntry } from '../domain/audit-entry.ts'
import type { Role } from '../domain/caller.ts'
import type { PatientId, UserId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'

/** Whoever acts: a caller, or the service itself. */
export type Actor = {
  readonly userId: UserId | null
  readonly role: Role | 'system'
  readonly purpose: string | null
  readonly requestId: string | null
}
export const SYSTEM: Actor = { userId: null, role: 'system', purpose: null, requestId: null }

export type AuditNote = {
  /** `read`, `create`, `update`, `search`, `propose`, `hold`, `confirm`, `cancel`, … */
  action: string
  resourceType: string
  resourceId?: string | null
  /** One entry per patient: a list of patients is a list of notes. */
  patientId?: string | null
  revision?: number | null
  fieldClasses?: string[]
  recipient?: string | null
}

/** Appends in the caller's transaction: no audit, no answer. One statement and one parameter for any number of notes. */
export async function record(tx: Tx, actor: Actor, notes: readonly AuditNote[]): Promise<void> {
  const { userId, role, purpose, requestId } = actor
  if (notes.length > 0) await RECORD(tx, JSON.stringify(notes), userId, role, purpose, requestId)
}

const RECORD = statement(`
  insert into audit_entry (actor_id, actor_role, action, resource_type, resource_id, revision, field_classes, patient_id, purpose,
    recipient, request_id, outcome)
  select $2::uuid, $3::text, action, "resourceType", "resourceId", revision, coalesce("fieldClasses", '{}'), "patientId", $4::text,
    recipient, $5::text, 'ok'
  from jsonb_to_recordset($1::jsonb) as n(action text, "resourceType" text, "resourceId" text, revision int,
    "fieldClasses" text[], "patientId" uuid, recipient text)`)

export type AuditFilter = {
  patientId?: PatientId | undefined
  actor?: UserId | undefined
  /** Entries of [from, before). */
  from?: Instant | undefined
  before?: Instant | undefined
}

/** The latest first. */
export async function list(
  tx: Tx,
  { patientId, actor, from, before }: AuditFilter,
  page: { limit: number; below: number | undefined },
): Promise<AuditEntry[]> {
  const conditions: (SQL | undefined)[] = [
    patientId && eq(auditEntry.patientId, patientId),
    actor && eq(auditEntry.actorId, actor),
    from === undefined ? undefined : gte(auditEntry.at, from),
    before === undefined ? undefined : lt(auditEntry.at, before),
    page.below === undefined ? undefined : lt(auditEntry.sequence, page.below),
  ]
  const rows = await tx
    .select()
    .from(auditEntry)
    .where(and(...conditions))
    .orderBy(desc(auditEntry.sequence))
    .limit(page.limit)
  return rows.map((row) => AuditEntry.parse(row))
}
