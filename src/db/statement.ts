/**
 * SQL whose text is written once and sent prepared. On the paths that every booking takes, putting a query together anew costs more than
 * running it. Statements sent without waiting in between travel together and run in that order; drizzle sends its own a little later.
 */
import { Column, getTableColumns, getTableName, type InferSelectModel } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Sql } from 'postgres'
import type { Db, Tx } from './client.ts'

/** Instants as RFC 3339, ranges and JSON as text. */
type Parameter = string | number | boolean | Buffer | null | readonly (string | null)[] | readonly number[]
export type Statement<Row> = (at: Db | Tx, ...parameters: Parameter[]) => Promise<Row[]>

/** `$1`, `$2`, … are the parameters. A row is given as `read` makes it of the driver's: timestamps, dates and ranges are text there, JSON is parsed. */
export function statement<Raw, Row = Raw>(text: string, read?: (row: Raw) => Row): Statement<Row> {
  return async (at, ...parameters) => {
    const rows = await send<Raw>(at, text, parameters)
    return read ? rows.map(read) : (rows as unknown as Row[])
  }
}

export const send = async <Raw>(at: Db | Tx, text: string, parameters: readonly Parameter[]): Promise<Raw[]> =>
  (await clientOf(at).unsafe(text, parameters as never[])) as unknown as Raw[]

/** drizzle's session names the postgres.js client that it speaks through. */
const clientOf = (at: Db | Tx): Sql => (at._.session as unknown as { readonly client: Sql }).client

export type Reading<T extends PgTable> = {
  /** For a select list: every column under its name in the schema. */
  readonly columns: string
  /** For `json_build_object`: the same columns, for rows that are read as one text (repositories/remembered.ts). */
  readonly members: string
  /** A row of them as the schema types it; what else is in the row stays. */
  readonly read: <More = unknown>(row: More) => InferSelectModel<T> & More
}

/** How rows of a table are read where the statement is written by hand. The table goes by its own name there. */
export function reading<T extends PgTable>(table: T): Reading<T> {
  const name = getTableName(table)
  const named = Object.entries(getTableColumns(table)) as [string, Column][]
  const mapped = named.filter(([, column]) => column.mapFromDriverValue !== Column.prototype.mapFromDriverValue)
  return {
    columns: named.map(([key, column]) => `"${name}"."${column.name}" as "${key}"`).join(', '),
    members: named.map(([key, column]) => `'${key}', "${name}"."${column.name}"`).join(', '),
    read: (row) => {
      const values = row as Record<string, unknown>
      for (const [key, column] of mapped) if (values[key] !== null) values[key] = column.mapFromDriverValue(values[key])
      return row as never
    },
  }
}
