/** What the service does unasked, from a timer of this process: keeps availability expanded 52 weeks ahead, clears claims of expired holds. */
import type { Deps } from '../services/deps.ts'
import { extendHorizon } from '../services/expand-availability.ts'
import { tidyExpired } from '../services/tidy-expired.ts'

/** Milliseconds. Nothing depends on its punctuality: the horizon has a week's slack, and an expired hold blocks nobody. */
const HOUR = 3_600_000

/** Every hour from now on. The returned function ends it, once what runs is done. */
export function keepHouse(deps: Deps, log: (line: string) => void): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(() => once(deps)).catch((thrown: unknown) => log(`housekeeping failed: ${name(thrown)}`))
  }, HOUR)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}

/** A refusal (the database is busy or away) leaves the work to the next hour. */
async function once(deps: Deps): Promise<void> {
  await tidyExpired(deps)
  await extendHorizon(deps)
}

/** Messages hold bound values. */
const name = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : 'unknown')
