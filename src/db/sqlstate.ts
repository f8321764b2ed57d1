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
    if (sqlstate && SQLSTATE.test(sqlstate) && !SOCKET_ERROR.test(sqlstate))
      return { sqlstate, constraint: text(link, 'constraint_name') ?? text(link, 'constraint') }
  }
  return undefined
}

/** Name of the violated constraint for 23P01, 23505, 23503 and 23514; undefined for everything else. */
export function violated(thrown: unknown): string | undefined {
  const found = violationOf(thrown)
  return found && VIOLATIONS.has(found.sqlstate) ? found.constraint : undefined
}

/** Whether the session is gone and its open transaction with it: PostgreSQL ended it (FATAL: shutdown, crash, idle too long), or the socket closed. */
export function connectionLost(thrown: unknown): boolean {
  for (const link of causes(thrown)) {
    const severity = text(link, 'severity')
    if (severity) return severity === 'FATAL' || severity === 'PANIC'
    const code = text(link, 'code')
    if (code && (code.startsWith('CONNECT') || SOCKET_ERROR.test(code))) return true
  }
  return false
}

/** Serialisation failure or deadlock: the same work may succeed now. */
export const retriable = (sqlstate: string): boolean => sqlstate === '40001' || sqlstate === '40P01'

/** Overload as PostgreSQL says it: lock timeout, statement timeout, out of resources; and a right that was taken away: no audit, no answer. */
export const overloaded = (sqlstate: string): boolean =>
  sqlstate === '55P03' || sqlstate === '57014' || sqlstate === '42501' || sqlstate.startsWith('53')

/** ECONNRESET, EPIPE and their like. */
const SOCKET_ERROR = /^E[A-Z]+$/

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
