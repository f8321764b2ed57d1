/** The whole API on a database of its own, called without a socket, as an administrator or as whoever a test needs. */
import { v7 } from 'uuid'
import { type AppOptions, buildApp } from '../../src/app.ts'
import type { Db } from '../../src/db/client.ts'
import type { Role, Scope } from '../../src/domain/caller.ts'
import { ClinicId, ClinicianId } from '../../src/domain/ids.ts'
import type { Instant } from '../../src/domain/time.ts'
import type { App } from '../../src/http/app-types.ts'
import { type OutboundOptions, outboundOf } from '../../src/outbound/outbound.ts'
import type { Deps } from '../../src/services/deps.ts'
import { seedCatalogue } from '../../src/services/seed-catalogue.ts'
import { createToken } from '../../src/services/tokens.ts'
import { testDatabase } from './database.ts'

/** Parsed as it came: a test looks for what it expects. Undefined when the answer is not JSON. */
export type Json = ReturnType<typeof JSON.parse>
export type Answer = {
  status: number
  json: Json
  text: string
  headers: Record<string, string | string[] | number | undefined>
}
/** `token: null` sends none. A string body goes out as it is, as JSON text. */
export type CallOptions = { token?: string | null; headers?: Record<string, string> }
export type Call = (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Answer>
export type Who = { clinicIds?: string[]; clinicianId?: string; scopes?: Scope[] }

export type TestApi = {
  app: App
  db: Db
  url: string
  deps: Deps
  /** Set `clock.now` to move time. */
  clock: { now: Instant }
  /** As the administrator. */
  api: Call
  adminToken: string
  /** The answer's JSON; throws unless the status is `want` (any 2xx). */
  must: (method: string, path: string, body?: unknown, want?: number) => Promise<Json>
  /** A new user of that role with a token of its own. */
  as: (role: Role, who?: Who) => Promise<Call>
}

/** 2026-11-22 07:00 in Montréal, a Sunday. */
const NOON = Date.UTC(2026, 10, 22, 12) as Instant

type Tap = Parameters<typeof testDatabase>[0]

/** Call it first in the file; await nothing else outside `t.test`, or tap takes the file for finished. */
export type TestApiOptions = Partial<AppOptions> & {
  /** `catalogue`: the five clinics and the programs are there. */
  seed?: 'catalogue'
  outbound?: Partial<OutboundOptions>
}

export async function testApi(t: Tap, { seed, outbound = {}, ...options }: TestApiOptions = {}): Promise<TestApi> {
  const { db, url } = await testDatabase(t)
  const clock = { now: NOON }
  const deps: Deps = {
    db,
    now: () => clock.now,
    newId: () => v7(),
    mailFrom: 'scheduling@throughline.invalid',
    maxHolds: 1000,
    outbound: outboundOf({ allowLoopback: true, ...outbound }),
  }
  if (seed && !(await seedCatalogue(deps)).ok) throw new Error('the catalogue could not be seeded')
  const app = await buildApp(deps, { logLevel: 'silent', rateLimit: 0, ...options })
  t.teardown(() => app.close())
  const token = async (role: Role, { clinicIds = [], clinicianId, scopes = [] }: Who = {}): Promise<string> => {
    const made = await createToken(deps, {
      role,
      clinicIds: clinicIds.map((id) => ClinicId.parse(id)),
      clinicianId: clinicianId === undefined ? null : ClinicianId.parse(clinicianId),
      scopes,
    })
    if (!made.ok) throw new Error(`no token for a ${role}: ${made.error.code}`)
    return made.value
  }
  const adminToken = await token('admin')
  const callWith =
    (own: string): Call =>
    async (method, path, body, { token = own, headers = {} } = {}) => {
      const answer = await app.inject({
        method: method as 'GET',
        url: path,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = answer.body
      return { status: answer.statusCode, json: parsed(text), text, headers: answer.headers }
    }
  const api = callWith(adminToken)
  return {
    app,
    db,
    url,
    deps,
    clock,
    api,
    adminToken,
    must: async (method, path, body, want) => {
      const { status, json, text } = await api(method, path, body)
      if (want === undefined ? status >= 300 : status !== want) throw new Error(`${method} ${path}: ${status} ${text}`)
      return json
    },
    as: async (role, who) => callWith(await token(role, who)),
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
