/** Time in and out of PostgreSQL: exact to the millisecond, always `[)`, whatever zone the process has. */
import { eq, sql } from 'drizzle-orm'
import { integer, pgTable } from 'drizzle-orm/pg-core'
import t from 'tap'
import {
  boundedTstzrange,
  instant,
  instantFromText,
  localDate,
  rangeFromText,
  rangeText,
  tstzrange,
} from '../../src/db/range.ts'
import type { Instant } from '../../src/domain/time.ts'
import { testDatabase } from '../support/database.ts'

const at = (text: string): Instant => Date.parse(text) as Instant

t.test('PostgreSQL text is read as the instant it names', async (t) => {
  for (const [text, iso] of [
    ['2026-11-01 08:00:00+00', '2026-11-01T08:00:00Z'],
    ['2026-11-01 08:00:00.5+00', '2026-11-01T08:00:00.500Z'],
    ['2026-11-01 08:00:00.123456+00', '2026-11-01T08:00:00.123Z'],
    ['2026-11-01 08:00:00-07', '2026-11-01T15:00:00Z'],
    ['2026-11-01 08:00:00+05:45', '2026-11-01T02:15:00Z'],
    ['2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00Z'],
  ] as const)
    t.equal(instantFromText(text), Date.parse(iso), text)
  for (const text of ['2026-11-01', 'infinity', '2026-11-01 08:00:00', ''])
    t.throws(() => instantFromText(text), `'${text}' is no instant`)
  for (const text of ['empty', '(,)', '["2026-11-01 08:00:00+00","2026-11-01 09:00:00+00"]'])
    t.throws(() => rangeFromText(text), `'${text}' is no stored range`)
})

t.test('what is stored comes back equal, single, in lists and from raw SQL', async (t) => {
  const { db } = await testDatabase(t, { max: 2 })
  const visit = pgTable('trial', {
    id: integer('id').primaryKey(),
    during: boundedTstzrange('during').notNull(),
    known: tstzrange('known').notNull(),
    made: instant('made').notNull(),
    day: localDate('day').notNull(),
  })
  await db.execute(
    sql`create table trial (id int primary key, during tstzrange, known tstzrange, made timestamptz, day date)`,
  )
  const start = at('2026-11-01T08:00:00.001Z')
  const end = at('2026-11-01T09:00:00.999Z')
  const row = { id: 1, during: { start, end }, known: { start, end: null }, made: start, day: '2026-02-28' }
  await db.insert(visit).values(row)
  t.same(await db.select().from(visit).where(eq(visit.made, start)), [row])
  const [raw] = await db.execute<{ shape: string; during: string; days: string[]; instants: string[] }>(sql`
    select lower_inc(during)::text || upper_inc(during)::text || upper_inf(known)::text as shape, during,
      array[day] as days, array[made] as instants from trial`)
  t.equal(raw?.shape, 'truefalsetrue', '[) with an open end')
  t.same(rangeFromText(raw?.during ?? ''), { start, end })
  t.same(raw?.days, ['2026-02-28'], 'a list of dates is a list')
  t.same(raw?.instants.map(instantFromText), [start])

  const many = [start, end].map((from, n) => ({ id: n + 2, during: { start: from, end: at('2027-01-01T00:00:00Z') } }))
  const inserted = await db.execute(sql`
    insert into trial (id, during, known, made, day)
    select id, during, during, lower(during), '2026-12-01' from unnest(
      ${sql.param(many.map(({ id }) => id))}::int[], ${sql.param(many.map(({ during }) => rangeText(during)))}::tstzrange[]) as new (id, during)`)
  t.equal(inserted.count, 2, 'n rows in one statement from unnest')
})
