#!/usr/bin/env node
/** The command line: serve, migrate, seed, token create, tz-audit, solve (contract.md §1). What is asked for goes to standard output, alone; the rest to standard error. */
import { parseArgs } from 'node:util'
import { Role, Scope } from './domain/caller.ts'
import { type ClinicId, ClinicianId, UserId } from './domain/ids.ts'

const USAGE = `usage: throughline <verb>
  serve                           database, API and pages; the environment configures it
  migrate                         brings the database up to date
  seed [demo|catalogue]           fills a database that has no data of its own
  token create --role ROLE [--clinic ID|SLUG]… [--clinician ID] [--scope SCOPE]… [--user ID]
                                  prints a new token; ROLE: ${Role.options.join(', ')}
  tz-audit [--reissue]            lists future appointments that read differently under the zone rules of today than when
                                  they were booked (exit code 1 if any); --reissue sends their invites again
  solve <problem.json> [--out FILE]
                                  plans offline
`

/** The command line itself is wrong: usage and exit code 2. */
class Misused extends Error {}

const out = (text: string): void => void process.stdout.write(text)
const err = (text: string): void => void process.stderr.write(text)
const note = (line: string): void => err(`${line}\n`)

const VERBS: Record<string, (args: string[]) => Promise<number>> = {
  serve: async (args) => {
    parse(args, {})
    const [{ serve }, { readConfig }] = await Promise.all([import('./server.ts'), import('./config.ts')])
    return serve(readConfig())
  },
  migrate: async (args) => {
    parse(args, {})
    await installed(async () => note('The database is up to date.'))
    return 0
  },
  seed: async (args) => {
    const { positionals } = parse(args, {}, 1)
    const which = positionals[0] ?? 'demo'
    if (which !== 'demo' && which !== 'catalogue') throw new Misused(`seed ${which}: demo or catalogue`)
    await installed(async ({ deps, seed }) => {
      const wrote = await seed(deps, which)
      note(wrote ? `The ${which} is stored.` : 'The database has data of its own: nothing was changed.')
    })
    return 0
  },
  token: async ([verb, ...args]) => {
    if (verb !== 'create') throw new Misused(`token ${verb ?? ''}: create is the only one`)
    const { values } = parse(args, {
      role: { type: 'string' },
      clinic: { type: 'string', multiple: true },
      clinician: { type: 'string' },
      scope: { type: 'string', multiple: true },
      user: { type: 'string' },
    })
    if (values.role === undefined && values.user === undefined) throw new Misused('--role is needed')
    const role = values.role === undefined ? undefined : one('--role', Role, values.role)
    const scopes = (values.scope ?? []).flatMap(list).map((scope) => one('--scope', Scope, scope))
    const clinicianId = values.clinician === undefined ? null : one('--clinician', ClinicianId, values.clinician)
    const userId = values.user === undefined ? undefined : one('--user', UserId, values.user)
    const [{ createToken }, { readClinic }] = await Promise.all([
      import('./services/tokens.ts'),
      import('./services/clinics.ts'),
    ])
    await installed(async ({ deps, orThrow }) => {
      const clinicIds: ClinicId[] = []
      for (const clinic of (values.clinic ?? []).flatMap(list))
        clinicIds.push(orThrow(await readClinic(deps, clinic), `--clinic ${clinic}`).id)
      const wish = { clinicIds, clinicianId, scopes, ...(role && { role }), ...(userId && { userId }) }
      out(`${orThrow(await createToken(deps, wish), 'no token was made')}\n`)
    })
    return 0
  },
  'tz-audit': async (args) => {
    const { values } = parse(args, { reissue: { type: 'boolean' } })
    const { auditZones } = await import('./services/tz-audit.ts')
    let code = 0
    await installed(async ({ deps, orThrow }) => {
      const { checked, shifted } = orThrow(await auditZones(deps, { reissue: values.reissue === true }), 'not audited')
      for (const one of shifted)
        out(
          `${one.appointmentId}  ${one.timeZone}  booked ${one.bookedWallTime} (${one.bookedTzVersion})  now ${one.wallTime} (${one.tzVersion})\n`,
        )
      note(`${shifted.length} of ${checked} future appointments read differently.`)
      code = shifted.length > 0 && !values.reissue ? 1 : 0
    })
    return code
  },
  solve: async (args) => {
    const { solveFile } = await import('./solve-file.ts')
    return solveFile(args, { out, err })
  },
}

type Flags = Record<string, { type: 'string' | 'boolean'; multiple?: boolean }>
function parse<F extends Flags>(args: string[], options: F, positionals = 0) {
  try {
    const read = parseArgs({ args, options, allowPositionals: true, strict: true })
    if (read.positionals.length > positionals) throw new Error(`unexpected ${read.positionals[positionals]}`)
    return read
  } catch (thrown) {
    throw new Misused(thrown instanceof Error ? thrown.message : 'bad arguments')
  }
}

/** `--scope a --scope b` and `--scope a,b` are the same. */
const list = (text: string): string[] => text.split(',').filter((part) => part !== '')

function one<T>(
  flag: string,
  schema: { safeParse: (text: string) => { data?: T; success: boolean } },
  text: string,
): T {
  const { success, data } = schema.safeParse(text)
  if (!success || data === undefined) throw new Misused(`${flag} ${text}: there is no such value`)
  return data
}

type Installed = Pick<typeof import('./assemble.ts'), 'seed' | 'orThrow'> & {
  deps: import('./services/deps.ts').Deps
}
/** On the database that the environment names, migrated; beside a running server as well as alone. */
async function installed(work: (given: Installed) => Promise<void>): Promise<void> {
  const [{ open }, { depsOf, seed, orThrow }, { readConfig }] = await Promise.all([
    import('./installation.ts'),
    import('./assemble.ts'),
    import('./config.ts'),
  ])
  const config = readConfig()
  const { db, close } = await open(config, note)
  try {
    await work({ deps: depsOf(config, db), seed, orThrow })
  } finally {
    await close()
  }
}

/** The innermost cause: drizzle's own message quotes the statement. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'an unknown failure'
  const inner = thrown.cause ?? (thrown instanceof AggregateError ? thrown.errors[0] : undefined)
  if (inner instanceof Error)
    return thrown.message.startsWith('Failed query') || !thrown.message
      ? reasonOf(inner)
      : `${thrown.message}: ${reasonOf(inner)}`
  return thrown.message || ('code' in thrown ? String(thrown.code) : thrown.name)
}

const [verb = '', ...args] = process.argv.slice(2)
const wanted = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
try {
  if (['help', '--help', '-h'].includes(verb)) out(USAGE)
  else if (!wanted) throw new Misused(verb ? `there is no verb ${verb}` : 'a verb is needed')
  process.exitCode = wanted ? await wanted(args) : 0
} catch (thrown) {
  const misused = thrown instanceof Misused
  err(`throughline: ${reasonOf(thrown)}\n${misused ? USAGE : ''}`)
  process.exitCode = misused ? 2 : 1
}
process.exit()
