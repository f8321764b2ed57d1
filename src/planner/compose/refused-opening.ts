/** Why one visit cannot be booked at one start and clinic, in the contract's refusals: people's own bars first, then what is taken, then what is off shift. Pure. */
import type { Clinic } from '../../domain/clinic.ts'
import { type Clinician, licensedOn, needsLicence } from '../../domain/clinician.ts'
import type { BusyTime, Calendar } from '../../domain/free-time.ts'
import { contains, type Interval, merge, overlaps } from '../../domain/interval.ts'
import { residenceOn } from '../../domain/patient.ts'
import type { Claim } from '../../domain/program.ts'
import type { Conflict, Refusal, StaffingCode } from '../../domain/refusal.ts'
import { speaksWithPatient, wishedFor } from '../../domain/staffing.ts'
import { addMinutes, dayOf, type Instant, MINUTE } from '../../domain/time.ts'
import { frameOf } from './frame.ts'
import type { OpeningWish } from './openings.ts'
import { patientTimes } from './patient-times.ts'
import { needsOf } from './protocol.ts'

type Asked = { readonly wish: OpeningWish; readonly clinic: Clinic; readonly start: Instant }
/** What keeps one person or room from one part of the visit. */
type Obstacle =
  | { readonly kind: 'unfit'; readonly refusal: Refusal }
  | { readonly kind: 'limit'; readonly refusal: Refusal }
  | { readonly kind: 'taken' | 'off'; readonly conflicts: readonly Conflict[] }

/** The lags and the gates have been judged: what is left is people, rooms and the patient's own time. */
export function refusedOpening(asked: Asked): Refusal {
  const parts = new Map<string, Claim[]>()
  for (const { claim } of needsOf(asked.wish.visit)) parts.set(claim.as, [...(parts.get(claim.as) ?? []), claim])
  const blocked: Obstacle[][] = []
  const fallback: Conflict[] = []
  for (const [as, claims] of parts) {
    const found = claims[0]?.roomKind ? roomObstacles(asked, as, claims) : peopleObstacles(asked, as, claims)
    const obstacles = found.filter((o) => o !== undefined)
    if (obstacles.length === found.length) blocked.push(obstacles)
    if (found.length > 0 && obstacles.length < found.length) fallback.push(...conflictsOf(asked, claims, ''))
  }
  const patient = patientConflicts(asked)
  for (const kind of ['unfit', 'limit'] as const) {
    // one fit person who is only busy makes it a matter of time, not of fitness
    const hopeless = blocked.find(
      (obstacles) => obstacles.length > 0 && obstacles.every((o) => rank(o) <= rank({ kind })),
    )
    const first = hopeless?.find((o) => o.kind === kind)
    if (first && 'refusal' in first) return first.refusal
  }
  const taken = blocked.flatMap((obstacles) => conflictsOfKind(obstacles, 'taken'))
  const off = blocked.flatMap((obstacles) =>
    obstacles.some((o) => o.kind === 'taken') ? [] : conflictsOfKind(obstacles, 'off'),
  )
  if (taken.length > 0 || patient.length > 0)
    return { code: 'resource-taken', conflicts: [...taken, ...patient, ...off] }
  return blocked.length > 0
    ? { code: 'outside-availability', conflicts: off }
    : { code: 'resource-taken', conflicts: fallback.filter((c) => c.id !== '') }
}

const RANKS = { unfit: 0, limit: 1, off: 2, taken: 3 } as const
const rank = ({ kind }: { kind: keyof typeof RANKS }): number => RANKS[kind]

const conflictsOfKind = (obstacles: readonly Obstacle[], kind: 'taken' | 'off'): Conflict[] =>
  obstacles.flatMap((o) => (o.kind === kind ? o.conflicts : []))

/** One answer per candidate; undefined: nothing is in the way. */
function peopleObstacles(asked: Asked, as: string, claims: readonly Claim[]): (Obstacle | undefined)[] {
  const { wish } = asked
  const named = wish.only[as]
  const role = claims[0]?.role
  const people = wish.facts.clinicians.filter((c) => (named ? named.includes(c.id) : role && c.roles.includes(role)))
  // who leads what is booked, and never works at this clinic
  const absent = (named ?? []).filter((id) => people.every((c) => c.id !== id))
  const elsewhere = absent.map((id): Obstacle => ({ kind: 'off', conflicts: conflictsOf(asked, claims, id) }))
  const here = people.map((person): Obstacle | undefined => {
    const unfit = unfitFor(asked, person, claims)
    if (unfit) return { kind: 'unfit', refusal: unfit }
    const inTheWay = timeObstacle(asked, claims, person.id, (claim) =>
      claim.mode === 'shared' ? [person.supervisionId, person.supervisionCapacity] : [person.id, 1],
    )
    return inTheWay ?? limitObstacle(asked, person, claims)
  })
  return [...here, ...elsewhere]
}

function roomObstacles(asked: Asked, as: string, claims: readonly Claim[]): (Obstacle | undefined)[] {
  const named = asked.wish.only[as]
  const rooms = asked.wish.facts.rooms.filter((room) =>
    named ? named.includes(room.id) : room.kind === claims[0]?.roomKind && room.clinicId === asked.clinic.id,
  )
  return rooms.map((room) => timeObstacle(asked, claims, room.id, () => [room.id, 1]))
}

