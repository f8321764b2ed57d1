/** What a booked visit takes, made again from the record of who takes part and its template. Pure. */
import type { Appointment } from './appointment.ts'
import type { ResourceId } from './ids.ts'
import type { ClaimWish, PlacedVisit } from './itinerary.ts'
import type { VisitTemplate } from './program.ts'
import { addMinutes, minutesBetween } from './time.ts'

/** Minutes by which the room stays taken after the visit's end. */
export const turnoverMinutes = ({ minutes, claims }: Pick<VisitTemplate, 'minutes' | 'claims'>): number =>
  Math.max(0, ...claims.filter((claim) => claim.roomKind).map((claim) => claim.to - minutes))

/** `supervisionOf`: a clinician's supervision resource. A visit that was extended keeps its length. */
export function placedAgain(
  appointment: Appointment,
  template: VisitTemplate,
  supervisionOf: ReadonlyMap<string, ResourceId>,
): PlacedVisit {
  const { visitKey, step, start, end, timeZone, clinicId, roomId, modality, participants } = appointment
  const longer = minutesBetween(start, end) - template.minutes
  const people = participants.map(
    ({ clinicianId, shared, ...part }): ClaimWish => ({
      resourceId: ((shared && supervisionOf.get(clinicianId)) || clinicianId) as ResourceId,
      shared,
      start: part.start,
      end: part.end,
      kind: shared ? 'supervision' : 'clinician',
      id: clinicianId,
    }),
  )
  const rooms = roomId === null ? [] : template.claims.filter((claim) => claim.roomKind)
  return {
    ...{ visitKey, step, start, end, timeZone, clinicId, roomId, modality, participants },
    claims: [
      ...people,
      ...rooms.map(
        (claim): ClaimWish => ({
          resourceId: roomId as string as ResourceId,
          shared: false,
          start: addMinutes(start, claim.from),
          end: addMinutes(start, claim.to + (claim.to >= template.minutes ? longer : 0)),
          kind: 'room',
          id: roomId as string,
        }),
      ),
    ],
  }
}
