/** One visit bound to some time at one clinic: what a waiting list asks of the planner. Pure. */
import type { ClinicId } from '../../domain/ids.ts'
import type { Interval } from '../../domain/interval.ts'
import type { Instant } from '../../domain/time.ts'
import type { PlanningProblem } from '../problem.ts'
import type { PlanningFacts } from './facts.ts'
import { frameOf } from './frame.ts'

/** Names a start set that no room kind does. */
const NARROWED = 'narrowed'

/** `starts`: the first and the last allowed, both included; session times of the clinic still hold. */
export function narrowed(
  problem: PlanningProblem,
  facts: PlanningFacts,
  visitKey: string,
  clinicId: ClinicId,
  starts: Interval<Instant>,
): PlanningProblem {
  const { minuteOf } = frameOf(facts)
  const [from, to] = [Math.ceil(minuteOf(starts.start)), Math.floor(minuteOf(starts.end))]
  const first = Math.ceil(from / problem.grid) * problem.grid
  const every = Array.from(
    { length: Math.max(0, Math.floor((to - first) / problem.grid) + 1) },
    (_, i) => first + i * problem.grid,
  )
  const protocols = Object.fromEntries(
    Object.entries(problem.protocols).map(([key, protocol]) => [
      key,
      {
        ...protocol,
        visits: protocol.visits.map((visit) => (visit.id === visitKey ? { ...visit, startSet: NARROWED } : visit)),
      },
    ]),
  )
  const usual = Object.values(problem.protocols).flatMap(({ visits }) => visits.find(({ id }) => id === visitKey) ?? [])
  const name = usual[0]?.startSet
  const set = name === undefined ? undefined : problem.startSets?.[name]
  const there = set && (isList(set) ? set : set[clinicId])
  const allowed = there ? every.filter((minute) => there.includes(minute)) : every
  const perSite = Object.fromEntries(problem.sites.map((site) => [site, site === clinicId ? allowed : []]))
  return { ...problem, protocols, startSets: { ...problem.startSets, [NARROWED]: perSite } }
}

const isList = (set: readonly number[] | { readonly [site: string]: readonly number[] }): set is readonly number[] =>
  Array.isArray(set)
