/** The reference: complete, the same for every client generator, and readable in a browser under the page's own security policy. */
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { Role } from '../src/domain/caller.ts'
import { PROBLEMS } from '../src/http/problem.ts'
import type { Deps } from '../src/services/deps.ts'

/** Nothing here reaches a database. */
const deps = { newId: () => 'a-request' } as Deps
const app = await buildApp(deps, { logLevel: 'silent', rateLimit: 0 })
t.teardown(() => app.close())

type Operation = {
  tags?: string[]
  operationId: string
  security?: object[]
  'x-roles'?: string[]
  parameters?: { in: string; name: string }[]
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}
type Reference = {
  openapi: string
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } }
}
const answer = await app.inject('/openapi.json')
const reference = answer.json<Reference>()
const operations = Object.entries(reference.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
)

t.test('every operation says who may call it, what it gives, and how it says no', async (t) => {
  t.match(reference.openapi, /^3\.1\./)
  t.ok(operations.length > 50)
  const tags = new Set(reference.tags.map(({ name }) => name))
  for (const { name, path, operation } of operations) {
    t.ok(operation.tags?.length === 1 && tags.has(operation.tags[0] ?? ''), `${name} has a tag that is explained`)
    const roles = operation['x-roles'] ?? []
    if (operation.security) t.same([operation.security, roles], [[], []], `${name} is public`)
    else t.ok(roles.length > 0 && roles.every((role) => Role.safeParse(role).success), `${name} names its roles`)
    const { default: no, ...good } = operation.responses
    t.ok(no?.content?.['application/problem+json'], `${name} refuses with a problem`)
    t.ok(Object.keys(good).length > 0 && Object.keys(good).every((status) => /^2\d\d$/.test(status)), name)
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name)
    t.same(declared, named, `${name} declares its path`)
  }
  const ids = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(ids).size, ids.length, 'operations have names of their own')
  t.same(reference.components.schemas.Problem.properties.code.enum, Object.keys(PROBLEMS))
})

t.test('it is short enough to read', async (t) => {
  t.notMatch(answer.body, /"pattern":"[^"]{60}/, 'no pattern as long as a line')
  t.notMatch(answer.body, /9007199254740991/, 'no bound that every integer has')
})

t.test('the reference page brings no script or style that its policy forbids', async (t) => {
  const page = await app.inject('/docs/')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-security-policy'], /script-src 'self'/)
  t.notMatch(page.body, /<script(?![^>]*\bsrc=)[^>]*>/, 'no script inside the page')
  for (const [, path = ''] of page.body.matchAll(/(?:src|href)="(?:\.\/|\/docs\/)([^"]+)"/g))
    t.equal((await app.inject(`/docs/${path}`)).statusCode, 200, path)
})

t.test('what is no request for a route is a problem all the same', async (t) => {
  const cases: [string, { method?: 'PUT'; url: string }, number, string][] = [
    ['an unknown path', { url: '/v1/nothing' }, 404, 'not-found'],
    ['an unknown method', { method: 'PUT', url: '/healthz' }, 404, 'not-found'],
    ['a URL that cannot be decoded', { url: '/v1/%zz' }, 400, 'validation'],
    ['a parameter that is too long', { url: `/v1/clinics/${'x'.repeat(600)}` }, 400, 'validation'],
    ['no token', { url: '/v1/clinics' }, 401, 'unauthenticated'],
  ]
  for (const [name, request, status, code] of cases) {
    const got = await app.inject(request)
    t.equal(got.statusCode, status, name)
    t.match(got.headers['content-type'], /^application\/problem\+json/, name)
    t.match(got.json(), { status, code, type: `/problems/${code}` }, name)
  }
})
