/** Enrolments in SQL. `visible…` carries the caller's scope; the plain ones are for use cases that have judged it already. */
import { and, eq, gt, inArray, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { enrolment } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { Caller } from '../domain/caller.ts'
import { Enrolment } from '../domain/enrolment.ts'
import type { ClinicId, EnrolmentId, PatientId } from '../domain/ids.ts'
import { enrolmentReadable, enrolmentVisible } from './scope.ts'

type Row = typeof enrolment.$inferSelect
const fromRow = ({ programKey, programVersion, ...row }: Row): Enrolment =>
  Enrolment.parse({ ...row, program: { key: programKey, version: programVersion } })
const toRow = ({ program, ...value }: Enrolment) => ({
  ...value,
  programKey: program.key,
  programVersion: program.version,
})
const one = async (rows: Promise<Row[]>): Promise<Enrolment | undefined> => {
  const [row] = await rows
  return row && fromRow(row)
}
const scoped = (caller: Caller, id: EnrolmentId) => and(eq(enrolment.id, id), enrolmentVisible(caller))

const { columns, read } = reading(enrolment)
const BY_ID = `select ${columns} from enrolment where id = $1`
const byPlainId = statement(BY_ID, (row) => fromRow(read(row)))
const lockById = statement(`${BY_ID} for no key update`, (row) => fromRow(read(row)))

export const byId = async (tx: Tx, id: EnrolmentId): Promise<Enrolment | undefined> => (await byPlainId(tx, id))[0]

/** Locked for change: one booking at a time per enrolment. Lock the patient first. */
export const lock = async (tx: Tx, id: EnrolmentId): Promise<Enrolment | undefined> => (await lockById(tx, id))[0]

export async function visibleById(tx: Tx, caller: Caller, id: EnrolmentId): Promise<Enrolment | undefined> {
  const [row] = await tx.execute<Row>(sql`select ${sql.raw(columns)} from enrolment where ${scoped(caller, id)}`)
  return row && fromRow(read(row))
}

/** Also one that was transferred away from the caller's clinic: its history is read there. */
export const readableById = (tx: Tx, caller: Caller, id: EnrolmentId) =>
  one(
    tx
      .select()
      .from(enrolment)
      .where(and(eq(enrolment.id, id), enrolmentReadable(caller))),
  )

export const lockVisible = (tx: Tx, caller: Caller, id: EnrolmentId) =>
  one(tx.select().from(enrolment).where(scoped(caller, id)).for('no key update'))

/** Not ended, whoever asks. */
export async function underWayOf(tx: Tx, patientId: PatientId): Promise<Enrolment[]> {
  const rows = await tx
    .select()
    .from(enrolment)
    .where(and(eq(enrolment.patientId, patientId), inArray(enrolment.status, ['open', 'paused'])))
    .orderBy(enrolment.id)
  return rows.map(fromRow)
}

export type EnrolmentFilter = {
  patientId?: PatientId | undefined
  clinicId?: ClinicId | undefined
  status?: Enrolment['status'] | undefined
  /** A flag that one of its appointments carries. */
  flag?: string | undefined
}

export async function list(
  tx: Tx,
  caller: Caller,
  filter: EnrolmentFilter,
  page: { limit: number; after: string | undefined },
): Promise<Enrolment[]> {
  const conditions: (SQL | undefined)[] = [
    enrolmentVisible(caller),
    page.after === undefined ? undefined : gt(enrolment.id, page.after),
    filter.patientId && eq(enrolment.patientId, filter.patientId),
    filter.clinicId && eq(enrolment.clinicId, filter.clinicId),
    filter.status && eq(enrolment.status, filter.status),
    filter.flag === undefined
      ? undefined
      : sql`exists (select 1 from appointment a where a.enrolment_id = ${enrolment.id} and a.status <> 'cancelled'
          and (a.status = ${filter.flag} or ${filter.flag} = any(a.flags)))`,
  ]
  const rows = await tx
    .select()
    .from(enrolment)
    .where(and(...conditions))
    .orderBy(enrolment.id)
    .limit(page.limit)
  return rows.map(fromRow)
}

/** Breaks `enrolment_once_per_program` when the patient is under way in the program already. */
export async function insert(tx: Tx, value: Enrolment): Promise<void> {
  await tx.insert(enrolment).values(toRow(value))
}

/** Writes the whole value; the revision rises by one. */
export async function update(tx: Tx, value: Enrolment): Promise<Enrolment> {
  const [row] = await tx
    .update(enrolment)
    .set({ ...toRow(value), revision: sql`${enrolment.revision} + 1` })
    .where(eq(enrolment.id, value.id))
    .returning()
  if (!row) throw new Error('an enrolment that was locked is gone')
  return fromRow(row)
}
