/** `/v1/webhooks`: who is told of events as they happen, what became of each, and telling again (contract.md §6). Signed: standardwebhooks.com. */
import { z } from 'zod'
import { ClinicId } from '../../domain/ids.ts'
import { type Delivery, DeliveryId, DeliveryStatus, EventTypes, type Webhook, WebhookId } from '../../domain/webhook.ts'
import {
  addWebhook,
  changeWebhook,
  listDeliveries,
  listWebhooks,
  readWebhook,
  removeWebhook,
  replayAfter,
  replayDelivery,
  rotateSecret,
  type WithSecret,
} from '../../services/webhooks.ts'
import type { Routes } from '../app-types.ts'
import { pageWish, presentPage } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantOut, inUtc, optional, PageQuery, pageOf } from '../wire.ts'

const access = { roles: ['admin', 'scheduler', 'integration'], scope: 'events:read' } as const
const config = { access }
const tags = ['events']

const WebhookBody = z.strictObject({
  url: z.string().max(2_000).describe('https; on this machine http too while the service itself listens there only'),
  events: optional(EventTypes).describe('absent or empty: every type'),
  clinicIds: optional(z.array(ClinicId).max(200)).describe('absent or empty: all that the caller acts for'),
})
const WebhookPatch = WebhookBody.extend({ active: z.boolean() }).partial()

const WebhookOut = z.object({
  id: WebhookId,
  url: z.string(),
  events: EventTypes,
  clinicIds: z.array(ClinicId),
  active: z.boolean(),
  disabledReason: z.string().nullable(),
  failingSince: InstantOut.nullable(),
  previousSecretUntil: InstantOut.nullable(),
  createdAt: InstantOut,
  revision: z.int(),
})
const WebhookWithSecret = WebhookOut.extend({ secret: z.string().describe('shown here and never again') })

const DeliveryOut = z.object({
  id: DeliveryId,
  eventId: z.string(),
  type: z.string(),
  status: DeliveryStatus,
  attempts: z.int(),
  responseStatus: z.int().nullable(),
  fault: z.string().nullable(),
  at: InstantOut.nullable().describe('of the last attempt'),
  nextAttemptAt: InstantOut.nullable(),
  createdAt: InstantOut,
})

const utc = (at: Parameters<typeof inUtc>[0] | null): string | null => (at === null ? null : inUtc(at))
const present = ({ ownerId: _, previousUntil, ...webhook }: Webhook): z.infer<typeof WebhookOut> => ({
  ...webhook,
  failingSince: utc(webhook.failingSince),
  previousSecretUntil: utc(previousUntil),
  createdAt: inUtc(webhook.createdAt),
})
const presentSecret = ({ secret, ...webhook }: WithSecret) => ({ ...present(webhook), secret })
const presentDelivery = ({ attemptedAt, ...delivery }: Delivery): z.infer<typeof DeliveryOut> => ({
  ...delivery,
  at: utc(attemptedAt),
  nextAttemptAt: utc(delivery.nextAttemptAt),
  createdAt: inUtc(delivery.createdAt),
})

const DeliveryParams = IdParams.extend({ deliveryId: z.string().max(200) })

export const webhookRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/webhooks',
    { config, schema: { tags, querystring: z.strictObject(PageQuery), response: { 200: pageOf(WebhookOut) } } },
    async ({ query, caller }) => presentPage(orRefuse(await listWebhooks(deps, caller, pageWish(query))), present),
  )
  app.post(
    '/v1/webhooks',
    {
      config: { ...config, secretAnswer: true },
      schema: { tags, body: WebhookBody, response: { 201: WebhookWithSecret } },
    },
    async ({ body, caller }, reply) => {
      reply.code(201).header('cache-control', 'no-store')
      const draft = { url: body.url, events: body.events ?? [], clinicIds: body.clinicIds ?? [] }
      return presentSecret(orRefuse(await addWebhook(deps, caller, draft)))
    },
  )
  app.get(
    '/v1/webhooks/:id',
    { config, schema: { tags, params: IdParams, response: { 200: WebhookOut } } },
    async ({ params, caller }) => present(orRefuse(await readWebhook(deps, caller, asId(WebhookId, params.id)))),
  )
  app.patch(
    '/v1/webhooks/:id',
    { config, schema: { tags, params: IdParams, body: WebhookPatch, response: { 200: WebhookOut } } },
    async ({ params, body, caller }) => {
      const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
      return present(orRefuse(await changeWebhook(deps, caller, asId(WebhookId, params.id), change)))
    },
  )
  app.delete(
    '/v1/webhooks/:id',
    { config, schema: { tags, params: IdParams, response: { 204: z.null() } } },
    async ({ params, caller }, reply) => {
      orRefuse(await removeWebhook(deps, caller, asId(WebhookId, params.id)))
      reply.code(204)
      return null
    },
  )
  app.post(
    '/v1/webhooks/:id/rotate',
    {
      config: { ...config, secretAnswer: true },
      schema: { tags, params: IdParams, response: { 200: WebhookWithSecret } },
    },
    async ({ params, caller }, reply) => {
      reply.header('cache-control', 'no-store')
      return presentSecret(orRefuse(await rotateSecret(deps, caller, asId(WebhookId, params.id))))
    },
  )
  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      config,
      schema: {
        tags,
        params: IdParams,
        querystring: z.strictObject(PageQuery),
        response: { 200: pageOf(DeliveryOut) },
      },
    },
    async ({ params, query, caller }) =>
      presentPage(
        orRefuse(await listDeliveries(deps, caller, asId(WebhookId, params.id), pageWish(query))),
        presentDelivery,
      ),
  )
  app.post(
    '/v1/webhooks/:id/deliveries/:deliveryId/replay',
    { config, schema: { tags, params: DeliveryParams, response: { 200: DeliveryOut } } },
    async ({ params, caller }) => {
      const [id, deliveryId] = [asId(WebhookId, params.id), asId(DeliveryId, params.deliveryId)]
      return presentDelivery(orRefuse(await replayDelivery(deps, caller, id, deliveryId)))
    },
  )
  app.post(
    '/v1/webhooks/:id/replay',
    {
      config,
      schema: {
        tags,
        params: IdParams,
        body: z.strictObject({ after: z.guid().describe('the id of the last event that need not be told again') }),
        response: { 200: z.object({ replayed: z.int() }) },
      },
    },
    async ({ params, body, caller }) => ({
      replayed: orRefuse(await replayAfter(deps, caller, asId(WebhookId, params.id), body.after)),
    }),
  )
}
