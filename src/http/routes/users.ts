/** `/v1/users`: who may call, with which role, for which clinics. Tokens themselves are made on the command line. */
import { z } from 'zod'
import { Role, Scope, User } from '../../domain/caller.ts'
import { ClinicId, ClinicianId, UserId } from '../../domain/ids.ts'
import { addUser, changeUser, listUsers } from '../../services/users.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { asId, decodeCursor, encodeCursor, IdParams, optional, PageQuery, pageOf, Text } from '../wire.ts'

const UserBody = z.strictObject({
  displayName: Text(),
  role: Role,
  clinicIds: optional(z.array(ClinicId).max(200)),
  clinicianId: ClinicianId.nullish(),
  scopes: optional(z.array(Scope)),
  active: optional(z.boolean()),
})
const UserPatch = UserBody.partial()

const admin = { access: { roles: ['admin'] } } as const

export const userRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/users',
    {
      config: admin,
      schema: { tags: ['users'], querystring: z.strictObject(PageQuery), response: { 200: pageOf(User) } },
    },
    async ({ query: { limit, cursor } }) => {
      const after = decodeCursor(z.tuple([z.guid()]), cursor)?.[0]
      const items = orRefuse(await listUsers(deps, { limit, after }))
      const last = items.at(-1)
      return { items, nextCursor: last && items.length === limit ? encodeCursor([last.id]) : null }
    },
  )
  app.post(
    '/v1/users',
    { config: admin, schema: { tags: ['users'], body: UserBody, response: { 201: User } } },
    async ({ body, caller }, reply) => {
      const draft = { ...body, clinicIds: body.clinicIds ?? [], scopes: body.scopes ?? [], active: body.active ?? true }
      reply.code(201)
      return orRefuse(await addUser(deps, caller, { ...draft, clinicianId: body.clinicianId ?? null }))
    },
  )
  app.patch(
    '/v1/users/:id',
    { config: admin, schema: { tags: ['users'], params: IdParams, body: UserPatch, response: { 200: User } } },
    async ({ params, body, caller }) => {
      const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
      return orRefuse(await changeUser(deps, caller, asId(UserId, params.id), change))
    },
  )
}
