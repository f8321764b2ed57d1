/** One line of the audit log: who, when, which record and which classes of its fields; never values (quality.md §4). Pure. */
import { z } from 'zod'
import { Instant } from './time.ts'

export const AuditEntry = z.object({
  sequence: z.int(),
  at: Instant,
  /** The user; null: the service itself. */
  actorId: z.string().nullable(),
  actorRole: z.string(),
  action: z.string(),
  resourceType: z.string(),
  resourceId: z.string().nullable(),
  revision: z.int().nullable(),
  fieldClasses: z.array(z.string()),
  patientId: z.string().nullable(),
  /** What the caller gave as `X-Purpose`. */
  purpose: z.string().nullable(),
  recipient: z.string().nullable(),
  requestId: z.string().nullable(),
  outcome: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>
