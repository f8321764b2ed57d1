/** Clinics in SQL: rows in, domain values out. */
import { countDistinct, eq, gt, inArray, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../db/client.ts'
import { clinic, resource } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import { Clinic, Slug } from '../domain/clinic.ts'
import type { ClinicId, EnrolmentId } from '../domain/ids.ts'
import { remembered } from './remembered.ts'

export async function list(tx: Tx, page: { limit: number; after: string | undefined }): Promise<Clinic[]> {
  const rows = await tx
    .select()
    .from(clinic)
    .where(page.after === undefined ? undefined : gt(clinic.id, page.after))
    .orderBy(clinic.id)
    .limit(page.limit)
  return rows.map((row) => Clinic.parse(row))
}

/** Whether every id is a clinic's. */
export async function exist(tx: Tx, ids: readonly ClinicId[]): Promise<boolean> {
  if (ids.length === 0) return true
  const [row] = await tx
    .select({ n: countDistinct(clinic.id) })
    .from(clinic)
    .where(inArray(clinic.id, [...ids]))
  return row?.n === new Set(ids).size
}

/** In no order; an unknown id is simply missing. */
export const byIds = async (tx: Tx, ids: readonly ClinicId[]): Promise<Clinic[]> =>
  ids.length === 0 ? [] : BY_IDS(tx, ids)

/** The clinics, and the enrolment's own; in no order. */
export const withHomeOf = (tx: Tx, enrolmentId: EnrolmentId, ids: readonly ClinicId[]): Promise<Clinic[]> =>
  WITH_HOME(tx, ids, enrolmentId)

const clinicOf = remembered((text) => Clinic.parse(JSON.parse(text)), 1024)
const fromText = ({ text }: { text: string }): Clinic => clinicOf(text)
const SELECT = `select json_build_object(${reading(clinic).members})::text as text from clinic`
const BY_IDS = statement(`${SELECT} where id = any($1::uuid[])`, fromText)
const WITH_HOME = statement(
  `${SELECT} where id = any($1::uuid[]) or id = (select clinic_id from enrolment where id = $2)`,
  fromText,
)

const named = (idOrSlug: string) => {
  if (z.guid().safeParse(idOrSlug).success) return eq(clinic.id, idOrSlug)
  return Slug.safeParse(idOrSlug).success ? eq(clinic.slug, idOrSlug) : sql`false`
}

export async function byIdOrSlug(tx: Tx, idOrSlug: string): Promise<Clinic | undefined> {
  const [row] = await tx.select().from(clinic).where(named(idOrSlug))
  return row && Clinic.parse(row)
}

/** The row, locked for change. */
export async function lock(tx: Tx, idOrSlug: string): Promise<Clinic | undefined> {
  const [row] = await tx.select().from(clinic).where(named(idOrSlug)).for('no key update')
  return row && Clinic.parse(row)
}

/** The clinics that share clinicians and itineraries, by slug. */
export async function ofRegion(tx: Tx, slug: string): Promise<Clinic[]> {
  const rows = await tx.select().from(clinic).where(eq(clinic.region, slug)).orderBy(clinic.slug)
  return rows.map((row) => Clinic.parse(row))
}

/** With their resources; their regions exist. */
export async function insert(tx: Tx, clinics: readonly Clinic[]): Promise<void> {
  await tx.insert(resource).values(clinics.map((c) => ({ id: c.id, kind: 'clinic' as const })))
  await tx.insert(clinic).values([...clinics])
}

/** Writes the whole value; the revision rises by one. */
export async function update(tx: Tx, changed: Clinic): Promise<Clinic> {
  const [row] = await tx
    .update(clinic)
    .set({ ...changed, revision: sql`${clinic.revision} + 1` })
    .where(eq(clinic.id, changed.id))
    .returning()
  return Clinic.parse(row)
}
