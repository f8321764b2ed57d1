/** What is done to the service and its database while clients are at work. Each strikes once and resolves when everything is healed. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'
import type { Party, Stage } from './stage.ts'
import { ask } from './wire.ts'

export type Fault = {
  readonly name: string
  /** → milliseconds until it is ready again, where something was killed */
  readonly strike: (stage: Stage, ledger: Ledger) => Promise<number | undefined>
}

/** Milliseconds. */
const [BRIEF, LONG] = [500, 1_500]
/** More than the pool and its queue hold. */
const CROWD = 400
const NEW_POSTMASTER_LIMIT = 20_000

export const killService: Fault = {
  name: 'SIGKILL of a service',
  strike: async ({ first }) => {
    await first.service.end('SIGKILL')
    return first.restart()
  },
}

export const killDatabase: Fault = {
  name: 'SIGKILL of PostgreSQL',
  strike: async (stage) => {
    const before = stage.postmaster()
    const began = performance.now()
    process.kill(before, 'SIGKILL')
    while (pidOr(stage.postmaster, before) === before) {
      if (performance.now() - began > NEW_POSTMASTER_LIMIT) throw new Error('no PostgreSQL came back')
      await pause(10)
    }
    await stage.untilReady(stage.first)
    return performance.now() - began
  },
}

const pidOr = (read: () => number, before: number): number => {
  try {
    return read() || before
  } catch {
    return before
  }
}

export const killBackend: Fault = {
  name: 'SIGKILL of one backend',
  strike: async (stage) => {
    const began = performance.now()
    const [busy] = await stage.look(
      (sql) => sql<{ pid: number }[]>`select pid from pg_stat_activity where application_name = 'throughline'
        order by state = 'idle', backend_start limit 1`,
    )
    if (busy) process.kill(busy.pid, 'SIGKILL')
    await pause(100)
    await stage.untilReady(stage.first)
    return performance.now() - began
  },
}

const halted =
  (lasts: number, of: (stage: Stage) => Party): Fault['strike'] =>
  async (stage) => {
    of(stage).service.process.kill('SIGSTOP')
    await pause(lasts)
    of(stage).service.process.kill('SIGCONT')
    return undefined
  }

/** Raises in a share of the statements that book, as PostgreSQL would. */
const raising = (name: string, sqlstate: string): Fault => ({
  name,
  strike: async (stage) => {
    await stage.look((sql) =>
      sql.unsafe(`
        create or replace function chaos_raise() returns trigger language plpgsql as $$ begin
          if random() < 0.3 then raise exception 'on purpose' using errcode = '${sqlstate}'; end if; return null;
        end $$;
        create trigger chaos_raise after insert or delete on claim for each statement execute function chaos_raise()`),
    )
    await pause(LONG)
    await stage.look((sql) => sql`drop trigger chaos_raise on claim`)
    return undefined
  },
})

/** Expires every live hold, as if its time had passed. */
export const expireHolds: Fault = {
  name: 'holds expire',
  strike: async (stage, ledger) => {
    await ledger.expiring(() =>
      stage.look((sql) =>
        sql.begin(async (tx) => {
          await tx`select from resource order by id for no key update`
          const past = tx`expires_at = clock_timestamp() - interval '1 second'`
          await tx`update claim set ${past} where expires_at > clock_timestamp()`
          await tx`update patient_claim set ${past} where expires_at > clock_timestamp()`
          await tx`update itinerary set ${past} where status = 'held' and expires_at > clock_timestamp()`
        }),
      ),
    )
    return undefined
  },
}

const exhaust: Fault = {
  name: 'pool exhausted',
  strike: async (stage, ledger) => {
    const { first, token } = stage
    await stage.look((sql) =>
      sql.begin(async (tx) => {
        await tx`lock table clinic in access exclusive mode`
        const crowd = Array.from({ length: CROWD }, () => ask(first.base, 'GET', '/v1/clinics', undefined, { token }))
        await pause(LONG)
        void Promise.all(crowd).then((answers) => {
          for (const { status } of answers)
            if (status !== 200 && status !== 503) ledger.breach('a crowd is answered or told to come back', `${status}`)
        })
      }),
    )
    await stage.untilReady(first)
    return undefined
  },
}

const weather = (name: string, kind: 'slow' | 'black-hole', lasts: number): Fault => ({
  name,
  strike: async ({ proxy }) => {
    proxy.weather = kind
    await pause(lasts)
    proxy.weather = 'fair'
    if (kind === 'black-hole') proxy.cutAll()
    return undefined
  },
})

/** Nobody ever hears of the connections again: the service itself must throw them away. */
const silence: Fault = {
  name: 'black hole without end',
  strike: async ({ proxy, second, untilReady }) => {
    proxy.weather = 'black-hole'
    await pause(BRIEF)
    proxy.weather = 'fair'
    await untilReady(second)
    return undefined
  },
}

/** All of them, in the order in which the full run goes round. */
export const FAULTS: readonly Fault[] = [
  killService,
  killDatabase,
  { name: 'every connection cut', strike: async ({ proxy }) => void proxy.cutAll() },
  killBackend,
  raising('serialisation failures', '40001'),
  weather('slow network', 'slow', LONG),
  { name: 'SIGSTOP and SIGCONT, first', strike: halted(BRIEF, (stage) => stage.first) },
  expireHolds,
  weather('black hole', 'black-hole', LONG),
  silence,
  exhaust,
  raising('deadlocks', '40P01'),
  { name: 'SIGSTOP and SIGCONT, second', strike: halted(LONG, (stage) => stage.second) },
]
