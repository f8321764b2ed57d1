/** Group sessions: what one is, who may lead it, on which days a rule puts it (contract.md §5). Pure; instants, minutes where named so. */
import { daysOf, goesOnAfter, parsePattern } from './availability.ts'
import type { Clinician } from './clinician.ts'
import type { AppointmentId, ClinicId, ClinicianId, GroupSessionId, PatientId, RoomId } from './ids.ts'
import type { Participant } from './itinerary.ts'
import type { ClinicalRole } from './program.ts'
import { err, ok, type Result } from './result.ts'
import { addDays, atLocal, dayOf, type Instant, type LocalDate, timeOf, type ZoneId } from './time.ts'

export type GroupStatus = 'scheduled' | 'cancelled' | 'needs-replanning'
export type SeatStatus = 'seated' | 'waiting' | 'left' | 'cancelled'

/** How a refusal names the visit of a group that is of no program. */
export const GROUP_VISIT = 'group-session'

export type GroupSession = {
  readonly id: GroupSessionId
  /** Occurrences of one rule share it. */
  readonly seriesId: string
  readonly clinicId: ClinicId
  readonly roomId: RoomId
  readonly title: { readonly en: string; readonly fr: string }
  readonly start: Instant
  readonly end: Instant
  readonly timeZone: ZoneId
  readonly seats: number
  readonly taken: number
  readonly status: GroupStatus
  /** The visit of a program that its members come for; null: a group of its own. */
  readonly programKey: string | null
  readonly visitKey: string | null
  readonly staff: readonly Participant[]
  readonly revision: number
}

export type GroupMember = {
  readonly sessionId: GroupSessionId
  readonly patientId: PatientId
  readonly uid: string
  readonly seat: number | null
  readonly status: SeatStatus
  /** From 1 on, of one who waits. */
  readonly position: number | null
  readonly appointmentId: AppointmentId | null
  readonly sequence: number
  readonly updatedAt: Instant
}

/** Nobody can join, leave or cancel what is over. */
export const isOver = ({ end }: Pick<GroupSession, 'end'>, now: Instant): boolean => end <= now

/** How far ahead a rule reaches at most, one occurrence a day; and how far one without an end is followed (J). */
const MAX_DAYS = 366
const OPEN_ENDED_DAYS = 184

export type Recurrence = {
  readonly start: Instant
  /** RFC 5545, counted from the local day of `start`; absent: once. */
  readonly rrule: string | undefined
  readonly exceptDates: readonly LocalDate[]
}

/** Why a recurrence is refused: the field, and what is wrong with it. */
export type BadRecurrence = { readonly path: string; readonly message: string }

/** The starts, in order, each at the same wall time; refused when the clocks skip one, when the rule leaves `start` out or never ends in a year. */
export function startsOf({ start, rrule, exceptDates }: Recurrence, zone: ZoneId): Result<Instant[], BadRecurrence> {
  if (rrule === undefined) return ok([start])
  const [first, time] = [dayOf(start, zone), timeOf(start, zone)]
  const pattern = parsePattern(rrule, first, { startTime: time, zone })
  if (!pattern.ok) return err({ path: 'rrule', message: pattern.error })
  const ends = /(?:^|;)(?:COUNT|UNTIL)=/i.test(rrule)
  const last = addDays(first, ends ? MAX_DAYS : OPEN_ENDED_DAYS)
  const days = daysOf(pattern.value, first, last)
  if (days[0] !== first) return err({ path: 'rrule', message: `does not fall on ${first}, the day of start` })
  if (ends && goesOnAfter(pattern.value, last))
    return err({ path: 'rrule', message: `goes on for more than ${MAX_DAYS} days` })
  const missing = exceptDates.findIndex((day) => !days.includes(day))
  if (missing >= 0) return err({ path: `exceptDates[${missing}]`, message: 'is no day of the rule' })
  const starts: Instant[] = []
  for (const day of days.filter((d) => !exceptDates.includes(d))) {
    const at = day === first ? ok(start) : atLocal(day, time, zone)
    if (!at.ok) return err({ path: 'rrule', message: `${time} does not exist on ${day}: the clocks change` })
    starts.push(at.value)
  }
  return starts.length > 0 ? ok(starts) : err({ path: 'exceptDates', message: 'leave no occurrence' })
}

/** Roles that may lead a group; one of those who do is a therapist (J). */
const LEADING: readonly ClinicalRole[] = ['therapist', 'nurse', 'prescriber']

/** As what a facilitator is there; undefined: may not be. */
export const facilitatingAs = ({ roles }: Pick<Clinician, 'roles'>): ClinicalRole | undefined =>
  LEADING.find((role) => roles.includes(role))

/** Who facilitates: of a program's visit its therapists, else everyone. */
export const facilitatorsOf = ({ staff, programKey }: Pick<GroupSession, 'staff' | 'programKey'>): ClinicianId[] => [
  ...new Set(
    staff.flatMap(({ role, clinicianId }) => (programKey === null || role === 'therapist' ? [clinicianId] : [])),
  ),
]

/** The first facilitator who may not lead, or who would have to be a therapist. */
export function wrongFacilitator(people: readonly Clinician[]): { id: ClinicianId; detail: string } | undefined {
  const stranger = people.find((person) => facilitatingAs(person) === undefined)
  if (stranger) return { id: stranger.id, detail: `a group is led by ${LEADING.join(', ')}` }
  const [first] = people
  return first && !people.some(({ roles }) => roles.includes('therapist'))
    ? { id: first.id, detail: 'one facilitator is a therapist' }
    : undefined
}
