/** Staffs the occurrences of a group session: named people are used or refused, others chosen; then locks and judges every claim of each. */
import type { Tx } from '../db/client.ts'
import type { Clinic } from '../domain/clinic.ts'
import { type Clinician, licensedOn, needsLicence } from '../domain/clinician.ts'
import type { GroupSession } from '../domain/group-session.ts'
import type { GroupPart, GroupShape } from '../domain/group-staffing.ts'
import { type ClinicianId, ResourceId, type RoomId } from '../domain/ids.ts'
import { type Interval, merge } from '../domain/interval.ts'
import type { Participant } from '../domain/itinerary.ts'
import { freeLane } from '../domain/lanes.ts'
import { type Conflict, invalid, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, addMinutes, dayOf, type Instant, startOfDay } from '../domain/time.ts'
import * as claims from '../repositories/claims.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as groups from '../repositories/group-sessions.ts'

type Wish = claims.NewClaim & { readonly kind: Conflict['kind']; readonly id: string }
export type StaffedOccurrence = Interval<Instant> & { readonly staff: Participant[]; readonly wishes: Wish[] }

/** An occurrence that could not be had, and why. */
export type SkippedOccurrence = Interval<Instant> & { readonly conflicts: readonly Conflict[] }

/** The same people for every occurrence. Refuses roles and licences. */
export async function staffGroup(
  tx: Tx,
  clinic: Clinic,
  shape: GroupShape,
  roomId: RoomId,
  starts: readonly Instant[],
): Promise<Result<StaffedOccurrence[], Refusal>> {
  const named = await clinicians.withLicences(tx, [...new Set(shape.named.values())])
  const people = new Map(
    [...shape.named].flatMap(([as, id]) =>
      named.flatMap((person) => (person.id === id ? [[as, person] as const] : [])),
    ),
  )
  const days = starts.map((start) => dayOf(start, clinic.timeZone))
  for (const { as, role } of shape.parts) {
    const person = people.get(as)
    const unfit = person && unfitFor(person, role, clinic, days)
    if (unfit) return err({ ...unfit, clinicianId: person.id, visitKey: shape.visitKey })
  }
  const missing = [...new Set(shape.parts.map(({ as }) => as))].filter((as) => !people.has(as))
  const staff = missing.length > 0 ? await clinicians.atClinics(tx, [clinic.id]) : []
  for (const as of missing) {
    const parts = shape.parts.filter((part) => part.as === as)
    const taken = new Set<string>([...people.values()].map(({ id }) => id))
    const fit = staff.filter(
      (person) => !taken.has(person.id) && parts.every(({ role }) => !unfitFor(person, role, clinic, days)),
    )
    const chosen = await firstFree(tx, fit, parts, clinic, shape, starts)
    if (!chosen) return err(invalid('participants', `nobody at the clinic can be ${as}`))
    people.set(as, chosen)
  }
  return ok(starts.map((start) => occurrenceOf(clinic, shape, roomId, people, start)))
}

type Unfit = { readonly code: 'wrong-role' | 'not-licensed'; readonly detail: string }

function unfitFor(
  person: Clinician,
  role: GroupPart['role'],
  clinic: Clinic,
  days: readonly string[],
): Unfit | undefined {
  if (!person.roles.includes(role)) return { code: 'wrong-role', detail: `is not a ${role}` }
  const stranger = days.find((day) => needsLicence(role) && !licensedOn(person.licences, clinic.province, day as never))
  return stranger ? { code: 'not-licensed', detail: `no licence for ${clinic.province} on ${stranger}` } : undefined
}

/** Free each time; failing that the first, whose conflicts will be told. */
async function firstFree(
  tx: Tx,
  fit: readonly Clinician[],
  parts: readonly GroupPart[],
  clinic: Clinic,
  shape: GroupShape,
  starts: readonly Instant[],
): Promise<Clinician | undefined> {
  const order = fit.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const wishes = order.flatMap((person) => starts.flatMap((start) => personWishes(clinic, shape, parts, person, start)))
  const standings = wishes.length > 0 ? await claims.standings(tx, wishes) : []
  const blocked = new Set<string>()
  for (const [i, wish] of wishes.entries()) {
    const lanes = wish.shared ? (order.find(({ id }) => id === wish.id)?.supervisionCapacity ?? 1) : 1
    const standing = standings[i]
    if (!standing?.covered || freeLane(standing.taken, wish, lanes) === undefined) blocked.add(wish.id)
  }
  return order.find(({ id }) => !blocked.has(id)) ?? order[0]
}

/** Parts of one person that touch or overlap are one claim. */
function personWishes(
  clinic: Clinic,
  { visitKey, dose }: GroupShape,
  parts: readonly GroupPart[],
  person: Clinician,
  start: Instant,
): Wish[] {
  const wishes = (shared: boolean): Wish[] =>
    merge(
      parts
        .filter((part) => part.shared === shared)
        .map(({ from, to }) => ({ start: addMinutes(start, from), end: addMinutes(start, to) })),
    ).map((span) => ({
      ...span,
      resourceId: shared ? person.supervisionId : person.id,
      clinicId: clinic.id,
      visitKey,
      shared,
      dose: dose && !shared,
      kind: shared ? 'supervision' : 'clinician',
      id: person.id,
    }))
  return [...wishes(false), ...wishes(true)]
}

