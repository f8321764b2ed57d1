/** Events of group sessions: ids and times only; whose seat it is when it is one member's. */
import type { Tx } from '../db/client.ts'
import type { GroupSession } from '../domain/group-session.ts'
import type { PatientId } from '../domain/ids.ts'
import { toWire } from '../domain/time.ts'
import * as events from '../repositories/events.ts'

export type GroupNews = {
  readonly type: Extract<events.NewEvent['type'], `group-session.${string}`>
  readonly session: GroupSession
  readonly patientId?: PatientId
}

export const tellOfGroups = (tx: Tx, news: readonly GroupNews[]): Promise<void> =>
  events.append(
    tx,
    news.map(({ type, session, patientId }) => ({
      type,
      enrolmentId: null,
      clinicId: session.clinicId,
      subject: {
        groupSessionId: session.id,
        ...(patientId ? { patientId } : {}),
        start: toWire(session.start, session.timeZone),
        end: toWire(session.end, session.timeZone),
      },
    })),
  )
