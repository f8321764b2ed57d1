/** The append-only log of every read and write of a patient's record: which record and which classes of fields, never values (quality.md §4). */
import type { Tx } from '../db/client.ts'
import { auditEntry } from '../db/schema.ts'
import type { Role } from '../domain/caller.ts'
import type { UserId } from '../domain/ids.ts'

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

/** Appends in the caller's transaction: no audit, no answer. One statement for any number of notes. */
export async function record(tx: Tx, actor: Actor, notes: readonly AuditNote[]): Promise<void> {
  if (notes.length === 0) return
  await tx.insert(auditEntry).values(
    notes.map((note) => ({
      actorId: actor.userId,
      actorRole: actor.role,
      action: note.action,
      resourceType: note.resourceType,
      resourceId: note.resourceId ?? null,
      revision: note.revision ?? null,
      fieldClasses: note.fieldClasses ?? [],
      patientId: note.patientId ?? null,
      purpose: actor.purpose,
      recipient: note.recipient ?? null,
      requestId: actor.requestId,
      outcome: 'ok',
    })),
  )
}
