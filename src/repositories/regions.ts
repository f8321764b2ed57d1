/** Regions and the way between their clinics, in SQL. */
import { eq, inArray, or } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { clinic, region, travel as travelTable } from '../db/schema.ts'
import { statement } from '../db/statement.ts'
import { Travel } from '../domain/clinic.ts'
import type { ClinicId } from '../domain/ids.ts'

export async function exists(tx: Tx, slug: string): Promise<boolean> {
  const rows = await tx.select().from(region).where(eq(region.slug, slug))
  return rows.length > 0
}

/** Makes the regions that are new and locks all of them: two changes of a region's clinics or ways come one after the other. */
export async function ensure(tx: Tx, slugs: readonly string[]): Promise<void> {
  const wanted = [...new Set(slugs)].sort()
  await tx
    .insert(region)
    .values(wanted.map((slug) => ({ slug })))
    .onConflictDoNothing()
  await tx.select().from(region).where(inArray(region.slug, wanted)).orderBy(region.slug).for('no key update')
}

/** Every direction between two clinics of the region. */
export async function travel(tx: Tx, slug: string): Promise<Travel[]> {
  const rows = await tx
    .select({
      from: travelTable.fromClinicId,
      to: travelTable.toClinicId,
      minutes: travelTable.minutes,
      points: travelTable.points,
    })
    .from(travelTable)
    .innerJoin(clinic, eq(clinic.id, travelTable.fromClinicId))
    .where(eq(clinic.region, slug))
    .orderBy(travelTable.fromClinicId, travelTable.toClinicId)
  return rows.map((row) => Travel.parse(row))
}

/** From one clinic to the others of its region. */
export const travelFrom = (tx: Tx, id: ClinicId): Promise<Travel[]> => TRAVEL_FROM(tx, id)

const TRAVEL_FROM = statement(
  `select from_clinic_id as "from", to_clinic_id as "to", minutes, points from travel where from_clinic_id = $1
  order by to_clinic_id`,
  (row) => Travel.parse(row),
)

export async function insertTravel(tx: Tx, ways: readonly Travel[]): Promise<void> {
  if (ways.length === 0) return
  await tx
    .insert(travelTable)
    .values(ways.map(({ from, to, minutes, points }) => ({ fromClinicId: from, toClinicId: to, minutes, points })))
}

/** Forgets every way from or to these clinics. */
export async function deleteTravel(tx: Tx, clinicIds: readonly ClinicId[]): Promise<void> {
  if (clinicIds.length === 0) return
  const ids = [...clinicIds]
  await tx.delete(travelTable).where(or(inArray(travelTable.fromClinicId, ids), inArray(travelTable.toClinicId, ids)))
}