function occurrenceOf(
  clinic: Clinic,
  shape: GroupShape,
  roomId: RoomId,
  people: ReadonlyMap<string, Clinician>,
  start: Instant,
): StaffedOccurrence {
  const { visitKey, parts, minutes, roomMinutes } = shape
  const room: Wish = {
    start,
    end: addMinutes(start, roomMinutes),
    resourceId: ResourceId.parse(roomId),
    clinicId: clinic.id,
    visitKey,
    shared: false,
    dose: false,
    kind: 'room',
    id: roomId,
  }
  return {
    start,
    end: addMinutes(start, minutes),
    staff: parts.flatMap(({ as, role, shared, from, to }): Participant[] => {
      const person = people.get(as)
      const clinicianId = person?.id as ClinicianId
      return person
        ? [{ as, role, clinicianId, shared, start: addMinutes(start, from), end: addMinutes(start, to) }]
        : []
    }),
    wishes: [
      room,
      ...[...people].flatMap(([as, person]) =>
        personWishes(
          clinic,
          shape,
          parts.filter((part) => part.as === as),
          person,
          start,
        ),
      ),
    ],
  }
}

type Planned = { readonly session: GroupSession; readonly wishes: readonly Wish[] }
type Fitting = { readonly session: GroupSession; readonly wishes: (Wish & { readonly lane: number })[] }

/** Which occurrences can be had; the refusal names every claim of every one that cannot. Locks what they claim. */
export async function judgeOccurrences(
  tx: Tx,
  planned: readonly Planned[],
  clinic: Clinic,
): Promise<{ fitting: Fitting[]; skipped: SkippedOccurrence[]; refusal: Refusal | undefined }> {
  const wishes = planned.flatMap((one) => one.wishes)
  const lanes = await groups.lockResources(
    tx,
    wishes.map((wish) => wish.resourceId),
  )
  const standings = new Map((await claims.standings(tx, wishes)).map((standing, i) => [wishes[i], standing]))
  const fitting: Fitting[] = []
  const skipped: SkippedOccurrence[] = []
  let taken = false
  for (const { session, wishes: own } of planned) {
    const laned: Fitting['wishes'] = []
    const conflicts: Conflict[] = []
    for (const wish of own) {
      const standing = standings.get(wish)
      const lane = freeLane(standing?.taken ?? [], wish, wish.shared ? (lanes.get(wish.resourceId) ?? 1) : 1)
      const free = standing?.covered && (wish.shared ? lane !== undefined : standing.taken.length === 0)
      if (free) laned.push({ ...wish, lane: lane ?? 1 })
      else {
        taken ||= standing?.covered ?? false
        const { visitKey, kind, id, start, end } = wish
        conflicts.push({ visitKey, kind, id, start, end, timeZone: clinic.timeZone })
      }
    }
    if (conflicts.length > 0) skipped.push({ start: session.start, end: session.end, conflicts })
    else fitting.push({ session, wishes: laned })
  }
  const conflicts = skipped.flatMap((one) => one.conflicts)
  const refusal: Refusal | undefined =
    conflicts.length > 0
      ? { code: taken ? 'resource-taken' : 'outside-availability', conflicts: [...conflicts] }
      : await overLimit(tx, fitting, clinic)
  return { fitting, skipped, refusal }
}

/** The first whose doses of a day, this group among them, exceed the limit. A group is one dose for each who takes part. */
async function overLimit(tx: Tx, fitting: readonly Fitting[], { timeZone }: Clinic): Promise<Refusal | undefined> {
  const doses = fitting.flatMap(({ wishes }) => {
    const people = [...new Set(wishes.filter((wish) => wish.dose).map((wish) => wish.resourceId))]
    return people.map((resourceId) => {
      const { start, visitKey } = wishes.find((wish) => wish.resourceId === resourceId) as Wish
      const day = dayOf(start, timeZone)
      return { resourceId, visitKey, day, start: startOfDay(day, timeZone), end: startOfDay(addDays(day, 1), timeZone) }
    })
  })
  if (doses.length === 0) return undefined
  const booked = await claims.dosesWithin(tx, doses)
  const staff = await clinicians.withLicences(tx, [...new Set(doses.map((d) => d.resourceId as ClinicianId))])
  const over = doses.findIndex(
    ({ resourceId }, i) =>
      (booked[i] ?? 0) + 1 > (staff.find(({ id }) => id === resourceId)?.limits.dosesPerDay ?? Infinity),
  )
  const dose = doses[over]
  return (
    dose && {
      code: 'limit-exceeded',
      clinicianId: dose.resourceId,
      visitKey: dose.visitKey,
      detail: `${dose.day}: no more doses that day`,
    }
  )
}
