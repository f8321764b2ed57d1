/** Events of group sessions: ids and times only; of one member's seat also whose it is, and the sequence of its calendar. */
import type { Tx } from '../db/client.ts'
import type { GroupSession } from '../domain/group-session.ts'
import type { PatientId } from '../domain/ids.ts'
import { toWire } from '../domain/time.ts'
import * as events from '../repositories/events.ts'
import * as members from '../repositories/group-members.ts'

export type GroupNews = {
  readonly type: Extract<events.NewEvent['type'], `group-session.${string}`>
  readonly session: GroupSession
  readonly patientId?: PatientId
}

/** After the change itself. */
export async function tellOfGroups(tx: Tx, news: readonly GroupNews[]): Promise<void> {
  const ofSeats = new Set(news.flatMap(({ session, patientId }) => (patientId ? [session.id] : [])))
  const seats = new Map<string, number>()
  for (const id of ofSeats)
    for (const { patientId, sequence } of await members.ofSession(tx, id)) seats.set(`${id} ${patientId}`, sequence)
  const seatOf = ({ session, patientId }: GroupNews) =>
    patientId ? { patientId, sequence: seats.get(`${session.id} ${patientId}`) ?? 0 } : {}
  return events.append(
    tx,
    news.map((one) => ({
      type: one.type,
      enrolmentId: null,
      clinicId: one.session.clinicId,
      subject: {
        groupSessionId: one.session.id,
        ...seatOf(one),
        start: toWire(one.session.start, one.session.timeZone),
        end: toWire(one.session.end, one.session.timeZone),
      },
    })),
  )
}
