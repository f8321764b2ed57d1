/** The statements of a request, overheard on the wire, sent once more by pgbench: what the database alone could do. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import type { Sent } from '../chaos/protocol.ts'

export type Replay = { readonly aSecond: number; readonly p50: number; readonly p99: number; readonly replayed: number }

/** Undefined where there is none. */
export const pgbench = (): string | undefined =>
  ['pgbench', '/usr/lib/postgresql/18/bin/pgbench', '/usr/lib/postgresql/17/bin/pgbench'].find(
    (program) => spawnSync(program, ['--version']).status === 0,
  )

/** Statements and which of their parameters are null: requests of one shape fit one script. */
const shapeOf = (request: readonly Sent[]): string =>
  JSON.stringify(request.map(({ text, parameters }) => [text, parameters.map((value) => value === null)]))

/** Those of the most common shape. */
export function alike(requests: readonly (readonly Sent[])[]): (readonly Sent[])[] {
  const shapes = new Map<string, (readonly Sent[])[]>()
  for (const request of requests) {
    const shape = shapeOf(request)
    shapes.set(shape, [...(shapes.get(shape) ?? []), request])
  }
  return [...shapes.values()].sort((a, b) => b.length - a.length)[0] ?? []
}

/**
 * Prepared statements, parameters read from a table by the script's first query, each request once. Latencies are counted from each
 * client's second request on, and without the time of that first query, measured alone.
 * @param requests of one shape
 */
export async function replay(
  program: string,
  url: string,
  sql: Sql,
  requests: readonly (readonly Sent[])[],
  clients: number,
): Promise<Replay> {
  const each = Math.floor(requests.length / clients)
  const home = mkdtempSync(join(tmpdir(), 'throughline-pgbench-'))
  try {
    const columns = await storeParameters(sql, requests, each)
    const fetch = `\\set n :n + 1\nselect ${columns.join(', ')} from bench_parameters where client = :client_id and n = :n \\gset\n`
    const alone = run(program, url, home, `${fetch}`, clients, each)
    const whole = run(program, url, home, fetch + script(requests[0] ?? []), clients, each)
    const spent = mean(alone)
    const took = whole.map((ms) => Math.max(0, ms - spent)).sort((a, b) => a - b)
    const rank = (share: number): number => took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0
    return { aSecond: (1000 * clients) / mean(took), p50: rank(0.5), p99: rank(0.99), replayed: clients * each }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length)

async function storeParameters(sql: Sql, requests: readonly (readonly Sent[])[], each: number): Promise<string[]> {
  const columns = valuesOf(requests[0] ?? []).map((_, i) => `p${i + 1}`)
  const table = columns.map((name) => `${name} text`).join(', ')
  await sql.unsafe(`drop table if exists bench_parameters;
    create table bench_parameters (client int, n int, ${table}, primary key (client, n))`)
  for (const [i, request] of requests.entries()) {
    const literals = valuesOf(request).map((value) => `'${value.replaceAll("'", "''")}'`)
    await sql.unsafe(
      `insert into bench_parameters values (${[Math.floor(i / each), (i % each) + 1, ...literals].join(', ')})`,
    )
  }
  await sql.unsafe('analyze bench_parameters')
  return columns
}

const valuesOf = (request: readonly Sent[]): string[] =>
  request.flatMap(({ parameters }) => parameters.filter((value) => value !== null))

function script(request: readonly Sent[]): string {
  let n = 0
  return request
    .map(({ text, parameters }) => {
      const names = parameters.map((value) => (value === null ? 'null' : `:p${++n}`))
      return `${text.replaceAll(/\$(\d+)/g, (_, i) => names[Number(i) - 1] ?? '').replaceAll(/\s+/g, ' ')};\n`
    })
    .join('')
}

/** → milliseconds of each request but each client's first, which prepares */
function run(program: string, url: string, home: string, text: string, clients: number, each: number): number[] {
  const { hostname, port, username, password, pathname } = new URL(url)
  const file = join(home, 'script.sql')
  writeFileSync(file, text)
  const made = spawnSync(
    program,
    [
      ...['-n', '-M', 'prepared', '-c', String(clients), '-j', '1', '-t', String(each), '-D', 'n=0', '-f', file],
      ...['-l', '--log-prefix', join(home, 'log'), '-h', hostname, '-p', port, '-U', username, pathname.slice(1)],
    ],
    { env: { PATH: process.env.PATH ?? '', PGPASSWORD: password }, encoding: 'utf8' },
  )
  const logs = readdirSync(home).filter((name) => name.startsWith('log'))
  const lines = logs.flatMap((name) => readFileSync(join(home, name), 'utf8').trim().split('\n'))
  for (const name of logs) rmSync(join(home, name))
  if (made.status !== 0 || /aborted/.test(made.stderr)) throw new Error(`pgbench: ${made.stderr.slice(0, 2_000)}`)
  // client, its transaction from 0 on, microseconds, …
  return lines
    .map((line) => line.split(' ').map(Number))
    .flatMap(([, n, microseconds]) => (n === 0 ? [] : [(microseconds ?? 0) / 1000]))
}
