/** What the server and the command line share: from the configuration to the dependencies of every use case, and what a database starts with. */
import { v7 } from 'uuid'
import type { Config } from './config.ts'
import type { Db } from './db/client.ts'
import type { Refusal } from './domain/refusal.ts'
import type { Result } from './domain/result.ts'
import type { Instant } from './domain/time.ts'
import { outboundOf } from './outbound/outbound.ts'
import type { Deps } from './services/deps.ts'
import { seedCatalogue } from './services/seed-catalogue.ts'
import { seedDemo } from './services/seed-demo.ts'

export const depsOf = (
  config: Pick<Config, 'publicUrl' | 'mailFrom' | 'maxHolds' | 'loopback' | 'smtpUrl'>,
  db: Db,
): Deps => ({
  db,
  now: () => Date.now() as Instant,
  newId: () => v7(),
  publicUrl: config.publicUrl,
  mailFrom: config.mailFrom,
  maxHolds: config.maxHolds,
  outbound: outboundOf({
    allowLoopback: config.loopback,
    mail: config.smtpUrl === undefined ? undefined : { url: config.smtpUrl, from: config.mailFrom },
  }),
})

export type Seed = Config['seed']

/** → whether it wrote anything: a database with data of its own is left alone. */
export async function seed(deps: Deps, which: Seed): Promise<boolean> {
  if (which === 'none') return false
  const stored = which === 'demo' ? await seedDemo(deps) : await seedCatalogue(deps)
  return orThrow(stored, `the ${which} could not be stored`)
}

/** For what must succeed before anything else can: start-up and the command line. */
export function orThrow<T>(result: Result<T, Refusal>, what: string): T {
  if (result.ok) return result.value
  const { error } = result
  const known = { 'not-found': 'there is no such thing', unavailable: 'the database does not answer' } as Record<
    string,
    string
  >
  const detail =
    error.code === 'validation'
      ? error.errors.map(({ path, message }) => `${path} ${message}`).join('; ')
      : (known[error.code] ?? error.code)
  throw new Error(`${what}: ${detail}`)
}
