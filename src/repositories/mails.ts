/** Mail to patients in SQL: one row for each change of an appointment, or of a seat in a group of no program, and each reminder; taken on a lease, once. */
import { and, desc, eq, gt, lt, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { mail } from '../db/schema.ts'
import type { AppointmentId } from '../domain/ids.ts'
import { type MailKind, REMINDERS } from '../domain/letter.ts'
import type { Instant } from '../domain/time.ts'

const READER = 'mail'
/** Events read at once. */
const BATCH = 500

/** From here on changes are mailed; does nothing when that was said before. */
export async function beginAfter(tx: Tx, sequence: number): Promise<void> {
  await tx.execute(
    sql`insert into outbox_reader (name, read_up_to) values (${READER}, ${sequence}) on conflict do nothing`,
  )
}

/** How far the log has been read; undefined: mailing has not begun. */
export async function readUpTo(tx: Tx): Promise<number | undefined> {
  const [row] = await tx.execute<{ n: string }>(sql`select read_up_to as n from outbox_reader where name = ${READER}`)
  return row && Number(row.n)
}

/** Changes up to `upTo` become mails, each once, with the time and place they had; not who will be there. → whether there are more */
export async function takeFromLog(tx: Tx, upTo: number, now: Instant): Promise<boolean> {
  const [row] = await tx.execute<{ more: boolean }>(sql`
    with r as (select * from outbox_reader where name = ${READER} for no key update skip locked),
    read as (
      select e.* from event e, r where e.sequence > r.read_up_to and e.sequence <= ${upTo} order by e.sequence limit ${BATCH}),
    told as (
      select a.id as appointment_id, null::uuid as group_member_id, read.*
      from read join appointment a on a.id = (read.subject ->> 'appointmentId')::uuid
      where read.type in ('appointment.booked', 'appointment.rescheduled', 'appointment.cancelled')
        and read.subject ->> 'change' is distinct from 'resources'
      union all
      select null, m.id, read.*
      from read join group_member m on m.session_id = (read.subject ->> 'groupSessionId')::uuid
        and m.patient_id = (read.subject ->> 'patientId')::uuid
      join group_session g on g.id = m.session_id and g.program_key is null
      where read.type in ('group-session.seat-taken', 'group-session.seat-moved', 'group-session.seat-released')),
    put as (
      insert into mail (appointment_id, group_member_id, kind, sequence, starts_at, ends_at, clinic_id, changed_at, status,
        next_attempt_at)
      select appointment_id, group_member_id,
        case when type in ('appointment.cancelled', 'group-session.seat-released') then 'cancel' else 'request' end,
        (subject ->> 'sequence')::int, (subject ->> 'start')::timestamptz, (subject ->> 'end')::timestamptz, clinic_id, at, 'pending',
        ${instantText(now)}::timestamptz
      from told where subject ? 'sequence'
      order by sequence
      on conflict do nothing),
    last as (select max(sequence) as sequence, count(*) as n from read)
    update outbox_reader t set read_up_to = case when last.n < ${BATCH} then greatest(t.read_up_to, ${upTo}) else last.sequence end
    from last, r where t.name = r.name returning last.n = ${BATCH} as more`)
  return row?.more ?? false
}

/** Reminders that are due, of visits and seats that stand where they stood before the hour came; each once for its time. → how many */
export async function addReminders(tx: Tx, now: Instant): Promise<number> {
  const at = sql`${instantText(now)}::timestamptz`
  const rows = await tx.execute(sql`
    insert into mail (appointment_id, group_member_id, kind, sequence, starts_at, ends_at, clinic_id, changed_at, status, next_attempt_at)
    select v.appointment_id, v.group_member_id, k.kind, v.sequence, v.starts_at, v.ends_at, c.id, v.updated_at, 'pending', ${at}
    from jsonb_to_recordset(${JSON.stringify(REMINDERS)}::jsonb) as k(kind text, "from" int, until int)
      cross join clinic c
      cross join lateral (
        select a.id as appointment_id, null::uuid as group_member_id, a.sequence, a.starts_at, a.ends_at, a.updated_at
        from appointment a join enrolment n on n.id = a.enrolment_id and n.status = 'open'
        where a.clinic_id = c.id and a.status = 'booked'
          and a.starts_at > ${at} + make_interval(hours => k.until) and a.starts_at <= ${at} + make_interval(hours => k.from)
        union all
        select null, s.id, s.sequence, g.starts_at, g.ends_at, s.updated_at
        from group_session g join group_member s on s.session_id = g.id and s.status = 'seated'
        where g.clinic_id = c.id and g.status = 'scheduled' and g.program_key is null
          and g.starts_at > ${at} + make_interval(hours => k.until) and g.starts_at <= ${at} + make_interval(hours => k.from)) v
    where not exists (select from mail m where (m.appointment_id = v.appointment_id or m.group_member_id = v.group_member_id)
        and m.starts_at = v.starts_at and (m.kind = k.kind
          or (m.kind = 'request' and m.changed_at > v.starts_at - make_interval(hours => k.from))))
    on conflict do nothing returning 1`)
  return rows.length
}

export type ClaimedMail = Pick<
  typeof mail.$inferSelect,
  'id' | 'sequence' | 'start' | 'end' | 'clinicId' | 'changedAt' | 'attempts'
> & { readonly kind: MailKind } & MailSubject

/** What it is about: an appointment, or a seat. */
type MailSubject =
  | { readonly appointmentId: AppointmentId; readonly groupMemberId: null }
  | { readonly appointmentId: null; readonly groupMemberId: string }

/** Takes what is due, of each appointment and seat the oldest change first; until `leasedUntil` nobody else will. */
export async function claim(tx: Tx, limit: number, now: Instant, leasedUntil: Instant): Promise<ClaimedMail[]> {
  const at = sql`${instantText(now)}::timestamptz`
  const rows = await tx
    .update(mail)
    .set({ leasedUntil, attempts: sql`${mail.attempts} + 1` })
    .where(
      sql`${mail.id} in (
        select m.id from mail m
        where m.status = 'pending' and m.next_attempt_at <= ${at} and (m.leased_until is null or m.leased_until <= ${at})
          and not exists (select from mail b where (b.appointment_id = m.appointment_id or b.group_member_id = m.group_member_id)
            and b.status = 'pending' and b.sequence < m.sequence)
        order by m.next_attempt_at, m.id limit ${limit} for no key update skip locked)`,
    )
    .returning()
  return rows as unknown as ClaimedMail[]
}

/** It is done with, one way or another; `reason` is a word, never an address. */
export async function finish(
  tx: Tx,
  id: string,
  status: 'sent' | 'skipped' | 'failed',
  reason: string | null,
  at: Instant,
): Promise<void> {
  await tx
    .update(mail)
    .set({ status, reason, nextAttemptAt: null, leasedUntil: null, sentAt: status === 'sent' ? at : null })
    .where(eq(mail.id, id))
}

export async function tryAgain(tx: Tx, id: string, reason: string, nextAttemptAt: Instant): Promise<void> {
  await tx.update(mail).set({ reason, nextAttemptAt, leasedUntil: null }).where(eq(mail.id, id))
}

/** Whether the patient was last told to come, of what this is about. */
export async function isExpected(tx: Tx, claimed: ClaimedMail): Promise<boolean> {
  const [last] = await tx
    .select({ kind: mail.kind })
    .from(mail)
    .where(and(sameAs(claimed), lt(mail.sequence, claimed.sequence)))
    .orderBy(desc(mail.sequence))
    .limit(1)
  return last !== undefined && last.kind !== 'cancel'
}

const sameAs = ({ appointmentId, groupMemberId }: MailSubject) =>
  appointmentId === null ? eq(mail.groupMemberId, groupMemberId) : eq(mail.appointmentId, appointmentId)

/** Whether a later change of the same is to be mailed too. */
export async function hasLater(tx: Tx, claimed: ClaimedMail): Promise<boolean> {
  const rows = await tx
    .select({ id: mail.id })
    .from(mail)
    .where(and(sameAs(claimed), gt(mail.sequence, claimed.sequence)))
    .limit(1)
  return rows.length > 0
}
