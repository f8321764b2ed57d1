/** Referrals and their contacts in SQL. `visible…` carries the caller's scope; the plain ones are for use cases that have judged it already. */
import { and, asc, eq, gte, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { patient, referral, referralContact } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicId, EnrolmentId, PatientId, ReferralId } from '../domain/ids.ts'
import type { Patient } from '../domain/patient.ts'
import { Referral, ReferralContact, type ReferralStatus } from '../domain/referral.ts'
import type { Instant } from '../domain/time.ts'
import { dialled, heard, lastDigits, nameHeard } from './patients.ts'
import { patientVisible, referralVisible } from './scope.ts'

type Row = typeof referral.$inferSelect
const one = async (rows: Promise<Row[]>): Promise<Referral | undefined> => {
  const [row] = await rows
  return row && Referral.parse(row)
}
const scoped = (caller: Caller, id: ReferralId) => and(eq(referral.id, id), referralVisible(caller))

export const visibleById = (tx: Tx, caller: Caller, id: ReferralId) =>
  one(tx.select().from(referral).where(scoped(caller, id)))

/** Locked for change. Lock the patient first. */
export const lock = (tx: Tx, id: ReferralId) =>
  one(tx.select().from(referral).where(eq(referral.id, id)).for('no key update'))

export type ReferralFilter = {
  readonly status?: ReferralStatus | undefined
  readonly clinicId?: ClinicId | undefined
  /** Not reached in time by then, or the others. */
  readonly overdue?: { readonly at: Instant; readonly is: boolean } | undefined
}

/** By when contact is due. `after`: where the last page ended. */
export async function list(
  tx: Tx,
  caller: Caller,
  { status, clinicId, overdue }: ReferralFilter,
  {
    limit,
    after,
  }: { readonly limit: number; readonly after: { readonly dueAt: number; readonly id: string } | undefined },
): Promise<Referral[]> {
  const conditions: (SQL | undefined)[] = [
    referralVisible(caller),
    // said plainly, for the index that begins with the clinic
    caller.clinicIds?.length === 1 && caller.clinicIds[0] ? eq(referral.clinicId, caller.clinicIds[0]) : undefined,
    status && eq(referral.status, status),
    clinicId && eq(referral.clinicId, clinicId),
    overdue?.is === true ? and(eq(referral.status, 'new'), lt(referral.contactDueAt, overdue.at)) : undefined,
    overdue?.is === false ? sql`(${referral.status} <> 'new' or ${gte(referral.contactDueAt, overdue.at)})` : undefined,
    after &&
      sql`(${referral.contactDueAt}, ${referral.id}) > (${instantText(after.dueAt)}::timestamptz, ${after.id}::uuid)`,
  ]
  const rows = await tx
    .select()
    .from(referral)
    .where(and(...conditions))
    .orderBy(asc(referral.contactDueAt), asc(referral.id))
    .limit(limit)
  return rows.map((row) => Referral.parse(row))
}

export async function insert(tx: Tx, value: Referral, createdAt: Instant, overdueTold: boolean): Promise<void> {
  await tx.insert(referral).values({ ...value, createdAt, overdueTold })
}

/** Writes the whole value; the revision rises by one. */
export async function update(tx: Tx, value: Referral): Promise<Referral> {
  const [row] = await tx
    .update(referral)
    .set({ ...value, revision: sql`${referral.revision} + 1` })
    .where(eq(referral.id, value.id))
    .returning()
  return Referral.parse(row)
}

/** In time order. */
export async function contactsOf(tx: Tx, id: ReferralId): Promise<ReferralContact[]> {
  const rows = await tx
    .select()
    .from(referralContact)
    .where(eq(referralContact.referralId, id))
    .orderBy(asc(referralContact.at), asc(referralContact.id))
  return rows.map((row) => ReferralContact.parse(row))
}

export async function insertContact(tx: Tx, value: ReferralContact): Promise<void> {
  await tx.insert(referralContact).values(value)
}

export async function ofEnrolment(tx: Tx, id: EnrolmentId): Promise<Referral[]> {
  const rows = await tx.select().from(referral).where(eq(referral.enrolmentId, id)).orderBy(referral.id)
  return rows.map((row) => Referral.parse(row))
}

/** What the patient's new enrolment at the clinic comes from: the latest referral that nothing has come of yet. */
export const awaiting = (tx: Tx, patientId: PatientId, clinicIds: readonly ClinicId[], programKey: string) =>
  one(
    tx
      .select()
      .from(referral)
      .where(
        and(
          eq(referral.patientId, patientId),
          isNull(referral.enrolmentId),
          sql`${referral.clinicId} = any(${sql.param([...clinicIds])}::uuid[])`,
          sql`${referral.status} <> 'declined'`,
          sql`coalesce(${referral.programKey}, ${programKey}) = ${programKey}`,
        ),
      )
      .orderBy(sql`${referral.receivedAt} desc, ${referral.id} desc`)
      .limit(1)
      .for('no key update'),
  )

/** Other patients whom the caller may see with the same phone number, address, or name and date of birth: at most `limit`. */
export async function possibleDuplicates(
  tx: Tx,
  caller: Caller,
  { id, phone, email, givenName, familyName, birthDate }: Patient,
  limit: number,
): Promise<PatientId[]> {
  const digits = phone === null ? '' : lastDigits(phone)
  const same = [
    digits.length > 0 ? sql`${dialled} = ${digits}` : undefined,
    email === null ? undefined : sql`lower(${patient.email}) = lower(${email})`,
    birthDate === null
      ? undefined
      : sql`${patient.birthDate} = ${birthDate}::date and ${nameHeard} = ${heard(`${givenName} ${familyName}`)}`,
  ].filter((condition) => condition !== undefined)
  if (same.length === 0) return []
  // an index each: one condition with `or` would read every patient whom the caller may see
  const candidates = sql.join(
    same.map((condition) => sql`(select id from patient where ${condition} and id <> ${id} limit ${limit})`),
    sql` union `,
  )
  const rows = await tx.execute<{ id: string }>(sql`
    select found.id from (${candidates}) found where ${patientVisible(caller, sql`found.id`)} order by 1 limit ${limit}`)
  return rows.map((row) => row.id as PatientId)
}

/** A changed policy says another of the two dues. */
export async function followClock(tx: Tx, clinicId: ClinicId, clock: 'elapsed' | 'business'): Promise<void> {
  await tx.execute(sql`
    update referral set revision = revision + 1,
      contact_due_at = ${clock === 'business' ? sql`coalesce(due_business, due_elapsed)` : sql`due_elapsed`}
    where clinic_id = ${clinicId} and status = 'new'`)
}

type Overdue = {
  readonly id: ReferralId
  readonly clinicId: ClinicId
  readonly patientId: PatientId
  readonly due: number
}

/** Marks at most `limit` that are overdue and have not been told of; those that somebody is changing wait for the next time. */
export async function markOverdue(tx: Tx, now: Instant, limit: number): Promise<Overdue[]> {
  const rows = await tx.execute<Overdue>(sql`
    update referral set overdue_told = true
    where id in (
      select id from referral where status = 'new' and not overdue_told and contact_due_at < ${instantText(now)}::timestamptz
      order by contact_due_at limit ${limit} for no key update skip locked)
    returning id, clinic_id as "clinicId", patient_id as "patientId",
      floor(extract(epoch from contact_due_at) * 1000)::float8 as due`)
  return [...rows]
}
