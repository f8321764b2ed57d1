/** `/v1/holidays`: a province's statutory holidays in one year, before any clinic's own policy. */
import { z } from 'zod'
import { Province } from '../../domain/clinic.ts'
import { holidays } from '../../domain/holiday.ts'
import { LocalDate } from '../../domain/time.ts'
import type { Routes } from '../app-types.ts'
import { Localised, pageOf } from '../wire.ts'
import { readsCatalogue } from './catalogue-access.ts'

const Holiday = z.object({ date: LocalDate, name: Localised })
/** The years that dates may lie in. */
const HolidayQuery = z.strictObject({ province: Province, year: z.coerce.number().int().min(1900).max(2499) })

export const holidayRoutes: Routes = (app) => {
  app.get(
    '/v1/holidays',
    {
      config: readsCatalogue,
      schema: { tags: ['clinics'], querystring: HolidayQuery, response: { 200: pageOf(Holiday) } },
    },
    async ({ query: { province, year } }) => ({ items: holidays(province, year), nextCursor: null }),
  )
}
