/** Plans some visits of an enrolment anew while everything else stays where it is: what follows a visit that was moved or lost. Writes nothing. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { bindsLead, leadOf } from '../domain/continuity.ts'
import type { AppointmentId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { Blocker, PlacedVisit } from '../domain/itinerary.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, DAY, dayOf, type Instant, startOfDay } from '../domain/time.ts'
import type { OverrideRule, PlanningWish } from '../planner/compose/facts.ts'
import { type Loose, leastChange, withTaken } from '../planner/compose/least-change.ts'
import { placementOf } from '../planner/compose/placement.ts'
import { explainNoPlan } from './explain-no-plan.ts'
import { type EnrolmentFacts, loadEnrolmentFacts, loadFreeTime } from './load-planning-facts.ts'
import type { LockedEnrolment } from './lock-enrolment.ts'
import { placesOf } from './places-of.ts'

/** Local days looked at first, and at last: availability is expanded for 52 weeks. */
const HORIZONS = [84, 364] as const

export type Tail = {
  /** Visits that may be placed anew; where they take something, it is released already. */
  readonly visits: readonly Appointment[]
  /** Which of them must be: they are lost, or do not fit any more. */
  readonly lost: ReadonlySet<string>
  /** The visit that moved, where it will be. */
  readonly moved: { readonly id: AppointmentId; readonly visit: PlacedVisit } | undefined
  readonly now: Instant
  /** When the patient cannot come after all. */
  readonly away: readonly Interval<Instant>[]
  readonly setAside: readonly string[]
}
/** Of `tail.visits`: those placed anew, and those that stay, to be claimed again. */
export type PlannedTail = { readonly anew: PlacedVisit[]; readonly kept: PlacedVisit[] }

/** With the least change (planner/compose/least-change.ts); or what stands in the way of any. */
export async function planTail(tx: Tx, locked: LockedEnrolment, tail: Tail): Promise<Result<PlannedTail, Blocker[]>> {
  const every = await loadEnrolmentFacts(tx, locked.enrolment, undefined)
  const facts = tailFacts(every, locked, tail)
  const zone = facts.home.timeZone
  const ready = Math.max(tail.now, tail.moved?.visit.start ?? tail.now) as Instant
  const rest = restOf(every, tail, await placesOf(tx, locked.program, tail.visits))
  const wasRemote = tail.visits.some((a) => a.modality !== 'in-person')
  const wishUntil = (days: number): PlanningWish => {
    const until = startOfDay(addDays(dayOf(ready, zone), days), zone)
    return {
      ready,
      until,
      knownUntil: until,
      virtual: wasRemote ? 'allow' : 'avoid',
      setAside: tail.setAside as OverrideRule[],
      continuity: tail.setAside.includes('continuity') ? 'none' : facts.program.continuity,
      therapistId: undefined,
    }
  }
  for (const days of HORIZONS) {
    const free = await loadFreeTime(tx, facts, wishUntil(days))
    const repair = leastChange(tail.moved ? withTaken(free, [tail.moved.visit]) : free, rest)
    if (!repair) continue
    const { planning, plan } = repair
    const kept = rest.flatMap((r) => (r.stands && !planning.toPlan.includes(r.key) ? [r.stands.visit] : []))
    return ok({ anew: placementOf(planning, plan.visits), kept })
  }
  const wish = wishUntil(HORIZONS[1])
  const blockers = await explainNoPlan(tx, facts, wish, {
    notBefore: ready,
    notAfter: undefined,
    steps: undefined,
    limit: 1,
    therapistId: undefined,
    allowHandover: false,
    virtual: wish.virtual,
    override: undefined,
  })
  // of the clinic: how the instants are written
  return err(blockers.map((blocker) => ({ ...blocker, timeZone: zone })))
}

/** In time order. One that begins within a day stays, unless it is itself hit. */
const restOf = (
  { fixed }: EnrolmentFacts,
  { visits, lost, now }: Tail,
  places: ReadonlyMap<AppointmentId, PlacedVisit>,
): Loose[] =>
  [...visits]
    .sort((a, b) => a.start - b.start)
    .map(({ id, visitKey: key, start }) => {
      const [point, visit] = [fixed.find((f) => f.visitKey === key), places.get(id)]
      const stands = !lost.has(key) && point && visit ? { fixed: point, visit } : undefined
      return { key, start, stands, soon: start - now < DAY }
    })

/** What is not to be placed is fixed, the moved visit at its new start. */
function tailFacts(
  facts: EnrolmentFacts,
  { enrolment }: LockedEnrolment,
  { visits, moved, away }: Tail,
): EnrolmentFacts {
  const keys = visits.map((a) => a.visitKey)
  const others = facts.fixed.filter((f) => !keys.includes(f.visitKey) && f.visitKey !== moved?.visit.visitKey)
  const at = moved && {
    visitKey: moved.visit.visitKey,
    start: moved.visit.start,
    end: moved.visit.end,
    clinicId: moved.visit.clinicId,
    appointmentId: moved.id,
    leadId: bindsLead(enrolment, moved.visit) ? leadOf(facts.program, moved.visit) : null,
  }
  return {
    ...facts,
    enrolment: { ...enrolment, unavailable: [...enrolment.unavailable, ...away] },
    toPlan: facts.program.visits.map((v) => v.key).filter((key) => keys.includes(key)),
    fixed: at ? [...others, at] : others,
  }
}
