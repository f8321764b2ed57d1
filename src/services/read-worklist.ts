/** The worklist: whom to call next and why. What it says of a patient is in the audit log, one entry per patient. */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as worklist from '../repositories/worklist.ts'
import type { Deps } from './deps.ts'
import { cut, type Page } from './page.ts'

export function readWorklist(
  { db, now }: Deps,
  caller: Caller,
  clinicId: ClinicId | undefined,
  { limit, after }: { readonly limit: number; readonly after: worklist.AfterItem | undefined },
): Promise<Result<Page<worklist.KeyedItem>, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const found = await worklist.list(tx, caller, { clinicId, now: now() }, { limit: limit + 1, after })
      const page = cut(found, limit)
      await audit.record(
        tx,
        caller,
        [...new Set(page.items.map((item) => item.patientId))].map((patientId) => ({
          action: 'read',
          resourceType: 'worklist',
          patientId,
          fieldClasses: ['schedule', 'contact'],
        })),
      )
      return ok(page)
    },
    { isolation: 'repeatable read' },
  )
}
