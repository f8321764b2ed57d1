/** The pool, and the one way to a transaction: `transact` commits an ok, rolls a refusal back, retries what may be retried (quality.md §1, retry map). */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { driver, PoolExhausted, STARTUP_PAD } from './driver.ts'
import { silence } from './silence.ts'
import { connectionLost, overloaded, retriable, type Violation, violationOf } from './sqlstate.ts'
import { send } from './statement.ts'

export type Db = PostgresJsDatabase
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]
export type Database = { readonly db: Db; readonly close: () => Promise<void> }

/** Milliseconds, each inside the next (quality.md §3): a lock, a statement, an idle transaction; HTTP's own handler limit is the last. */
const LOCK_TIMEOUT = 3_000
const STATEMENT_TIMEOUT = 8_000
const IDLE_TRANSACTION_TIMEOUT = 10_000
/** Milliseconds after which a connection that says nothing is thrown away: longer than any statement may take, shorter than a handler. */
const SILENCE = 9_000
/** Seconds until an attempt to connect is given up. */
const CONNECT_TIMEOUT = 5
/**
 * Seconds for statements under way at a close, when everybody has been answered. postgres.js waits in vain on each connection that broke under
 * a statement and was not needed again.
 */
const CLOSE_TIMEOUT = 1
/** Seconds between attempts to connect: a crashed server is back within one. */
const [BACKOFF_BASE, BACKOFF_CAP] = [0.02, 0.25]
/** Transactions that may wait for a connection; the contract calls 64 concurrent requests no overload. */
const QUEUE = 256

export type ConnectOptions = {
  /** Connections at most. */
  max?: number
  applicationName?: string
  /** Milliseconds; 0 is none (migrations, batch work). */
  statementTimeout?: number
  lockTimeout?: number
  /** Milliseconds without an answer after which a connection is thrown away; none where statements have no limit. */
  silence?: number
}

/** Opens nothing yet: the first statement connects. */
export function connect(url: string, options: ConnectOptions = {}): Database {
  const max = options.max ?? 10
  const statementTimeout = options.statementTimeout ?? STATEMENT_TIMEOUT
  const { socket, wait } = silence(options.silence ?? (statementTimeout === 0 ? Infinity : SILENCE))
  const client = postgres(url, {
    // a function where postgres.js's types say a value
    ...({ socket } as object),
    max,
    connect_timeout: CONNECT_TIMEOUT,
    backoff: (failures: number) => Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** failures),
    onnotice: () => {},
    connection: {
      ...STARTUP_PAD,
      application_name: options.applicationName ?? 'throughline',
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      statement_timeout: statementTimeout,
      lock_timeout: options.lockTimeout ?? LOCK_TIMEOUT,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT,
    },
  })
  const db = drizzle(driver(client, max + QUEUE, wait))
  // drizzle makes the arrays of date and timestamptz transparent too; without its entry postgres.js reads and writes them as lists of text
  for (const oid of [1115, 1182, 1185, 1231]) {
    delete client.options.parsers[oid]
    delete client.options.serializers[oid]
  }
  return { db, close: () => client.end({ timeout: CLOSE_TIMEOUT }) }
}

/** COMMIT was sent and no answer came: the work may be stored. Ask the idempotency key; answer 503, never 4xx (quality.md §1). */
export class CommitUnknown extends Error {
  override readonly name = 'CommitUnknown'
  /** For the framework: asked again with the same key, the answer will tell. */
  readonly statusCode = 503
}

/** A statement failed in a way nobody expected. Carries no bound values; drizzle's own error does, so it is not kept as `cause`. */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault'
  readonly sqlstate: string
  readonly constraint: string | undefined
  constructor(violation: Violation, statement: string | undefined) {
    super(`SQLSTATE ${violation.sqlstate} ${violation.constraint ?? ''} in: ${statement ?? 'COMMIT'}`)
    this.sqlstate = violation.sqlstate
    this.constraint = violation.constraint
  }
}

export type TransactOptions = {
  /** `repeatable read` is one snapshot for all reads. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readOnly?: boolean
  /** Attempts in all, the first included. */
  tries?: number
}

const TRIES = 5
/** Milliseconds. Full jitter: uniform between 0 and base · 2^attempt, capped. */
const JITTER_BASE = 20
const JITTER_CAP = 500

/** Takes a refusal through drizzle, which commits whatever returns. */
class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super('refused')
    this.refusal = refusal
  }
}

const unavailable: Refusal = { code: 'unavailable' }

/**
 * One transaction. `work` may run up to `tries` times: it must have no effect outside `tx`.
 * Refuses `unavailable` on overload and on a database out of reach.
 * @throws CommitUnknown when the connection died during COMMIT
 * @throws DatabaseFault when a statement failed unexpectedly: a bug, or a constraint to be read with `violated`
 */
export async function transact<T>(
  db: Db,
  work: (tx: Tx) => Promise<Result<T, Refusal>>,
  options: TransactOptions = {},
): Promise<Result<T, Refusal>> {
  const outer = surrounding.getStore()
  if (outer) return nested(outer, work)
  return persevere(options.tries ?? TRIES, () => once(db, work, options))
}

