/** Claims whose hold has run out, of every resource and patient at once; writers clear their own resources themselves. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'

/** Rows that a writer has in hand are left to it: so nobody waits for this, and it deadlocks with nobody. */
export async function deleteExpired(tx: Tx): Promise<void> {
  await tx.execute(sql`
    with theirs as (
      delete from patient_claim where ctid = any(array(
        select ctid from patient_claim where expires_at <= clock_timestamp() for update skip locked))
    )
    delete from claim where ctid = any(array(
      select ctid from claim where expires_at <= clock_timestamp() for update skip locked))`)
}
