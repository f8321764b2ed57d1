/** What every use case is handed: the database, the clock and fresh ids. The only place where the shell's impurity enters. */
import type { Db } from '../db/client.ts'
import type { Instant } from '../domain/time.ts'

export type Deps = {
  readonly db: Db
  readonly now: () => Instant
  /** UUIDv7 text; parse it with the id's schema to brand it. */
  readonly newId: () => string
  /** ORGANIZER of every invite. */
  readonly mailFrom: string
  /** Live holds per token. */
  readonly maxHolds: number
}
