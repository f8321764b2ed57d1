/** How group sessions and seats look outside: wire schemas and the functions that make them (contract.md §5). Pure. */
import { z } from 'zod'
import { facilitatorsOf, type GroupMember, type GroupSession } from '../domain/group-session.ts'
import { AppointmentId, ClinicId, ClinicianId, GroupSessionId, PatientId, RoomId } from '../domain/ids.ts'
import { minutesBetween, type ZoneId } from '../domain/time.ts'
import type { SkippedOccurrence } from '../services/staff-group.ts'
import { ParticipantOut, presentParticipant } from './present.ts'
import { InstantOut, Localised, toWire } from './wire.ts'

export const SeatOut = z.object({
  groupSessionId: GroupSessionId,
  patientId: PatientId,
  status: z.enum(['seated', 'waiting', 'left', 'cancelled']),
  seat: z.number().int().nullable(),
  position: z.number().int().nullable().describe('in the queue'),
  appointmentId: AppointmentId.nullable().describe('the visit, where it is a program’s'),
})
export const GroupOut = z.object({
  id: GroupSessionId,
  seriesId: z.guid().describe('the occurrences of one rule share it'),
  clinicId: ClinicId,
  roomId: RoomId,
  title: Localised,
  facilitatorIds: z.array(ClinicianId),
  participants: z.array(ParticipantOut),
  start: InstantOut,
  end: InstantOut,
  timeZone: z.string(),
  minutes: z.number().int(),
  seats: z.number().int(),
  seatsTaken: z.number().int(),
  seatsFree: z.number().int(),
  status: z.enum(['scheduled', 'cancelled', 'needs-replanning']),
  programKey: z.string().nullable(),
  visitKey: z.string().nullable(),
  revision: z.number().int(),
})
export const ReadGroupOut = GroupOut.extend({
  members: z.array(SeatOut).describe('by seat'),
  waiting: z.array(SeatOut).describe('in their order'),
})
const ConflictOut = z.object({
  visitKey: z.string(),
  kind: z.enum(['clinician', 'room', 'patient', 'supervision']),
  id: z.guid(),
  start: InstantOut,
  end: InstantOut,
})
export const ScheduledOut = z.object({
  sessions: z.array(GroupOut),
  skipped: z.array(z.object({ start: InstantOut, end: InstantOut, conflicts: z.array(ConflictOut) })),
})

export function presentGroup(session: GroupSession): z.infer<typeof GroupOut> {
  const { timeZone, taken, staff, ...rest } = session
  return {
    ...rest,
    facilitatorIds: facilitatorsOf(session),
    participants: staff.map((part) => presentParticipant(part, timeZone)),
    start: toWire(session.start, timeZone),
    end: toWire(session.end, timeZone),
    timeZone,
    minutes: minutesBetween(session.start, session.end),
    seatsTaken: taken,
    seatsFree: session.seats - taken,
  }
}
export const presentSeat = ({
  sessionId,
  patientId,
  status,
  seat,
  position,
  appointmentId,
}: GroupMember): z.infer<typeof SeatOut> => ({
  groupSessionId: sessionId,
  patientId,
  status,
  seat,
  position,
  appointmentId,
})
export const presentRead = ({ session, members }: { session: GroupSession; members: readonly GroupMember[] }) => ({
  ...presentGroup(session),
  members: members.filter(({ status }) => status === 'seated').map(presentSeat),
  waiting: members.filter(({ status }) => status === 'waiting').map(presentSeat),
})
export const presentSkipped = ({ start, end, conflicts }: SkippedOccurrence, zone: ZoneId) => ({
  start: toWire(start, zone),
  end: toWire(end, zone),
  conflicts: conflicts.map(({ visitKey, kind, id, ...span }) => ({
    visitKey,
    kind,
    id,
    start: toWire(span.start, zone),
    end: toWire(span.end, zone),
  })),
})
