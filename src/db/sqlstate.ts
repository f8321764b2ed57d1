/** What a thrown value says about PostgreSQL: its SQLSTATE and the constraint's name, never its message, which holds bound values. Pure. */

/** Where PostgreSQL put its finger. `constraint` is API (architecture.md §2): services turn a name into a refusal. */
export type Violation = { readonly sqlstate: string; readonly constraint: string | undefined }

const VIOLATIONS = new Set(['23P01', '23505', '23503', '23514'])
const SQLSTATE = /^[0-9A-Z]{5}$/
/** How far a chain of causes is followed; drizzle wraps once, `transact` once. */
const MAX_CAUSES = 8

/** drizzle and `transact` wrap: the first link of the cause chain that carries a SQLSTATE. Undefined when the database did not speak. */
export function violationOf(thrown: unknown): Violation | undefined {
  for (const link of causes(thrown)) {
    const sqlstate = text(link, 'sqlstate') ?? text(link, 'code')
    if (sqlstate && SQLSTATE.test(sqlstate) && !SYSTEM_CODES.has(sqlstate))
      return { sqlstate, constraint: text(link, 'constraint_name') ?? text(link, 'constraint') }
  }
  return undefined
}

/** Name of the violated constraint for 23P01, 23505, 23503 and 23514; undefined for everything else. */
export function violated(thrown: unknown): string | undefined {
  const found = violationOf(thrown)
  return found && VIOLATIONS.has(found.sqlstate) ? found.constraint : undefined
}

/** Whether the session is gone and its open transaction with it: socket errors, 08xxx, shutdown (57P01–57P03), idle in transaction (25P03). */
export function connectionLost(thrown: unknown): boolean {
  const sqlstate = violationOf(thrown)?.sqlstate
  if (sqlstate) return sqlstate.startsWith('08') || LOST.has(sqlstate)
  for (const link of causes(thrown)) {
    const code = text(link, 'code')
    if (code && (SYSTEM_CODES.has(code) || code.startsWith('CONNECT') || /^E[A-Z]{3,}$/.test(code))) return true
  }
  return false
}

/** Serialisation failure or deadlock: the same work may succeed now. */
export const retriable = (sqlstate: string): boolean => sqlstate === '40001' || sqlstate === '40P01'

/** Overload as PostgreSQL says it: lock timeout, statement timeout, out of resources. */
export const overloaded = (sqlstate: string): boolean =>
  sqlstate === '55P03' || sqlstate === '57014' || sqlstate.startsWith('53')

const LOST = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'])
/** Node's five-letter socket errors look like a SQLSTATE. */
const SYSTEM_CODES = new Set(['EPIPE'])

function* causes(thrown: unknown): Generator<object> {
  let link = thrown
  for (let i = 0; i < MAX_CAUSES && typeof link === 'object' && link !== null; i++) {
    yield link
    link = 'cause' in link ? link.cause : undefined
  }
}

function text(link: object, key: string): string | undefined {
  const value: unknown = key in link ? link[key as keyof typeof link] : undefined
  return typeof value === 'string' ? value : undefined
}
