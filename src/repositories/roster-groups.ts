/** Group sessions as a roster shows them, in SQL: who leads, where, how many are coming. */
import { and, eq, gt, lt, ne, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { clinician, groupSession, groupStaff, room } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import { GROUP_VISIT } from '../domain/group-session.ts'
import type { ClinicId, GroupSessionId, RoomId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { RosterPart, RosterSubject, RosterVisit } from '../domain/roster.ts'
import type { Instant } from '../domain/time.ts'
import { sessionVisible } from './scope.ts'

function of(subject: RosterSubject): SQL {
  if (subject.kind === 'room') return eq(groupSession.roomId, subject.id)
  if (subject.kind === 'clinic') return eq(groupSession.clinicId, subject.id)
  return sql`exists (select 1 from group_staff own where own.session_id = ${groupSession.id} and own.clinician_id = ${subject.id})`
}

/** Every session that touches the window, except cancelled ones and those outside the caller's scope. In no order. */
export async function sessions(
  tx: Tx,
  caller: Caller,
  subject: RosterSubject,
  window: Interval<Instant>,
): Promise<RosterVisit[]> {
  const taken = sql<number>`(
    select count(*)::int from group_member m where m.session_id = ${groupSession.id} and m.status = 'seated')`
  const rows = await tx
    .select({ session: groupSession, room, part: groupStaff, displayName: clinician.displayName, taken })
    .from(groupSession)
    .innerJoin(room, eq(room.id, groupSession.roomId))
    .innerJoin(groupStaff, eq(groupStaff.sessionId, groupSession.id))
    .innerJoin(clinician, eq(clinician.id, groupStaff.clinicianId))
    .where(
      and(
        of(subject),
        lt(groupSession.start, window.end),
        gt(groupSession.end, window.start),
        ne(groupSession.status, 'cancelled'),
        sessionVisible(caller),
      ),
    )
    .orderBy(groupSession.id, groupStaff.ordinal)
  const found = new Map<string, RosterVisit & { parts: RosterPart[] }>()
  for (const { session, room: where, part, displayName, taken: seated } of rows) {
    const visit = found.get(session.id) ?? {
      appointmentId: null,
      group: { id: session.id as GroupSessionId, taken: seated, seats: session.seats },
      start: session.start,
      end: session.end,
      visitKey: session.visitKey ?? GROUP_VISIT,
      step: null,
      status: session.status === 'needs-replanning' ? ('needs-replanning' as const) : ('booked' as const),
      modality: 'in-person' as const,
      clinicId: session.clinicId as ClinicId,
      title: session.title as RosterVisit['title'],
      patient: null,
      room: { id: where.id as RoomId, name: where.name },
      flags: [],
      first: false,
      needsEscort: false,
      escortNamed: false,
      parts: [],
    }
    const { role, clinicianId, shared, start, end } = part
    visit.parts.push({
      role: role as RosterPart['role'],
      clinicianId: clinicianId as RosterPart['clinicianId'],
      displayName,
      shared,
      start,
      end,
    })
    found.set(session.id, visit)
  }
  return [...found.values()]
}
