/** `/v1/referrals`: the queue of whom to call within a day, attempts at contact, what became of it, the letter to the referrer (contract.md §4). */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ClinicId, PatientId, ReferralContactId, ReferralId, UserId } from '../../domain/ids.ts'
import { ReferredPatient } from '../../domain/patient-draft.ts'
import {
  ContactOutcome,
  isOverdue,
  Referral,
  type ReferralContact,
  ReferralSource,
  ReferralStatus,
} from '../../domain/referral.ts'
import { changeReferral, recordContact } from '../../services/change-referral.ts'
import {
  addReferral,
  getReferral,
  listReferrals,
  type PlacedReferral,
  type WholeReferral,
} from '../../services/referrals.ts'
import { writeReferrerLetter } from '../../services/referrer-letter.ts'
import { LETTER_STYLE, referrerLetter } from '../../web/referrer-letter.ts'
import type { Routes } from '../app-types.ts'
import { orRefuse } from '../problem.ts'
import {
  asId,
  CursorInstant,
  decodeCursor,
  encodeCursor,
  IdParams,
  type Instant,
  InstantIn,
  InstantOut,
  optional,
  PageQuery,
  pageOf,
  Text,
  toWire,
} from '../wire.ts'
import { EnrolmentWishes } from './enrolments.ts'

const reads = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'referrals:read' } } as const
const writes = { access: { roles: ['admin', 'scheduler', 'integration'], scope: 'referrals:write' } } as const
const tags = ['referrals']

const orNull = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? null)

const ReferrerBody = z.strictObject({
  name: Text(),
  profession: orNull(Text()),
  phone: orNull(Text(40)),
  fax: orNull(Text(40)),
  email: orNull(z.email().max(254)),
})
type Contacts = { readonly phone: string | null; readonly email: string | null; readonly fax?: string | null }
const isReachable = ({ phone, email, fax }: Contacts): boolean => Boolean(phone ?? email ?? fax)

const ReferralBody = z
  .strictObject({
    clinicId: ClinicId,
    receivedAt: optional(InstantIn),
    source: optional(ReferralSource).describe('absent: `professional` with a referrer, `self` without'),
    referrer: orNull(ReferrerBody),
    patientId: optional(PatientId),
    patient: optional(ReferredPatient).describe('a name and one contact suffice; a referrer’s contact will do'),
    programKey: orNull(Text()),
    reason: Text(4000),
  })
  .refine(({ patientId, patient }) => (patientId === undefined) !== (patient === undefined), {
    path: ['patient'],
    message: 'give patientId or patient, one of them',
  })
  .refine(({ source, referrer }) => source !== 'professional' || referrer !== null, {
    path: ['referrer'],
    message: 'a professional referral names its referrer',
  })
  .refine(({ source, referrer }) => source !== 'self' || referrer === null, {
    path: ['referrer'],
    message: 'a self-referral has none',
  })
  .refine(({ patient, referrer }) => !patient || isReachable(patient) || (referrer !== null && isReachable(referrer)), {
    path: ['patient', 'phone'],
    message: 'give a phone number or an e-mail address',
  })

const ReferralPatch = z.strictObject({
  status: optional(ReferralStatus),
  assignedTo: UserId.nullish(),
  enrolment: optional(z.strictObject({ programKey: Text().nullish(), ...EnrolmentWishes.shape })).describe(
    'with `accepted`: enrols the patient at the clinic, by default in the program that was asked for',
  ),
})
const ContactBody = z.strictObject({
  at: optional(InstantIn),
  outcome: ContactOutcome,
  note: orNull(Text(4000)),
  infoCallDone: optional(z.boolean()).describe('the information call was held: it is not planned again'),
})

const ContactOut = z.object({
  id: ReferralContactId,
  referralId: ReferralId,
  at: InstantOut,
  outcome: ContactOutcome,
  note: z.string().nullable(),
  infoCallDone: z.boolean(),
  recordedBy: UserId,
})
const QueuedOut = Referral.omit({ dueElapsed: true, dueBusiness: true, infoCallAt: true }).extend({
  receivedAt: InstantOut,
  contactDueAt: InstantOut.describe('the one of `contactDue` that the clinic’s policy says'),
  contactDue: z.object({ elapsed: InstantOut, business: InstantOut.nullable() }),
  overdue: z.boolean(),
  contactedAt: InstantOut.nullable(),
  infoCallDone: z.boolean(),
  decidedAt: InstantOut.nullable(),
  timeZone: z.string(),
})
const ReferralOut = QueuedOut.extend({
  contacts: z.array(ContactOut),
  possibleDuplicates: z.array(PatientId).describe('other patients who may be the same person'),
})
/** With what the attempt made of the referral. */
const RecordedOut = ContactOut.extend({ status: ReferralStatus, contactedAt: InstantOut.nullable() })

