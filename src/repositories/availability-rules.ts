/** Recurring rules in SQL: rows in, domain values out. A subject is its resource's id and kind. */
import { and, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { availabilityRule, resource } from '../db/schema.ts'
import type { AvailabilityRule } from '../domain/availability.ts'
import type { Caller } from '../domain/caller.ts'
import { type ClinicId, RuleId } from '../domain/ids.ts'
import { resourceOf, subjectOf } from '../domain/subject.ts'
import { toHours } from './calendars.ts'
import { resourceVisible } from './subjects.ts'

/** With the version that `If-Match` is about. */
export type StoredRule = AvailabilityRule & { readonly revision: number }
export type RulePage = {
  readonly limit: number
  readonly after: string | undefined
  /** A clinician's or a room's id. */
  readonly resourceId: string | undefined
  /** At this clinic, whoever's. */
  readonly clinicId: ClinicId | undefined
}

const toRule = (row: { rule: typeof availabilityRule.$inferSelect; kind: string }): StoredRule => ({
  id: RuleId.parse(row.rule.id),
  subject: subjectOf(row.kind, row.rule.resourceId),
  ...toHours(row.rule),
  revision: row.rule.revision,
})

const select = (tx: Tx) =>
  tx
    .select({ rule: availabilityRule, kind: resource.kind })
    .from(availabilityRule)
    .innerJoin(resource, eq(resource.id, availabilityRule.resourceId))

const seenBy = (caller: Caller): SQL =>
  resourceVisible(caller, sql`${availabilityRule.resourceId}`, sql`${availabilityRule.clinicId}`)

export async function list(tx: Tx, caller: Caller, page: RulePage): Promise<StoredRule[]> {
  const rows = await select(tx)
    .where(
      and(
        seenBy(caller),
        page.after === undefined ? undefined : gt(availabilityRule.id, page.after),
        page.resourceId === undefined ? undefined : eq(availabilityRule.resourceId, page.resourceId),
        page.clinicId === undefined ? undefined : eq(availabilityRule.clinicId, page.clinicId),
      ),
    )
    .orderBy(availabilityRule.id)
    .limit(page.limit)
  return rows.map(toRule)
}

/** The row, locked for change. */
export async function lock(tx: Tx, caller: Caller, id: RuleId): Promise<StoredRule | undefined> {
  const [row] = await select(tx)
    .where(and(eq(availabilityRule.id, id), seenBy(caller)))
    .for('update', { of: availabilityRule })
  return row && toRule(row)
}

const columns = ({ subject, ...hours }: AvailabilityRule) => ({ ...hours, resourceId: resourceOf(subject) })

export async function insert(tx: Tx, rules: readonly AvailabilityRule[]): Promise<void> {
  if (rules.length > 0) await tx.insert(availabilityRule).values(rules.map(columns))
}

/** Writes the whole value; → its new revision. */
export async function update(tx: Tx, rule: AvailabilityRule): Promise<number> {
  const [row] = await tx
    .update(availabilityRule)
    .set({ ...columns(rule), revision: sql`${availabilityRule.revision} + 1` })
    .where(eq(availabilityRule.id, rule.id))
    .returning({ revision: availabilityRule.revision })
  return row?.revision ?? 1
}

export async function remove(tx: Tx, id: RuleId): Promise<void> {
  await tx.delete(availabilityRule).where(eq(availabilityRule.id, id))
}
