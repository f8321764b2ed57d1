/**
 * Takes every claim of some placed visits, or none: locks the resources in id order, lets what has expired go, judges each claim, inserts
 * all. The patient and the enrolment are locked by the caller, in that order. The temporal keys have the last word (architecture.md §2).
 */
import type { Tx } from '../db/client.ts'
import { ClinicianId } from '../domain/ids.ts'
import type { ClaimWish, PlacedVisit } from '../domain/itinerary.ts'
import { cluster, colour, freeLane, type Laned } from '../domain/lanes.ts'
import type { Conflict, Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, dayOf, type Instant, startOfDay } from '../domain/time.ts'
import * as claims from '../repositories/claims.ts'
import * as clinicians from '../repositories/clinicians.ts'

export type Taking = {
  readonly patientId: string
  readonly enrolmentId: string
  readonly visits: readonly PlacedVisit[]
  readonly owner: claims.Owner
  /** Appointments that these visits replace: a booking frees all of their claims, a hold only those in its own way. */
  readonly replaces: readonly string[]
  /** Set aside by an override. */
  readonly ignoreLimit: boolean
}

type Wish = claims.NewClaim & Pick<ClaimWish, 'kind' | 'id'> & Pick<PlacedVisit, 'timeZone'>

export async function takeClaims(tx: Tx, taking: Taking): Promise<Result<void, Refusal>> {
  const judged = await judgeClaims(tx, taking)
  if (!judged.ok) return judged
  await insertClaims(tx, taking, judged.value)
  return ok(undefined)
}

/** Locks, lets what has expired or is replaced go, and finds a lane for each claim: what `insertClaims` is to insert. */
export async function judgeClaims(tx: Tx, taking: Taking): Promise<Result<claims.LanedClaim[], Refusal>> {
  const { visits, patientId } = taking
  const wishes = visits.flatMap(wishesOf)
  const times = timesOf(visits)
  const resourceIds = wishes.map((w) => w.resourceId)
  // sent together, answered in this order: all is read under the locks, when what must go is gone
  const [lanes, , standings, elsewhere, limited] = await Promise.all([
    claims.lock(tx, resourceIds, patientId),
    letReplacedGo(tx, taking, wishes),
    claims.standings(tx, wishes),
    claims.patientTaken(tx, patientId, times),
    taking.ignoreLimit ? undefined : overLimit(tx, visits),
  ])
  const laned = await assignLanes(tx, wishes, standings, lanes)
  const taken = [
    ...laned.flatMap((lane, i) => (lane === undefined && standings[i]?.covered ? [conflictOf(wishes[i] as Wish)] : [])),
    ...times.flatMap((t, i) => (elsewhere[i] ? [{ ...t, kind: 'patient' as const, id: patientId }] : [])),
  ]
  const outside = wishes.filter((_, i) => !standings[i]?.covered).map(conflictOf)
  if (taken.length > 0) return err({ code: 'resource-taken', conflicts: [...taken, ...outside] })
  if (outside.length > 0) return err({ code: 'outside-availability', conflicts: outside })
  if (limited) return err(limited)
  return ok(wishes.flatMap((wish, i) => laned[i]?.map((lane) => ({ ...wish, lane })) ?? []))
}

export async function insertClaims(
  tx: Tx,
  { visits, patientId, enrolmentId, owner }: Taking,
  laned: readonly claims.LanedClaim[],
): Promise<void> {
  await Promise.all([
    claims.insert(tx, laned, enrolmentId, owner),
    claims.insertPatientTimes(tx, patientId, timesOf(visits), owner),
  ])
}

const timesOf = (visits: readonly PlacedVisit[]) =>
  visits.map(({ visitKey, start, end, timeZone }) => ({ visitKey, start, end, timeZone }))

async function letReplacedGo(tx: Tx, { replaces, owner }: Taking, wishes: readonly Wish[]): Promise<void> {
  if (replaces.length === 0) return
  if ('itineraryId' in owner) await claims.releaseOverlapping(tx, replaces, wishes)
  else await claims.release(tx, { appointmentIds: replaces })
}