type Present = ReturnType<typeof presenter>
function presenter(now: Instant) {
  const queued = (referral: PlacedReferral): z.infer<typeof QueuedOut> => {
    const { timeZone, dueElapsed, dueBusiness, infoCallAt, ...rest } = referral
    const wire = (at: Instant | null) => (at === null ? null : toWire(at, timeZone))
    return {
      ...rest,
      receivedAt: toWire(referral.receivedAt, timeZone),
      contactDueAt: toWire(referral.contactDueAt, timeZone),
      contactDue: { elapsed: toWire(dueElapsed, timeZone), business: wire(dueBusiness) },
      overdue: isOverdue(referral, now),
      contactedAt: wire(referral.contactedAt),
      infoCallDone: infoCallAt !== null,
      decidedAt: wire(referral.decidedAt),
      timeZone,
    }
  }
  const contact = ({ recordedAt: _, ...rest }: ReferralContact, { timeZone }: PlacedReferral) => ({
    ...rest,
    at: toWire(rest.at, timeZone),
  })
  const whole = (referral: WholeReferral): z.infer<typeof ReferralOut> => ({
    ...queued(referral),
    contacts: referral.contacts.map((one) => contact(one, referral)),
    possibleDuplicates: referral.possibleDuplicates,
  })
  return { queued, contact, whole }
}

const AfterKey = z.tuple([CursorInstant, z.guid()])
const styleHash = createHash('sha256').update(LETTER_STYLE).digest('base64')
/** Nothing but the page's own style. */
const LETTER_POLICY = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

export const referralRoutes: Routes = (app, deps) => {
  const present = (): Present => presenter(deps.now())
  app.get(
    '/v1/referrals',
    {
      config: reads,
      schema: {
        tags,
        querystring: z.strictObject({
          status: ReferralStatus.optional(),
          overdue: z.enum(['true', 'false']).optional(),
          clinicId: ClinicId.optional(),
          ...PageQuery,
        }),
        response: { 200: pageOf(QueuedOut) },
      },
    },
    async ({ query: { limit, cursor, overdue, ...filter }, caller }) => {
      const key = decodeCursor(AfterKey, cursor)
      const after = key && { dueAt: key[0], id: key[1] }
      const wish = { ...filter, overdue: overdue === undefined ? undefined : overdue === 'true' }
      const { items, more } = orRefuse(await listReferrals(deps, caller, wish, { limit, after }))
      const last = more ? items.at(-1) : undefined
      return {
        items: items.map(present().queued),
        nextCursor: last ? encodeCursor([last.contactDueAt, last.id]) : null,
      }
    },
  )
  app.post(
    '/v1/referrals',
    { config: writes, schema: { tags, body: ReferralBody, response: { 201: ReferralOut } } },
    async ({ body: { patient, patientId, ...body }, caller }, reply) => {
      const source = body.source ?? (body.referrer ? 'professional' : 'self')
      const who = patientId ?? (patient as ReferredPatient)
      reply.code(201)
      return present().whole(orRefuse(await addReferral(deps, caller, { ...body, source, patient: who })))
    },
  )
  app.get(
    '/v1/referrals/:id',
    { config: reads, schema: { tags, params: IdParams, response: { 200: ReferralOut } } },
    async ({ params, caller }) =>
      present().whole(orRefuse(await getReferral(deps, caller, asId(ReferralId, params.id)))),
  )
  app.patch(
    '/v1/referrals/:id',
    { config: writes, schema: { tags, params: IdParams, body: ReferralPatch, response: { 200: ReferralOut } } },
    async ({ params, body: { status, assignedTo, enrolment }, caller }) => {
      const id = asId(ReferralId, params.id)
      return present().whole(orRefuse(await changeReferral(deps, caller, id, { status, assignedTo, enrolment })))
    },
  )
  app.post(
    '/v1/referrals/:id/contacts',
    { config: writes, schema: { tags, params: IdParams, body: ContactBody, response: { 201: RecordedOut } } },
    async ({ params, body, caller }, reply) => {
      const draft = { ...body, infoCallDone: body.infoCallDone ?? false }
      const { contact, referral } = orRefuse(await recordContact(deps, caller, asId(ReferralId, params.id), draft))
      const { status, contactedAt } = present().queued(referral)
      reply.code(201)
      return { ...present().contact(contact, referral), status, contactedAt }
    },
  )
  app.get(
    '/v1/referrals/:id/letter',
    {
      config: { access: { roles: ['admin', 'scheduler'] } },
      schema: {
        tags,
        params: IdParams,
        querystring: z.strictObject({ lang: z.enum(['en', 'fr']).optional() }),
        response: { 200: { description: 'A page to print', content: { 'text/html': { schema: z.string() } } } },
      },
    },
    async ({ params, query, caller }, reply) => {
      const letter = orRefuse(await writeReferrerLetter(deps, caller, asId(ReferralId, params.id), query.lang))
      reply.type('text/html; charset=utf-8').header('content-security-policy', LETTER_POLICY)
      reply.header('cache-control', 'private, no-store')
      return reply.send(referrerLetter(letter))
    },
  )
}
