/** Extra shifts and extra openings in SQL: rows in, domain values out. */
import { and, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { rangeText } from '../db/range.ts'
import { clinic, extraShift, resource } from '../db/schema.ts'
import type { ExtraShift } from '../domain/availability.ts'
import type { Caller } from '../domain/caller.ts'
import { ClinicId, ExtraShiftId } from '../domain/ids.ts'
import { resourceOf, subjectOf } from '../domain/subject.ts'
import type { Instant } from '../domain/time.ts'
import { ZoneId } from '../domain/time.ts'
import { resourceVisible } from './subjects.ts'

export type StoredExtraShift = ExtraShift & { readonly timeZone: ZoneId }
export type ExtraShiftPage = {
  readonly limit: number
  readonly after: string | undefined
  readonly resourceId: string | undefined
  readonly clinicId: ClinicId | undefined
  /** Those that touch it; an absent bound is open. */
  readonly from: Instant | undefined
  readonly to: Instant | undefined
}

/** Far enough for any stored instant: the years that times may lie in end before. */
const [FIRST, LAST] = [Date.UTC(1800, 0, 1), Date.UTC(2600, 0, 1)]
/** A window with open bounds as a range. */
export const windowRange = ({ from, to }: { from: Instant | undefined; to: Instant | undefined }): SQL =>
  sql`${rangeText({ start: from ?? FIRST, end: to ?? LAST })}::tstzrange`

const select = (tx: Tx) =>
  tx
    .select({ extra: extraShift, kind: resource.kind, timeZone: clinic.timeZone })
    .from(extraShift)
    .innerJoin(resource, eq(resource.id, extraShift.resourceId))
    .innerJoin(clinic, eq(clinic.id, extraShift.clinicId))

type Row = { extra: typeof extraShift.$inferSelect; kind: string; timeZone: string }
const toExtraShift = ({ extra, kind, timeZone }: Row): StoredExtraShift => ({
  id: ExtraShiftId.parse(extra.id),
  subject: subjectOf(kind, extra.resourceId),
  clinicId: ClinicId.parse(extra.clinicId),
  ...extra.during,
  timeZone: ZoneId.parse(timeZone),
})

const seenBy = (caller: Caller): SQL =>
  resourceVisible(caller, sql`${extraShift.resourceId}`, sql`${extraShift.clinicId}`)

export async function list(tx: Tx, caller: Caller, page: ExtraShiftPage): Promise<StoredExtraShift[]> {
  const rows = await select(tx)
    .where(
      and(
        seenBy(caller),
        sql`${extraShift.during} && ${windowRange(page)}`,
        page.after === undefined ? undefined : gt(extraShift.id, page.after),
        page.resourceId === undefined ? undefined : eq(extraShift.resourceId, page.resourceId),
        page.clinicId === undefined ? undefined : eq(extraShift.clinicId, page.clinicId),
      ),
    )
    .orderBy(extraShift.id)
    .limit(page.limit)
  return rows.map(toExtraShift)
}

/** The row, locked for change. */
export async function lock(tx: Tx, caller: Caller, id: ExtraShiftId): Promise<StoredExtraShift | undefined> {
  const [row] = await select(tx)
    .where(and(eq(extraShift.id, id), seenBy(caller)))
    .for('update', { of: extraShift })
  return row && toExtraShift(row)
}

export async function insert(tx: Tx, { id, subject, clinicId, start, end }: ExtraShift): Promise<void> {
  await tx.insert(extraShift).values({ id, clinicId, resourceId: resourceOf(subject), during: { start, end } })
}

export async function remove(tx: Tx, id: ExtraShiftId): Promise<void> {
  await tx.delete(extraShift).where(eq(extraShift.id, id))
}
