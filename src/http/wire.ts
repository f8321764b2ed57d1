/** The wire forms that every noun shares: strict input pieces, instants with an offset, pages. */
import { z } from 'zod'
import { Text } from '../domain/text.ts'
import { type Instant, LocalDate, parseInstant, toWire, ZoneId } from '../domain/time.ts'
import type { ProblemCode } from './problem.ts'
import { Refused } from './problem.ts'

/** RFC 3339 with a mandatory offset in, epoch milliseconds inside. */
export const InstantIn = z
  .string()
  .transform((text, ctx): Instant => {
    const read = parseInstant(text)
    if (read.ok) return read.value
    ctx.addIssue({ code: 'custom', message: read.error })
    return z.NEVER
  })
  .meta({ format: 'date-time', description: 'RFC 3339 with an offset' })

/** An instant as it leaves: RFC 3339 with the clinic's offset. */
export const InstantOut = z.string().meta({ format: 'date-time', description: 'RFC 3339 with the clinic’s offset' })

const UTC = ZoneId.parse('UTC')
/** For what belongs to no clinic: when a record was made. */
export const inUtc = (at: Instant): string => toWire(at, UTC)

/** Absent and `null` mean the same on input. */
export const optional = <S extends z.ZodType>(schema: S) => schema.nullish().transform((v) => v ?? undefined)

export const Localised = z.strictObject({ en: Text(), fr: Text() })

/** A path id: anything that is not an id is simply not there. */
export const IdParams = z.object({ id: z.string().max(200) })
export function asId<S extends z.ZodType>(schema: S, text: string, code: ProblemCode = 'not-found'): z.output<S> {
  const read = schema.safeParse(text)
  if (!read.success) throw new Refused(code)
  return read.data
}

/** Days to cover: `from`/`to` windows are at most this long (contract.md §2). */
export const MAX_WINDOW_DAYS = 184

const cursorText = z.string().max(500)
/** `?limit=&cursor=` of every list. */
export const PageQuery = { limit: z.coerce.number().int().min(1).max(200).default(50), cursor: cursorText.optional() }

export const pageOf = <S extends z.ZodType>(item: S) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** An instant within a cursor: milliseconds that a date of four digits has. */
export const CursorInstant = z
  .int()
  .min(0)
  .max(Date.UTC(9999, 11, 31))

/** A cursor is the sort key of the last row seen; opaque outside. */
export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')
export function decodeCursor<S extends z.ZodType>(schema: S, cursor: string | undefined): z.output<S> | undefined {
  if (cursor === undefined) return undefined
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch {
    throw new Refused('validation', { errors: [{ path: 'cursor', message: 'is not a cursor of this list' }] })
  }
}

export type { Instant }
export { LocalDate, Text, toWire }
