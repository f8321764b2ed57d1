/** Patients in SQL. `visible…` carries the caller's scope; the plain ones are for use cases that have judged it already. */
import { and, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { patient } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { Caller } from '../domain/caller.ts'
import type { EnrolmentId, PatientId } from '../domain/ids.ts'
import { Patient } from '../domain/patient.ts'
import type { Instant, LocalDate } from '../domain/time.ts'
import { patientVisible } from './scope.ts'

const one = async (rows: Promise<(typeof patient.$inferSelect)[]>): Promise<Patient | undefined> => {
  const [row] = await rows
  return row && Patient.parse(row)
}

const { columns, read } = reading(patient)
const BY_ID = statement(`select ${columns} from patient where id = $1`, (row) => Patient.parse(read(row)))
const LOCK_OF = statement(
  `select ${columns} from patient where id = (select patient_id from enrolment where id = $1) for no key update`,
  (row) => Patient.parse(read(row)),
)
const scoped = (caller: Caller, id: PatientId) => and(eq(patient.id, id), patientVisible(caller, patient.id))

export const byId = async (tx: Tx, id: PatientId): Promise<Patient | undefined> => (await BY_ID(tx, id))[0]

/** An enrolment's patient, locked for change. Locks are taken patient first, then enrolment, then resources. */
export const lockOf = async (tx: Tx, enrolmentId: EnrolmentId): Promise<Patient | undefined> =>
  (await LOCK_OF(tx, enrolmentId))[0]

export const visibleById = (tx: Tx, caller: Caller, id: PatientId) =>
  one(tx.select().from(patient).where(scoped(caller, id)))

export const lockVisible = (tx: Tx, caller: Caller, id: PatientId) =>
  one(tx.select().from(patient).where(scoped(caller, id)).for('no key update'))

export async function list(
  tx: Tx,
  caller: Caller,
  page: { limit: number; after: string | undefined },
  further?: SQL,
): Promise<Patient[]> {
  const rows = await tx
    .select()
    .from(patient)
    .where(
      and(
        page.after === undefined ? undefined : gt(patient.id, page.after),
        patientVisible(caller, patient.id),
        further,
      ),
    )
    .orderBy(patient.id)
    .limit(page.limit)
  return rows.map((row) => Patient.parse(row))
}

export type PatientCriteria = {
  /** Words of which each must occur in the name; accents, case and apostrophes do not count. */
  name?: string | undefined
  birthDate?: LocalDate | undefined
  /** Digits count; the last ten of them, or fewer that the number ends with. */
  phone?: string | undefined
}

/** Combining marks and apostrophes, straight and curved, are not heard. */
/** A name as it is compared, the same as `nameHeard` of a record. */
export const heard = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[\u0300-\u036f'’]/g, '')
const wordsOf = (name: string): string[] =>
  heard(name)
    .split(/[\s-]+/)
    .filter((word) => word.length > 0)
/** Literals, not parameters: an index is on this very expression. */
export const nameHeard = sql`regexp_replace(lower(normalize(given_name || ' ' || family_name, NFD)), '[\\u0300-\\u036f''’]', '', 'g')`
export const dialled = sql`right(regexp_replace(phone, '\\D', '', 'g'), 10)`
export const lastDigits = (phone: string): string => phone.replace(/\D/g, '').slice(-10)

export const search = (
  tx: Tx,
  caller: Caller,
  { name, birthDate, phone }: PatientCriteria,
  page: { limit: number; after: string | undefined },
): Promise<Patient[]> => {
  return list(
    tx,
    caller,
    page,
    and(
      name === undefined
        ? undefined
        : sql`not exists (select 1 from unnest(${sql.param(wordsOf(name))}::text[]) word where strpos(${nameHeard}, word) = 0)`,
      birthDate === undefined ? undefined : eq(patient.birthDate, birthDate),
      phone === undefined
        ? undefined
        : sql`right(${dialled}, length(${lastDigits(phone)}::text)) = ${lastDigits(phone)}`,
    ),
  )
}

export async function insert(tx: Tx, value: Patient, createdAt: Instant): Promise<void> {
  await tx.insert(patient).values({ ...value, createdAt })
}

/** Writes the whole value; the revision rises by one. */
export async function update(tx: Tx, value: Patient): Promise<Patient> {
  const [row] = await tx
    .update(patient)
    .set({ ...value, revision: sql`${patient.revision} + 1` })
    .where(eq(patient.id, value.id))
    .returning()
  return Patient.parse(row)
}
