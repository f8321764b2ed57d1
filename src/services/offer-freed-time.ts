/**
 * Offers freed time to whoever waits for it and can really use it, the best first and one at a time; what is not answered in time lapses and goes
 * to the next (contract.md §7). An offer claims nothing: it is booked when it is accepted. One transaction for each piece of time.
 */
import { isolate, type Tx, transact } from '../db/client.ts'
import { WaitlistOfferId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type Instant, toWire } from '../domain/time.ts'
import {
  type FreedTime,
  inOrder,
  offerEnds,
  type Prospect,
  prospectsOf,
  type Waiting,
  type WaitlistOffer,
} from '../domain/waitlist.ts'
import * as audit from '../repositories/audit.ts'
import * as events from '../repositories/events.ts'
import { anyUntold } from '../repositories/expired-claims.ts'
import * as candidates from '../repositories/waitlist-candidates.ts'
import * as offers from '../repositories/waitlist-offers.ts'
import type { Deps } from './deps.ts'
import { planAtFreedTime } from './plan-at-freed-time.ts'

/** Plans tried for one piece of time before others get their turn; and pieces looked at in one run. */
const PLANS_AT_ONCE = 20
const PIECES_AT_ONCE = 25

/** Whether anything has become free that nobody has been asked about, or a hold has run out that nobody was told of. */
export const pendingTime = ({ db }: Pick<Deps, 'db'>): Promise<Result<boolean, Refusal>> =>
  transact(db, async (tx) => ok((await offers.anyPending(tx)) || (await anyUntold(tx))), { readOnly: true })

type Failure = { readonly entryId: string; readonly code: string }
type Looked = { readonly outcome: 'none' | 'more' | 'settled'; readonly failed: readonly Failure[] }

/** → whether there may be more to look at. An entry that cannot be planned is a line in the log, and the others are asked. */
export async function offerFreedTime(
  deps: Pick<Deps, 'db' | 'now' | 'newId' | 'note'>,
): Promise<Result<boolean, Refusal>> {
  const lapsed = await lapseOffers(deps)
  if (!lapsed.ok) return lapsed
  for (let n = 0; n < PIECES_AT_ONCE; n++) {
    const looked = await transact(deps.db, (tx) => offerNext(tx, deps))
    if (!looked.ok) return looked
    const { outcome, failed } = looked.value
    for (const { entryId, code } of failed) deps.note?.(`waiting list: entry ${entryId} cannot be planned: ${code}`)
    if (outcome === 'none') return ok(false)
    if (outcome === 'more') return ok(true)
  }
  return ok(true)
}

const lapseOffers = ({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    const gone = await offers.lapse(tx, { at: now() })
    await tellOfOffers(tx, audit.SYSTEM, gone, 'waitlist.lapsed')
    for (const { freedId, entryId } of gone) await offers.settleFreed(tx, freedId, 'pending', [entryId])
    return ok(undefined)
  })

async function offerNext(tx: Tx, { now, newId }: Pick<Deps, 'now' | 'newId'>): Promise<Result<Looked, Refusal>> {
  const freed = await offers.nextPending(tx)
  if (!freed) return ok({ outcome: 'none', failed: [] })
  const waiting = await candidates.waitingFor(tx, freed, now())
  const failed: Failure[] = []
  const passed: string[] = []
  const looks = new Map<string, Prospect[]>()
  for (const one of waiting) {
    const first = lookAt(one, freed, now())
    if (first.ok) looks.set(one.entry.id, first.value)
    else {
      failed.push({ entryId: one.entry.id, code: first.error })
      passed.push(one.entry.id)
    }
  }
  const ranked = inOrder([...looks.values()].flatMap((prospects) => prospects.slice(0, 1)))
  let plans = 0
  for (const { waiting: next } of ranked) {
    if (plans >= PLANS_AT_ONCE) break
    const prospects = looks.get(next.entry.id) ?? []
    const made = await isolate(tx, (inner) => firstPlan(inner, prospects, freed, now()))
    plans += made.ok ? made.value.plans : 1
    if (!made.ok) failed.push({ entryId: next.entry.id, code: made.error })
    if (!made.ok || !made.value.found) {
      passed.push(next.entry.id)
      continue
    }
    const { prospect, target, visits } = made.value.found
    const { entry } = prospect.waiting
    const id = WaitlistOfferId.parse(newId())
    await offers.insert(
      tx,
      {
        id,
        entryId: entry.id,
        freedId: freed.id,
        clinicId: freed.clinicId,
        visitKey: target.visitKey,
        start: target.start,
        visits,
        gainDays: prospect.gainDays,
        expiresAt: offerEnds(now(), target.start, entry.minNoticeHours),
      },
      now(),
    )
    await offers.settleFreed(tx, freed.id, 'offered', passed)
    const offer = await offers.lock(tx, id)
    await tellOfOffers(tx, audit.SYSTEM, offer ? [offer] : [], 'waitlist.offered')
    return ok({ outcome: 'settled', failed })
  }
  const more = ranked.some(({ waiting: { entry } }) => !passed.includes(entry.id))
  await offers.settleFreed(tx, freed.id, more ? 'pending' : 'done', passed)
  return ok({ outcome: more ? 'more' : 'settled', failed })
}

function lookAt(one: Waiting, freed: FreedTime, now: Instant): Result<Prospect[], string> {
  try {
    return ok(prospectsOf(one, freed, now))
  } catch (thrown) {
    return err(thrown instanceof Error ? thrown.name : 'unknown')
  }
}

type Found = { readonly prospect: Prospect; readonly target: PlacedVisit; readonly visits: PlacedVisit[] }

/** Of one who waits for several visits, the first that can use the time; and how many plans that took. */
async function firstPlan(
  tx: Tx,
  prospects: readonly Prospect[],
  freed: FreedTime,
  now: Instant,
): Promise<{ readonly found: Found | undefined; readonly plans: number }> {
  let plans = 0
  for (const prospect of prospects) {
    plans++
    const visits = await planAtFreedTime(tx, prospect, freed, now)
    const target = visits?.find(({ visitKey }) => visitKey === prospect.visit.key)
    if (visits && target) return { found: { prospect, target, visits }, plans }
  }
  return { found: undefined, plans }
}

/** Audit and event of each, in ids and times. */
export async function tellOfOffers(
  tx: Tx,
  actor: audit.Actor,
  changed: readonly WaitlistOffer[],
  type: 'waitlist.offered' | 'waitlist.accepted' | 'waitlist.declined' | 'waitlist.lapsed',
): Promise<void> {
  await audit.record(
    tx,
    actor,
    changed.map(({ id, patientId, revision }) => ({
      action: type.replace('waitlist.', ''),
      resourceType: 'waitlist-offer',
      resourceId: id,
      patientId,
      revision,
      fieldClasses: ['schedule'],
    })),
  )
  const wire = (at: Instant, { timeZone }: WaitlistOffer) => toWire(at, timeZone)
  await events.append(
    tx,
    changed.map((offer) => ({
      type,
      enrolmentId: offer.enrolmentId,
      clinicId: offer.clinicId,
      subject: {
        offerId: offer.id,
        entryId: offer.entryId,
        patientId: offer.patientId,
        visitKey: offer.visitKey,
        start: wire(offer.start, offer),
        expiresAt: wire(offer.expiresAt, offer),
      },
    })),
  )
}
