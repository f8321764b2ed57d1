/** Clinicians with their licences in SQL. A clinician shares its id with its resource; its supervision is a resource of its own. */
import { and, arrayContains, countDistinct, eq, exists, gt, inArray, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { availabilityRule, clinician, licence, resource } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import { Clinician } from '../domain/clinician.ts'
import type { ClinicId, ClinicianId } from '../domain/ids.ts'
import type { ClinicalRole } from '../domain/program.ts'
import { remembered } from './remembered.ts'

export type CliniciansPage = {
  limit: number
  after: string | undefined
  /** Those with a rule of work there. */
  clinicId: ClinicId | undefined
  role: ClinicalRole | undefined
}

/** As JSON; `clinicianId` is SQL. */
export const licencesOf = (clinicianId: string): string => `(
  select coalesce(json_agg(json_build_object(
    'province', l.province, 'college', l.college, 'number', l.number,
    'validFrom', l.valid_from, 'validUntil', l.valid_until) order by l.ordinal), '[]')
  from licence l where l.clinician_id = ${clinicianId})`

const licences = sql`${sql.raw(licencesOf('clinician.id'))}`.mapWith((found: unknown): unknown =>
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

const clinicianOf = remembered((text) => {
  const { licences: held, ...row } = JSON.parse(text)
  return toClinician({ row, licences: held })
}, 4096)
const fromText = ({ text }: { text: string }): Clinician => clinicianOf(text)
const TEXT = `json_build_object(${reading(clinician).members}, 'licences', ${licencesOf('clinician.id')})::text as text`
const WITH_LICENCES = statement(`select ${TEXT} from clinician where id = any($1::uuid[])`, fromText)
const AT_CLINICS = statement(
  `select ${TEXT} from clinician where id in (
    select resource_id from availability_rule where clinic_id = any($1::uuid[])
    union select resource_id from extra_shift where clinic_id = any($1::uuid[]))`,
  fromText,
)
const KEEP = statement('select from clinician where id = any($1::uuid[]) order by id for key share')

/** In no order; an unknown id is simply missing. */
export const withLicences = async (tx: Tx, ids: readonly ClinicianId[]): Promise<Clinician[]> =>
  ids.length === 0 ? [] : WITH_LICENCES(tx, ids)

/** In no order; those with a rule of work or an extra shift at one of the clinics. */
export const atClinics = (tx: Tx, clinicIds: readonly ClinicId[]): Promise<Clinician[]> => AT_CLINICS(tx, clinicIds)

/** Their rows stay as they are until the transaction ends: whoever changes one waits, and sees what was booked meanwhile. */
export async function keep(tx: Tx, ids: readonly ClinicianId[]): Promise<void> {
  if (ids.length > 0) await KEEP(tx, ids)
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
