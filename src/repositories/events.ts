/**
 * The outbox: what happened, in ids and times, written in the transaction of the change (contract.md §6), and read in that order.
 * A sequence number is taken before its transaction commits, so a higher one may be seen first: readers stop below the numbers that a running
 * transaction may still bring (decision 24).
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText } from '../db/range.ts'
import { statement } from '../db/statement.ts'
import type { EventType, LoggedEvent } from '../domain/event.ts'

export type { EventType }

export type NewEvent = {
  type: EventType
  enrolmentId: string | null
  clinicId: string | null
  /** Ids and RFC 3339 times only; never names. */
  subject: Record<string, string | number | null>
}

const APPEND = statement(`
  insert into event (type, enrolment_id, clinic_id, subject)
  select type, "enrolmentId", "clinicId", subject from jsonb_to_recordset($1::jsonb)
    as e(type text, "enrolmentId" uuid, "clinicId" uuid, subject jsonb)`)

/** One statement and one parameter for any number of events, in this order. */
export async function append(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length > 0) await APPEND(tx, JSON.stringify(events))
}

/** The advisory locks of announcements, which a trigger takes (drizzle/0011): the class has the number's high bits added, the rest are the low 31. */
const ANNOUNCED = 0x0e_7e_00_00
const CLASSES = 0xffff

/**
 * The number up to which the log is complete for every statement that follows in this transaction (read committed). The order of the two
 * questions matters: whoever takes a number up to `taken` has announced it by then, or has finished.
 */
export async function settled(tx: Tx): Promise<number> {
  const [taken] = await tx.execute<{ n: string }>(
    sql`select case when is_called then last_value else 0 end as n from event_sequence_seq`,
  )
  const [lowest] = await tx.execute<{ n: string | null }>(sql`
    select min(((classid::bigint - ${ANNOUNCED}) << 31) | objid::bigint) as n from pg_locks
    where locktype = 'advisory' and objsubid = 2 and classid::bigint between ${ANNOUNCED} and ${ANNOUNCED + CLASSES}
      and database = (select oid from pg_database where datname = current_database())`)
  return Math.min(Number(taken?.n ?? 0), lowest?.n == null ? Number.POSITIVE_INFINITY : Number(lowest.n))
}

/** Undefined: there is no event of this id. */
export async function sequenceOf(tx: Tx, id: string): Promise<number | undefined> {
  const [row] = await tx.execute<{ n: string }>(sql`select sequence as n from event where id = ${id}::uuid`)
  return row && Number(row.n)
}

/** The members of a LoggedEvent, of `event e` and `left join`s to `clinic c` and `enrolment n`. */
export const EVENT_COLUMNS = sql`e.sequence, e.id, e.at, e.type, e.enrolment_id, e.clinic_id, e.subject, c.time_zone,
  coalesce(e.subject ->> 'patientId', n.patient_id::text) as patient_id`
export type EventRow = {
  sequence: string
  id: string
  at: string
  type: string
  enrolment_id: string | null
  clinic_id: string | null
  subject: Record<string, string | number | null>
  time_zone: string | null
  patient_id: string | null
}
export const eventOf = (row: EventRow): LoggedEvent =>
  ({
    sequence: Number(row.sequence),
    id: row.id,
    at: instantFromText(row.at),
    type: row.type,
    enrolmentId: row.enrolment_id,
    clinicId: row.clinic_id,
    timeZone: row.time_zone,
    patientId: row.patient_id,
    subject: row.subject,
  }) as LoggedEvent

export type LogWindow = {
  /** Sequence numbers of (after, upTo]. */
  readonly after: number
  readonly upTo: number
  readonly limit: number
  /** Absent: every type. */
  readonly types?: readonly EventType[] | undefined
  /** Null: every clinic. */
  readonly clinicIds: readonly string[] | null
}

/** In the order of the log. */
export async function list(tx: Tx, { after, upTo, limit, types, clinicIds }: LogWindow): Promise<LoggedEvent[]> {
  const conditions: SQL[] = [
    sql`e.sequence > ${after} and e.sequence <= ${upTo}`,
    ...(types ? [sql`e.type = any(${sql.param([...types])}::text[])`] : []),
    ...(clinicIds ? [sql`e.clinic_id = any(${sql.param([...clinicIds])}::uuid[])`] : []),
  ]
  const rows = await tx.execute<EventRow>(sql`
    select ${EVENT_COLUMNS} from event e left join clinic c on c.id = e.clinic_id left join enrolment n on n.id = e.enrolment_id
    where ${sql.join(conditions, sql` and `)} order by e.sequence limit ${limit}`)
  return [...rows].map(eventOf)
}
