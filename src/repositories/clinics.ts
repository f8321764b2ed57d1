/** Clinics in SQL: rows in, domain values out. */
import { and, countDistinct, eq, gt, inArray, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../db/client.ts'
import { clinic, region, resource } from '../db/schema.ts'
import { Clinic } from '../domain/clinic.ts'
import type { ClinicId } from '../domain/ids.ts'

export async function list(
  tx: Tx,
  page: { limit: number; after: string | undefined; among: readonly ClinicId[] | null },
): Promise<Clinic[]> {
  const rows = await tx
    .select()
    .from(clinic)
    .where(
      and(
        page.after === undefined ? undefined : gt(clinic.slug, page.after),
        page.among === null ? undefined : inArray(clinic.id, [...page.among]),
      ),
    )
    .orderBy(clinic.slug)
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
export async function byIds(tx: Tx, ids: readonly ClinicId[]): Promise<Clinic[]> {
  if (ids.length === 0) return []
  const rows = await tx
    .select()
    .from(clinic)
    .where(inArray(clinic.id, [...ids]))
  return rows.map((row) => Clinic.parse(row))
}

const named = (text: string) => (z.guid().safeParse(text).success ? eq(clinic.id, text) : eq(clinic.slug, text))

export async function byIdOrSlug(tx: Tx, text: string): Promise<Clinic | undefined> {
  const [row] = await tx.select().from(clinic).where(named(text))
  return row && Clinic.parse(row)
}

/** The row, locked for change. */
export async function lock(tx: Tx, text: string): Promise<Clinic | undefined> {
  const [row] = await tx.select().from(clinic).where(named(text)).for('no key update')
  return row && Clinic.parse(row)
}

/** The clinics that share clinicians and itineraries, by slug. */
export async function ofRegion(tx: Tx, slug: string): Promise<Clinic[]> {
  const rows = await tx.select().from(clinic).where(eq(clinic.region, slug)).orderBy(clinic.slug)
  return rows.map((row) => Clinic.parse(row))
}

/** With their regions, where new, and their resources. */
export async function insert(tx: Tx, clinics: readonly Clinic[]): Promise<void> {
  await tx
    .insert(region)
    .values(clinics.map((c) => ({ slug: c.region })))
    .onConflictDoNothing()
  await tx.insert(resource).values(clinics.map((c) => ({ id: c.id, kind: 'clinic' as const })))
  await tx.insert(clinic).values([...clinics])
}

/** Writes the whole value; the revision rises by one. */
export async function update(tx: Tx, changed: Clinic): Promise<Clinic> {
  await tx.insert(region).values({ slug: changed.region }).onConflictDoNothing()
  const [row] = await tx
    .update(clinic)
    .set({ ...changed, revision: sql`${clinic.revision} + 1` })
    .where(eq(clinic.id, changed.id))
    .returning()
  return Clinic.parse(row)
}
