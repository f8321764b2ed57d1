/** Clinicians with their licences in SQL. A clinician shares its id with its resource; its supervision is a resource of its own. */
import { and, arrayContains, countDistinct, eq, exists, gt, inArray, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { availabilityRule, clinician, licence, resource } from '../db/schema.ts'
import { Clinician } from '../domain/clinician.ts'
import type { ClinicId, ClinicianId } from '../domain/ids.ts'
import type { ClinicalRole } from '../domain/program.ts'

export type CliniciansPage = {
  limit: number
  after: string | undefined
  /** Those with a rule of work there. */
  clinicId: ClinicId | undefined
  role: ClinicalRole | undefined
}

const licences = sql`(
  select coalesce(json_agg(json_build_object(
    'province', l.province, 'college', l.college, 'number', l.number,
    'validFrom', l.valid_from, 'validUntil', l.valid_until) order by l.ordinal), '[]')
  from ${licence} l where l.clinician_id = ${clinician.id})`.mapWith((found: unknown): unknown =>
  typeof found === 'string' ? JSON.parse(found) : found,
)

const select = (tx: Tx) => tx.select({ row: clinician, licences }).from(clinician)

const toClinician = ({ row, licences: held }: { row: typeof clinician.$inferSelect; licences: unknown }): Clinician =>
  Clinician.parse({ ...row, limits: { dosesPerDay: row.dosesPerDay }, licences: held })

export async function list(tx: Tx, page: CliniciansPage): Promise<Clinician[]> {
  const conditions: (SQL | undefined)[] = [
    page.after === undefined ? undefined : gt(clinician.id, page.after),
    page.role === undefined ? undefined : arrayContains(clinician.roles, [page.role]),
    page.clinicId === undefined
      ? undefined
      : exists(
          tx
            .select()
            .from(availabilityRule)
            .where(and(eq(availabilityRule.resourceId, clinician.id), eq(availabilityRule.clinicId, page.clinicId))),
        ),
  ]
  const rows = await select(tx)
    .where(and(...conditions))
    .orderBy(clinician.id)
    .limit(page.limit)
  return rows.map(toClinician)
}

/** Whether every id is a clinician's. */
export async function exist(tx: Tx, ids: readonly ClinicianId[]): Promise<boolean> {
  if (ids.length === 0) return true
  const [row] = await tx
    .select({ n: countDistinct(clinician.id) })
    .from(clinician)
    .where(inArray(clinician.id, [...ids]))
  return row?.n === new Set(ids).size
}

/** In no order; an unknown id is simply missing. */
export async function withLicences(tx: Tx, ids: readonly ClinicianId[]): Promise<Clinician[]> {
  if (ids.length === 0) return []
  const rows = await select(tx).where(inArray(clinician.id, [...ids]))
  return rows.map(toClinician)
}

/** In no order; those with a rule of work or an extra shift at one of the clinics. */
export async function atClinics(tx: Tx, clinicIds: readonly ClinicId[]): Promise<Clinician[]> {
  const there = sql`${sql.param([...clinicIds])}::uuid[]`
  const rows = await select(tx).where(sql`${clinician.id} in (
    select resource_id from availability_rule where clinic_id = any(${there})
    union select resource_id from extra_shift where clinic_id = any(${there}))`)
  return rows.map(toClinician)
}

/** Their rows stay as they are until the transaction ends: whoever changes one waits, and sees what was booked meanwhile. */
export async function keep(tx: Tx, ids: readonly ClinicianId[]): Promise<void> {
  await tx
    .select({ id: clinician.id })
    .from(clinician)
    .where(inArray(clinician.id, [...ids]))
    .orderBy(clinician.id)
    .for('key share')
}

/** The row and its two resources, locked for change: also against those who `keep` it. */
export async function lock(tx: Tx, id: ClinicianId): Promise<Clinician | undefined> {
  const [row] = await select(tx).where(eq(clinician.id, id)).for('update', { of: clinician })
  if (!row) return undefined
  await tx.select().from(resource).where(eq(resource.clinicianId, id)).orderBy(resource.id).for('no key update')
  return toClinician(row)
}

const columns = ({ licences: _, limits, ...rest }: Clinician) => ({ ...rest, dosesPerDay: limits.dosesPerDay })

async function insertLicences(tx: Tx, clinicians: readonly Clinician[]): Promise<void> {
  const rows = clinicians.flatMap(({ id, licences: held }) =>
    held.map((one, ordinal) => ({ ...one, clinicianId: id, ordinal })),
  )
  if (rows.length > 0) await tx.insert(licence).values(rows)
}

/** With their resources, supervision included, and their licences. */
export async function insert(tx: Tx, clinicians: readonly Clinician[]): Promise<void> {
  if (clinicians.length === 0) return
  await tx.insert(resource).values(
    clinicians.flatMap((c) => [
      { id: c.id, kind: 'clinician' as const, lanes: 1, clinicianId: c.id },
      { id: c.supervisionId, kind: 'supervision' as const, lanes: c.supervisionCapacity, clinicianId: c.id },
    ]),
  )
  await tx.insert(clinician).values(clinicians.map(columns))
  await insertLicences(tx, clinicians)
}

/** Writes the whole value, licences and lanes included; the revision rises by one. */
export async function update(tx: Tx, changed: Clinician): Promise<Clinician> {
  const [row] = await tx
    .update(clinician)
    .set({ ...columns(changed), revision: sql`${clinician.revision} + 1` })
    .where(eq(clinician.id, changed.id))
    .returning({ revision: clinician.revision })
  await tx.update(resource).set({ lanes: changed.supervisionCapacity }).where(eq(resource.id, changed.supervisionId))
  await tx.delete(licence).where(eq(licence.clinicianId, changed.id))
  await insertLicences(tx, [changed])
  return { ...changed, revision: row?.revision ?? changed.revision }
}
