/**
 * One visit at one start: judges everything but the claims (start, gates, lags, continuity), then names who and which room serves it.
 * Named people and rooms are used or refused, the others are chosen: whoever has the visit already first, then the cheapest.
 */
import type { Tx } from '../db/client.ts'
import { type Appointment, endForLags, isFixedPoint } from '../domain/appointment.ts'
import type { Clinic } from '../domain/clinic.ts'
import { handoversRefused } from '../domain/continuity.ts'
import { gates } from '../domain/eligibility.ts'
import type { ClinicId, ClinicianId, RoomId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { datedOf, lagViolations } from '../domain/lags.ts'
import type { Modality, Program, VisitTemplate } from '../domain/program.ts'
import { invalid, type LagViolation, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, addMinutes, atLocal, dayOf, type Instant, MINUTE, startOfDay } from '../domain/time.ts'
import { type OpeningWish, openings } from '../planner/compose/openings.ts'
import { refusedOpening } from '../planner/compose/refused-opening.ts'
import * as claims from '../repositories/claims.ts'
import * as clinics from '../repositories/clinics.ts'
import { judgeStaff } from './judge-booking.ts'
import { loadOpening, loadPlaces } from './load-opening.ts'
import type { LockedEnrolment } from './lock-enrolment.ts'

export type PlaceWish = {
  readonly visit: VisitTemplate
  readonly modality: Modality
  readonly start: Instant
  readonly clinicId: ClinicId
  readonly roomId: RoomId | undefined
  readonly participants: readonly { readonly as: string; readonly clinicianId: ClinicianId }[]
  /** The appointment that moves. */
  readonly moving: Appointment | undefined
  /** What binds it by lags and continuity. */
  readonly binding: readonly Appointment[]
  readonly setAside: readonly string[]
  readonly now: Instant
  /** Lock everybody who could serve before choosing: what is chosen then cannot be taken meanwhile. */
  readonly lockAll: boolean
}

/** Where it takes place unless somebody says otherwise: in person if it can be, as the planner does. */
export const usualModality = (visit: VisitTemplate): Modality =>
  visit.modality.includes('in-person') ? 'in-person' : (visit.modality[0] ?? 'in-person')

export async function choosePlace(
  tx: Tx,
  locked: LockedEnrolment,
  asked: PlaceWish,
): Promise<Result<PlacedVisit, Refusal>> {
  const binding = asked.binding.filter((a) => isFixedPoint(a.status) && a.id !== asked.moving?.id)
  const wish = { ...asked, binding }
  const { visit, start, modality, clinicId, setAside } = wish
  const places = await loadPlaces(tx, locked)
  const clinic = places.clinics.find((c) => c.id === clinicId)
  if (!clinic) {
    const [elsewhere] = await clinics.byIds(tx, [clinicId])
    return err(elsewhere ? invalid('clinicId', 'is not one of the enrolment’s clinics') : notFound)
  }
  const misplaced = badStart(locked.program, clinic, wish) ?? badNames(wish)
  if (misplaced) return err(misplaced)
  const zone = clinic.timeZone
  const day = dayOf(start, zone)
  const query = {
    visit,
    modality,
    clinicIds: [clinicId],
    moving: wish.moving,
    binding,
    from: startOfDay(day, zone),
    // a visit lasts a day at most, and its turnover another
    until: startOfDay(addDays(day, 3), zone),
    setAside,
    named: namedIn(wish),
  }
  const seen = await loadOpening(tx, locked, places, query)
  const unknown = unknownNames(seen, wish)
  if (unknown) return err(unknown)
  const gated = { visitKey: visit.key, step: visit.step, requires: visit.requires, modality, day, clinic }
  const closed = gates({ ...seen.gates, visits: [gated] })
  if (closed) return err(closed)
  const violations = [...lagsBroken(locked.program, wish, clinic), ...continuityBroken(locked, wish)]
  if (violations.length > 0) return err({ code: 'lag-violated', violations })
  let known = seen
  if (wish.lockAll) {
    const everybody = seen.facts.calendars.map((calendar) => calendar.resourceId)
    await claims.lock(tx, everybody, locked.patient.id)
    known = await loadOpening(tx, locked, places, query)
  }
  const [placed] = openings(known, start, addMinutes(start, 1), 1)
  if (!placed) return err(refusedOpening({ wish: known, clinic, start }))
  // a licence may have changed since it was read
  const unfit = await judgeStaff(tx, [placed], locked.patient)
  return unfit ? err(unfit) : ok(placed)
}

/** In the past, off the program's grid, or beside the clinic's session times. */
function badStart(program: Program, clinic: Clinic, { visit, modality, start, now }: PlaceWish): Refusal | undefined {
  if (start < now) return invalid('start', 'is in the past')
  const zone = clinic.timeZone
  const day = dayOf(start, zone)
  if ((start - startOfDay(day, zone)) % (program.grid * MINUTE) !== 0)
    return invalid('start', `is not on the program’s grid of ${program.grid} minutes`)
  const kind = modality === 'in-person' ? visit.claims.find((c) => c.roomKind)?.roomKind : undefined
  const times = kind && clinic.policy.sessionTimes?.[kind]
  const isSession = times?.some((time) => {
    const at = atLocal(day, time, zone)
    return at.ok && at.value === start
  })
  return times && !isSession
    ? invalid('start', `is not one of the clinic’s session times ${times.join(', ')}`)
    : undefined
}

const roomPartOf = ({ visit, modality }: PlaceWish): string | undefined =>
  modality === 'in-person' ? visit.claims.find((c) => c.roomKind)?.as : undefined

function badNames(wish: PlaceWish): Refusal | undefined {
  const { visit, modality, participants, roomId } = wish
  if (!visit.modality.includes(modality)) return invalid('modality', `must be one of ${visit.modality.join(', ')}`)
  if (roomId && roomPartOf(wish) === undefined) return invalid('roomId', 'this visit takes no room')
  for (const [i, { as }] of participants.entries()) {
    if (!visit.claims.some((c) => c.role && c.as === as))
      return invalid(`participants[${i}].as`, 'is not a part of this visit')
    if (participants.findIndex((p) => p.as === as) < i) return invalid(`participants[${i}].as`, 'is named twice')
  }
  return undefined
}

function namedIn(wish: PlaceWish): Record<string, readonly string[]> {
  const named: Record<string, readonly string[]> = {}
  for (const { as, clinicianId } of wish.participants) named[as] = [clinicianId]
  const part = roomPartOf(wish)
  if (wish.roomId && part) named[part] = [wish.roomId]
  return named
}

function unknownNames({ facts }: OpeningWish, wish: PlaceWish): Refusal | undefined {
  if (wish.participants.some((p) => !facts.clinicians.some((c) => c.id === p.clinicianId))) return notFound
  if (!wish.roomId) return undefined
  const room = facts.rooms.find((r) => r.id === wish.roomId)
  if (!room) return notFound
  const kind = wish.visit.claims.find((c) => c.roomKind)?.roomKind
  return room.kind === kind ? undefined : invalid('roomId', `is not a room for ${kind}`)
}

function lagsBroken(program: Program, { visit, start, binding, setAside }: PlaceWish, clinic: Clinic): LagViolation[] {
  const placed = { visitKey: visit.key, start, end: addMinutes(start, visit.minutes), timeZone: clinic.timeZone }
  const others = binding.filter((a) => a.visitKey !== visit.key).map((a) => ({ ...a, end: endForLags(a) }))
  return lagViolations(program, [...others, placed].map(datedOf), new Set([visit.key]), {
    lag: setAside.includes('lag'),
    span: setAside.includes('span'),
  })
}

/** A named therapist who is not the one that leads what is booked. */
const continuityBroken = (
  { enrolment, program }: LockedEnrolment,
  { visit, binding, participants, setAside }: PlaceWish,
): LagViolation[] =>
  setAside.includes('continuity')
    ? []
    : handoversRefused(
        enrolment,
        program,
        [{ visitKey: visit.key, participants: participants.map((p) => ({ ...p, shared: false })) }],
        binding,
      )
