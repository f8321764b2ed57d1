/** The README does what it says: its blocks run in order against a real service, answers look as printed, and what it names exists. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { STAFF } from '../src/catalogue/demo-staff.ts'
import { migrationsFolder } from '../src/db/migrate.ts'
import { testDatabase } from './support/database.ts'
import { type Block, blocksOf, looksAs, openShell, pathsIn } from './support/readme.ts'
import { type Service, serve } from './support/service.ts'

// a start with the whole demonstration, three more, and some hundred programs of a shell: on a busy machine more than tap's half minute
t.setTimeout(180_000)
const root = dirname(migrationsFolder())
const text = (path: string): string => readFileSync(join(root, path), 'utf8')
const readme = text('README.md')
const scripts = (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts
const people = STAFF.map(({ givenName, familyName }) => `${givenName} ${familyName}`)
const DOCUMENTED_BASE = 'http://127.0.0.1:3000'
const DOCUMENTED_DATABASE = 'postgres://throughline:secret@db.example.org/throughline'

/** Blocks that no shell runs here, and why. */
const NOT_RUN: Record<string, { because: string; holds: () => boolean }> = {
  'npm ci && npm test': {
    because: 'this test is a part of it; CI runs it on a clean clone',
    holds: () => /^npm ci\nnpm test$/m.test(text('.ci/run')),
  },
  'npx tsx tests/planner/plan.test.ts\nnpm run check': {
    because: 'both would run tests within a test',
    holds: () => /drizzle-kit check.*run\.ts --coverage/.test(scripts.check ?? ''),
  },
  [`docker build -t throughline .
docker run --read-only --cap-drop ALL -p 3000:3000 -e DATABASE_URL -e ADMIN_TOKEN -e SEED=catalogue throughline`]: {
    because: 'it wants an engine, and packages from outside',
    holds: () => /^ENV .*SEED=none$/m.test(text('Dockerfile')) && /^USER node$/m.test(text('Dockerfile')),
  },
}

/** A folder like a checkout after `npm ci`: its `dist/cli.js` is what is tested here, compiled or not. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-readme-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const source = new URL('../src/', import.meta.url)
  const [dist, quoted] = [join(folder, 'dist'), JSON.stringify]
  if (import.meta.url.endsWith('.js')) symlinkSync(fileURLToPath(source), dist)
  else {
    mkdirSync(dist)
    writeFileSync(join(dist, 'package.json'), '{"type":"module"}')
    const [tsx, cli] = [quoted(import.meta.resolve('tsx/esm/api')), quoted(new URL('cli.ts', source).href)]
    writeFileSync(join(dist, 'cli.js'), `import { register } from ${tsx}\nregister()\nawait import(${cli})\n`)
  }
  return folder
}

/** What the service tells whoever started it. */
const announced = (output: string): string =>
  output
    .split('\n')
    .flatMap((line) => /"msg":"([^"]*(?:answers on|Sign in|sign-in)[^"]*)"/.exec(line)?.[1] ?? [])
    .join('\n')

t.test('every command runs, in order, and answers as printed', async (t) => {
  const { url } = await testDatabase(t)
  const folder = checkout()
  const dataDir = join(folder, '.throughline')
  let service: Service | undefined
  const shell = openShell(folder)
  t.teardown(async () => {
    shell.end()
    await service?.end('SIGTERM')
  })

  const answerOf = async ({ commands }: Block): Promise<string> => {
    if (commands === 'npm ci && npm start\n') {
      t.equal(scripts.start, 'node dist/cli.js serve')
      service = await serve({ DATA_DIR: dataDir })
      return ''
    }
    const [line, variables = ''] = /^(.*)node dist\/cli\.js serve\n/m.exec(commands) ?? []
    if (line !== undefined) {
      const set = Object.fromEntries(variables.split(' ').flatMap((v) => (v ? [v.split('=') as [string, string]] : [])))
      await shell.run(`(${commands.replace(line, '').replace(DOCUMENTED_DATABASE, url)})`)
      const other = await serve({ ...set, HOST: '127.0.0.1', DATABASE_URL: url, DATA_DIR: join(folder, 'other') })
      t.same(await other.end('SIGTERM'), { code: 0, signal: null })
      return ''
    }
    if (commands.startsWith('tar -czf ')) {
      // kept, lost, unpacked and started, as the text says: the calls that follow are made to what came back
      const { port } = new URL(service?.base ?? '')
      t.same(await service?.end('SIGTERM'), { code: 0, signal: null })
      await shell.run(`${commands}rm -r .throughline\n${commands.replace('tar -czf', 'tar -xzf')}`)
      service = await serve({ DATA_DIR: dataDir, PORT: port })
      return ''
    }
    return shell.run(commands.replaceAll(DOCUMENTED_BASE, service?.base ?? ''))
  }

  const compare = (block: Block, answer: string): void => {
    const shown = answer.replaceAll(service?.base ?? DOCUMENTED_BASE, DOCUMENTED_BASE)
    if (looksAs(block.answer ?? '', shown, people)) t.pass(`line ${block.line}`)
    else t.equal(shown, block.answer ?? '', `the answer printed below line ${block.line}`)
  }

  const [start, ...rest] = blocksOf(readme)
  if (!start) throw new Error('the README starts nothing')
  await answerOf(start)
  for (const block of rest) {
    const excepted = NOT_RUN[block.commands.trim()]
    if (excepted) {
      t.ok(excepted.holds(), `line ${block.line} is not run here: ${excepted.because}`)
      continue
    }
    compare(block, await answerOf(block))
  }
  compare(start, announced(service?.output() ?? ''))
  t.same(await service?.end('SIGTERM'), { code: 0, signal: null })
})

t.test('an answer that changed is noticed; one that only varies is not', async (t) => {
  for (const [documented, actual, same] of [
    ["{ status: 'held' }", "{ status: 'booked' }", false],
    ['prep-1: booked\nprep-2: booked\n', 'prep-1: booked\n', false],
    ['', 'something\n', false],
    ['80 points, 2026-12-01', '92 points, 2027-01-05', true],
    ['2026-12-01T10:00:00-05:00  dose-1', '2027-07-01T08:15:00-04:00  dose-1', true],
    ['2026-12-01T10:00:00-05:00  dose-1', '2027-07-01  dose-1', false],
    ['Roster, Priya Alder', 'Roster, Mei Larch', true],
    ['cat ….throughline/admin-token', 'cat /home/ann/.throughline/admin-token', true],
    ['a (b)', 'a b', false],
  ] as const)
    t.equal(looksAs(documented, actual, people), same, `${JSON.stringify(documented)} for ${JSON.stringify(actual)}`)
})

t.test('every file and every script that it names is there', async (t) => {
  const paths = pathsIn(readme)
  t.ok(paths.length > 20)
  for (const path of paths) t.ok(existsSync(join(root, path)), path)
  for (const { 1: script = '' } of readme.matchAll(/\bnpm run ([a-z-]+)/g)) t.ok(scripts[script], script)
})

t.test('its table of variables is the one that the configuration reads', async (t) => {
  const documented = [...readme.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)].flatMap(({ 1: names = '' }) =>
    names.replaceAll('`', '').split(', '),
  )
  const read = [...text('src/config.ts').matchAll(/^ {2}([A-Z_]+): /gm)].map(({ 1: name = '' }) => name)
  t.same(documented.sort(), [...read].sort())
})
