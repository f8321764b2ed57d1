/** OpenAPI 3.1 from the routes' zod schemas, and its reference page. What every operation shares is added here: who may call, how it says no. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import type { App } from './app-types.ts'
import { PROBLEMS } from './problem.ts'

/** Tags in the order of the contract. */
const TAGS: Record<string, string> = {
  users: 'Who may call, with which role, for which clinics',
  clinics: 'Clinics, their rooms, regions and holidays',
  clinicians: 'Who works where, and what each may do',
  availability: 'Shifts, opening hours, time off, free time',
  programs: 'Visits of a treatment and the rules between them',
  patients: 'Patients, screenings, consents',
  referrals: 'Who was sent by whom, the clock until they are reached, what came of it',
  enrolments: 'One patient in one program',
  planning: 'Itineraries: proposed, held, confirmed',
  appointments: 'Visits that are booked',
  'group sessions':
    'Several patients at once: seats, who waits for one, and the visits of programs that are held in a group',
  'waiting list': 'Who waits for an earlier time, and what is offered to them when some becomes free',
  worklist: 'Whom to call next and why',
  rosters: 'One subject’s days',
  invites: 'Calendar invites',
  events: 'What happened, for pollers and webhooks',
  analytics: 'How the clinics are doing: counts and times, small ones withheld',
  operations: 'Health, the audit log, zone rules',
}

const Problem = {
  type: 'object',
  description: 'RFC 9457; some codes have members of their own',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
  },
  required: ['type', 'title', 'status', 'detail', 'code'],
} as const

type Operation = { operationId?: string; parameters?: object[]; responses?: Record<string, unknown> }
type Document = { paths?: Record<string, Record<string, Operation>>; components?: object }

/** `x-roles`, and the scope that an integration needs; no token for a public route. */
const withAccess: typeof jsonSchemaTransform = (given) => {
  const made = jsonSchemaTransform(given)
  const access = given.route?.config?.access
  if (!access) return made
  if (access === 'public') return { ...made, schema: { ...made.schema, security: [] } }
  const { roles, scope } = access
  return { ...made, schema: { ...made.schema, 'x-roles': [...roles], ...(scope ? { 'x-scope': scope } : {}) } }
}

const refusal = {
  description: 'Refused: the code says why',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

const retryKey = {
  in: 'header',
  name: 'Idempotency-Key',
  description: 'The same key and body within 24 hours gives the stored answer again',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

function completed(document: Document): Document {
  for (const [path, methods] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(methods)) {
      operation.operationId = `${method}${path.replaceAll(/[^A-Za-z]+(.?)/g, (_, first: string) => first.toUpperCase())}`
      if (method === 'post') operation.parameters = [...(operation.parameters ?? []), retryKey]
      operation.responses = { ...operation.responses, default: refusal }
    }
  return simplified({
    ...document,
    components: { ...document.components, schemas: { Problem } },
  }) as Document
}

/** A pattern longer than this repeats a `format`, or helps nobody. */
const LONGEST_PATTERN = 40

/** Without zod's page-long patterns and its bounds of every integer. */
function simplified(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplified)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => !(key === 'pattern' && typeof part === 'string' && part.length > LONGEST_PATTERN))
      .filter(([, part]) => part !== Number.MAX_SAFE_INTEGER && part !== Number.MIN_SAFE_INTEGER)
      .map(([key, part]) => [key, simplified(part)]),
  )
}

export async function serveOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Throughline', version: '1', description: 'Scheduling of multi-visit treatment programs.' },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: withAccess,
    transformObject: (made) =>
      'openapiObject' in made ? completed(made.openapiObject as Document) : made.swaggerObject,
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger())
}
