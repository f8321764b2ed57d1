/** `npm test`: compiles (which checks the types), lints, looks for what nothing uses, runs every test file on a real PostgreSQL, and ends with `N passed, N failed`. `--coverage` adds the table; other arguments go to tap. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assertions } from './support/assertions.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const results = join(root, 'out', 'results.tap')
let passed = 0
let failed = 0

/** A program of a dependency, without a shell and without npx. */
function run(name: string, program: string, args: string[], shown = true): boolean {
  const from = join(root, 'node_modules', name, 'package.json')
  const { bin } = JSON.parse(readFileSync(from, 'utf8')) as { bin: Record<string, string> | string }
  const script = join(dirname(from), typeof bin === 'string' ? bin : (bin[program] ?? ''))
  return (
    spawnSync(process.execPath, [script, ...args], {
      cwd: root,
      stdio: ['ignore', shown ? 'inherit' : 'ignore', 'inherit'],
    }).status === 0
  )
}

function count(what: string, good: boolean): void {
  console.log(`${good ? 'ok' : 'not ok'}: ${what}`)
  if (good) passed++
  else failed++
}

// a test whose source is gone must not run on
rmSync(join(root, 'out'), { recursive: true, force: true })
count('types', run('typescript', 'tsc', ['-p', '.']))
count('lint and format', run('@biomejs/biome', 'biome', ['check', '--error-on-warnings']))
count('nothing unused', run('knip', 'knip', []))
buildTap()
const asked = process.argv.slice(2)
const coverage = asked.includes('--coverage')
const live = process.stdout.isTTY === true
const good = run(
  'tap',
  'tap',
  [
    ...['run', `--output-file=${results}`, `--reporter=${live ? 'terse' : 'tap'}`, '--coverage-report=none'],
    ...(coverage ? [] : ['--disable-coverage']),
    ...asked.filter((argument) => argument !== '--coverage'),
  ],
  // a terminal sees each file as it ends; a log gets what failed, below
  live,
)
if (coverage) run('tap', 'tap', ['report', 'text'])
const counted = assertions(existsSync(results) ? readFileSync(results, 'utf8') : '')
for (const failure of counted.failures) console.log(`\nnot ok: ${failure}`)
passed += counted.passed
failed += counted.failed
if (!good && counted.failed === 0) count('tap', false)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** tap compiles itself for the plugins of .taprc; the first run after an install would do so and die. Six seconds, so once an install. */
function buildTap(): void {
  const stamp = join(root, 'node_modules', '.tap-built')
  const wanted = readFileSync(join(root, '.taprc'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const built = run('tap', 'tap', ['build'])
  count('tap build', built)
  if (built) writeFileSync(stamp, wanted)
}
