/** The log of what happened, for pollers: a page after a point, complete as far as it goes (contract.md §6). */
import { transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { EventType, LoggedEvent } from '../domain/event.ts'
import { invalid, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as events from '../repositories/events.ts'
import type { Deps } from './deps.ts'

export type EventsWish = {
  /** An event's id, or its sequence from a cursor; absent: from the beginning. */
  readonly after: string | number | undefined
  readonly limit: number
  readonly types: readonly EventType[] | undefined
}

/** Refuses `validation` for an id of no event. Empty when nothing has happened since: that leaves no entry in the audit log. */
export function readEvents(
  { db }: Pick<Deps, 'db'>,
  caller: Caller,
  { after, limit, types }: EventsWish,
): Promise<Result<LoggedEvent[], Refusal>> {
  return transact(db, async (tx) => {
    const from = typeof after === 'string' ? await events.sequenceOf(tx, after) : (after ?? 0)
    if (from === undefined) return err(invalid('after', 'is not the id of an event'))
    const upTo = await events.settled(tx)
    if (from >= upTo) return ok([])
    const items = await events.list(tx, { after: from, upTo, limit, types, clinicIds: caller.clinicIds })
    const patients = new Set(items.flatMap(({ patientId }) => patientId ?? []))
    await audit.record(
      tx,
      caller,
      [...patients].map((patientId) => ({
        action: 'read',
        resourceType: 'event',
        patientId,
        fieldClasses: ['schedule'],
      })),
    )
    return ok(items)
  })
}
