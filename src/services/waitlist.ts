/** Keeping who waits for an earlier time: list, add, take back. Offers of freed time are offer-freed-time.ts's. */
import { type Tx, transact } from '../db/client.ts'
import { isFixedPoint } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import { type EnrolmentId, WaitlistEntryId } from '../domain/ids.ts'
import { visitOf } from '../domain/program.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import type { WaitlistEntry, WaitlistOffer } from '../domain/waitlist.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as programs from '../repositories/programs.ts'
import * as waitlist from '../repositories/waitlist.ts'
import * as offers from '../repositories/waitlist-offers.ts'
import type { Deps } from './deps.ts'
import { offerFreedTime, tellOfOffers } from './offer-freed-time.ts'
import { cut, type Page } from './page.ts'

export type EntryWish = {
  readonly enrolmentId: EnrolmentId
  readonly visitKey: string | null
  readonly start: Instant
  readonly end: Instant
  readonly minNoticeHours: number
}

export const listWaiting = (
  { db }: Deps,
  caller: Caller,
  page: waitlist.EntriesPage,
): Promise<Result<Page<WaitlistEntry>, Refusal>> =>
  transact(db, async (tx) => {
    const found = cut(await waitlist.list(tx, caller, { ...page, limit: page.limit + 1 }), page.limit)
    await note(tx, caller, found.items, 'read')
    return ok(found)
  })

export const addWaiting = (
  { db, now, newId }: Deps,
  caller: Caller,
  wish: EntryWish,
): Promise<Result<WaitlistEntry, Refusal>> =>
  transact(db, async (tx) => {
    const enrolment = await enrolments.visibleById(tx, caller, wish.enrolmentId)
    if (!enrolment) return err(notFound)
    const program = await programs.version(tx, enrolment.program.key, enrolment.program.version)
    const visit = wish.visitKey === null ? undefined : program && visitOf(program, wish.visitKey)
    if (wish.visitKey !== null && !visit) return err(invalid('visitKey', 'is not a visit of the enrolment’s program'))
    if (wish.end <= now()) return err(invalid('to', 'is in the past'))
    if (enrolment.status !== 'open') return err({ code: 'invalid-transition', from: enrolment.status, to: 'waiting' })
    const booked = visit ? await appointments.ofEnrolment(tx, enrolment.id) : []
    const done = booked.some((a) => a.visitKey === visit?.key && isFixedPoint(a.status) && a.status !== 'booked')
    if (done) return err({ code: 'already-booked', detail: `${wish.visitKey} has begun or is done` })
    await enrolments.lock(tx, enrolment.id)
    const entry = { ...wish, id: WaitlistEntryId.parse(newId()) }
    if (await waitlist.waitsAlready(tx, entry)) return err({ code: 'already-booked', detail: 'waits for it already' })
    await waitlist.insert(tx, entry, now())
    const stored = await waitlist.visibleById(tx, caller, entry.id)
    if (!stored) return err(notFound)
    await note(tx, caller, [stored], 'create')
    return ok(stored)
  })

/** A live offer to it lapses, and goes to the next. */
export const removeWaiting = ({ db }: Deps, caller: Caller, id: WaitlistEntryId): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    const entry = await waitlist.visibleById(tx, caller, id)
    if (entry?.status !== 'waiting') return err(notFound)
    const gone = await offers.lapse(tx, { entryId: id })
    await waitlist.setStatus(tx, id, 'withdrawn')
    await note(tx, caller, [entry], 'delete')
    await tellOfOffers(tx, caller, gone, 'waitlist.lapsed')
    for (const { freedId } of gone) await offers.settleFreed(tx, freedId, 'pending', [id])
    return ok(undefined)
  })

/** Runs before an answer; the rest is left to the next. */
const LOOKS = 3

/** What has become free a moment ago is offered first: whoever looks need not wait for the next run. */
export async function listOffers(
  deps: Deps,
  caller: Caller,
  page: offers.OffersPage,
): Promise<Result<Page<WaitlistOffer>, Refusal>> {
  for (let n = 0; n < LOOKS; n++) {
    const looked = await offerFreedTime(deps)
    if (!looked.ok) return looked
    if (!looked.value) break
  }
  return transact(deps.db, async (tx) => {
    const found = cut(await offers.list(tx, caller, { ...page, limit: page.limit + 1 }), page.limit)
    await audit.record(
      tx,
      caller,
      found.items.map(({ id, patientId }) => ({
        action: 'read',
        resourceType: 'waitlist-offer',
        resourceId: id,
        patientId,
        fieldClasses: ['schedule'],
      })),
    )
    return ok(found)
  })
}

const note = (tx: Tx, caller: Caller, entries: readonly waitlist.StoredEntry[], action: string): Promise<void> =>
  audit.record(
    tx,
    caller,
    entries.map(({ id, patientId, revision }) => ({
      action,
      resourceType: 'waitlist-entry',
      resourceId: id,
      patientId,
      revision,
      fieldClasses: ['schedule'],
    })),
  )
