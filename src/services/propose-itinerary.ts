/**
 * Proposes itineraries for an enrolment: loads the facts, lets the planner decide, stores the proposals. One transaction on one snapshot.
 * The first is a proven optimum; where nothing fits, the blockers say why (contract.md §5).
 */
import { performance } from 'node:perf_hooks'
import { type Tx, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import { type EnrolmentId, ItineraryId } from '../domain/ids.ts'
import type { Blocker, Itinerary } from '../domain/itinerary.ts'
import { type GateReason, invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, DAY, dayOf, daysBetween, type Instant, startOfDay, type ZoneId } from '../domain/time.ts'
import { compose, PATIENT } from '../planner/compose/compose.ts'
import type { OverrideRule, PlanningFacts, PlanningWish } from '../planner/compose/facts.ts'
import { provenWithin } from '../planner/compose/horizon.ts'
import { placementOf } from '../planner/compose/placement.ts'
import { type Plan, planItinerary } from '../planner/plan.ts'
import type { PlanningProblem } from '../planner/problem.ts'
import * as audit from '../repositories/audit.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as itineraries from '../repositories/itineraries.ts'
import { approved } from './approve-override.ts'
import type { Deps } from './deps.ts'
import { explainNoPlan } from './explain-no-plan.ts'
import { loadGrounds, warningsOf } from './judge-booking.ts'
import { type EnrolmentFacts, loadEnrolmentFacts, loadFreeTime } from './load-planning-facts.ts'
import type { ProposalWish } from './proposal-wish.ts'

/** A proposal can be held or confirmed for this long; the contract promises ten minutes. */
const PROPOSAL_TTL_SECONDS = 15 * 60
/** Availability is expanded for 52 weeks. */
const LAST_HORIZON_DAYS = 364
/** Local days looked at, until the answer is proven: first the program's own length and two weeks to find its place in. */
const HORIZON_DAYS = [140, LAST_HORIZON_DAYS]
const PLACE_DAYS = 14
/** Without a span, and at the most, for the first look. */
const FIRST_HORIZON_DAYS = 70
/** Where a handover is only wanted if nothing else fits, more is looked at before saying so. */
const HANDOVER_HORIZON_DAYS = [112, LAST_HORIZON_DAYS]

/** `warnings`: gates that would keep the best itinerary from being confirmed as things stand. */
export type Proposal = {
  itineraries: Itinerary[]
  blockers: Blocker[]
  warnings: GateReason[]
  timeZone: ZoneId
  searchMs: number
}

export function proposeItinerary(
  deps: Deps,
  caller: Caller,
  enrolmentId: EnrolmentId,
  wish: ProposalWish,
): Promise<Result<Proposal, Refusal>> {
  return transact(
    deps.db,
    async (tx) => {
      const enrolment = await enrolments.visibleById(tx, caller, enrolmentId)
      if (!enrolment) return err(notFound)
      const fits = await admissible(tx, enrolment, wish)
      if (!fits.ok) return fits
      const [facts, grounds] = await Promise.all([
        loadEnrolmentFacts(tx, enrolment, wish.steps),
        loadGrounds(tx, enrolment.patientId, enrolmentId, []),
      ])
      const found = await search(tx, deps, facts, wish)
      if (!found.ok) return found
      const { plans, problem, planning, searchMs } = found.value
      const [proposals] = await Promise.all([
        store(tx, deps, planning, problem, plans, wish),
        audit.record(tx, caller, [
          {
            action: 'propose',
            resourceType: 'enrolment',
            resourceId: enrolmentId,
            patientId: enrolment.patientId,
            fieldClasses: ['schedule'],
          },
        ]),
      ])
      const nothing = plans.length === 0 && facts.toPlan.length > 0
      const blockers = nothing ? await explainNoPlan(tx, facts, planning.wish, wish) : []
      const visits = proposals[0]?.visits ?? []
      const setAside = wish.override?.rules ?? []
      const warnings = warningsOf({ ...facts, visits, setAside }, { ...grounds, clinics: facts.clinics })
      return ok({ itineraries: proposals, blockers, warnings, timeZone: facts.home.timeZone, searchMs })
    },
    { isolation: 'repeatable read' },
  )
}

async function admissible(tx: Tx, enrolment: Enrolment, wish: ProposalWish): Promise<Result<void, Refusal>> {
  if (enrolment.status !== 'open') return err({ code: 'invalid-transition', from: enrolment.status, to: 'planned' })
  if (wish.therapistId && !(await clinicians.exist(tx, [wish.therapistId]))) return err(notFound)
  return approved(tx, wish.override)
}

type Found = { plans: Plan[]; problem: PlanningProblem; planning: PlanningFacts; searchMs: number }

/** Looks far enough ahead for the first plan to be proven best, or for the absence of one to be final. */
async function search(
  tx: Tx,
  { now }: Deps,
  facts: EnrolmentFacts,
  wish: ProposalWish,
): Promise<Result<Found, Refusal>> {
  const zone = facts.home.timeZone
  const ready = Math.max(wish.notBefore, now()) as Instant
  const today = dayOf(now(), zone)
  const last = startOfDay(addDays(today, LAST_HORIZON_DAYS), zone)
  if (ready >= last) return err(invalid('notBefore', 'lies beyond the 52 weeks that availability covers'))
  if (wish.notAfter !== undefined && wish.notAfter <= ready)
    return err(invalid('notAfter', 'is not after notBefore and now'))
  const readyDay = dayOf(ready, zone)
  let searchMs = 0
  const first = Math.min(FIRST_HORIZON_DAYS, (facts.program.span?.maxDays ?? FIRST_HORIZON_DAYS) + PLACE_DAYS)
  for (const days of wish.allowHandover ? HANDOVER_HORIZON_DAYS : [first, ...HORIZON_DAYS]) {
    const reach = startOfDay(addDays(readyDay, days), zone)
    const until = Math.min(reach, last, wish.notAfter ?? Infinity) as Instant
    const planning = await loadFreeTime(tx, facts, wishOf(facts, wish, ready, until))
    const began = performance.now()
    const { plans, problem, base } = plan(planning, wish)
    const shown = daysBetween(readyDay, dayOf(until, zone))
    const settled = until < reach || days === LAST_HORIZON_DAYS || facts.toPlan.length === 0
    const proven = settled || provenWithin(problem, PATIENT, shown, plans, wish.limit)
    searchMs += performance.now() - began
    if (proven) return ok({ plans, problem, planning: base, searchMs: Math.round(searchMs * 100) / 100 })
  }
  throw new Error('the last horizon settles what is asked')
}

const wishOf = (facts: EnrolmentFacts, wish: ProposalWish, ready: Instant, until: Instant): PlanningWish => ({
  ready,
  until,
  // what is booked later still has its place in the calendar
  knownUntil: Math.max(until, ...facts.fixed.map((f) => f.start + DAY)) as Instant,
  virtual: wish.virtual,
  setAside: (wish.override?.rules ?? []) as OverrideRule[],
  continuity: wish.override?.rules.includes('continuity') ? 'none' : facts.program.continuity,
  therapistId: wish.therapistId,
})

/** One therapist first; a therapist per pair only where that was asked for and nothing else fits. */
function plan(planning: PlanningFacts, wish: ProposalWish) {
  const options = { limit: wish.limit }
  const solve = (base: PlanningFacts) => {
    const problem = compose(base)
    return { base, problem, plans: base.toPlan.length > 0 ? planItinerary(problem, PATIENT, options) : [] }
  }
  const first = solve(planning)
  if (first.plans.length > 0 || !wish.allowHandover || planning.wish.continuity !== 'program') return first
  const paired = solve({ ...planning, wish: { ...planning.wish, continuity: 'pair' } })
  return paired.plans.length > 0 ? paired : first
}

async function store(
  tx: Tx,
  { newId, now }: Deps,
  planning: PlanningFacts,
  problem: PlanningProblem,
  plans: readonly Plan[],
  wish: ProposalWish,
): Promise<Itinerary[]> {
  if (plans.length === 0) return []
  const problemId = newId()
  const proposals = plans.map(({ visits, cost }) => ({
    id: ItineraryId.parse(newId()),
    enrolmentId: planning.enrolment.id,
    cost,
    visits: placementOf(planning, visits),
    override: wish.override ? { ...wish.override, approvedBy: wish.override.approvedBy ?? null } : null,
  }))
  const [, expiresAt] = await Promise.all([
    itineraries.insertProblem(tx, problemId, problem, now()),
    itineraries.insertProposals(tx, proposals, problemId, PROPOSAL_TTL_SECONDS, now()),
  ])
  return proposals.map(({ override: _, ...p }) => ({ ...p, status: 'proposed', expiresAt }))
}
