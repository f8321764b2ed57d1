/** One table turns a refusal into problem+json (RFC 9457; codes of contract.md §2). A 5xx tells the client nothing inside. */
import type { FastifyReply } from 'fastify'
import type { Refusal } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import { type Instant, toWire, ZoneId } from '../domain/time.ts'

type Row = { readonly status: number; readonly title: string }
/** Every refusal has its row; some rows are no refusal of a use case. */
export const PROBLEMS = {
  validation: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid bearer token is needed' },
  forbidden: { status: 403, title: 'This role may not do that' },
  'not-found': { status: 404, title: 'There is no such thing' },
  stale: { status: 412, title: 'The thing has changed since it was read' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'This content type is not understood' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'hold-limit': { status: 429, title: 'Too many live holds' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'The service cannot answer right now' },
  'resource-taken': { status: 409, title: 'That time is already taken' },
  'outside-availability': { status: 409, title: 'Not on shift, elsewhere, or closed at that time' },
  'hold-expired': { status: 409, title: 'The hold or proposal has expired' },
  'not-held': { status: 409, title: 'The itinerary is not held' },
  'already-booked': { status: 409, title: 'This is already booked' },
  'already-enrolled': { status: 409, title: 'The patient is already enrolled in this program' },
  'enrolment-held': { status: 409, title: 'Another itinerary of this enrolment is held' },
  'idempotency-in-progress': { status: 409, title: 'The first request with this key is still running' },
  'idempotency-key-reused': { status: 422, title: 'The key was used for another request' },
  full: { status: 409, title: 'There is no seat left' },
  'bookings-affected': { status: 409, title: 'Bookings or holds stand in the way' },
  'shift-conflict': { status: 409, title: 'Another shift stands in the way' },
  'invalid-transition': { status: 409, title: 'The status does not allow that' },
  'lag-violated': { status: 422, title: 'Visits would be too close or too far apart' },
  'not-cleared': { status: 422, title: 'There is no clearance valid on that date' },
  'consent-missing': { status: 422, title: 'A consent is missing' },
  'route-not-permitted': { status: 422, title: 'The route is not permitted' },
  'not-eligible': { status: 422, title: 'The patient is not eligible' },
  'precondition-missing': { status: 422, title: 'A precondition is not met' },
  'escort-missing': { status: 422, title: 'A named escort is needed' },
  'not-licensed': { status: 422, title: 'The clinician is not licensed where the patient is' },
  'wrong-role': { status: 422, title: 'The clinician does not hold that role' },
  'wrong-language': { status: 422, title: 'The clinician does not speak the language' },
  'limit-exceeded': { status: 422, title: 'A daily limit would be exceeded' },
} as const satisfies Record<string, Row> & Record<Refusal['code'], Row>

export type ProblemCode = keyof typeof PROBLEMS

/** An expected no on its way to the error handler: thrown in http only. */
export class Refused extends Error {
  readonly code: ProblemCode
  readonly members: Record<string, unknown>
  constructor(code: ProblemCode, members: Record<string, unknown> = {}) {
    super(code)
    this.code = code
    this.members = members
  }
}

/** The value of a result, or its refusal as an answer. Instants in the members are written with the clinic’s offset. */
export function orRefuse<T>(result: Result<T, Refusal>): T {
  if (result.ok) return result.value
  const { code, ...members } = result.error
  throw new Refused(code, inWire(members))
}

const UTC = ZoneId.parse('UTC')
/** Refusals carry instants under fixed names, beside the zone to write them in; outside they are RFC 3339. */
const INSTANT_MEMBERS = new Set(['start', 'end', 'until', 'from', 'to'])
function inWire(members: object): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  const { timeZone = UTC, ...rest } = members as { timeZone?: ZoneId }
  for (const [key, value] of Object.entries(rest)) {
    if (INSTANT_MEMBERS.has(key) && typeof value === 'number') out[key] = toWire(value as Instant, timeZone)
    else if (Array.isArray(value)) out[key] = value.map((v) => (typeof v === 'object' && v ? inWire(v) : v))
    else out[key] = value
  }
  return out
}

/** The body: members of the refusal beside those that every problem has. */
export function problem(code: ProblemCode, members: Record<string, unknown> = {}): Record<string, unknown> {
  const { status, title } = PROBLEMS[code]
  return { type: `/problems/${code}`, title, status, detail: title, code, ...members }
}

export function sendProblem(reply: FastifyReply, code: ProblemCode, members: Record<string, unknown> = {}) {
  const { status } = PROBLEMS[code]
  if ((status === 503 || status === 429) && !reply.hasHeader('retry-after')) reply.header('retry-after', '1')
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem(code, members))
}
