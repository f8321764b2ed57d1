/** Calendar feeds in SQL. A link is known by the SHA-256 of its token alone; a revoked one is simply not found. */
import { and, eq, gt, isNull, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { calendarFeed } from '../db/schema.ts'
import type { CalendarFeed, FeedDetail } from '../domain/calendar-feed.ts'
import type { Caller } from '../domain/caller.ts'
import type { CalendarFeedId, ClinicId, ClinicianId, PatientId, UserId } from '../domain/ids.ts'
import type { Instant, LocalDate } from '../domain/time.ts'
import { patientVisible } from './scope.ts'

const toFeed = (row: typeof calendarFeed.$inferSelect): CalendarFeed => ({
  id: row.id as CalendarFeedId,
  clinicianId: row.clinicianId as ClinicianId | null,
  patientId: row.patientId as PatientId | null,
  detail: row.detail,
  clinicIds: row.clinicIds as ClinicId[] | null,
  createdAt: row.createdAt,
})

export async function insert(
  tx: Tx,
  feed: CalendarFeed & { readonly hash: Buffer; readonly createdBy: UserId },
): Promise<void> {
  await tx.insert(calendarFeed).values({ ...feed, clinicIds: feed.clinicIds && [...feed.clinicIds] })
}

/** A clinician's own; at a clinic, of its patients and of those who work there. */
function visible(caller: Caller): SQL {
  if (caller.role === 'clinician') return sql`${calendarFeed.clinicianId} = ${caller.clinicianId}::uuid`
  if (caller.clinicIds === null) return sql`true`
  const ids = sql`${sql.param([...caller.clinicIds])}::uuid[]`
  const works = (table: string) =>
    sql`exists (select from ${sql.raw(table)} w where w.resource_id = ${calendarFeed.clinicianId} and w.clinic_id = any(${ids}))`
  return sql`(${works('availability_rule')} or ${works('extra_shift')} or ${works('availability')}
    or (${calendarFeed.patientId} is not null and ${patientVisible(caller, calendarFeed.patientId)}))`
}

export async function list(
  tx: Tx,
  caller: Caller,
  { limit, after }: { limit: number; after: string | undefined },
): Promise<CalendarFeed[]> {
  const rows = await tx
    .select()
    .from(calendarFeed)
    .where(
      and(
        isNull(calendarFeed.revokedAt),
        visible(caller),
        after === undefined ? undefined : gt(calendarFeed.id, after),
      ),
    )
    .orderBy(calendarFeed.id)
    .limit(limit)
  return rows.map(toFeed)
}

/** The feed that ended; undefined when it is not there for the caller, or no more. */
export async function revoke(
  tx: Tx,
  caller: Caller,
  id: CalendarFeedId,
  at: Instant,
): Promise<CalendarFeed | undefined> {
  const [row] = await tx
    .update(calendarFeed)
    .set({ revokedAt: at })
    .where(and(eq(calendarFeed.id, id), isNull(calendarFeed.revokedAt), visible(caller)))
    .returning()
  return row && toFeed(row)
}

export type LiveFeed = {
  readonly id: CalendarFeedId
  readonly detail: FeedDetail
  readonly clinicIds: readonly ClinicId[] | null
  readonly clinicianId: ClinicianId | null
  readonly patientId: PatientId | null
  /** Of a clinician: the last day of work, the languages, and whether their users are all switched off. */
  readonly activeUntil: LocalDate | null
  readonly languages: readonly string[] | null
  readonly shutOut: boolean
  /** Of a patient: whether they want calendars at all. */
  readonly wanted: boolean | null
  /** Of a patient: whether they took back their consent to treatment; null: never gave any. */
  readonly withdrawn: boolean | null
}

/** What a fetch needs to know before it looks at a single event. */
export async function findLive(tx: Tx, hash: Buffer): Promise<LiveFeed | undefined> {
  const [row] = await tx.execute<LiveFeed>(sql`
    select f.id, f.detail, f.clinic_ids as "clinicIds", f.clinician_id as "clinicianId", f.patient_id as "patientId",
      c.active_until::text as "activeUntil", c.languages,
      (exists (select from app_user u where u.clinician_id = f.clinician_id)
        and not exists (select from app_user u where u.clinician_id = f.clinician_id and u.active)) as "shutOut",
      coalesce((p.contact ->> 'calendar')::boolean, true) as wanted,
      (select bool_and(k.withdrawn_at is not null) from consent k where k.patient_id = p.id and k.kind = 'treatment') as withdrawn
    from calendar_feed f left join clinician c on c.id = f.clinician_id left join patient p on p.id = f.patient_id
    where f.hash = ${sql.param(hash, calendarFeed.hash)} and f.revoked_at is null`)
  return row
}
