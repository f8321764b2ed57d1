/** Keeping rooms: a room is open when its clinic is, from the moment it is added. */
import { readSnapshot, type Tx, transact } from '../db/client.ts'
import { actsFor, type Caller, isStale } from '../domain/caller.ts'
import { type Clinic, type Room, RoomDraft } from '../domain/clinic.ts'
import { RoomId } from '../domain/ids.ts'
import { mergePatch, readAs } from '../domain/merge-patch.ts'
import { notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as rooms from '../repositories/rooms.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'
import { cut, type Page, type PageWish } from './page.ts'

export const listRooms = ({ db }: Deps, clinic: string, page: PageWish): Promise<Result<Page<Room>, Refusal>> =>
  readSnapshot(db, async (tx) => {
    const found = await clinics.byIdOrSlug(tx, clinic)
    if (!found) return err(notFound)
    const rows = await rooms.list(tx, { clinicId: found.id, after: page.after, limit: page.limit + 1 })
    return ok(cut(rows, page.limit))
  })

export function addRoom(
  { db, newId, now }: Deps,
  caller: Caller,
  clinic: string,
  wish: object,
): Promise<Result<Room, Refusal>> {
  return transact(db, async (tx) => {
    const home = await ownClinic(tx, caller, clinic)
    if (!home) return err(notFound)
    const draft = readAs(RoomDraft, mergePatch({}, wish))
    if (!draft.ok) return draft
    const room: Room = { ...draft.value, id: RoomId.parse(newId()), clinicId: home.id, revision: 1 }
    await rooms.insert(tx, [room])
    const expanded = await reExpand(tx, now(), [room.id])
    if (!expanded.ok) return expanded
    await audit.record(tx, caller, [{ action: 'create', resourceType: 'room', resourceId: room.id, revision: 1 }])
    return ok(room)
  })
}

export function changeRoom({ db }: Deps, caller: Caller, id: RoomId, patch: object): Promise<Result<Room, Refusal>> {
  return transact(db, async (tx) => {
    const before = await rooms.lock(tx, id)
    if (!before || !actsFor(caller, before.clinicId)) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const { name, kind, seats } = before
    const draft = readAs(RoomDraft, mergePatch({ name, kind, seats }, patch))
    if (!draft.ok) return draft
    const after = await rooms.update(tx, { ...before, ...draft.value })
    await audit.record(tx, caller, [
      { action: 'update', resourceType: 'room', resourceId: id, revision: after.revision },
    ])
    return ok(after)
  })
}

async function ownClinic(tx: Tx, caller: Caller, idOrSlug: string): Promise<Clinic | undefined> {
  const found = await clinics.byIdOrSlug(tx, idOrSlug)
  return found && actsFor(caller, found.id) ? found : undefined
}
