/** One PostgreSQL server process over one data folder: create the folder, start, recognise, stop. Times in milliseconds. */
import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Account, reachable } from './account.ts'
import type { Binaries } from './binaries.ts'

/** A data folder and what runs it. */
export type Cluster = {
  readonly folder: string
  readonly account: Account | undefined
  readonly binaries: Binaries
  /** Where the server's own log goes. */
  readonly log: string
}
export type Running = { readonly pid: number; readonly port: number; readonly ready: boolean }

export const SUPERUSER = 'throughline'
const POLL = 10
/** initdb's and the postmaster's view of the inherited folder and password file: the numbers they get in `stdio`. */
const FOLDER_FD = 3
const PASSWORD_FD = 4

/** UTF-8, locale C, UTC, scram passwords. The folder must not exist. About 0.4 s. */
export function initialise(cluster: Cluster, passwordFile: string): void {
  mkdirSync(cluster.folder, { mode: 0o700 })
  if (cluster.account) {
    chownSync(cluster.folder, cluster.account.uid, cluster.account.gid)
    chownSync(passwordFile, cluster.account.uid, cluster.account.gid)
  }
  const handed = [openSync(cluster.folder, 'r'), openSync(passwordFile, 'r')]
  try {
    const made = spawnSync(
      cluster.binaries.initdb,
      [
        ...['-D', seen(cluster, cluster.folder, FOLDER_FD), '--username', SUPERUSER],
        ...['--pwfile', seen(cluster, passwordFile, PASSWORD_FD), '--auth', 'scram-sha-256'],
        ...['--encoding', 'UTF8', '--no-locale', '--no-instructions'],
      ],
      { ...setting(cluster), stdio: ['ignore', 'pipe', 'pipe', ...handed], encoding: 'utf8' },
    )
    if (made.status !== 0)
      throw new Error(`PostgreSQL's data folder could not be made: ${(made.error?.message ?? made.stderr).trim()}`)
  } finally {
    for (const fd of handed) closeSync(fd)
  }
}

/** Starts detached (a terminal's Ctrl-C is ours to answer, and a killed parent takes no server with it) and waits until it takes connections. */
export async function start(cluster: Cluster, port: number, settings: Readonly<Record<string, string>>): Promise<void> {
  const folder = openSync(cluster.folder, 'r')
  const log = openSync(cluster.log, 'a', 0o600)
  const options = Object.entries({ ...SETTINGS, ...settings, port: String(port) })
  const server = spawn(
    cluster.binaries.postgres,
    ['-D', seen(cluster, cluster.folder, FOLDER_FD), ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...setting(cluster), detached: true, stdio: ['ignore', log, log, folder] },
  )
  closeSync(folder)
  closeSync(log)
  server.unref()
  let gone: string | undefined
  server.once('error', (thrown) => {
    gone = thrown.message
  })
  server.once('exit', (code, signal) => {
    gone = `it stopped with ${signal ?? code}`
  })
  for (let waited = 0; waited < START_LIMIT; waited += POLL) {
    await pause(POLL)
    if (gone) throw new Error(`PostgreSQL did not start: ${gone}. ${lastLine(cluster.log)}`)
    const state = running(cluster)
    if (state?.pid === server.pid && state?.ready) return
  }
  throw new Error(`PostgreSQL did not start within ${START_LIMIT / 1000} s; its log is ${cluster.log}`)
}

/** Recovery after a crash replays at most `max_wal_size`. */
const START_LIMIT = 60_000
/** `terse` and `log` keep rows out of the log: details and errors quote them. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  jit: 'off',
  io_method: 'sync',
}

/** The server over this folder, by postmaster.pid (pid, folder, start, port, socket, address, shared memory, state). Undefined: none, or a file left by a dead one. */
export function running(cluster: Pick<Cluster, 'folder'>): Running | undefined {
  const lines = pidFile(cluster)?.split('\n')
  const pid = Number(lines?.[0])
  if (!lines || !Number.isInteger(pid) || pid <= 0 || !alive(pid, cluster.folder)) return undefined
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
}

/** PostgreSQL takes a reused pid in an old file for a living server and refuses to start. */
export function forgetDead(cluster: Cluster): void {
  if (pidFile(cluster) !== undefined && !running(cluster))
    rmSync(join(cluster.folder, 'postmaster.pid'), { force: true })
}

/** Fast shutdown: sessions are ended, everything is on disk. True when it is down. */
export async function shutDown(cluster: Cluster, limit: number): Promise<boolean> {
  const server = running(cluster)
  if (!server) return true
  signal(server.pid, 'SIGINT')
  for (let waited = 0; waited < limit; waited += POLL) {
    await pause(POLL)
    if (running(cluster)?.pid !== server.pid) return true
  }
  signal(server.pid, 'SIGQUIT')
  return false
}

/** On loopback. Free now; whoever takes it first has it. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

/** The path by which the server's account sees a file of ours: below a folder closed to it, the descriptor it inherits. */
function seen(cluster: Cluster, path: string, fd: number): string {
  if (reachable(dirname(path), cluster.account)) return path
  if (process.platform === 'linux') return `/proc/self/fd/${fd}`
  throw new Error(
    `The account that runs PostgreSQL cannot reach ${path}: choose another DATA_DIR, or set DATABASE_URL.`,
  )
}

const setting = ({ account }: Cluster) => ({
  cwd: '/',
  env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
  ...account,
})

function pidFile({ folder }: Pick<Cluster, 'folder'>): string | undefined {
  try {
    return readFileSync(join(folder, 'postmaster.pid'), 'utf8')
  } catch {
    return undefined
  }
}

/** A pid is reused sooner or later (in a container at once): on Linux the server's working folder tells. */
function alive(pid: number, folder: string): boolean {
  if (process.platform === 'linux' && existsSync('/proc/self/cwd')) {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder)
    } catch {
      return false
    }
  }
  return signal(pid, 0)
}

/** False when there is no such process; one of another account is there all the same. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}

function lastLine(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  return lines.findLast((line) => /FATAL|PANIC|error/.test(line)) ?? lines.at(-1) ?? ''
}
