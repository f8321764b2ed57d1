/** Program templates in SQL. Versions are immutable: a change is the next version. */
import { desc, eq, gt, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { program } from '../db/schema.ts'
import { statement } from '../db/statement.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import { Program } from '../domain/program.ts'
import type { Instant } from '../domain/time.ts'
import { remembered } from './remembered.ts'

const toProgram = (row: { version: number; body: unknown }): Program =>
  Program.parse({ ...(row.body as object), version: row.version })

/** As many versions as are in use at a time. */
const programOf = remembered((text) => Program.parse(JSON.parse(text)), 64)

/** The newest version of each, by key. */
export async function list(tx: Tx, page: { limit: number; after: string | undefined }): Promise<Program[]> {
  const rows = await tx
    .selectDistinctOn([program.key])
    .from(program)
    .where(page.after === undefined ? undefined : gt(program.key, page.after))
    .orderBy(program.key, desc(program.version))
    .limit(page.limit)
  return rows.map(toProgram)
}

export async function latest(tx: Tx, key: string): Promise<Program | undefined> {
  const [row] = await tx.select().from(program).where(eq(program.key, key)).orderBy(desc(program.version)).limit(1)
  return row && toProgram(row)
}

const fromText = ({ text }: { text: string }): Program => programOf(text)
const TEXT = `(p.body || jsonb_build_object('version', p.version))::text as text`
const VERSION = statement(`select ${TEXT} from program p where p.key = $1 and p.version = $2`, fromText)
const OF_ENROLMENT = statement(
  `select ${TEXT}
  from enrolment e join program p on p.key = e.program_key and p.version = e.program_version where e.id = $1`,
  fromText,
)

export const version = async (tx: Tx, key: string, wanted: number): Promise<Program | undefined> =>
  (await VERSION(tx, key, wanted))[0]

/** The version that the enrolment is in. */
export const ofEnrolment = async (tx: Tx, id: EnrolmentId): Promise<Program | undefined> =>
  (await OF_ENROLMENT(tx, id))[0]

/** Makes two writers of one key come one after the other, until the transaction ends. */
export async function lockKey(tx: Tx, key: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`program ${key}`}, 0))`)
}

export async function insert(tx: Tx, programs: readonly Program[], createdAt: Instant): Promise<void> {
  await tx.insert(program).values(programs.map(({ version, ...body }) => ({ key: body.key, version, body, createdAt })))
}
