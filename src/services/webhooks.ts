/** Keeping webhooks: list, get, add, change, rotate the secret, remove; their deliveries, and sending them again. */
import { randomBytes } from 'node:crypto'
import { readSnapshot, type Tx, transact } from '../db/client.ts'
import { actsFor, type Caller, isStale } from '../domain/caller.ts'
import type { ClinicId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import { type Delivery, type DeliveryId, ROTATION, type Webhook, WebhookId } from '../domain/webhook.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as deliveries from '../repositories/deliveries.ts'
import * as events from '../repositories/events.ts'
import * as webhooks from '../repositories/webhooks.ts'
import type { Deps } from './deps.ts'
import { cut, type Page, type PageWish } from './page.ts'

/** Bytes of a secret (standardwebhooks.com: 24 to 64). */
const SECRET_BYTES = 32
const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`

export type WebhookDraft = Pick<Webhook, 'url' | 'events'> & { readonly clinicIds: readonly ClinicId[] }
/** The secret is told here and never again. */
export type WithSecret = Webhook & { readonly secret: string }

export const listWebhooks = ({ db }: Deps, caller: Caller, wish: PageWish): Promise<Result<Page<Webhook>, Refusal>> =>
  readSnapshot(db, async (tx) =>
    ok(cut(await webhooks.list(tx, caller, { limit: wish.limit + 1, after: wish.after }), wish.limit)),
  )

export const readWebhook = ({ db }: Deps, caller: Caller, id: WebhookId): Promise<Result<Webhook, Refusal>> =>
  readSnapshot(db, async (tx) => {
    const found = await webhooks.visibleById(tx, caller, id)
    return found ? ok(found) : err(notFound)
  })

/** No clinics named: all that the caller acts for. The target is looked up before the transaction. */
export async function addWebhook(
  deps: Deps,
  caller: Caller,
  draft: WebhookDraft,
): Promise<Result<WithSecret, Refusal>> {
  const refused = await deps.outbound.refuseTarget(draft.url)
  if (refused !== undefined) return err(invalid('url', refused))
  return transact(deps.db, async (tx) => {
    const clinicIds = draft.clinicIds.length > 0 ? [...draft.clinicIds] : [...(caller.clinicIds ?? [])]
    const fits = await mayHear(tx, caller, clinicIds)
    if (!fits.ok) return fits
    const webhook: Webhook = {
      ...draft,
      clinicIds,
      id: WebhookId.parse(deps.newId()),
      active: true,
      disabledReason: null,
      failingSince: null,
      previousUntil: null,
      ownerId: caller.userId,
      createdAt: deps.now(),
      revision: 1,
    }
    const secret = newSecret()
    await webhooks.insert(tx, webhook, { secret, readUpTo: await events.settled(tx) })
    await note(tx, caller, 'create', webhook)
    return ok({ ...webhook, secret })
  })
}

export type WebhookChange = Partial<WebhookDraft & Pick<Webhook, 'active'>>

/** Switched on again, it goes on where it stopped. */
export async function changeWebhook(
  { db, outbound }: Deps,
  caller: Caller,
  id: WebhookId,
  { active, clinicIds, ...rest }: WebhookChange,
): Promise<Result<Webhook, Refusal>> {
  const refused = rest.url === undefined ? undefined : await outbound.refuseTarget(rest.url)
  return transact(db, async (tx) => {
    const before = await webhooks.lockVisible(tx, caller, id)
    if (!before) return err(notFound)
    if (refused !== undefined) return err(invalid('url', refused))
    if (isStale(caller, before)) return err(stale)
    const theirs = clinicIds && (clinicIds.length > 0 ? [...clinicIds] : [...(caller.clinicIds ?? [])])
    const fits = theirs ? await mayHear(tx, caller, theirs) : ok(undefined)
    if (!fits.ok) return fits
    const switched =
      active === undefined || active === before.active
        ? {}
        : { active, disabledReason: active ? null : ('switched-off' as const), failingSince: null }
    const after = await webhooks.update(tx, id, { ...rest, ...switched, ...(theirs ? { clinicIds: theirs } : {}) })
    await note(tx, caller, 'update', after)
    return ok(after)
  })
}

/** Both secrets sign for a day, so that a receiver may change over in between. */
export function rotateSecret({ db, now }: Deps, caller: Caller, id: WebhookId): Promise<Result<WithSecret, Refusal>> {
  return transact(db, async (tx) => {
    const before = await webhooks.lockVisible(tx, caller, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const secret = newSecret()
    const after = await webhooks.rotate(tx, id, secret, (now() + ROTATION) as Instant)
    await note(tx, caller, 'rotate', after)
    return ok({ ...after, secret })
  })
}

export function removeWebhook({ db }: Deps, caller: Caller, id: WebhookId): Promise<Result<void, Refusal>> {
  return transact(db, async (tx) => {
    const before = await webhooks.lockVisible(tx, caller, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    await webhooks.remove(tx, id)
    await note(tx, caller, 'delete', before)
    return ok(undefined)
  })
}

export const listDeliveries = (
  { db }: Deps,
  caller: Caller,
  id: WebhookId,
  wish: PageWish,
): Promise<Result<Page<Delivery>, Refusal>> =>
  readSnapshot(db, async (tx) => {
    if (!(await webhooks.visibleById(tx, caller, id))) return err(notFound)
    return ok(cut(await deliveries.list(tx, id, { limit: wish.limit + 1, before: wish.after }), wish.limit))
  })

/** That delivery again, arrived or not. */
export function replayDelivery(
  { db, now }: Deps,
  caller: Caller,
  id: WebhookId,
  deliveryId: DeliveryId,
): Promise<Result<Delivery, Refusal>> {
  return transact(db, async (tx) => {
    const webhook = await webhooks.lockVisible(tx, caller, id)
    if (!webhook || !(await deliveries.byId(tx, id, deliveryId))) return err(notFound)
    await deliveries.replay(tx, id, deliveryId, now())
    await note(tx, caller, 'replay', webhook)
    const again = await deliveries.byId(tx, id, deliveryId)
    return again ? ok(again) : err(notFound)
  })
}

/** Everything after that event again. → how many deliveries there had been */
export function replayAfter(
  { db, now }: Deps,
  caller: Caller,
  id: WebhookId,
  eventId: string,
): Promise<Result<number, Refusal>> {
  return transact(db, async (tx) => {
    const webhook = await webhooks.lockVisible(tx, caller, id)
    if (!webhook) return err(notFound)
    const sequence = await events.sequenceOf(tx, eventId)
    if (sequence === undefined) return err(invalid('after', 'is not the id of an event'))
    const again = await deliveries.replayAfter(tx, id, sequence, now())
    await note(tx, caller, 'replay', webhook)
    return ok(again)
  })
}

/** Clinics must exist and be the caller's; without any it is told of every clinic, which is for whoever acts for every one. */
async function mayHear(tx: Tx, caller: Caller, clinicIds: readonly ClinicId[]): Promise<Result<void, Refusal>> {
  if (clinicIds.length === 0 && caller.clinicIds !== null) return err(notFound)
  if (!clinicIds.every((id) => actsFor(caller, id)) || !(await clinics.exist(tx, [...clinicIds]))) return err(notFound)
  return ok(undefined)
}

const note = (tx: Tx, caller: Caller, action: string, { id, revision }: Webhook): Promise<void> =>
  audit.record(tx, caller, [{ action, resourceType: 'webhook', resourceId: id, revision }])
