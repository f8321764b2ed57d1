/** What every use case is handed: the database, the clock, fresh ids, and the way out. The only place where the shell's impurity enters. */
import type { Db } from '../db/client.ts'
import type { Instant } from '../domain/time.ts'
import type { Posted } from '../domain/webhook.ts'

export type Deps = {
  readonly db: Db
  readonly now: () => Instant
  /** UUIDv7 text; parse it with the id's schema to brand it. */
  readonly newId: () => string
  /** ORGANIZER of every invite. */
  readonly mailFrom: string
  /** Where people reach the service; absent: as each request calls it. */
  readonly publicUrl?: string | undefined
  /** Live holds per token. */
  readonly maxHolds: number
  /** A line for whoever keeps the log: ids and codes only. Absent: nobody does. */
  readonly note?: (line: string) => void
  readonly outbound: Outbound
}

/** How the service speaks to others of itself. */
export type Outbound = {
  /** Why a webhook must not have this URL; undefined: it may. */
  readonly refuseTarget: (url: string) => Promise<string | undefined>
  /** One attempt; undefined when `signal` took it back. */
  readonly postWebhook: (message: SignedMessage, signal?: AbortSignal) => Promise<Posted | undefined>
  /** Absent: mail is not set up. */
  readonly sendMail?: (letter: Letter) => Promise<Mailed>
}

export type SignedMessage = {
  readonly url: string
  /** The event's id: the same at each attempt. */
  readonly id: string
  readonly at: Instant
  readonly body: string
  /** Each signs: during a rotation there are two. */
  readonly secrets: readonly string[]
}

export type Letter = {
  readonly to: string
  readonly subject: string
  /** Lines are broken with \n. */
  readonly paragraphs: readonly string[]
  /** The same for the same letter, so that a second copy is known for one. */
  readonly messageId: string
  readonly language: 'en' | 'fr'
  readonly invite?: { readonly method: 'REQUEST' | 'CANCEL'; readonly text: string } | undefined
}
/** `refused` for good, or `failed` for now; `code` is the server's reply or the network's. */
export type Mailed = 'sent' | { readonly failed: string } | { readonly refused: string }
