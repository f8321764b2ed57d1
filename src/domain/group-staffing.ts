/** Who and what a group session takes: those who facilitate, or all that the visit of a program asks for. Pure; minutes from its start. */
import type { Clinician } from './clinician.ts'
import { facilitatingAs, GROUP_VISIT } from './group-session.ts'
import type { ClinicianId } from './ids.ts'
import { type ClinicalRole, type Program, type RoomKind, type VisitTemplate, visitOf } from './program.ts'
import { err, ok, type Result } from './result.ts'

export type GroupPart = {
  readonly as: string
  readonly role: ClinicalRole
  readonly shared: boolean
  readonly from: number
  readonly to: number
}
export type GroupShape = {
  readonly visitKey: string
  /** Its people's part counts towards their doses of the day. */
  readonly dose: boolean
  readonly minutes: number
  /** Null: whichever room. */
  readonly roomKind: RoomKind | null
  /** Turnover included. */
  readonly roomMinutes: number
  readonly parts: readonly GroupPart[]
  /** By `as`: those who are named. */
  readonly named: ReadonlyMap<string, ClinicianId>
}

/** A group of its own: everyone facilitates from beginning to end. */
export const ownShape = (people: readonly Clinician[], minutes: number): GroupShape => ({
  visitKey: GROUP_VISIT,
  dose: false,
  minutes,
  roomKind: null,
  roomMinutes: minutes,
  parts: people.map((person, i) => ({
    as: `facilitator-${i + 1}`,
    role: facilitatingAs(person) ?? 'therapist',
    shared: false,
    from: 0,
    to: minutes,
  })),
  named: new Map(people.map(({ id }, i) => [`facilitator-${i + 1}`, id])),
})

type Named = { readonly as: string; readonly clinicianId: ClinicianId }
type Asked = {
  readonly visitKey: string
  readonly facilitatorIds: readonly ClinicianId[]
  readonly participants: readonly Named[]
  readonly minutes: number
  readonly seats: number
}

/** Of a program's visit: facilitators take its therapists' parts in order, others may be named. The error names the field. */
export function visitShape(
  program: Program,
  asked: Asked,
  patientsPerNurse: number,
): Result<GroupShape, { path: string; message: string }> {
  const visit = visitOf(program, asked.visitKey)
  if (!visit?.group) return err({ path: 'visitKey', message: 'is no group visit of the program' })
  if (asked.minutes !== visit.minutes) return err({ path: 'minutes', message: `must be the visit’s ${visit.minutes}` })
  const leads = partsNamed(visit, 'therapist')
  if (asked.facilitatorIds.length !== leads.length)
    return err({ path: 'facilitatorIds', message: `must name ${leads.length}` })
  const nurses = partsNamed(visit, 'nurse').length
  if (nurses > 0 && asked.seats > nurses * patientsPerNurse)
    return err({ path: 'seats', message: `are more than ${nurses * patientsPerNurse}, by the clinic’s policy` })
  const known = new Set(visit.claims.flatMap((claim) => (claim.role ? [claim.as] : [])))
  const stray = asked.participants.findIndex(({ as }) => !known.has(as) || leads.includes(as))
  if (stray >= 0) return err({ path: `participants[${stray}].as`, message: 'is no other part of the visit' })
  const room = visit.claims.find((claim) => claim.roomKind)
  return ok({
    visitKey: visit.key,
    dose: visit.step === 'experience',
    minutes: visit.minutes,
    roomKind: room?.roomKind ?? null,
    roomMinutes: room?.to ?? visit.minutes,
    parts: visit.claims.flatMap(({ as, role, mode, from, to }) =>
      role ? [{ as, role, shared: mode === 'shared', from, to }] : [],
    ),
    named: new Map([
      ...leads.map((as, i) => [as, asked.facilitatorIds[i] as ClinicianId] as const),
      ...asked.participants.map(({ as, clinicianId }) => [as, clinicianId] as const),
    ]),
  })
}

/** Distinct `as` of a role, in the template's order. */
const partsNamed = ({ claims }: VisitTemplate, role: ClinicalRole): string[] => [
  ...new Set(claims.filter((claim) => claim.role === role).map((claim) => claim.as)),
]
