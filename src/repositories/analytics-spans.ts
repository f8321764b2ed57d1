/** What every statistic in SQL begins with: the window's spans as a table, and the group that a row belongs to. */
import { type SQL, sql } from 'drizzle-orm'
import { instantText } from '../db/range.ts'
import { type Grouping, UNKNOWN } from '../domain/analytics.ts'
import type { Span } from '../domain/analytics-window.ts'
import type { Instant } from '../domain/time.ts'

const texts = (list: readonly string[]) => sql`${sql.param([...list])}::text[]`
export const instants = (list: readonly Instant[]) => sql`${sql.param(list.map(instantText))}::timestamptz[]`

/** `span (clinic_id, slug, month, starts, ends, ahead)`; `ahead` is what a local clock reads ahead of UTC. */
export const spanTable = (spans: readonly Span[]): SQL => sql`
  span as materialized (
    select clinic_id, slug, month, starts, ends, make_interval(mins => ahead) as ahead
    from unnest(${sql.param(spans.map((s) => s.clinic.id))}::uuid[], ${texts(spans.map((s) => s.clinic.slug))},
      ${texts(spans.map((s) => s.month))}, ${instants(spans.map((s) => s.start))}, ${instants(spans.map((s) => s.end))},
      ${sql.param(spans.map((s) => s.aheadMinutes))}::int[]) as u (clinic_id, slug, month, starts, ends, ahead))`

/** The group of a row of span `s` and enrolment `e`. */
export const groupOf = (by: Grouping): SQL =>
  ({
    month: sql`s.month`,
    clinic: sql`s.slug`,
    program: sql`coalesce(e.program_key, ${UNKNOWN})`,
    route: sql`coalesce(e.route, ${UNKNOWN})`,
  })[by]
