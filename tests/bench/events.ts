/**
 * Webhook deliveries a second from one process to a receiver on this machine, `--events N` (1000) spread over enrolments; how soon a single
 * event arrives; and how long a poll of the log takes, idle and with a full page.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { startEmbedded } from '../../src/db/embedded.ts'
import { serve } from '../support/service.ts'

/** Events of one enrolment go one after the other. */
const PER_ENROLMENT = 10
const SINGLES = 10
const POLLS = 200

export async function benchEvents(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { events: { type: 'string' } } })
  const count = Number(values.events ?? 1000)
  const home = mkdtempSync(join(tmpdir(), 'throughline-bench-'))
  const service = await serve({ DATA_DIR: home, SEED: 'catalogue', LOG_LEVEL: 'warn' })
  const cluster = await startEmbedded({ dataDir: home, log: () => {} })
  const sql = postgres(cluster.url, { max: 1, onnotice: () => {} })
  let heard = 0
  let wake = (): void => {}
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(204).end()
      heard++
      wake()
    })
  }).listen(0, '127.0.0.1')
  const until = async (n: number): Promise<void> => {
    while (heard < n)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  try {
    print(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`)
    const headers = { authorization: `Bearer ${readFileSync(join(home, 'admin-token'), 'utf8').trim()}` }
    await new Promise((resolve) => receiver.once('listening', resolve))
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
    const body = JSON.stringify({ url })
    const made = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body }
    await fetch(`${service.base}/v1/webhooks`, made)
    const tell = (n: number) => sql`
      insert into event (type, enrolment_id, subject)
      select 'itinerary.held', md5((i / ${PER_ENROLMENT})::text)::uuid, '{}' from generate_series(0, ${n - 1}) as i`
    const waits: number[] = []
    for (let n = 0; n < SINGLES; n++) {
      await tell(1)
      const from = performance.now()
      await until(n + 1)
      waits.push(performance.now() - from)
    }
    print(`from commit to receiver, one at a time:  ${ranks(waits)}`)
    await tell(count)
    const from = performance.now()
    await until(SINGLES + count)
    const seconds = (performance.now() - from) / 1000
    print(`${count} events: ${(count / seconds).toFixed(0)} deliveries a second, ${PER_ENROLMENT} events an enrolment`)

    const poll = async (query: string): Promise<{ nextCursor: string | null }> =>
      (await fetch(`${service.base}/v1/events${query}`, { headers })).json() as Promise<{ nextCursor: string | null }>
    let last = ''
    for (let cursor: string | null = '0'; cursor; cursor = (await poll(`?limit=200&after=${cursor}`)).nextCursor)
      last = cursor
    for (const [name, query] of [
      ['nothing new', `?after=${last}`],
      ['a page of 200', '?limit=200'],
    ] as const) {
      const took: number[] = []
      for (let n = 0; n < POLLS; n++) {
        const asked = performance.now()
        await poll(query)
        took.push(performance.now() - asked)
      }
      print(`poll, ${name}:  ${ranks(took)}`)
    }
  } finally {
    receiver.closeAllConnections()
    receiver.close()
    await sql.end()
    await cluster.leave()
    await service.end('SIGTERM')
    rmSync(home, { recursive: true, force: true })
  }
}

const ranks = (list: number[]): string => {
  const sorted = list.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1)
  return `p50 ${at(0.5)}  p95 ${at(0.95)} ms`
}
const print = (line: string): void => void process.stdout.write(`${line}\n`)