function unfitFor({ wish, clinic, start }: Asked, person: Clinician, claims: readonly Claim[]): Refusal | undefined {
  const { visit, facts } = wish
  const day = dayOf(start, clinic.timeZone)
  const province = visit.modality[0] === 'in-person' ? clinic.province : residenceOn(facts.patient, day)
  const no = (code: StaffingCode, detail: string): Refusal => ({
    code,
    clinicianId: person.id,
    visitKey: visit.key,
    detail,
  })
  for (const { role } of claims) {
    if (!role) continue
    if (!person.roles.includes(role)) return no('wrong-role', `does not serve as ${role}`)
    if (needsLicence(role) && !licensedOn(person.licences, province, day))
      return no('not-licensed', `no licence for ${province} is valid on ${day}`)
    if (!speaksWithPatient(role, person, facts.patient.careLanguages))
      return no('wrong-language', `speaks none of ${facts.patient.careLanguages.join(', ')}`)
    if (!wishedFor(role, person, facts.enrolment.therapist))
      return {
        code: 'not-eligible',
        reasons: [
          { rule: 'therapist', visitKey: visit.key, source: 'enrolment', detail: 'the patient asks for someone else' },
        ],
      }
  }
  return undefined
}

function limitObstacle(
  { wish, clinic, start }: Asked,
  person: Clinician,
  claims: readonly Claim[],
): Obstacle | undefined {
  const { facts, visit } = wish
  if (visit.step !== 'experience' || claims.every((c) => c.mode === 'shared')) return undefined
  if (facts.wish.setAside.includes('limit')) return undefined
  const day = dayOf(start, clinic.timeZone)
  const limit = person.limits.dosesPerDay
  const doses = busyOf(facts.calendars, person.id).filter(
    (b) => b.dose && dayOf((b.start * MINUTE) as Instant, clinic.timeZone) === day,
  )
  if (doses.length < limit) return undefined
  return {
    kind: 'limit',
    refusal: {
      code: 'limit-exceeded',
      clinicianId: person.id,
      visitKey: visit.key,
      detail: `more than ${limit} doses on ${day}`,
    },
  }
}

/** `resource`: what the claim takes of this person or room, and how many may take it at once. */
function timeObstacle(
  asked: Asked,
  claims: readonly Claim[],
  id: string,
  resource: (claim: Claim) => readonly [string, number],
): Obstacle | undefined {
  const { calendars } = asked.wish.facts
  const off: Claim[] = []
  const taken: Claim[] = []
  for (const claim of claims) {
    const [resourceId, lanes] = resource(claim)
    const part = partOf(asked.start, claim)
    const shifts = calendars
      .find((c) => c.resourceId === resourceId)
      ?.shifts.filter(([, , clinicId]) => clinicId === asked.clinic.id)
    if (!merge((shifts ?? []).map(([from, to]) => ({ start: from, end: to }))).some((s) => contains(s, part)))
      off.push(claim)
    else if (mostAtOnce(busyOf(calendars, resourceId), part) >= lanes) taken.push(claim)
  }
  if (off.length > 0) return { kind: 'off', conflicts: conflictsOf(asked, off, id) }
  return taken.length > 0 ? { kind: 'taken', conflicts: conflictsOf(asked, taken, id) } : undefined
}

const busyOf = (calendars: readonly Calendar[], id: string): readonly BusyTime[] =>
  calendars.find((c) => c.resourceId === id)?.busy ?? []

/** Minutes since 1970, as calendars count them. */
const partOf = (start: Instant, claim: Claim): Interval => ({
  start: start / MINUTE + claim.from,
  end: start / MINUTE + claim.to,
})

/** How many of the intervals overlap at once, somewhere inside `part`: the most is reached where one of them begins. */
function mostAtOnce(busy: readonly BusyTime[], part: Interval): number {
  const inside = busy.filter((b) => overlaps(b, part))
  return Math.max(
    0,
    ...inside.map(({ start }) => {
      const at = Math.max(start, part.start)
      return inside.filter((b) => b.start <= at && at < b.end).length
    }),
  )
}

const conflictsOf = ({ wish, clinic, start }: Asked, claims: readonly Claim[], id: string): Conflict[] =>
  claims.map((claim) => ({
    visitKey: wish.visit.key,
    kind: claim.roomKind ? 'room' : claim.mode === 'shared' ? 'supervision' : 'clinician',
    id,
    start: addMinutes(start, claim.from),
    end: addMinutes(start, claim.to),
    timeZone: clinic.timeZone,
  }))

/** The patient is booked elsewhere then, or has said that they cannot come. */
function patientConflicts({ wish, clinic, start }: Asked): Conflict[] {
  const { facts, visit } = wish
  const frame = frameOf({ ...facts, fixed: [] })
  const end = addMinutes(start, visit.minutes)
  const asked = { start: frame.minuteOf(start), end: frame.minuteOf(end) }
  const away = patientTimes(facts, frame).unavailable.some(([from, to]) => overlaps({ start: from, end: to }, asked))
  return away
    ? [{ visitKey: visit.key, kind: 'patient', id: facts.patient.id, start, end, timeZone: clinic.timeZone }]
    : []
}
