/** postgres.js as drizzle needs it: statements stay prepared, a lost transaction stays lost, the queue before the pool is bounded. */
import type { Sql, TransactionSql } from 'postgres'

/** The pool and its queue are full. `code` is what `connectionLost` does not know: nothing was sent. */
export class PoolExhausted extends Error {
  override readonly name = 'PoolExhausted'
}

type Unsafe = Sql['unsafe']
type Begin = (work: (inner: TransactionSql) => Promise<unknown>) => Promise<unknown>
type Savepoint = Begin

/**
 * drizzle 0.45 asks for `prepare: false` on every statement: postgres.js then describes each one anew, a second round trip.
 * Statements without parameters stay on the simple protocol.
 */
const prepared =
  (unsafe: Unsafe): Unsafe =>
  (query, parameters, options) =>
    unsafe(query, parameters, { ...options, prepare: true })

/**
 * After its connection is gone a transaction's late statements would run on the socket's successor, outside any transaction:
 * from then on they are refused here.
 */
function scope(inner: TransactionSql, fate: { lost: unknown }): TransactionSql {
  const unsafe = prepared(inner.unsafe.bind(inner))
  const guarded = ((query, parameters, options) => {
    if (fate.lost) throw fate.lost
    return unsafe(query, parameters, options)
  }) as Unsafe
  const savepoint: Savepoint = (work) => {
    if (fate.lost) return Promise.reject(fate.lost)
    return (inner.savepoint as unknown as Savepoint)((nested) => work(scope(nested, fate)))
  }
  return new Proxy(inner, {
    get(target, key) {
      if (key === 'unsafe') return guarded
      if (key === 'savepoint') return savepoint
      return Reflect.get(target, key)
    },
  })
}

/** @param atOnce transactions in hand, running and queued together; beyond it `begin` refuses at once with PoolExhausted. */
export function driver(client: Sql, atOnce: number): Sql {
  let inHand = 0
  const unsafe = prepared(client.unsafe.bind(client))
  const begin: Begin = async (work) => {
    if (inHand >= atOnce) throw new PoolExhausted('too many transactions wait for a connection')
    inHand++
    const fate: { lost: unknown } = { lost: undefined }
    try {
      return await (client.begin as unknown as Begin)((inner) => work(scope(inner, fate)))
    } catch (thrown) {
      fate.lost = thrown
      throw thrown
    } finally {
      inHand--
    }
  }
  return new Proxy(client, {
    get(target, key) {
      if (key === 'unsafe') return unsafe
      if (key === 'begin') return begin
      return Reflect.get(target, key)
    },
  })
}
