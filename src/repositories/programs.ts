/** Program templates in SQL. Versions are immutable: a change is the next version. */
import { and, desc, eq, gt, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { program } from '../db/schema.ts'
import { Program } from '../domain/program.ts'
import type { Instant } from '../domain/time.ts'

const toProgram = (row: { version: number; body: unknown }): Program =>
  Program.parse({ ...(row.body as object), version: row.version })

/** Versions never change: what a stored text says is read once. As many as are in use at a time. */
const remembered = new Map<string, Program>()
const REMEMBERED = 64

function rememberedProgram(version: number, text: string): Program {
  const key = `${version} ${text}`
  const known = remembered.get(key)
  if (known) return known
  if (remembered.size >= REMEMBERED) remembered.clear()
  const read = toProgram({ version, body: JSON.parse(text) })
  remembered.set(key, read)
  return read
}

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

export async function version(tx: Tx, key: string, wanted: number): Promise<Program | undefined> {
  const [row] = await tx
    .select({ text: sql<string>`${program.body}::text` })
    .from(program)
    .where(and(eq(program.key, key), eq(program.version, wanted)))
  return row && rememberedProgram(wanted, row.text)
}

/** Makes two writers of one key come one after the other, until the transaction ends. */
export async function lockKey(tx: Tx, key: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`program ${key}`}, 0))`)
}

export async function insert(tx: Tx, programs: readonly Program[], createdAt: Instant): Promise<void> {
  await tx.insert(program).values(programs.map(({ version, ...body }) => ({ key: body.key, version, body, createdAt })))
}
