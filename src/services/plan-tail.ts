/** Plans some visits of an enrolment anew while everything else stays where it is: what follows a visit that was moved or lost. Writes nothing. */
import type { Tx } from '../db/client.ts'
import { leadOf } from '../domain/continuity.ts'
import type { AppointmentId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import type { Blocker, PlacedVisit } from '../domain/itinerary.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, dayOf, daysBetween, type Instant, MINUTE, startOfDay } from '../domain/time.ts'
import { compose, PATIENT } from '../planner/compose/compose.ts'
import type { OverrideRule, PlanningFacts, PlanningWish } from '../planner/compose/facts.ts'
import { provenWithin } from '../planner/compose/horizon.ts'
import { placementOf } from '../planner/compose/placement.ts'
import { planItinerary } from '../planner/plan.ts'
import { explainNoPlan } from './explain-no-plan.ts'
import { type EnrolmentFacts, loadEnrolmentFacts, loadFreeTime } from './load-planning-facts.ts'
import type { LockedEnrolment } from './lock-enrolment.ts'

/** Local days looked at first, and at last: availability is expanded for 52 weeks. */
const HORIZONS = [84, 364] as const

export type Tail = {
  /** Visits to place. */
  readonly keys: readonly string[]
  /** The visit that moved, where it will be; its old claims and those of the visits to place are released already. */
  readonly moved: { readonly id: AppointmentId; readonly visit: PlacedVisit } | undefined
  readonly now: Instant
  /** When the patient cannot come after all. */
  readonly away: readonly Interval<Instant>[]
  readonly setAside: readonly string[]
}

/** The cheapest placement, proven so; or what stands in its way. */
export async function planTail(tx: Tx, locked: LockedEnrolment, tail: Tail): Promise<Result<PlacedVisit[], Blocker[]>> {
  const facts = tailFacts(await loadEnrolmentFacts(tx, locked.enrolment, undefined), locked, tail)
  const zone = facts.home.timeZone
  const ready = Math.max(tail.now, tail.moved?.visit.start ?? tail.now) as Instant
  const readyDay = dayOf(ready, zone)
  const wasRemote = locked.booked.some((a) => tail.keys.includes(a.visitKey) && a.modality !== 'in-person')
  for (const days of HORIZONS) {
    const until = startOfDay(addDays(readyDay, days), zone)
    const wish: PlanningWish = {
      ready,
      until,
      knownUntil: until,
      virtual: wasRemote ? 'allow' : 'avoid',
      setAside: tail.setAside as OverrideRule[],
      continuity: tail.setAside.includes('continuity') ? 'none' : facts.program.continuity,
      therapistId: undefined,
    }
    const planning = withMoved(await loadFreeTime(tx, facts, wish), tail)
    const problem = compose(planning)
    const plans = planItinerary(problem, PATIENT)
    const [plan] = plans
    const proven = provenWithin(problem, PATIENT, daysBetween(readyDay, dayOf(until, zone)), plans, 1)
    if (plan && (proven || days === HORIZONS[1])) return ok(placementOf(planning, plan.visits))
    if (!plan && days === HORIZONS[1])
      return err(
        await explainNoPlan(tx, facts, wish, {
          notBefore: ready,
          notAfter: undefined,
          steps: undefined,
          limit: 1,
          therapistId: undefined,
          allowHandover: false,
          virtual: wish.virtual,
          override: undefined,
        }),
      )
  }
  return err([])
}

/** What is not to be placed is fixed, the moved visit at its new start. */
function tailFacts(facts: EnrolmentFacts, { enrolment }: LockedEnrolment, { keys, moved, away }: Tail): EnrolmentFacts {
  const others = facts.fixed.filter((f) => !keys.includes(f.visitKey) && f.visitKey !== moved?.visit.visitKey)
  const at = moved && {
    visitKey: moved.visit.visitKey,
    start: moved.visit.start,
    end: moved.visit.end,
    clinicId: moved.visit.clinicId,
    appointmentId: moved.id,
    leadId: leadOf(facts.program, moved.visit),
  }
  return {
    ...facts,
    enrolment: { ...enrolment, unavailable: [...enrolment.unavailable, ...away] },
    toPlan: facts.program.visits.map((v) => v.key).filter((key) => keys.includes(key)),
    fixed: at ? [...others, at] : others,
  }
}

/** The moved visit's claims are not stored yet: they are taken all the same. */
function withMoved(facts: PlanningFacts, { moved }: Tail): PlanningFacts {
  if (!moved) return facts
  return {
    ...facts,
    calendars: facts.calendars.map((calendar) => {
      const claims = moved.visit.claims.filter((c) => c.resourceId === calendar.resourceId)
      if (claims.length === 0) return calendar
      const busy = claims.map((c, i) => ({
        start: c.start / MINUTE,
        end: c.end / MINUTE,
        dose: i === 0 && moved.visit.step === 'experience' && c.kind === 'clinician',
        own: true,
      }))
      return { ...calendar, busy: [...calendar.busy, ...busy].sort((a, b) => a.start - b.start) }
    }),
  }
}
