/** Who may import whom, and what a layer may not hold (architecture.md §1). This table is the architecture: change it only with a decision. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** A name allows the package or folder and all below it; `node:` every built-in. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: ['domain', 'zod'],
  planner: ['planner', 'domain', 'zod'],
  db: ['db', 'domain', 'drizzle-orm', 'postgres', 'node:'],
  repositories: ['repositories', 'db', 'domain', 'drizzle-orm', 'zod'],
  catalogue: ['catalogue', 'domain'],
  services: ['services', 'repositories', 'planner', 'domain', 'catalogue', 'db/client.ts', 'db/sqlstate.ts', 'node:'],
  web: ['web', 'domain'],
  http: ['http', 'services', 'domain', 'web', 'zod', 'fastify', 'fastify-type-provider-zod', '@fastify', 'node:'],
  outbound: ['outbound', 'domain', 'services/deps.ts', 'nodemailer', 'standardwebhooks', 'ipaddr.js', 'node:'],
  jobs: ['jobs', 'services', 'domain', 'pg-boss', 'node:'],
}
/** What one file may have beside its layer; nobody else may. */
const ONLY_IN: Record<string, readonly string[]> = {
  'domain/time.ts': ['luxon', 'moment-timezone'],
  'domain/availability.ts': ['rrule'],
  'domain/calendar.ts': ['ical.js'],
  'domain/calendar-zone.ts': ['ical.js'],
  'domain/calendar-reply.ts': ['ical.js'],
  'services/readiness.ts': ['db/migrate.ts'],
  'http/log.ts': ['db/sqlstate.ts'],
}
const LONGEST = 300

const root = ((): string => {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at))
    if (existsSync(join(at, 'package.json'))) return at
})()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => ending.test(file))
    .sort()

const sources = filesIn('src', /\.ts$/).map((file) => ({ file, text: read(`src/${file}`) }))
const layerOf = (file: string): string => file.split('/')[0] ?? ''

/** Static, dynamic and type imports and re-exports, as paths below src or package names. TypeScript 7 has no parser to ask. */
function imports(file: string, text: string): string[] {
  const found = text.matchAll(/^(?:import|export)\b[^'`]*\bfrom '([^']+)'|^import '([^']+)'|\bimport\(\s*'([^']+)'/gm)
  return [...found].map(([, from, bare, dynamic]) => {
    const to = from ?? bare ?? dynamic ?? ''
    return to.startsWith('.') ? join(dirname(file), to).replaceAll('\\', '/') : to
  })
}
const isWithin = (to: string, allowed: string): boolean =>
  to === allowed || to.startsWith(allowed.endsWith(':') ? allowed : `${allowed}/`)

/** Code alone: what a comment or a text says is no breach. */
const code = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '').replace(/'(?:[^'\\\n]|\\.)*'/g, "''")

t.test('each layer imports only what its row of the table names', async (t) => {
  for (const { file, text } of sources) {
    const allowed = MAY_IMPORT[layerOf(file)]
    if (!allowed) {
      t.notOk(file.includes('/'), `${file} is in a folder that the table names`)
      continue
    }
    const strays = imports(file, text).filter(
      (to) => ![...allowed, ...(ONLY_IN[file] ?? [])].some((one) => isWithin(to, one)),
    )
    t.same(strays, [], `${file} imports from ${allowed.join(', ')}`)
  }
})

t.test('the planted breaches are found', async (t) => {
  const planted =
    "import type { Tx } from '../db/client.ts'\nexport { x } from 'luxon'\nawait import('node:fs')\nimport 'pg'"
  t.same(imports('planner/plan.ts', planted), ['db/client.ts', 'luxon', 'node:fs', 'pg'])
  t.notOk(isWithin('domainless/x.ts', 'domain'))
  t.match(code("const a = 1 // async\n/* process. */ const b = 'Date.now()'; async () => {}"), /async/)
  t.notMatch(code("const a = 1 // async\n/* process. */ const b = 'Date.now()'"), /async|process|Date/)
})

t.test('domain, planner and catalogue are pure: nothing asynchronous, no clock, no chance, no process', async (t) => {
  const IMPURE =
    /\basync\b|\bawait\b|\bPromise\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bsetTimeout\b|\bperformance\./
  for (const { file, text } of sources)
    if (['domain', 'planner', 'catalogue'].includes(layerOf(file))) t.notMatch(code(text), IMPURE, `${file} is pure`)
})

t.test('config.ts alone reads the environment', async (t) => {
  for (const { file, text } of sources)
    if (file !== 'config.ts') t.notMatch(code(text), /\bprocess\.env\b/, `${file} is told what it needs`)
})

t.test(`a file is one idea: a header first, ${LONGEST} lines at most`, async (t) => {
  for (const { file, text } of sources) {
    t.match(text, /^(#!.*\n)?\/\*\*/, `${file} begins with its purpose`)
    t.ok(text.split('\n').length <= LONGEST + 1, `${file} has ${text.split('\n').length} lines`)
  }
})

t.test('every decision that is cited exists, once, in at most 15 lines', async (t) => {
  const decisions = read('src/DECISIONS.md').split(/^## /m).slice(1)
  const numbers = decisions.map((text) => Number(/^(\d+)\. /.exec(text)?.[1]))
  t.same(
    numbers,
    numbers.map((_, n) => n + 1),
    'they are numbered from 1 without a gap',
  )
  for (const text of decisions) t.ok(text.trimEnd().split('\n').length <= 15, text.slice(0, 60))
  const texts = [...sources, ...filesIn('tests', /\.ts$/).map((file) => ({ file, text: read(`tests/${file}`) }))]
  for (const { file, text } of texts)
    for (const [, number] of text.matchAll(/\bdecision (\d+)\b/gi))
      t.ok(numbers.includes(Number(number)), `${file} cites decision ${number}`)
})

t.test('the project names no machine: no folder of one, no address that packages came from', async (t) => {
  const FOREIGN = /(?:^|[\s"'`(=])\/(?:work|root)\/|"resolved":/m
  const own = [
    ...['package.json', 'package-lock.json', 'Dockerfile', 'README.md', '.ci/run'].filter((file) =>
      existsSync(join(root, file)),
    ),
    ...sources.map(({ file }) => `src/${file}`),
    ...filesIn('tests', /\.(ts|json)$/).map((file) => `tests/${file}`),
    ...filesIn('drizzle', /\.sql$/).map((file) => `drizzle/${file}`),
  ]
  for (const file of own) if (!file.endsWith('architecture.test.ts')) t.notMatch(read(file), FOREIGN, file)
})
