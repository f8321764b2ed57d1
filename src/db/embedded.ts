/** Embedded PostgreSQL 18 in a data folder: started when none runs there, joined when one does, revived when it dies, stopped by the last to leave. */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { serverAccount } from './account.ts'
import { binaries } from './binaries.ts'
import { type Cluster, forgetDead, freePort, initialise, running, SUPERUSER, shutDown, start } from './postmaster.ts'
import { connectionLost } from './sqlstate.ts'

export type Embedded = {
  /** On loopback; holds the password. The same for as long as this process uses the cluster. */
  readonly url: string
  /** Shuts the server down, unless another process uses it too. Call it when every pool is closed. */
  readonly stop: () => Promise<void>
  /** Goes, and lets the server run. */
  readonly leave: () => Promise<void>
}
export type EmbeddedOptions = {
  readonly dataDir: string
  readonly log: (line: string) => void
  /** postgresql.conf settings for a server that this call starts. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Session-level advisory lock on database `postgres`: held shared by each process that uses the cluster, taken alone by the one that stops it. */
const IN_USE = 0x7468_726f
/** Milliseconds: fast shutdown, an unready server, the step between two looks at a starting and at a recovering one, and how old a half-made folder is when it counts as abandoned. */
const STOP_LIMIT = 10_000
const READY_LIMIT = 60_000
const STEP = 20
const RECOVERY_STEP = 100
const ABANDONED = 60_000
/** A free port can be lost to another program before PostgreSQL binds it. */
const START_TRIES = 5
const PASSWORD = 'throughline.password'

/** Throws with advice when there is no PostgreSQL for this platform or it cannot run here. Cold about 0.6 s, warm 0.1 s. */
export async function startEmbedded({ dataDir: given, log, settings = {} }: EmbeddedOptions): Promise<Embedded> {
  // the server has a working folder of its own
  const dataDir = resolve(given)
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const folder = join(dataDir, 'postgres')
  const account = serverAccount(folder)
  const cluster: Cluster = { folder, account, binaries: binaries(account), log: join(dataDir, 'postgres.log') }
  if (!existsSync(folder)) create(cluster, dataDir)
  const password = readFileSync(join(folder, PASSWORD), 'utf8')
  const urlOn = (port: number): string => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`

  let leaving = false
  let reviving: Promise<void> | undefined
  const onLost = (): void => {
    if (leaving || reviving) return
    reviving = revive().finally(() => {
      reviving = undefined
    })
  }
  const open = (wanted?: number) => openOn(cluster, urlOn, { log, settings, wanted, onLost, gaveUp: () => leaving })
  let { keeper, port } = await open()
  const url = urlOn(port)

  async function revive(): Promise<void> {
    log('the embedded PostgreSQL went away; bringing it back')
    await keeper.end({ timeout: 0 })
    while (!leaving) {
      try {
        ;({ keeper, port } = await open(port))
        return
      } catch (thrown) {
        if (leaving) return
        log(`the embedded PostgreSQL is not back yet: ${thrown instanceof Error ? thrown.message : 'unknown'}`)
        await pause(RECOVERY_STEP)
      }
    }
  }

  async function depart(shut: boolean): Promise<void> {
    if (leaving) return
    leaving = true
    await reviving
    const last = shut && (await unused(keeper))
    await keeper.end({ timeout: 1 })
    if (last && !(await shutDown(cluster, STOP_LIMIT))) log('the embedded PostgreSQL had to be stopped the hard way')
  }
  return { url, stop: () => depart(true), leave: () => depart(false) }
}

/** Made beside its place and renamed into it whole: a start that was killed halfway leaves nothing that looks like a cluster. */
function create(cluster: Cluster, dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name)
    if (name.startsWith('postgres.new-') && Date.now() - statSync(path).mtimeMs > ABANDONED)
      rmSync(path, { recursive: true, force: true })
  }
  const draft = join(dataDir, `postgres.new-${randomUUID()}`)
  const passwordFile = `${draft}.password`
  writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
  try {
    initialise({ ...cluster, folder: draft }, passwordFile)
    renameSync(passwordFile, join(draft, PASSWORD))
    renameSync(draft, cluster.folder)
  } catch (thrown) {
    rmSync(draft, { recursive: true, force: true })
    rmSync(passwordFile, { force: true })
    if (!existsSync(cluster.folder)) throw thrown
  }
}

type Opening = {
  readonly log: (line: string) => void
  readonly settings: Readonly<Record<string, string>>
  /** The port to come back on. */
  readonly wanted: number | undefined
  readonly onLost: () => void
  readonly gaveUp: () => boolean
}

/** Joins the server over this folder, one that a killed process left included, or starts one; a lost race to start is a server to join. */
async function openOn(
  cluster: Cluster,
  urlOn: (port: number) => string,
  opening: Opening,
): Promise<{ keeper: Sql; port: number }> {
  let started = 0
  for (let waited = 0; waited < READY_LIMIT && !opening.gaveUp(); ) {
    const server = running(cluster)
    if (server?.ready) {
      const keeper = await joined(urlOn(server.port), opening.onLost)
      if (keeper) return { keeper, port: server.port }
    }
    if (!server) {
      forgetDead(cluster)
      try {
        await start(cluster, opening.wanted ?? (await freePort()), opening.settings)
        continue
      } catch (thrown) {
        if (++started === START_TRIES && !running(cluster)) throw thrown
      }
    }
    // `ready` and yet no session: it recovers from a crash, and logs each attempt
    const step = server?.ready ? RECOVERY_STEP : STEP
    await pause(step)
    waited += step
  }
  throw new Error(`The PostgreSQL over ${cluster.folder} does not answer; its log is ${cluster.log}`)
}

/** The session that marks the cluster as in use and notices when it goes. Undefined: the server went down meanwhile. */
async function joined(url: string, onLost: () => void): Promise<Sql | undefined> {
  let watching = false
  const keeper = postgres(url, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => {},
    onclose: () => watching && onLost(),
    connection: { application_name: 'throughline keeper' },
  })
  try {
    await keeper`select pg_advisory_lock_shared(${IN_USE})`
    watching = true
    return keeper
  } catch (thrown) {
    await keeper.end({ timeout: 0 })
    if (connectionLost(thrown)) return undefined
    throw thrown
  }
}

/** Whether nobody else holds the cluster. A server that does not answer is nobody's. */
async function unused(keeper: Sql): Promise<boolean> {
  try {
    await keeper`select pg_advisory_unlock_shared(${IN_USE})`
    const [row] = await keeper<{ alone: boolean }[]>`select pg_try_advisory_lock(${IN_USE}) as alone`
    return row?.alone ?? true
  } catch {
    return true
  }
}
