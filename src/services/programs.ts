/** Keeping programs: list, read, add. A version never changes; the same key again is the next version. */
import { readSnapshot, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { Program, ProgramDraft } from '../domain/program.ts'
import { infeasibilities } from '../domain/program-feasibility.ts'
import { inconsistencies } from '../domain/program-rules.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as programs from '../repositories/programs.ts'
import type { Deps } from './deps.ts'
import { cut, type Page, type PageWish } from './page.ts'

export const listPrograms = ({ db }: Deps, page: PageWish): Promise<Result<Page<Program>, Refusal>> =>
  readSnapshot(db, async (tx) => ok(cut(await programs.list(tx, { ...page, limit: page.limit + 1 }), page.limit)))

/** The newest version unless one is asked for. */
export const readProgram = (
  { db }: Deps,
  key: string,
  version: number | undefined,
): Promise<Result<Program, Refusal>> =>
  readSnapshot(db, async (tx) => {
    const found = version === undefined ? await programs.latest(tx, key) : await programs.version(tx, key, version)
    return found ? ok(found) : err(notFound)
  })

/** Refuses a template that makes no sense or that no clinic could ever plan, naming path and rule. */
export async function addProgram(
  { db, now }: Deps,
  caller: Caller,
  draft: ProgramDraft,
): Promise<Result<Program, Refusal>> {
  const senseless = inconsistencies(draft)
  const errors = senseless.length > 0 ? senseless : infeasibilities(draft)
  if (errors.length > 0) return err({ code: 'validation', errors })
  return transact(db, async (tx) => {
    await programs.lockKey(tx, draft.key)
    const program: Program = { ...draft, version: ((await programs.latest(tx, draft.key))?.version ?? 0) + 1 }
    await programs.insert(tx, [program], now())
    await audit.record(tx, caller, [
      { action: 'create', resourceType: 'program', resourceId: program.key, revision: program.version },
    ])
    return ok(program)
  })
}
