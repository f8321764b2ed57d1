/** Absences and closures in SQL, each with all its subjects. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { timeOff, timeOffSubject } from '../db/schema.ts'
import type { TimeOff } from '../domain/availability.ts'
import type { Caller } from '../domain/caller.ts'
import { TimeOffId } from '../domain/ids.ts'
import { resourceOf, subjectOf } from '../domain/subject.ts'
import { type Instant, ZoneId } from '../domain/time.ts'
import { type ExtraShiftPage, windowRange } from './extra-shifts.ts'
import { resourceVisible } from './subjects.ts'

/** `timeZone`: of the first subject's clinic. */
export type StoredTimeOff = TimeOff & { readonly timeZone: ZoneId }
export type TimeOffPage = Omit<ExtraShiftPage, 'clinicId'>

type Row = {
  id: string
  starts: number
  ends: number
  reason: string
  scope: 'all' | 'premises'
  subjects: { kind: string; id: string }[]
  time_zone: string | null
}
const toTimeOff = (row: Row): StoredTimeOff => ({
  id: TimeOffId.parse(row.id),
  subjects: row.subjects.map(({ kind, id }) => subjectOf(kind, id)),
  start: row.starts as Instant,
  end: row.ends as Instant,
  reason: row.reason,
  scope: row.scope,
  timeZone: ZoneId.parse(row.time_zone ?? 'Etc/UTC'),
})

const columns = sql`o.id, (extract(epoch from lower(o.during)) * 1000)::float8 as starts,
  (extract(epoch from upper(o.during)) * 1000)::float8 as ends, o.reason, o.scope,
  (select json_agg(json_build_object('kind', r.kind, 'id', r.id) order by r.id)
    from time_off_subject s join resource r on r.id = s.resource_id where s.time_off_id = o.id) as subjects,
  (select c.time_zone from time_off_subject s
    left join room on room.id = s.resource_id
    left join availability_rule rule on rule.resource_id = s.resource_id
    join clinic c on c.id in (s.resource_id, room.clinic_id, rule.clinic_id)
    where s.time_off_id = o.id order by s.resource_id, c.id limit 1) as time_zone`

/** Seen by whoever sees any of its subjects. */
const seenBy = (caller: Caller) => sql`exists (select 1 from time_off_subject s
  where s.time_off_id = o.id and ${resourceVisible(caller, sql`s.resource_id`)})`

export async function list(tx: Tx, caller: Caller, page: TimeOffPage): Promise<StoredTimeOff[]> {
  const of =
    page.resourceId === undefined
      ? sql`true`
      : sql`exists (select 1 from time_off_subject s
    where s.time_off_id = o.id and s.resource_id = ${page.resourceId})`
  const after = page.after === undefined ? sql`true` : sql`o.id > ${page.after}`
  const rows = await tx.execute<Row>(sql`
    select ${columns} from time_off o
    where ${seenBy(caller)} and ${of} and ${after} and o.during && ${windowRange(page)}
    order by o.id limit ${page.limit}`)
  return rows.map(toTimeOff)
}

/** The row, locked for change. */
export async function lock(tx: Tx, caller: Caller, id: TimeOffId): Promise<StoredTimeOff | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select ${columns} from time_off o where o.id = ${id} and ${seenBy(caller)} for update of o`)
  return row && toTimeOff(row)
}

export async function insert(tx: Tx, off: TimeOff): Promise<void> {
  const { id, start, end, reason, scope } = off
  await tx.insert(timeOff).values({ id, reason, scope, during: { start, end } })
  await tx
    .insert(timeOffSubject)
    .values(off.subjects.map((subject) => ({ timeOffId: id, resourceId: resourceOf(subject) })))
}

/** Its subjects go with it. */
export async function remove(tx: Tx, id: TimeOffId): Promise<void> {
  await tx.execute(sql`delete from time_off where id = ${id}`)
}
