/** OpenAPI 3.1 from the routes' zod schemas, and its reference page. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import type { App } from './app-types.ts'

/** Each operation says who may call it: `x-roles`, and the scope that an integration needs. */
const withAccess: typeof jsonSchemaTransform = (given) => {
  const made = jsonSchemaTransform(given)
  const access = given.route?.config?.access
  if (!access || access === 'public') return made
  const { roles, scope } = access
  return { ...made, schema: { ...made.schema, 'x-roles': [...roles], ...(scope ? { 'x-scope': scope } : {}) } }
}

export async function serveOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Throughline', version: '1', description: 'Scheduling of multi-visit treatment programs.' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: withAccess,
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger())
}
