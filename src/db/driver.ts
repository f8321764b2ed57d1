/** postgres.js 3.4 as drizzle and we need it: statements stay prepared, a lost transaction stays lost, the queue before the pool is bounded. */
import type { Sql, TransactionSql } from 'postgres'
import { connectionLost } from './sqlstate.ts'

/** The pool and its queue are full; nothing was sent. */
export class PoolExhausted extends Error {
  override readonly name = 'PoolExhausted'
}

/**
 * A startup parameter that lifts the startup packet over the 1,024 bytes up to which postgres.js puts writes off: when a connection closes with a
 * write put off, it would otherwise never write on that connection again, and each reconnect would time out.
 */
export const STARTUP_PAD: Readonly<Record<string, string>> = { 'throughline.pad': 'x'.repeat(1024) }

type Unsafe = Sql['unsafe']
type Open = (work: (inner: TransactionSql) => Promise<unknown>) => Promise<unknown>

/** Whether a transaction's connection is gone. `announced` rejects when it goes. */
type Fate = { lost: unknown; readonly announced: Promise<never>; readonly lose: (cause: unknown) => void }

/** Called when a wait for the server begins; the answer ends it (silence.ts). */
type Wait = () => () => void

/** @param atOnce transactions and statements of their own in hand, running and queued together; beyond it PoolExhausted at once. */
export function driver(client: Sql, atOnce: number, wait: Wait): Sql {
  let inHand = 0
  const enter = (): void => {
    if (inHand >= atOnce) throw new PoolExhausted('too many transactions wait for a connection')
    inHand++
  }
  const leave = (): void => {
    inHand--
  }
  const send = prepared(client.unsafe.bind(client))
  const unsafe = ((query, parameters, options) => {
    enter()
    const sent = send(query, parameters, options)
    const answered = wait()
    const done = (): void => {
      answered()
      leave()
    }
    sent.then(done, done)
    return sent
  }) as Unsafe
  const begin: Open = async (work) => {
    enter()
    const fate = undecided()
    try {
      const done = spanning(client.begin as unknown as Open, wait, (inner) =>
        unlessLost(work(scope(inner, fate, wait)), fate),
      )
      return await Promise.race([done, fate.announced])
    } catch (thrown) {
      fate.lose(thrown)
      throw thrown
    } finally {
      leave()
    }
  }
  return over(client, { unsafe, begin })
}

/** Waits for the statement that opens it, and, once the work has ended, for the one that closes it. */
async function spanning(open: Open, wait: Wait, work: (inner: TransactionSql) => Promise<unknown>): Promise<unknown> {
  let answered = wait()
  try {
    return await open(async (inner) => {
      answered()
      try {
        return await work(inner)
      } finally {
        answered = wait()
      }
    })
  } finally {
    answered()
  }
}

/**
 * drizzle 0.45 asks for `prepare: false` on every statement: postgres.js then describes each one anew, a second round trip.
 * Statements without parameters stay on the simple protocol.
 */
const prepared =
  (unsafe: Unsafe): Unsafe =>
  (query, parameters, options) =>
    unsafe(query, parameters, { ...options, prepare: (parameters?.length ?? 0) > 0 })

/**
 * Once its connection is gone, a transaction's late statement, ROLLBACK or COMMIT would be written to no socket, which ends the process,
 * or to the socket's successor, outside any transaction: from then on nothing is sent.
 */
function scope(inner: TransactionSql, fate: Fate, wait: Wait): TransactionSql {
  const send = prepared(inner.unsafe.bind(inner))
  // attached first, so it hears of the loss before the work can answer it with another statement
  const listen = (thrown: unknown): void => {
    if (connectionLost(thrown)) fate.lose(thrown)
  }
  const unsafe = ((query, parameters, options) => {
    if (fate.lost) throw fate.lost
    const sent = send(query, parameters, options)
    const answered = wait()
    sent.then(answered, answered)
    sent.catch(listen)
    return sent
  }) as Unsafe
  const savepoint: Open = (work) => {
    if (fate.lost) return Promise.reject(fate.lost)
    const done = spanning(inner.savepoint as unknown as Open, wait, (nested) =>
      unlessLost(work(scope(nested, fate, wait)), fate),
    )
    done.catch(listen)
    return Promise.race([done, fate.announced])
  }
  return over(inner, { unsafe, savepoint })
}

/** postgres.js follows settled work with COMMIT or ROLLBACK; lost work never settles, and `begin` has rejected already. */
async function unlessLost(work: PromiseLike<unknown>, fate: Fate): Promise<unknown> {
  try {
    return await work
  } finally {
    if (fate.lost) await new Promise(() => {})
  }
}

function undecided(): Fate {
  let reject: (cause: unknown) => void = () => {}
  const announced = new Promise<never>((_, no) => {
    reject = no
  })
  announced.catch(() => {})
  const fate: Fate = {
    lost: undefined,
    announced,
    lose: (cause) => {
      fate.lost ??= cause
      reject(cause)
    },
  }
  return fate
}

const over = <T extends object>(target: T, replaced: Partial<Record<PropertyKey, unknown>>): T =>
  new Proxy(target, {
    get: (original, key) => (key in replaced ? replaced[key] : Reflect.get(original, key)),
  })
