/** Rooms in SQL; a room shares its id with its resource. */
import { and, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { resource, room } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import { Room } from '../domain/clinic.ts'
import type { ClinicId, RoomId } from '../domain/ids.ts'
import { remembered } from './remembered.ts'

export async function list(
  tx: Tx,
  page: { clinicId: ClinicId; limit: number; after: string | undefined },
): Promise<Room[]> {
  const rows = await tx
    .select()
    .from(room)
    .where(and(eq(room.clinicId, page.clinicId), page.after === undefined ? undefined : gt(room.id, page.after)))
    .orderBy(room.id)
    .limit(page.limit)
  return rows.map((row) => Room.parse(row))
}

/** In no order; an unknown id is simply missing. */
export async function byIds(tx: Tx, ids: readonly RoomId[]): Promise<Room[]> {
  if (ids.length === 0) return []
  const rows = await tx
    .select()
    .from(room)
    .where(inArray(room.id, [...ids]))
  return rows.map((row) => Room.parse(row))
}

/** In no order; those in use at the clinics. */
export const activeAt = (tx: Tx, clinicIds: readonly ClinicId[]): Promise<Room[]> => ACTIVE_AT(tx, clinicIds)

const roomOf = remembered((text) => Room.parse(JSON.parse(text)), 4096)
const ACTIVE_AT = statement(
  `select json_build_object(${reading(room).members})::text as text from room where clinic_id = any($1::uuid[]) and active`,
  ({ text }: { text: string }) => roomOf(text),
)

/** The row, locked for change. */
export async function lock(tx: Tx, id: RoomId): Promise<Room | undefined> {
  const [row] = await tx.select().from(room).where(eq(room.id, id)).for('no key update')
  return row && Room.parse(row)
}

/** With their resources. */
export async function insert(tx: Tx, rooms: readonly Room[]): Promise<void> {
  await tx.insert(resource).values(rooms.map(({ id }) => ({ id, kind: 'room' as const })))
  await tx.insert(room).values([...rooms])
}

/** Writes the whole value; the revision rises by one. */
export async function update(tx: Tx, changed: Room): Promise<Room> {
  const [row] = await tx
    .update(room)
    .set({ ...changed, revision: sql`${room.revision} + 1` })
    .where(eq(room.id, changed.id))
    .returning()
  return Room.parse(row)
}
