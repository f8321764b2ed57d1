/**
 * What leaves by itself, in a loop beside the queue: taken on a lease, sent side by side, order kept by whoever takes (decision 25). Any number
 * of processes may run one. Without webhooks it costs one short query each half second.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Refusal } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'

/** A kind of thing that is sent. `key`: what may not take all the places for itself. */
export type Line<Taken> = {
  readonly name: string
  readonly take: (inHand: ReadonlyMap<string, number>) => Promise<Result<Taken[], Refusal>>
  readonly keyOf: (taken: Taken) => string
  readonly send: (taken: Taken, signal: AbortSignal) => Promise<Result<unknown, Refusal>>
}

/**
 * Milliseconds: between looks when there is nothing to do, after a look that failed, from the first place that becomes free to the next look,
 * and for what is under way at a stop.
 */
const TIMES = { idle: 500, failed: 1_000, gather: 5, grace: 2_000 }

export type RelayOptions = { readonly times?: Partial<typeof TIMES> }

/** Starts at once; the returned function stops: what is under way may finish for a moment, then it is handed back. */
export function startRelay<Taken>(
  line: Line<Taken>,
  log: (line: string) => void,
  { times: given = {} }: RelayOptions = {},
): () => Promise<void> {
  const times = { ...TIMES, ...given }
  const inHand = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  const cut = new AbortController()
  let stopping = false
  let waking = new AbortController()

  const begin = (taken: Taken): void => {
    const key = line.keyOf(taken)
    inHand.set(key, (inHand.get(key) ?? 0) + 1)
    const sent = tell(() => line.send(taken, cut.signal)).then(() => {
      const left = (inHand.get(key) ?? 1) - 1
      if (left === 0) inHand.delete(key)
      else inHand.set(key, left)
      underWay.delete(sent)
      waking.abort()
    })
    underWay.add(sent)
  }
  /** A failure is a line in the log: the lease brings it back. */
  const tell = async <T>(work: () => Promise<Result<T, Refusal>>): Promise<T | undefined> => {
    try {
      const done = await work()
      if (done.ok) return done.value
      const detail = 'detail' in done.error ? ` ${done.error.detail ?? ''}` : ''
      log(`${line.name}: ${done.error.code}${detail}`)
    } catch (thrown) {
      log(`${line.name}: ${thrown instanceof Error ? thrown.name : 'unknown'}`)
    }
    return undefined
  }
  const running = (async () => {
    while (!stopping) {
      waking = new AbortController()
      const taken = await tell(() => line.take(inHand))
      for (const one of taken ?? []) begin(one)
      if (!stopping)
        await pause(taken ? times.idle : times.failed, undefined, { signal: waking.signal }).catch(() => {})
      if (waking.signal.aborted) await pause(times.gather)
    }
  })()
  return async () => {
    stopping = true
    waking.abort()
    await running
    const late = setTimeout(() => cut.abort(), times.grace)
    await Promise.all(underWay)
    clearTimeout(late)
  }
}
