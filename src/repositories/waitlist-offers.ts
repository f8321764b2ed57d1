/** Time that has become free and what was offered of it, in SQL. Guards: `waitlist_offer_one_at_a_time`, `waitlist_offer_one_each`. */
import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { boundedRangeFromText, instantText, rangeText } from '../db/range.ts'
import { clinic, enrolment, waitlistEntry, waitlistOffer } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicId, FreedTimeId, WaitlistEntryId, WaitlistOfferId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { Instant } from '../domain/time.ts'
import type { FreedTime, OfferStatus, WaitlistOffer } from '../domain/waitlist.ts'
import { enrolmentVisible } from './scope.ts'

type FreedRow = { id: string; clinic_id: string; during: string; passed_over: string[] }

/** The longest pending one, locked; others at work on another are not waited for. */
export async function nextPending(tx: Tx): Promise<FreedTime | undefined> {
  const [row] = await tx.execute<FreedRow>(sql`
    select id, clinic_id, during::text as during, passed_over from waitlist_freed
    where state = 'pending' order by created_at, id limit 1 for update skip locked`)
  return (
    row && {
      id: row.id as FreedTimeId,
      clinicId: row.clinic_id as ClinicId,
      passedOver: row.passed_over,
      ...boundedRangeFromText(row.during),
    }
  )
}

export async function anyPending(tx: Tx): Promise<boolean> {
  const [row] = await tx.execute<{ found: boolean }>(
    sql`select exists (select from waitlist_freed where state = 'pending') as found`,
  )
  return row?.found ?? false
}

export async function settleFreed(
  tx: Tx,
  id: FreedTimeId,
  state: 'pending' | 'offered' | 'done',
  passedOver: readonly string[] = [],
): Promise<void> {
  await tx.execute(sql`
    update waitlist_freed set state = ${state}, passed_over = passed_over || ${sql.param([...passedOver])}::uuid[]
    where id = ${id}`)
}

/** Hours that an extra shift or a withdrawn absence opens; noted only where somebody waits. */
export async function noteOpened(
  tx: Tx,
  opened: readonly (Interval<Instant> & { readonly clinicId: string })[],
): Promise<void> {
  if (opened.length === 0) return
  await tx.execute(sql`
    insert into waitlist_freed (clinic_id, during)
    select distinct clinic_id, during from unnest(${sql.param(opened.map((o) => o.clinicId))}::uuid[],
      ${sql.param(opened.map(rangeText))}::tstzrange[]) as u(clinic_id, during)
    where exists (select from waitlist_entry w join enrolment e on e.id = w.enrolment_id
      where w.status = 'waiting' and tstzrange(w.from_at, w.to_at, '[]') && u.during
        and u.clinic_id = any(e.allowed_clinic_ids))`)
}

type NewOffer = Omit<WaitlistOffer, 'enrolmentId' | 'patientId' | 'timeZone' | 'revision' | 'status'>

export async function insert(tx: Tx, offer: NewOffer, at: Instant): Promise<void> {
  await tx.insert(waitlistOffer).values({ ...offer, status: 'offered', createdAt: at })
}

const select = (tx: Tx) =>
  tx
    .select({
      ...getTableColumns(waitlistOffer),
      enrolmentId: enrolment.id,
      patientId: enrolment.patientId,
      timeZone: clinic.timeZone,
    })
    .from(waitlistOffer)
    .innerJoin(waitlistEntry, eq(waitlistEntry.id, waitlistOffer.entryId))
    .innerJoin(enrolment, eq(enrolment.id, waitlistEntry.enrolmentId))
    .innerJoin(clinic, eq(clinic.id, waitlistOffer.clinicId))
type Row = Awaited<ReturnType<typeof select>>[number]
const toOffer = ({ createdAt: _, ...row }: Row): WaitlistOffer => row as unknown as WaitlistOffer

export type OffersPage = {
  readonly clinicId: ClinicId | undefined
  readonly status: OfferStatus
  readonly limit: number
  readonly after: string | undefined
}

/** The most urgent first, then who wins most days: in the order in which they were asked. */
const RANK = sql`-${enrolment.priority}, -coalesce(${waitlistOffer.gainDays},
  floor(extract(epoch from ${waitlistEntry.end} - ${waitlistOffer.start}) / 86400)::int), ${waitlistOffer.id}`

export async function list(tx: Tx, caller: Caller, page: OffersPage): Promise<WaitlistOffer[]> {
  const conditions: (SQL | undefined)[] = [
    enrolmentVisible(caller),
    page.clinicId && eq(waitlistOffer.clinicId, page.clinicId),
    eq(waitlistOffer.status, page.status),
    page.after === undefined
      ? undefined
      : sql`(${RANK}) > (
          select ${RANK} from ${waitlistOffer} join ${waitlistEntry} on ${waitlistEntry.id} = ${waitlistOffer.entryId}
          join ${enrolment} on ${enrolment.id} = ${waitlistEntry.enrolmentId} where ${waitlistOffer.id} = ${page.after})`,
  ]
  const rows = await select(tx)
    .where(and(...conditions))
    .orderBy(RANK)
    .limit(page.limit)
  return rows.map(toOffer)
}

export async function visibleById(tx: Tx, caller: Caller, id: WaitlistOfferId): Promise<WaitlistOffer | undefined> {
  const rows = await select(tx).where(and(eq(waitlistOffer.id, id), enrolmentVisible(caller)))
  return rows.map(toOffer)[0]
}

/** Read again under the lock of its row. */
export async function lock(tx: Tx, id: WaitlistOfferId): Promise<WaitlistOffer | undefined> {
  await tx.select({ id: waitlistOffer.id }).from(waitlistOffer).where(eq(waitlistOffer.id, id)).for('update')
  return (await select(tx).where(eq(waitlistOffer.id, id))).map(toOffer)[0]
}

export async function setStatus(tx: Tx, id: WaitlistOfferId, status: OfferStatus): Promise<void> {
  await tx
    .update(waitlistOffer)
    .set({ status, revision: sql`${waitlistOffer.revision} + 1` })
    .where(eq(waitlistOffer.id, id))
}

/** Live offers that nobody has answered in time or whose enrolment is under way no more, or of an entry that was taken back: lapsed from now on. */
export async function lapse(
  tx: Tx,
  which: { readonly at: Instant } | { readonly entryId: WaitlistEntryId },
): Promise<WaitlistOffer[]> {
  const condition =
    'at' in which
      ? sql`(expires_at <= ${instantText(which.at)} or exists (select from waitlist_entry w
          join enrolment e on e.id = w.enrolment_id where w.id = entry_id and e.status <> 'open'))`
      : sql`entry_id = ${which.entryId}`
  const rows = await tx.execute<{ id: string }>(sql`
    update waitlist_offer set status = 'lapsed', revision = revision + 1
    where id = any(array(select id from waitlist_offer where status = 'offered' and ${condition} for update skip locked))
    returning id`)
  if (rows.length === 0) return []
  const ids = sql`${sql.param(rows.map((r) => r.id))}::uuid[]`
  return (await select(tx).where(sql`${waitlistOffer.id} = any(${ids})`)).map(toOffer)
}
