/**
 * Every start at which one visit can be booked while everything else stays where it is, with its cheapest staffing: the one predicate
 * that slots, booking by hand and rescheduling share, so that what is offered can be booked and nothing else can. Pure.
 */
import type { Clinic } from '../../domain/clinic.ts'
import { type GateFacts, gates } from '../../domain/eligibility.ts'
import type { ClinicId } from '../../domain/ids.ts'
import type { Interval } from '../../domain/interval.ts'
import type { PlacedVisit } from '../../domain/itinerary.ts'
import type { VisitTemplate } from '../../domain/program.ts'
import type { Instant, LocalDate } from '../../domain/time.ts'
import { compile } from '../calendar.ts'
import { has } from '../grid.ts'
import type { PlannedVisit } from '../plan.ts'
import type { Candidate, PlanningProblem, ProblemPatient } from '../problem.ts'
import { patientStarts } from '../rules/patient-time.ts'
import { cheapestStaffing, type Staffing } from '../staffing.ts'
import { type Venue, venuesOf } from '../venue.ts'
import { candidatesOf } from './candidates.ts'
import { compose } from './compose.ts'
import type { PlanningFacts } from './facts.ts'
import { type Frame, frameOf } from './frame.ts'
import { placementOf } from './placement.ts'

export type OpeningWish = {
  /** `wish.ready` and `wish.until` bound what is known; `continuity` is `none`, for `only` says who may lead. */
  readonly facts: PlanningFacts
  /** In the one modality that is asked for. */
  readonly visit: VisitTemplate
  readonly clinicIds: readonly ClinicId[]
  /** First and last start that the lags leave, both inclusive. */
  readonly bounds: Interval<Instant>
  readonly gates: Omit<GateFacts, 'visits'>
  /** Who alone may take a part of the visit, by `as`: ids of clinicians or rooms. A part that is not named takes anyone fit. */
  readonly only: Readonly<Record<string, readonly string[]>>
  /** People and rooms that stay where they can. */
  readonly keep: ReadonlySet<string>
}

/** Points that keep whoever has the visit already before anyone cheaper; far above any sum of loads. */
const CHANGE_POINTS = 1000

/** At most `limit` openings that start in [from, to), in time order; of several clinics the cheapest. */
export function openings(wish: OpeningWish, from: Instant, to: Instant, limit: number): PlacedVisit[] {
  const facts = factsOf(wish)
  const frame = frameOf(facts)
  const composed = compose(facts)
  const problem = wish.keep.size > 0 ? keeping(composed, facts, wish.keep) : composed
  const places = facts.clinics.flatMap((clinic) => placeAt(wish, facts, frame, problem, clinic))
  const { grid } = problem
  const found: PlannedVisit[] = []
  for (let slot = Math.max(0, Math.ceil(frame.minuteOf(from) / grid)); found.length < limit; slot++) {
    if (slot * grid >= frame.minuteOf(to)) break
    const best = cheapestPlace(places, slot)
    if (!best) continue
    const { venue, staffing } = best
    found.push({
      id: wish.visit.key,
      start: slot * grid,
      site: venue.site,
      ...(venue.remote ? { remote: true as const } : {}),
      res: staffing.res.map((calendar) => calendar?.resource.id ?? null),
    })
  }
  return placementOf(facts, found)
}

function factsOf({ facts, visit, clinicIds }: OpeningWish): PlanningFacts {
  return {
    ...facts,
    program: { ...facts.program, visits: facts.program.visits.map((v) => (v.key === visit.key ? visit : v)) },
    toPlan: [visit.key],
    fixed: [],
    clinics: facts.clinics.filter((c) => clinicIds.includes(c.id)),
    // judged per day and clinic, as booking judges it
    clearedUntil: null,
  }
}

function keeping(problem: PlanningProblem, { clinicians }: PlanningFacts, keep: ReadonlySet<string>): PlanningProblem {
  const stays = new Set([...keep, ...clinicians.filter((c) => keep.has(c.id)).map((c) => c.supervisionId as string)])
  return {
    ...problem,
    resources: problem.resources.map((r) => ({ ...r, price: stays.has(r.id) ? 0 : r.price + CHANGE_POINTS })),
  }
}

/** One clinic as a place for the visit: who can serve there, when, and on which days its gates are open. */
type Place = {
  readonly venue: Venue
  readonly needs: number
  readonly points: number
  readonly openOn: (slot: number) => boolean
}

function placeAt(
  wish: OpeningWish,
  facts: PlanningFacts,
  frame: Frame,
  problem: PlanningProblem,
  clinic: Clinic,
): Place[] {
  const [patient] = problem.patients
  const [protocol] = Object.values(problem.protocols)
  const [visit] = protocol?.visits ?? []
  const way = patient?.travel[clinic.id]
  if (!patient || !protocol || !visit || way === null || way === undefined) return []
  const here: ProblemPatient = {
    ...patient,
    travel: { [clinic.id]: way },
    candidates: { [visit.id]: candidatesAt(wish, facts, frame, clinic) },
  }
  const compiled = compile({ ...problem, patients: [here] })
  const { clock } = compiled
  const { start, end } = wish.bounds
  const suits = patientStarts(clock, problem, here, protocol, visit, frame.minuteOf(start), frame.minuteOf(end))
  const gate = gateOf(wish, clinic)
  const openOn = (slot: number) => gate(clock.dates[clock.dayOfSlot[slot] as number] as LocalDate)
  return venuesOf(compiled, here, protocol, visit, suits, new Set()).map((venue) => ({
    venue,
    needs: visit.needs.length,
    points: venue.points,
    openOn,
  }))
}

/** Licences are judged for this clinic alone; named people and rooms are the only ones. */
function candidatesAt(
  { visit, only }: OpeningWish,
  facts: PlanningFacts,
  frame: Frame,
  clinic: Clinic,
): Record<string, Candidate[]> {
  const enrolment = { ...facts.enrolment, allowedClinicIds: [clinic.id] }
  const byPart: Record<string, Candidate[]> = { ...candidatesOf({ ...facts, enrolment }, frame)[visit.key] }
  const person = new Map<string, string>(facts.clinicians.map((c) => [c.supervisionId, c.id]))
  for (const [as, ids] of Object.entries(only))
    byPart[as] = (byPart[as] ?? ids.map((id) => ({ id }))).filter(({ id }) => ids.includes(person.get(id) ?? id))
  return byPart
}

function gateOf({ visit, gates: known }: OpeningWish, clinic: Clinic): (day: LocalDate) => boolean {
  const judged = new Map<LocalDate, boolean>()
  const [modality = 'in-person'] = visit.modality
  return (day) => {
    let open = judged.get(day)
    if (open === undefined) {
      const asked = { visitKey: visit.key, step: visit.step, requires: visit.requires, modality, day, clinic }
      open = gates({ ...known, visits: [asked] }) === undefined
      judged.set(day, open)
    }
    return open
  }
}

function cheapestPlace(places: readonly Place[], slot: number): { venue: Venue; staffing: Staffing } | undefined {
  let best: { venue: Venue; staffing: Staffing; cost: number } | undefined
  for (const { venue, needs, points, openOn } of places) {
    if (slot >> 5 >= venue.open.length || !has(venue.open, slot) || !openOn(slot)) continue
    const staffing = cheapestStaffing(venue, needs, slot, null)
    const cost = (staffing?.price ?? 0) + points
    if (staffing && (!best || cost < best.cost)) best = { venue, staffing, cost }
  }
  return best
}
