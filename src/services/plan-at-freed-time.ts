/**
 * Plans an enrolment with one visit at time that has become free: first that visit alone, then with what must follow it at once, then with all
 * that follows. What is booked before it stays, and so does the therapist; every gate must hold for all of it. Writes nothing (contract.md §7).
 */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { isFixedPoint } from '../domain/appointment.ts'
import { bindsLead, leadOf } from '../domain/continuity.ts'
import { followingOf } from '../domain/following.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import type { Program } from '../domain/program.ts'
import { addDays, dayOf, HOUR, type Instant, startOfDay } from '../domain/time.ts'
import type { FreedTime, Prospect } from '../domain/waitlist.ts'
import { followers } from '../domain/waitlist.ts'
import { compose, PATIENT } from '../planner/compose/compose.ts'
import type { PlanningWish } from '../planner/compose/facts.ts'
import { narrowed } from '../planner/compose/narrowed.ts'
import { placementOf } from '../planner/compose/placement.ts'
import { planItinerary } from '../planner/plan.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as groupVisits from '../repositories/group-visits.ts'
import { judgeGates, judgePlaces } from './judge-booking.ts'
import { type EnrolmentFacts, loadEnrolmentFacts, loadFreeTime } from './load-planning-facts.ts'

/** Local days from the freed time on in which the rest of a program has to find its place. */
const REST_DAYS = 84

/** Undefined: the time is of no use to this enrolment. */
export async function planAtFreedTime(
  tx: Tx,
  { waiting, visit, starts }: Prospect,
  freed: FreedTime,
  now: Instant,
): Promise<PlacedVisit[] | undefined> {
  const enrolment = await enrolments.byId(tx, waiting.entry.enrolmentId)
  if (enrolment?.status !== 'open') return undefined
  const facts = await loadEnrolmentFacts(tx, enrolment, undefined)
  const { program, booked } = facts
  const inGroups = await groupVisits.seated(
    tx,
    booked.map(({ id }) => id),
  )
  const standing = booked.find(({ visitKey, status }) => visitKey === visit.key && isAhead(status))
  // others set the time of a seat in a group
  if (standing && inGroups.has(standing.id)) return undefined
  const loose = booked.filter(({ id }) => !inGroups.has(id))
  const open = facts.toPlan.filter((key) => program.visits.some((v) => v.key === key && goesWith(v.step, visit.step)))
  const notice = (now + waiting.entry.minNoticeHours * HOUR) as Instant
  for (const moving of movesWith(program, loose, standing, visit.key)) {
    const keys = new Set([visit.key, ...moving.map((a) => a.visitKey), ...open])
    const placed = await solve(tx, movable(facts, keys), { visit, starts, freed, notice })
    if (!placed) continue
    const judged = { ...facts, visits: placed, booked, setAside: [] }
    // what closes a gate for these visits closes it for more of them too
    if (await judgeGates(tx, judged)) return undefined
    if (!(await judgePlaces(tx, judged))) return placed
  }
  return undefined
}

const isAhead = (status: Appointment['status']): boolean => status === 'booked' || status === 'needs-replanning'
/** The first contact and the screening are nobody's reason to wait for a later visit. */
const goesWith = (step: string, wanted: string): boolean => step !== 'connect' || wanted === 'connect'

/** From the fewest booked visits that may move with it to all that follow it. */
function movesWith(
  program: Program,
  booked: readonly Appointment[],
  standing: Appointment | undefined,
  visitKey: string,
): Appointment[][] {
  const later = standing
    ? followingOf(program, standing, booked)
    : booked.filter((a) => a.status === 'booked' && followers(program, visitKey).has(a.visitKey))
  const tied = new Set([visitKey])
  for (const { key, after } of program.visits)
    if (after.some((lag) => lag.maxMinutes != null && tied.has(lag.visit))) tied.add(key)
  const close = later.filter((a) => tied.has(a.visitKey))
  const steps = [[], close, later]
  return steps.filter((list, i) => i === 0 || list.length > (steps[i - 1]?.length ?? 0))
}

/** The named visits are to be planned, whatever they are now; everything else that has a date keeps it. */
const movable = (facts: EnrolmentFacts, keys: ReadonlySet<string>): EnrolmentFacts => ({
  ...facts,
  toPlan: facts.program.visits.map(({ key }) => key).filter((key) => keys.has(key)),
  fixed: facts.fixed.filter(({ visitKey }) => !keys.has(visitKey)),
  // their own claims are free for them
  booked: facts.booked.map((a) =>
    keys.has(a.visitKey) && a.status === 'booked' ? { ...a, status: 'needs-replanning' as const } : a,
  ),
})

type Slot = Pick<Prospect, 'visit' | 'starts'> & { readonly freed: FreedTime; readonly notice: Instant }

async function solve(
  tx: Tx,
  facts: EnrolmentFacts,
  { visit, starts, freed, notice }: Slot,
): Promise<PlacedVisit[] | undefined> {
  const { program, home, booked, toPlan } = facts
  const after = followers(program, visit.key)
  const first = toPlan.every((key) => key === visit.key || after.has(key)) ? starts.start : notice
  const ready = Math.min(first, starts.start) as Instant
  const until = startOfDay(addDays(dayOf(starts.start, home.timeZone), REST_DAYS), home.timeZone)
  const wish: PlanningWish = {
    ready,
    until,
    knownUntil: until,
    virtual: booked.some((a) => toPlan.includes(a.visitKey) && a.modality !== 'in-person') ? 'allow' : 'avoid',
    setAside: [],
    continuity: program.continuity,
    therapistId: program.continuity === 'program' ? therapistOf(facts, booked) : undefined,
  }
  const planning = await loadFreeTime(tx, facts, wish)
  const problem = narrowed(compose(planning), planning, visit.key, freed.clinicId, starts)
  const [plan] = planItinerary(problem, PATIENT)
  return plan && placementOf(planning, plan.visits)
}

/** Who leads what is booked: that does not change for an earlier time. */
const therapistOf = ({ enrolment, program }: EnrolmentFacts, booked: readonly Appointment[]) =>
  booked
    .filter((a) => (isFixedPoint(a.status) || isAhead(a.status)) && bindsLead(enrolment, a))
    .map((a) => leadOf(program, a))
    .find((id) => id !== null) ?? undefined
