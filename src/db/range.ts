/** Column types for time: epoch milliseconds ↔ timestamptz, `[)` intervals of them ↔ tstzrange, 'YYYY-MM-DD' ↔ date. Pure. Sessions speak UTC (client.ts). */
import { customType } from 'drizzle-orm/pg-core'
import type { Instant } from '../domain/time.ts'

/** Half-open; `end: null` is unbounded. */
export type TimeRange = { readonly start: Instant; readonly end: Instant | null }
/** A range that ends; what claims and availability hold. */
export type BoundedRange = { readonly start: Instant; readonly end: Instant }

/** 2026-11-01 08:00:00.5+00, as PostgreSQL prints it; a T and a Z are accepted too. */
const TIMESTAMP = /^(\d{4,})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)$/
const RANGE = /^\["?([^",]+)"?,"?([^",)]*)"?\)$/

/** Epoch milliseconds → RFC 3339 in UTC. */
export const instantText = (at: number): string => new Date(at).toISOString()

/** PostgreSQL's timestamptz text → epoch milliseconds, microseconds cut off. Throws on anything else: a bug, not input. */
export function instantFromText(text: string): Instant {
  const part = TIMESTAMP.exec(text)
  if (!part) throw new Error('not a timestamptz')
  const n = (i: number): number => Number(part[i] ?? 0)
  const ms = Number((part[7] ?? '').padEnd(3, '0').slice(0, 3))
  const offset = (part[8] === '-' ? -1 : 1) * (n(9) * 60 + n(10)) * 60_000
  return (Date.UTC(n(1), n(2) - 1, n(3), n(4), n(5), n(6), ms) - offset) as Instant
}

/** Always `[)`: `["2026-11-01T08:00:00.000Z","2026-11-01T09:00:00.000Z")`. */
export const rangeText = (range: { readonly start: number; readonly end: number | null }): string =>
  `["${instantText(range.start)}",${range.end === null ? '' : `"${instantText(range.end)}"`})`

/** Throws on an empty range and on one without a start: no column holds either. */
export function rangeFromText(text: string): TimeRange {
  const part = RANGE.exec(text)
  if (!part?.[1]) throw new Error('not a [) range of timestamptz')
  const end = part[2] && part[2] !== 'infinity' ? instantFromText(part[2]) : null
  return { start: instantFromText(part[1]), end }
}

/** For claims and availability, whose ranges always end. */
export function boundedRangeFromText(text: string): BoundedRange {
  const { start, end } = rangeFromText(text)
  if (end === null) throw new Error('unbounded where a bounded range is stored')
  return { start, end }
}

/** `during: tstzrange('during').notNull()`; may be unbounded above. */
export const tstzrange = customType<{ data: TimeRange; driverData: string }>({
  dataType: () => 'tstzrange',
  toDriver: rangeText,
  fromDriver: rangeFromText,
})

/** A tstzrange that always ends. */
export const boundedTstzrange = customType<{ data: BoundedRange; driverData: string }>({
  dataType: () => 'tstzrange',
  toDriver: rangeText,
  fromDriver: boundedRangeFromText,
})

/** timestamptz ↔ epoch milliseconds. */
export const instant = customType<{ data: Instant; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  toDriver: instantText,
  fromDriver: instantFromText,
})

/** date ↔ 'YYYY-MM-DD': a calendar day, never an instant. */
export const localDate = customType<{ data: string; driverData: string }>({
  dataType: () => 'date',
  toDriver: (value) => value,
  fromDriver: (value) => value,
})
