/** `/v1/programs`: versioned templates. A POST of a known key makes the next version. */
import { z } from 'zod'
import { Claim, Key, Lag, Program, ProgramDraft, VisitTemplate } from '../../domain/program.ts'
import { addProgram, listPrograms, readProgram } from '../../services/programs.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import { asId, decodeCursor, encodeCursor, PageQuery, pageOf } from '../wire.ts'
import { adminOnly, readsCatalogue } from './catalogue-access.ts'

const tags = ['programs']
const version = z.coerce.number().int().min(1).max(1_000_000)

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, withoutNulls(member)]])),
  )
}

/** A template as it was read may be sent back: its version is then the next one, whatever it says. */
const ProgramBody = z
  .preprocess(withoutNulls, ProgramDraft.extend({ version: z.int().optional() }))
  .transform(({ version: _, ...draft }): ProgramDraft => draft)

/** As stored, without what is not said. */
const ProgramOut = Program.extend({
  visits: z.array(
    VisitTemplate.extend({
      optional: z.boolean().optional(),
      repeatable: z.boolean().optional(),
      claims: z.array(Claim),
      after: z.array(Lag),
      requires: z.array(z.string()),
    }),
  ),
})
const written = (program: Program): z.output<typeof ProgramOut> => ({
  ...program,
  span: program.span ?? null,
  visits: program.visits.map(({ optional, repeatable, ...visit }) => ({
    ...visit,
    ...(optional ? { optional } : {}),
    ...(repeatable ? { repeatable } : {}),
  })),
})

export const programRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/programs',
    {
      config: readsCatalogue,
      schema: { tags, querystring: z.strictObject(PageQuery), response: { 200: pageOf(ProgramOut) } },
    },
    async ({ query: { limit, cursor } }) => {
      const after = decodeCursor(z.tuple([Key]), cursor)?.[0]
      const { items, more } = orRefuse(await listPrograms(deps, { limit, after }))
      const last = items.at(-1)
      return { items: items.map(written), nextCursor: more && last ? encodeCursor([last.key]) : null }
    },
  )
  app.post(
    '/v1/programs',
    { config: adminOnly, schema: { tags, body: ProgramBody, response: { 201: ProgramOut } } },
    async ({ body, caller }, reply) => {
      reply.code(201)
      return written(orRefuse(await addProgram(deps, caller, body)))
    },
  )
  app.get(
    '/v1/programs/:key',
    {
      config: readsCatalogue,
      schema: {
        tags,
        params: z.object({ key: z.string().max(200) }),
        querystring: z.strictObject({ version: version.optional() }),
        response: { 200: ProgramOut },
      },
    },
    async ({ params, query }) => written(orRefuse(await readProgram(deps, asId(Key, params.key), query.version))),
  )
}