/** One claim per resource and stretch of time: parts of one visit that touch or overlap on one resource are one claim. */
function wishesOf(visit: PlacedVisit): Wish[] {
  const out: Wish[] = []
  for (const claim of [...visit.claims].sort((a, b) => a.start - b.start)) {
    const open = out.find((w) => w.resourceId === claim.resourceId && claim.start <= w.end)
    if (open) out[out.indexOf(open)] = { ...open, end: Math.max(open.end, claim.end) as Instant }
    else
      out.push({
        ...claim,
        clinicId: visit.clinicId,
        timeZone: visit.timeZone,
        visitKey: visit.visitKey,
        dose: visit.step === 'experience' && claim.kind === 'clinician',
      })
  }
  return out
}

const conflictOf = ({ visitKey, kind, id, start, end, timeZone }: Wish): Conflict => ({
  visitKey,
  kind,
  id,
  start,
  end,
  timeZone,
})

/** Lanes per wish: all of them for an exclusive claim, the lowest free one for a shared claim; undefined: taken. */
async function assignLanes(
  tx: Tx,
  wishes: readonly Wish[],
  standings: readonly claims.Standing[],
  lanes: ReadonlyMap<string, number>,
): Promise<(number[] | undefined)[]> {
  const out: (number[] | undefined)[] = []
  const ours = new Map<string, Laned[]>()
  for (const [i, wish] of wishes.entries()) {
    const count = lanes.get(wish.resourceId) ?? 0
    const mine = ours.get(wish.resourceId) ?? []
    const taken = [...(standings[i]?.taken ?? []), ...mine]
    let chosen: number[] | undefined
    if (wish.shared) {
      const lane = freeLane(taken, wish, count) ?? (mine.length === 0 ? await makeRoom(tx, wish, count) : undefined)
      chosen = lane === undefined ? undefined : [lane]
    } else if (!taken.some((t) => t.start < wish.end && wish.start < t.end))
      chosen = Array.from({ length: count }, (_, n) => n + 1)
    out.push(chosen)
    if (chosen) ours.set(wish.resourceId, [...mine, ...chosen.map((lane) => ({ ...wish, lane }))])
  }
  return out
}

/** How far around a wish overlapping claims are looked for; they are a few hours each. */
const CLUSTER_DAYS_MS = 2 * 86_400_000

/** Cancellations can leave lanes that refuse what capacity allows: recolours what hangs together with the wish, if that frees a lane. */
async function makeRoom(tx: Tx, wish: Wish, lanes: number): Promise<number | undefined> {
  const around = await claims.near(
    tx,
    wish.resourceId,
    (wish.start - CLUSTER_DAYS_MS) as Instant,
    (wish.end + CLUSTER_DAYS_MS) as Instant,
  )
  const moved = cluster(around, wish)
  const colours = colour([...moved, wish], lanes)
  if (!colours) return undefined
  const moves = moved.flatMap((claim, i) => {
    const to = colours[i] as number
    return to === claim.lane ? [] : [{ lane: claim.lane, start: claim.start, to }]
  })
  if (moves.length > 0) await claims.recolour(tx, wish.resourceId, moves)
  return colours.at(-1)
}

/** The first clinician whose doses of a clinic's day, these included, exceed their limit. Supervising counts for nobody. */
async function overLimit(tx: Tx, visits: readonly PlacedVisit[]): Promise<Refusal | undefined> {
  const doses = visits
    .filter((v) => v.step === 'experience')
    .flatMap((visit) => {
      const day = dayOf(visit.start, visit.timeZone)
      const [start, end] = [startOfDay(day, visit.timeZone), startOfDay(addDays(day, 1), visit.timeZone)]
      const people = new Set(visit.participants.filter((p) => !p.shared).map((p) => p.clinicianId))
      return [...people].map((resourceId) => ({ resourceId, start, end, visitKey: visit.visitKey, day }))
    })
  if (doses.length === 0) return undefined
  const [booked, staff] = await Promise.all([
    claims.dosesWithin(tx, doses),
    clinicians.withLicences(tx, [...new Set(doses.map((d) => ClinicianId.parse(d.resourceId)))]),
  ])
  const limits = new Map(staff.map((c) => [c.id as string, c.limits.dosesPerDay]))
  for (const [i, dose] of doses.entries()) {
    const ours = doses.filter((d) => d.resourceId === dose.resourceId && d.start === dose.start).length
    const limit = limits.get(dose.resourceId) ?? 0
    if ((booked[i] ?? 0) + ours > limit)
      return {
        code: 'limit-exceeded',
        clinicianId: dose.resourceId,
        visitKey: dose.visitKey,
        detail: `more than ${limit} doses on ${dose.day}`,
      }
  }
  return undefined
}
