/** How often each address may fail to sign in. In memory: a guess at 256 bits is hopeless, this keeps the attempts from being cheap. */
import { type Instant, MINUTE } from '../domain/time.ts'

/** Failures of one address within one window. */
const MOST = 10
const WINDOW = MINUTE
/** Addresses remembered; when there are more, all are forgotten. */
const REMEMBERED = 10_000

export type Attempts = {
  /** Seconds until another try; undefined: now. */
  readonly waitFor: (address: string, now: Instant) => number | undefined
  readonly failed: (address: string, now: Instant) => void
}

export function countAttempts(): Attempts {
  const failures = new Map<string, { since: Instant; times: number }>()
  const current = (address: string, now: Instant) => {
    const found = failures.get(address)
    return found && now < found.since + WINDOW ? found : undefined
  }
  return {
    waitFor: (address, now) => {
      const found = current(address, now)
      return found && found.times >= MOST ? Math.ceil((found.since + WINDOW - now) / 1000) : undefined
    },
    failed: (address, now) => {
      const found = current(address, now)
      if (found) found.times++
      else {
        if (failures.size >= REMEMBERED) failures.clear()
        failures.set(address, { since: now, times: 1 })
      }
    },
  }
}