/** One statement that only reads, outside any transaction: no BEGIN, no COMMIT. Refuses and throws as `transact` does. */
export const ask = <T>(db: Db, question: (db: Db) => Promise<T>): Promise<Result<T, Refusal>> =>
  persevere(TRIES, async () => {
    try {
      return ok(await question(db))
    } catch (thrown) {
      return afterFailure(thrown, false)
    }
  })

async function persevere<T>(
  tries: number,
  once: () => Promise<Result<T, Refusal> | 'again'>,
): Promise<Result<T, Refusal>> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await once()
    if (outcome !== 'again') return outcome
    if (attempt >= tries) return err(unavailable)
    await pause(Math.random() * Math.min(JITTER_CAP, JITTER_BASE * 2 ** attempt))
  }
}

const surrounding = new AsyncLocalStorage<Tx>()

/** Whatever `work` transacts becomes a savepoint of `tx`: it is stored with it, or not at all. Isolation and retries are the outer one's. */
export const within = <T>(tx: Tx, work: () => Promise<T>): Promise<T> => surrounding.run(tx, work)

async function nested<T>(outer: Tx, work: (tx: Tx) => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
  try {
    return await outer.transaction((tx) =>
      within(tx, async () => {
        const outcome = await work(tx)
        if (!outcome.ok) throw new Refused(outcome.error)
        return outcome
      }),
    )
  } catch (thrown) {
    if (thrown instanceof Refused) return err(thrown.refusal)
    // a lost session stays recognisable to the outer transaction, which tries again
    throw connectionLost(thrown) ? thrown : (faultOf(thrown) ?? thrown)
  }
}

/** All reads of `work` see one instant of the database; it cannot write. */
export const readSnapshot = <T>(db: Db, work: (tx: Tx) => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> =>
  transact(db, work, { isolation: 'repeatable read', readOnly: true })

/**
 * Work that may break a constraint without losing the transaction: a savepoint. The violation comes back as a value and the
 * transaction goes on; anything else is thrown. Beside `isolate` the only lawful catch inside a transaction.
 */
export async function attempt<T>(tx: Tx, work: (inner: Tx) => Promise<T>): Promise<Result<T, Violation>> {
  try {
    return ok(await tx.transaction(work))
  } catch (thrown) {
    const found = violationOf(thrown)
    if (found?.sqlstate.startsWith('23')) return err(found)
    throw thrown
  }
}

/**
 * One of several pieces of work whose failure, a bug included, must not stop the others: a savepoint. The failure comes back as its code; what
 * the transaction cannot survive, or may be tried again, is thrown.
 */
export async function isolate<T>(tx: Tx, work: (inner: Tx) => Promise<T>): Promise<Result<T, string>> {
  try {
    return ok(await tx.transaction(work))
  } catch (thrown) {
    const sqlstate = violationOf(thrown)?.sqlstate
    if (connectionLost(thrown) || (sqlstate && retriable(sqlstate))) throw thrown
    return err(sqlstate ?? (thrown instanceof Error ? thrown.name : 'unknown'))
  }
}

async function once<T>(
  db: Db,
  work: (tx: Tx) => Promise<Result<T, Refusal>>,
  { isolation, readOnly }: TransactOptions,
): Promise<Result<T, Refusal> | 'again'> {
  const mode =
    isolation || readOnly ? `isolation level ${isolation ?? 'read committed'}${readOnly ? ' read only' : ''}` : null
  let committing = false
  try {
    return await db.transaction(async (tx) => {
      // sent together, in this order
      const [, outcome] = await Promise.all([mode && send(tx, `set transaction ${mode}`, []), work(tx)])
      if (!outcome.ok) throw new Refused(outcome.error)
      committing = true
      return outcome
    })
  } catch (thrown) {
    return afterFailure(thrown, committing && !readOnly)
  }
}

/** @param committing what was written may be stored */
function afterFailure(thrown: unknown, committing: boolean): Result<never, Refusal> | 'again' {
  if (thrown instanceof Refused) return err(thrown.refusal)
  if (thrown instanceof PoolExhausted) return err(unavailable)
  if (connectionLost(thrown)) {
    if (committing) throw new CommitUnknown('the connection was lost during COMMIT')
    return 'again'
  }
  const found = violationOf(thrown)
  if (!found) throw thrown
  if (retriable(found.sqlstate)) return 'again'
  if (overloaded(found.sqlstate)) return err(unavailable)
  throw faultOf(thrown)
}

/** What the database refused, without the bound values; undefined when it was not the database that spoke. */
function faultOf(thrown: unknown): DatabaseFault | undefined {
  if (thrown instanceof DatabaseFault) return thrown
  const found = violationOf(thrown)
  return found && new DatabaseFault(found, statementOf(thrown))
}

/** drizzle's error names the statement with its placeholders; the values are elsewhere. */
const statementOf = (thrown: unknown): string | undefined =>
  typeof thrown === 'object' && thrown !== null && 'query' in thrown && typeof thrown.query === 'string'
    ? thrown.query
    : undefined
