/** Seats that are visits of a program, in SQL: whichever session an appointment sits in. Guards: `group_member_*`; freed by trigger, drizzle/0012. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { GroupSession } from '../domain/group-session.ts'
import type { AppointmentId, GroupSessionId, PatientId } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'
import * as groups from './group-sessions.ts'

/** Those of the appointments that have a seat now. */
export async function seated(tx: Tx, appointmentIds: readonly AppointmentId[]): Promise<Set<AppointmentId>> {
  const rows = await tx.execute<{ id: AppointmentId }>(sql`
    select appointment_id as id from group_member
    where appointment_id = any(${sql.param([...appointmentIds])}::uuid[]) and status = 'seated'`)
  return new Set(rows.map(({ id }) => id))
}

/** The session in which the appointment has its seat, or had it when it was lost; its row locked: after the enrolment, before any resource. */
export async function lockSessionOf(
  tx: Tx,
  { id, start }: Pick<Appointment, 'id' | 'start'>,
): Promise<GroupSession | undefined> {
  const [row] = await tx.execute<{ id: GroupSessionId }>(sql`
    select g.id from group_session g join group_member m on m.session_id = g.id
    where m.appointment_id = ${id} and g.starts_at = ${instantText(start)}
    order by m.updated_at desc limit 1 for no key update of g`)
  return row && groups.byId(tx, row.id)
}

/** A seat for the visit that has lost its own; the calendar's sequence rises. */
export async function seatAgain(
  tx: Tx,
  sessionId: GroupSessionId,
  appointmentId: AppointmentId,
  seat: number,
  at: Instant,
): Promise<void> {
  await tx.execute(sql`
    update group_member set status = 'seated', seat = ${seat}::smallint, sequence = sequence + 1, updated_at = ${instantText(at)}
    where session_id = ${sessionId} and appointment_id = ${appointmentId} and status = 'left'`)
}

/** Of those who sit in a session, in the order of all bookings: before their enrolments, before the session. */
export const lockPatients = async (tx: Tx, ids: readonly PatientId[]): Promise<void> => {
  await tx.execute(
    sql`select from patient where id = any(${sql.param([...ids])}::uuid[]) order by id for no key update`,
  )
}
