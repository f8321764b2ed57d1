/**
 * Requests as nobody should send them, at every operation of the published description: valid bodies changed here and there, wrong types,
 * raw bytes, too large, too deep, odd text, members twice. None may be answered with a 5xx or hang. Seeded.
 */
import type { Json } from '../support/api.ts'
import { type Seeded, seeded } from '../support/seeded.ts'
import type { Breach } from './invariants.ts'
import { ask } from './wire.ts'

export type Operation = {
  readonly method: string
  /** With `{id}` and the like. */
  readonly path: string
  readonly body: Json
}
export type Asked = {
  readonly base: string
  readonly token: string
  readonly seed: number
  readonly count: number
  readonly operations: readonly Operation[]
  /** Ids that exist. */
  readonly ids: readonly string[]
}

/** Milliseconds after which a request counts as hanging. */
const HANG = 2_000
const AT_ONCE = 4
/** Bytes: beyond it the service may hang up before it has read everything. */
const LARGEST = 256 * 1024
const ODD = [
  '',
  '\u0000',
  '\ud800',
  '💊'.repeat(50),
  '../../etc',
  "'; drop table claim; --",
  '1e999',
  'NaN',
  '{{7*7}}',
  'ﷺ',
  '\r\nX: y',
]
const WRONG: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  0.5,
  [],
  {},
  [[]],
  'x',
  '9999-99-99T99:99:99Z',
  ...ODD,
]

/** Every operation of the description, with a body made from its schema. */
export async function operations(base: string, token: string): Promise<Operation[]> {
  const { json } = await ask(base, 'GET', '/openapi.json', undefined, { token })
  return Object.entries<Json>(json.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, { requestBody }]) => {
      const schema = requestBody?.content?.['application/json']?.schema
      return { method: method.toUpperCase(), path, body: schema && sample(schema, json) }
    }),
  )
}

/** A value of the schema, every member given. */
function sample(schema: Json, root: Json, depth = 0): Json {
  if (depth > 8) return null
  const one = schema.$ref
    ? schema.$ref
        .slice(2)
        .split('/')
        .reduce((at: Json, key: string) => at?.[key], root)
    : (schema.anyOf ?? schema.oneOf ?? schema.allOf)?.[0]
  if (one) return sample(one, root, depth + 1)
  if (schema.enum) return schema.enum[0]
  if ('const' in schema) return schema.const
  if (schema.type === 'object')
    return Object.fromEntries(
      Object.entries<Json>(schema.properties ?? {}).map(([key, inner]) => [key, sample(inner, root, depth + 1)]),
    )
  if (schema.type === 'array') return schema.items ? [sample(schema.items, root, depth + 1)] : []
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  if (schema.format === 'date-time') return '2027-01-11T09:00:00-05:00'
  if (schema.format === 'date') return '2027-01-11'
  if (schema.format === 'uuid') return '00000000-0000-4000-8000-000000000000'
  return 'text'
}

/** → breaches, and how many were answered by status */
export async function misuse(asked: Asked): Promise<{ breaches: Breach[]; statuses: Map<number, number> }> {
  const breaches: Breach[] = []
  const statuses = new Map<number, number>()
  const chance = seeded(asked.seed)
  let next = 0
  const one = async (): Promise<void> => {
    while (next < asked.count) {
      const operation = asked.operations[next++ % asked.operations.length]
      if (!operation) return
      const path = pathOf(operation, asked.ids, chance)
      const { bytes, type } = bodyOf(operation.body, chance)
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      const sent = operation.method === 'GET' && chance.chance(0.8) ? undefined : bytes
      const { token, base } = asked
      const key = chance.chance(0.2) ? chance.pick(['', 'k'.repeat(300), 'key', 'clé']) : undefined
      const answer = await ask(base, operation.method, path, sent, { token, key, headers, timeout: HANG + 500 })
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      const what = `${operation.method} ${path} ${sent?.toString('latin1').slice(0, 200) ?? ''}`
      if (answer.status >= 500)
        breaches.push({ rule: 'bad input never yields a 5xx', detail: `${answer.status} ${what}` })
      if (answer.status === 0 && (sent?.length ?? 0) <= LARGEST)
        breaches.push({ rule: 'every request is answered', detail: what })
      if (answer.took > HANG) breaches.push({ rule: 'nothing hangs', detail: what })
      const problem = String(answer.headers['content-type']).startsWith('application/problem+json')
      if (answer.status >= 400 && !problem && !path.startsWith('/fhir'))
        breaches.push({ rule: 'every refusal is a problem', detail: `${answer.status} ${what}` })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return { breaches, statuses }
}

function pathOf({ path, method }: Operation, ids: readonly string[], chance: Seeded): string {
  const junk = (): string => encodeURIComponent(chance.pick(ODD.filter((text) => text !== '\ud800')) || 'x')
  const filled = path.replaceAll(/\{[^}]+\}/g, () => (chance.chance(0.85) ? chance.pick(ids) : junk()))
  if (method !== 'GET' || chance.chance(0.5)) return chance.chance(0.03) ? `${filled}%zz` : filled
  const names = ['limit', 'cursor', 'from', 'to', 'clinicId', 'patientId', 'status', 'date', '__proto__']
  const query = Array.from({ length: chance.int(1, 4) }, () => `${chance.pick(names)}=${junk()}`)
  return `${filled}?${query.join('&')}`
}

function bodyOf(valid: Json, chance: Seeded): { bytes: Buffer; type?: string } {
  const text = JSON.stringify(mutated(valid ?? {}, chance))
  switch (chance.int(0, 11)) {
    case 0:
      return { bytes: Buffer.from(Array.from({ length: chance.int(1, 64) }, () => chance.int(0, 255))) }
    case 1:
      return { bytes: Buffer.from('[{"a":'.repeat(chance.int(10, 20_000))) }
    case 2:
      return { bytes: Buffer.from(`{"a":"${'x'.repeat(chance.pick([1_000, 250_000, 300_000]))}"}`) }
    case 3:
      return { bytes: Buffer.from(text.slice(0, chance.int(0, text.length))) }
    case 4:
      return { bytes: Buffer.from(text.replace('{', `{"__proto__":{"admin":true},${text.slice(1, -1) || '"a":1'},`)) }
    case 5:
      return {
        bytes: Buffer.from(text),
        type: chance.pick(['text/plain', 'application/xml', 'application/json; charset=utf-7', '/']),
      }
    default:
      return { bytes: Buffer.from(text) }
  }
}

/** A member somewhere is taken away, added, of another type, or huge. */
function mutated(value: Json, chance: Seeded): Json {
  if (value === null || typeof value !== 'object') return chance.pick(WRONG)
  const copy = structuredClone(value)
  const keys = Object.keys(copy)
  const key = keys.length > 0 ? chance.pick(keys) : 'x'
  const kind = chance.int(0, 5)
  if (kind === 0 && !Array.isArray(copy)) delete copy[key]
  else if (kind === 1 && !Array.isArray(copy)) copy[chance.pick(['surprise', 'constructor', 'id'])] = chance.pick(WRONG)
  else if (kind === 2) copy[key] = Array.from({ length: chance.pick([1, 300, 3_000]) }, () => copy[key])
  else if (kind === 3 && copy[key] !== null && typeof copy[key] === 'object') copy[key] = mutated(copy[key], chance)
  else if (kind === 4 && typeof copy[key] === 'string') copy[key] = chance.pick([...ODD, copy[key].repeat(40)])
  else copy[key] = chance.pick(WRONG)
  return copy
}
