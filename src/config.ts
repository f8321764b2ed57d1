/** The only reader of the environment (contract.md §1). A wrong value stops the start with the variable's name. */
import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65535)
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
/** Requests a minute and token away from loopback. */
const RATE_LIMIT_OUTSIDE = 600

const Environment = z.object({
  PORT: port.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'is not a postgres:// URL')
    .optional(),
  DATA_DIR: z.string().min(1).default('.throughline'),
  SEED: z.enum(['none', 'catalogue', 'demo']).default('demo'),
  ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, '8 to 200 printable characters without spaces')
    .optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/\S+$/, 'is not an smtp:// or smtps:// URL')
    .optional(),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'is not an http:// or https:// URL' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  MAIL_FROM: z.string().min(3).default('scheduling@throughline.invalid'),
  RATE_LIMIT: z.coerce.number().int().min(0).optional(),
  MAX_HOLDS: z.coerce.number().int().min(1).default(1000),
  LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
})

export type Config = {
  readonly port: number
  readonly host: string
  readonly databaseUrl: string | undefined
  readonly dataDir: string
  readonly seed: 'none' | 'catalogue' | 'demo'
  readonly adminToken: string | undefined
  /** Mail goes there; absent: no mail. */
  readonly smtpUrl: string | undefined
  /** Where people reach the service, for links and cookies; absent: as each request calls it. */
  readonly publicUrl: string | undefined
  readonly mailFrom: string
  /** Listens on this machine alone: development. */
  readonly loopback: boolean
  /** Requests a minute and token; 0 is off. */
  readonly rateLimit: number
  /** Live holds per token. */
  readonly maxHolds: number
  readonly logLevel: z.infer<typeof Environment>['LOG_LEVEL']
}

/** @throws Error naming every variable that is wrong. Empty values count as absent. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = Environment.safeParse(present)
  if (!read.success)
    throw new Error(read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
  const e = read.data
  return {
    port: e.PORT,
    host: e.HOST,
    databaseUrl: e.DATABASE_URL,
    dataDir: e.DATA_DIR,
    seed: e.SEED,
    adminToken: e.ADMIN_TOKEN,
    smtpUrl: e.SMTP_URL,
    publicUrl: e.PUBLIC_URL,
    mailFrom: e.MAIL_FROM,
    loopback: LOOPBACK.has(e.HOST),
    rateLimit: e.RATE_LIMIT ?? (LOOPBACK.has(e.HOST) ? 0 : RATE_LIMIT_OUTSIDE),
    maxHolds: e.MAX_HOLDS,
    logLevel: e.LOG_LEVEL,
  }
}
