/** The append-only log of every read and write of a patient's record: which record and which classes of fields, never values (quality.md §4). */
import type { Tx } from '../db/client.ts'
import { auditEntry } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'

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

/** Appends in the caller's transaction: no audit, no answer. One statement for any number of notes. */
export async function record(tx: Tx, caller: Caller, notes: readonly AuditNote[]): Promise<void> {
  if (notes.length === 0) return
  await tx.insert(auditEntry).values(
    notes.map((note) => ({
      actorId: caller.userId,
      actorRole: caller.role,
      action: note.action,
      resourceType: note.resourceType,
      resourceId: note.resourceId ?? null,
      revision: note.revision ?? null,
      fieldClasses: note.fieldClasses ?? [],
      patientId: note.patientId ?? null,
      purpose: caller.purpose,
      recipient: note.recipient ?? null,
      requestId: caller.requestId,
      outcome: 'ok',
    })),
  )
}
