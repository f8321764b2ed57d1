/** Who waits for an earlier time, in SQL. Entries carry their enrolment's scope. */
import { and, eq, getTableColumns, gt, inArray, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { clinic, enrolment, waitlistEntry } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicId, EnrolmentId, WaitlistEntryId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'
import type { WaitlistEntry } from '../domain/waitlist.ts'
import { enrolmentVisible } from './scope.ts'

const select = (tx: Tx) =>
  tx
    .select({
      ...getTableColumns(waitlistEntry),
      clinicId: enrolment.clinicId,
      timeZone: clinic.timeZone,
      patientId: enrolment.patientId,
    })
    .from(waitlistEntry)
    .innerJoin(enrolment, eq(enrolment.id, waitlistEntry.enrolmentId))
    .innerJoin(clinic, eq(clinic.id, enrolment.clinicId))

export type StoredEntry = WaitlistEntry & { readonly patientId: string }
type Row = Awaited<ReturnType<typeof select>>[number]
const toEntry = ({ createdAt: _, ...row }: Row): StoredEntry => row as unknown as StoredEntry

export async function visibleById(tx: Tx, caller: Caller, id: WaitlistEntryId): Promise<StoredEntry | undefined> {
  const rows = await select(tx).where(and(eq(waitlistEntry.id, id), enrolmentVisible(caller)))
  return rows.map(toEntry)[0]
}

export type EntriesPage = {
  readonly clinicId: ClinicId | undefined
  readonly enrolmentId: EnrolmentId | undefined
  readonly status: WaitlistEntry['status']
  readonly limit: number
  readonly after: string | undefined
}

export async function list(tx: Tx, caller: Caller, page: EntriesPage): Promise<StoredEntry[]> {
  const conditions: (SQL | undefined)[] = [
    enrolmentVisible(caller),
    page.clinicId && eq(enrolment.clinicId, page.clinicId),
    page.enrolmentId && eq(waitlistEntry.enrolmentId, page.enrolmentId),
    eq(waitlistEntry.status, page.status),
    // whose program has ended waits no more
    page.status === 'waiting' ? inArray(enrolment.status, ['open', 'paused']) : undefined,
    page.after === undefined ? undefined : gt(waitlistEntry.id, page.after),
  ]
  const rows = await select(tx)
    .where(and(...conditions))
    .orderBy(waitlistEntry.id)
    .limit(page.limit)
  return rows.map(toEntry)
}

type NewEntry = Pick<WaitlistEntry, 'id' | 'enrolmentId' | 'visitKey' | 'start' | 'end' | 'minNoticeHours'>

export async function insert(tx: Tx, entry: NewEntry, at: Instant): Promise<void> {
  await tx.insert(waitlistEntry).values({ ...entry, status: 'waiting', createdAt: at })
}

/** Whether the enrolment waits for that visit already. */
export async function waitsAlready(tx: Tx, { enrolmentId, visitKey }: NewEntry): Promise<boolean> {
  const [row] = await tx.execute<{ found: boolean }>(sql`
    select exists (select from waitlist_entry where enrolment_id = ${enrolmentId} and status = 'waiting'
      and visit_key is not distinct from ${visitKey}) as found`)
  return row?.found ?? false
}

export async function setStatus(tx: Tx, id: WaitlistEntryId, status: WaitlistEntry['status']): Promise<void> {
  await tx
    .update(waitlistEntry)
    .set({ status, revision: sql`${waitlistEntry.revision} + 1` })
    .where(eq(waitlistEntry.id, id))
}
