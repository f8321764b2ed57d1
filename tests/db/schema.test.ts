/** The migrated database: the constraints that make a double booking unstorable, by name and meaning, and nothing that schema.ts does not know. */
import { is, sql } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import t from 'tap'
import * as schema from '../../src/db/schema.ts'
import { testDatabase } from '../support/database.ts'

const TEMPORAL = {
  availability_pk: 'PRIMARY KEY (resource_id, during WITHOUT OVERLAPS)',
  availability_at_clinic: 'UNIQUE (resource_id, clinic_id, during WITHOUT OVERLAPS)',
  claim_no_double_booking: 'PRIMARY KEY (resource_id, lane, during WITHOUT OVERLAPS)',
  claim_within_availability:
    'FOREIGN KEY (resource_id, clinic_id, PERIOD during) REFERENCES availability(resource_id, clinic_id, PERIOD during) DEFERRABLE',
  patient_claim_no_double_booking: 'PRIMARY KEY (patient_id, during WITHOUT OVERLAPS)',
}
/** Nobody sits beyond a group's seats, nor two on one. */
const SEATS = {
  group_member_of_session: 'FOREIGN KEY (session_id, seats) REFERENCES group_session(id, seats) ON UPDATE CASCADE',
  group_member_one_seat_each: 'UNIQUE (session_id, seat)',
  group_member_once: 'UNIQUE (session_id, patient_id)',
  group_member_within_capacity: 'CHECK (((seat >= 1) AND (seat <= seats)))',
}
const GUARDS = { ...TEMPORAL, ...SEATS }

t.test('the migrated schema', async (t) => {
  const { db } = await testDatabase(t)
  const rows = async <T>(query: ReturnType<typeof sql>) => (await db.execute(query)) as unknown as T[]

  t.test('holds the keys that guard time and seats exactly', async (t) => {
    const found = await rows<{ conname: string; definition: string }>(sql`
      select conname, pg_get_constraintdef(oid) as definition from pg_constraint
      where conname in (select jsonb_array_elements_text(${JSON.stringify(Object.keys(GUARDS))}::jsonb)) and convalidated`)
    t.same(Object.fromEntries(found.map((r) => [r.conname, r.definition])), GUARDS)
  })

  t.test('has every column of schema.ts, of its type, and no other', async (t) => {
    const stored = await rows<{ column: string }>(sql`
      select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || case when a.attnotnull then ' not null' else '' end as column
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`)
    const tables = Object.values(schema).flatMap((value) => (is(value, PgTable) ? [value] : []))
    const declared = tables.flatMap((table) => {
      const { name, columns, primaryKeys } = getTableConfig(table)
      const keys = new Set(primaryKeys.flatMap((key) => key.columns.map((c) => c.name)))
      return columns.map((c) => {
        const required = c.notNull || c.primary || keys.has(c.name)
        return `${name}.${c.name} ${typeName(c.getSQLType())}${required ? ' not null' : ''}`
      })
    })
    t.same(stored.map((r) => r.column).sort(), declared.sort())
  })

  t.test('refuses a change of the audit log', async (t) => {
    await db.execute(
      sql`insert into audit_entry (actor_role, action, resource_type, outcome) values ('admin', 'read', 'patient', 'ok')`,
    )
    for (const change of [
      sql`update audit_entry set action = 'other'`,
      sql`delete from audit_entry`,
      sql`truncate audit_entry`,
    ])
      await t.rejects(db.execute(change))
    t.equal((await rows(sql`select 1 from audit_entry`)).length, 1)
  })
  await Promise.resolve()
})

/** PostgreSQL's long names. */
const typeName = (type: string): string =>
  type.startsWith('time') && !type.includes('zone') && !type.startsWith('timestamp') && !type.includes('range')
    ? 'time without time zone'
    : type
