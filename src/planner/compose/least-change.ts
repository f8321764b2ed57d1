/**
 * Repairs the rest of an itinerary with the least change (planning.md P3): as few visits as possible leave their place; of equal sets the one whose
 * visits move by the fewest minutes. Pure. Whatever keeps its place is a fixed point, and busy.
 */
import type { FixedVisit, PlacedVisit } from '../../domain/itinerary.ts'
import { type Instant, MINUTE } from '../../domain/time.ts'
import { type Plan, planItinerary } from '../plan.ts'
import type { PlanningProblem } from '../problem.ts'
import { compose, PATIENT } from './compose.ts'
import type { PlanningFacts } from './facts.ts'
import { frameOf } from './frame.ts'

/** One visit of the rest, in time order. `stands`: its place may be kept; absent: it must be placed anew. */
export type Loose = {
  readonly key: string
  readonly start: Instant
  readonly stands?: { readonly fixed: FixedVisit; readonly visit: PlacedVisit } | undefined
  /** It leaves its place only if nothing else helps. */
  readonly soon: boolean
}
export type Repair = { readonly planning: PlanningFacts; readonly plan: Plan }

/** Sets of visits that are tried before all of them may move, and solvable ones of one size that are compared. */
const [MOST_SETS, COMPARED] = [96, 6]

/** `facts.toPlan` are all of `rest`, which take nothing there. Undefined: not even moving all of them helps. */
export function leastChange(facts: PlanningFacts, rest: readonly Loose[]): Repair | undefined {
  const must = rest.filter((r) => !r.stands)
  const may = rest.filter((r) => r.stands && !r.soon)
  let sets = 0
  for (let more = 0; more <= may.length; more++) {
    const solved: Repair[] = []
    for (const chosen of combinations(may, more)) {
      if (++sets > MOST_SETS || solved.length === COMPARED) break
      const repair = planned(facts, rest, new Set([...must, ...chosen]))
      if (repair) solved.push(nearest(repair, rest))
    }
    const [best] = solved.sort((a, b) => minutesMoved(a, rest) - minutesMoved(b, rest))
    if (best) return best
    if (sets > MOST_SETS) break
  }
  const all = planned(facts, rest, new Set(rest))
  return all && nearest(all, rest)
}

/** In the order of the list. */
function* combinations<T>(list: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) yield []
  else
    for (let i = from; i <= list.length - size; i++)
      for (const others of combinations(list, size - 1, i + 1)) yield [list[i] as T, ...others]
}

function planned(facts: PlanningFacts, rest: readonly Loose[], moving: ReadonlySet<Loose>): Repair | undefined {
  const kept = rest.flatMap((r) => (r.stands && !moving.has(r) ? [r.stands] : []))
  const keys = new Set([...moving].map((r) => r.key))
  const planning = {
    ...withTaken(
      facts,
      kept.map((k) => k.visit),
    ),
    toPlan: facts.toPlan.filter((key) => keys.has(key)),
    fixed: [...facts.fixed, ...kept.map((k) => k.fixed)],
  }
  const [plan] = planItinerary(compose(planning), PATIENT)
  return plan && { planning, plan }
}

/** Visits whose claims are not in the calendars: they are taken all the same. */
export function withTaken(facts: PlanningFacts, visits: readonly PlacedVisit[]): PlanningFacts {
  return {
    ...facts,
    calendars: facts.calendars.map((calendar) => {
      const busy = visits.flatMap((visit) =>
        visit.claims
          .filter((c) => c.resourceId === calendar.resourceId)
          .map((c, i) => ({
            start: c.start / MINUTE,
            end: c.end / MINUTE,
            dose: i === 0 && visit.step === 'experience' && c.kind === 'clinician',
            own: true,
          })),
      )
      return busy.length === 0
        ? calendar
        : { ...calendar, busy: [...calendar.busy, ...busy].sort((a, b) => a.start - b.start) }
    }),
  }
}

/** Of the plans that move these visits, one whose farthest is least far; then each in turn as near as the others leave it. */
function nearest({ planning, plan }: Repair, rest: readonly Loose[]): Repair {
  const problem = compose(planning)
  const { minuteOf } = frameOf(planning)
  const old = new Map(rest.filter((r) => planning.toPlan.includes(r.key)).map((r) => [r.key, minuteOf(r.start)]))
  const away = (of: Plan): Map<string, number> =>
    new Map(of.visits.flatMap(({ id, start }) => (old.has(id) ? [[id, Math.abs(start - (old.get(id) ?? 0))]] : [])))
  let best = plan
  const within = (limits: ReadonlyMap<string, number>): Plan | undefined =>
    planItinerary(narrowed(problem, old, limits), PATIENT)[0]
  /** The least limit, on the grid, for which there is a plan; `best` is that plan. */
  const tighten = (limitsOf: (limit: number) => Map<string, number>, known: number): void => {
    let [low, high] = [0, Math.ceil(known / problem.grid)]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = within(limitsOf(middle * problem.grid))
      if (found) best = found
      if (found) high = middle
      else low = middle + 1
    }
  }
  tighten((limit) => new Map([...old.keys()].map((key) => [key, limit])), Math.max(0, ...away(plan).values()))
  if (old.size > 1)
    for (const key of old.keys()) {
      const limits = away(best)
      const farthest = Math.max(...limits.values())
      const others = new Map([...limits].map(([one, d]) => [one, settledBefore(old, one, key) ? d : farthest]))
      tighten((limit) => new Map([...others, [key, limit]]), limits.get(key) ?? 0)
    }
  return { planning, plan: best }
}

const settledBefore = (order: ReadonlyMap<string, unknown>, one: string, other: string): boolean => {
  const keys = [...order.keys()]
  return keys.indexOf(one) < keys.indexOf(other)
}

/** Each visit starts at most so many minutes from where it was. */
function narrowed(
  problem: PlanningProblem,
  old: ReadonlyMap<string, number>,
  limits: ReadonlyMap<string, number>,
): PlanningProblem {
  const startSets = { ...problem.startSets }
  const protocols = Object.fromEntries(
    Object.entries(problem.protocols).map(([name, protocol]) => {
      const visits = protocol.visits.map((visit) => {
        const [at, limit] = [old.get(visit.id), limits.get(visit.id)]
        if (at === undefined || limit === undefined) return visit
        const near = (minutes: readonly number[]): number[] => minutes.filter((m) => Math.abs(m - at) <= limit)
        const set = visit.startSet === undefined ? undefined : problem.startSets?.[visit.startSet]
        startSets[`near ${visit.id} ${limit}`] = Array.isArray(set)
          ? near(set)
          : set
            ? Object.fromEntries(Object.entries(set).map(([site, minutes]) => [site, near(minutes)]))
            : gridAround(at, limit, problem.grid)
        return { ...visit, startSet: `near ${visit.id} ${limit}` }
      })
      return [name, { ...protocol, visits }]
    }),
  )
  return { ...problem, startSets, protocols }
}

function gridAround(at: number, limit: number, grid: number): number[] {
  const first = Math.max(0, Math.ceil((at - limit) / grid))
  const last = Math.floor((at + limit) / grid)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * grid)
}

const minutesMoved = ({ planning, plan }: Repair, rest: readonly Loose[]): number => {
  const { minuteOf } = frameOf(planning)
  return rest
    .filter((r) => planning.toPlan.includes(r.key))
    .reduce((sum, r) => sum + Math.abs((plan.visits.find((v) => v.id === r.key)?.start ?? 0) - minuteOf(r.start)), 0)
}
