/** Holds that have run out, of every resource and patient at once; writers clear their own resources themselves. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'

/** Rows that a writer has in hand are left to it: so nobody waits for this, and it deadlocks with nobody. → whether there may be more */
export async function deleteExpired(tx: Tx, limit: number): Promise<boolean> {
  const [row] = await tx.execute<{ n: number }>(sql`
    with theirs as (
      delete from patient_claim where ctid = any(array(
        select ctid from patient_claim where expires_at <= clock_timestamp() limit ${limit} for update skip locked))
      returning 1),
    claims as (
      delete from claim where ctid = any(array(
        select ctid from claim where expires_at <= clock_timestamp() limit ${limit} for update skip locked))
      returning 1)
    select greatest((select count(*) from theirs), (select count(*) from claims))::int as n`)
  return (row?.n ?? 0) >= limit
}

type Lapsed = {
  readonly id: string
  readonly enrolmentId: string
  readonly patientId: string
  readonly clinicId: string
}

/** Whether a hold has run out that nobody was told of. */
export async function anyUntold(tx: Tx): Promise<boolean> {
  const [row] = await tx.execute<{ found: boolean }>(sql`
    select exists (select from itinerary where status = 'held' and not lapse_told and expires_at <= clock_timestamp()) as found`)
  return row?.found ?? false
}

/** Holds whose running out has not been told of; from now on it has. The longest expired first. */
export async function lapsedUntold(tx: Tx, limit: number): Promise<Lapsed[]> {
  const rows = await tx.execute<Lapsed>(sql`
    update itinerary i set lapse_told = true from enrolment e
    where i.id = any(array(
        select id from itinerary where status = 'held' and not lapse_told and expires_at <= clock_timestamp()
        order by expires_at limit ${limit} for update skip locked))
      and e.id = i.enrolment_id
    returning i.id, i.enrolment_id as "enrolmentId", e.patient_id as "patientId", e.clinic_id as "clinicId"`)
  return [...rows]
}
