/** `/v1/clinics/{id}/rooms`, `/v1/rooms/{id}`. */
import { z } from 'zod'
import { Room, RoomDraft } from '../../domain/clinic.ts'
import { RoomId } from '../../domain/ids.ts'
import { addRoom, changeRoom, listRooms } from '../../services/rooms.ts'
import type { Routes } from '../app-types.ts'
import { draftBody, patchBody } from '../body-schema.ts'
import { pageWish, presentPage } from '../page.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, PageQuery, pageOf } from '../wire.ts'
import { keepsStaffAndRooms, readsCatalogue } from './catalogue-access.ts'

const tags = ['clinics']

export const roomRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/clinics/:id/rooms',
    {
      config: readsCatalogue,
      schema: { tags, params: IdParams, querystring: z.strictObject(PageQuery), response: { 200: pageOf(Room) } },
    },
    async ({ params, query }) => {
      return presentPage(orRefuse(await listRooms(deps, params.id, pageWish(query))), (found) => found)
    },
  )
  app.post(
    '/v1/clinics/:id/rooms',
    {
      config: keepsStaffAndRooms,
      schema: { tags, params: IdParams, body: draftBody(RoomDraft), response: { 201: Room } },
    },
    async ({ params, body, caller }, reply) => {
      reply.code(201)
      return orRefuse(await addRoom(deps, caller, params.id, body))
    },
  )
  app.patch(
    '/v1/rooms/:id',
    {
      config: keepsStaffAndRooms,
      schema: { tags, params: IdParams, body: patchBody(RoomDraft), response: { 200: Room } },
    },
    async ({ params, body, caller }) => orRefuse(await changeRoom(deps, caller, asId(RoomId, params.id), body)),
  )
}
