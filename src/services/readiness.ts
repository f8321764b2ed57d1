/** Whether this process can do its work: the database answers and is migrated, the tz data is right. Changes nothing; needs no transaction. */
import { setTimeout as pause } from 'node:timers/promises'
import { pendingMigrations } from '../db/migrate.ts'
import { staleTimeZones, tzVersion } from '../domain/time.ts'
import type { Deps } from './deps.ts'

export type Readiness =
  | { readonly ready: true; readonly tzVersion: string }
  | { readonly ready: false; readonly why: string }

/** Milliseconds that the database has for its answer: who asks wants to know now. */
const PATIENCE = 2_000

const staleness = staleTimeZones()

export async function readiness({ db }: Pick<Deps, 'db'>): Promise<Readiness> {
  if (staleness) return { ready: false, why: staleness }
  const given = new AbortController()
  try {
    const pending = await Promise.race([
      pendingMigrations(db),
      pause(PATIENCE, undefined, { signal: given.signal, ref: false }),
    ])
    if (pending === undefined) return { ready: false, why: 'the database does not answer in time' }
    if (pending.length > 0) return { ready: false, why: `migrations are missing: ${pending.join(', ')}` }
    return { ready: true, tzVersion }
  } catch {
    return { ready: false, why: 'the database does not answer' }
  } finally {
    given.abort()
  }
}
