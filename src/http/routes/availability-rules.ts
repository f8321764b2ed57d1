/** `/v1/availability-rules`: recurring work and opening hours, in local wall time (contract.md §3). */
import { z } from 'zod'
import { Subject } from '../../domain/availability.ts'
import { ClinicId, RuleId } from '../../domain/ids.ts'
import { LocalTime } from '../../domain/time.ts'
import { addRule, changeRule, listRules, type Rule, removeRule } from '../../services/availability-rules.ts'
import type { Routes } from '../app-types.ts'
import { AffectedOut, ModeQuery, modeOf, presentAffected, SettledOut, SubjectQuery } from '../availability-wire.ts'
import { orRefuse } from '../problem.ts'
import { asId, decodeCursor, encodeCursor, IdParams, LocalDate, optional, PageQuery, pageOf } from '../wire.ts'

const Rrule = z.string().trim().min(1).max(500)
const ExceptDates = z.array(LocalDate).max(400)

const RuleBody = z.strictObject({
  subject: Subject,
  clinicId: ClinicId,
  rrule: Rrule,
  startTime: LocalTime,
  endTime: LocalTime,
  validFrom: LocalDate,
  validUntil: LocalDate.nullish(),
  exceptDates: optional(ExceptDates),
})
const RulePatch = z.strictObject({
  clinicId: optional(ClinicId),
  rrule: optional(Rrule),
  startTime: optional(LocalTime),
  endTime: optional(LocalTime),
  validFrom: optional(LocalDate),
  validUntil: LocalDate.nullish(),
  exceptDates: ExceptDates.nullish(),
})
const RuleOut = z.object({
  id: z.string(),
  subject: z.record(z.string(), z.string()),
  clinicId: z.string(),
  rrule: z.string(),
  startTime: z.string(),
  endTime: z.string(),
  validFrom: z.string(),
  validUntil: z.string().nullable(),
  exceptDates: z.array(z.string()),
  revision: z.int(),
})
const ChangedRule = RuleOut.extend(SettledOut)

const reading = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'catalogue:read' },
} as const
const changing = { access: { roles: ['admin', 'scheduler'] } } as const
const tags = ['availability']
const modes = z.strictObject(ModeQuery)
const present = (rule: Rule): z.infer<typeof RuleOut> => ({ ...rule, subject: { ...rule.subject } })

export const availabilityRuleRoutes: Routes = (app, deps) => {
  app.get(
    '/v1/availability-rules',
    {
      config: reading,
      schema: {
        tags,
        querystring: z.strictObject({ ...PageQuery, ...SubjectQuery }),
        response: { 200: pageOf(RuleOut) },
      },
    },
    async ({ query: { limit, cursor, clinicianId, roomId, clinicId }, caller }) => {
      const after = decodeCursor(z.tuple([z.guid()]), cursor)?.[0]
      const page = { limit, after, resourceId: clinicianId ?? roomId, clinicId }
      const items = orRefuse(await listRules(deps, caller, page))
      const last = items.at(-1)
      return {
        items: items.map(present),
        nextCursor: last && items.length === limit ? encodeCursor([last.id]) : null,
      }
    },
  )
  app.post(
    '/v1/availability-rules',
    {
      config: changing,
      schema: { tags, querystring: modes, body: RuleBody, response: { 200: AffectedOut, 201: ChangedRule } },
    },
    async ({ body, query, caller }, reply) => {
      const draft = { ...body, validUntil: body.validUntil ?? null, exceptDates: body.exceptDates ?? [] }
      const outcome = orRefuse(await addRule(deps, caller, draft, modeOf(query)))
      if ('affected' in outcome) return reply.code(200).send(presentAffected(outcome.affected))
      return reply.code(201).send({ ...present(outcome.thing), ...outcome.settled })
    },
  )
  app.patch(
    '/v1/availability-rules/:id',
    {
      config: changing,
      schema: {
        tags,
        params: IdParams,
        querystring: modes,
        body: RulePatch,
        response: { 200: z.union([ChangedRule, AffectedOut]) },
      },
    },
    async ({ params, body: { validUntil, exceptDates, ...rest }, query, caller }) => {
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
      const change = {
        ...given,
        ...(validUntil === undefined ? {} : { validUntil }),
        ...(exceptDates === undefined ? {} : { exceptDates: exceptDates ?? [] }),
      }
      const outcome = orRefuse(await changeRule(deps, caller, asId(RuleId, params.id), change, modeOf(query)))
      return 'affected' in outcome
        ? presentAffected(outcome.affected)
        : { ...present(outcome.thing), ...outcome.settled }
    },
  )
  app.delete(
    '/v1/availability-rules/:id',
    {
      config: changing,
      schema: { tags, params: IdParams, querystring: modes, response: { 200: AffectedOut, 204: z.null() } },
    },
    async ({ params, query, caller }, reply) => {
      const outcome = orRefuse(await removeRule(deps, caller, asId(RuleId, params.id), modeOf(query)))
      if ('affected' in outcome) return reply.code(200).send(presentAffected(outcome.affected))
      return reply.code(204).send(null)
    },
  )
}
