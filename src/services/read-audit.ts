/** Reading the audit log. That is a reading too, and goes into the log. */
import { transact } from '../db/client.ts'
import type { AuditEntry } from '../domain/audit-entry.ts'
import type { Caller } from '../domain/caller.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import type { Deps } from './deps.ts'
import { cut, type Page } from './page.ts'

export type AuditPageWish = { readonly limit: number; readonly below: number | undefined }

/** The latest first, without the entry that this reading leaves. */
export function readAudit(
  { db }: Deps,
  caller: Caller,
  filter: audit.AuditFilter,
  { limit, below }: AuditPageWish,
): Promise<Result<Page<AuditEntry>, Refusal>> {
  return transact(db, async (tx) => {
    const page = cut(await audit.list(tx, filter, { limit: limit + 1, below }), limit)
    await audit.record(tx, caller, [
      { action: 'read', resourceType: 'audit-log', patientId: filter.patientId ?? null, fieldClasses: ['audit'] },
    ])
    return ok(page)
  })
}
