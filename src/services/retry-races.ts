/** Choosing and claiming are two steps: a rival may come in between. Tried again, and at last with everybody locked who could be chosen. */
import type { Refusal } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import { mapViolations } from './violations.ts'

/** The last try locks before it chooses. */
const TRIES = 3

export type Try = {
  /** Lock everybody who could serve before choosing. */
  readonly lockAll: boolean
  /** What was free when it was chosen is not any more: passes the refusal on, and says that it is worth another try. */
  readonly lost: (refusal: Refusal) => Refusal
}

/** `work` is one whole transaction, rolled back when it refuses. */
export async function retryRaces<T>(work: (attempt: Try) => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
  for (let n = 1; ; n++) {
    let raced: Refusal | undefined
    const lost = (refusal: Refusal): Refusal => {
      raced = refusal
      return refusal
    }
    const done = await mapViolations(() => work({ lockAll: n === TRIES, lost }))
    if (done.ok || n === TRIES || !(done.error === raced || isBareConflict(done.error))) return done
  }
}

/** The database's own word, which names no claims: the rival was faster than the locks. */
const isBareConflict = (refusal: Refusal): boolean =>
  refusal.code === 'resource-taken' && refusal.conflicts.length === 0
