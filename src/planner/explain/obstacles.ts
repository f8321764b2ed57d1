/**
 * What stands in the way of a visit: the rules, people and rooms that leave it no start. Pure. First what alone empties the visit's window,
 * then, by planning again without it, what alone keeps the visits up to this one from being planned.
 */

import { type Calendar, compile } from '../calendar.ts'
import type { PlanningProblem, ProblemPatient } from '../problem.ts'
import type { Stop } from './beginnings.ts'
import {
  afterLags,
  both,
  isEmpty,
  type Leniency,
  minutesOf,
  type Party,
  partiesOf,
  reachedStarts,
  servedAt,
  servers,
  sessions,
  suiting,
  unbound,
} from './open-starts.ts'
import { type BlockerKind, type Obstacle, type ObstacleFacts, obstacle, type Scene, sceneAt } from './scene.ts'
import { byTrial } from './trials.ts'

/** Everything that alone stands in the way at the stop, and at later visits what would stop them even by themselves. */
export function obstacles(
  problem: PlanningProblem,
  patient: ProblemPatient,
  stop: Stop,
  facts: ObstacleFacts,
): Obstacle[] {
  const scene = sceneAt(problem, patient, stop.at, facts)
  const found = stop.span ? [spanObstacle(scene)] : onSight(scene)
  if (found.length === 0) found.push(...byTrial(scene))
  if (found.length === 0) found.push(together(scene))
  for (let at = stop.at + 1; at < scene.protocol.visits.length; at++)
    found.push(...onSight({ ...sceneAt(problem, patient, at, facts, false) }))
  return found
}

/** Each rule, person or room kind that leaves nothing of the window by itself. */
function onSight(scene: Scene): Obstacle[] {
  const { compiled, patient, visit, window, sites } = scene
  const found: Obstacle[] = []
  const free = unbound(patient)
  const suits = (who: ProblemPatient) => suiting(compiled, who, scene.protocol, visit)
  if (patient.fixed?.[visit.id]) return found
  if (isEmpty(window))
    return beyondHorizon(scene)
      ? [obstacle(scene, 'span', [], 'the period ends before its first possible start')]
      : [obstacle(scene, 'lag', [], 'no start keeps its lags to all of the visits before it')]
  if (isEmpty(both(window, suits({ ...free, ...(patient.latest ? { latest: patient.latest } : {}) }))))
    found.push(obstacle(scene, 'clearance', [], 'clearance ends before the first possible start'))
  if (isEmpty(both(window, suits({ ...free, unavailable: patient.unavailable }))))
    found.push(obstacle(scene, 'patient-time', [], 'the patient is unavailable throughout'))
  if (sites.every((site) => isEmpty(both(window, sessions(compiled, visit, site)))))
    found.push(obstacle(scene, 'session-time', [], 'no session time of an allowed clinic falls into it'))
  for (const party of partiesOf(visit)) {
    if (party.room && visit.remote) continue
    const able = servers(compiled, patient, visit, party)
    if (isEmpty(both(window, servedAt(compiled, patient, visit, party, able, sites))))
      found.push(unserved(scene, party, able))
  }
  return found
}

/** Would the lags allow a start, were it not for the horizon? */
function beyondHorizon({ problem, patient, protocol, at, compiled }: Scene): boolean {
  const last = problem.days.at(-1)
  if (!last) return false
  const more = Array.from({ length: LOOK_AHEAD_DAYS }, (_, i) => ({ ...last, start: last.start + 1440 * (i + 1) }))
  const longer = { ...problem, days: [...problem.days, ...more], horizon: last.start + 1440 * LOOK_AHEAD_DAYS }
  const reached = reachedStarts(compiled, patient, protocol, at)
  return !isEmpty(afterLags(compile(longer), protocol, at, reached))
}

/** Longer than a lag of the programs. */
const LOOK_AHEAD_DAYS = 60

/** Who is left once those excluded for a reason are taken away. */
const FITTING: Partial<Record<BlockerKind, string>> = {
  licence: 'with the licence',
  language: 'who speaks the language',
  therapist: 'who meets the wish',
}

/** Nobody of a party has time in the window: excluded, busy, or not on shift. */
function unserved(scene: Scene, party: Party, able: readonly Calendar[]): Obstacle {
  const { compiled, patient, visit, window, sites, facts } = scene
  const open = (by: readonly Calendar[], options: Leniency) =>
    by.filter((c) => !isEmpty(both(window, servedAt(compiled, patient, visit, party, [c], sites, options))))
  const ids = (list: readonly Calendar[]) => list.map((c) => c.resource.id)
  const who = party.claim

  const left = facts.excluded?.[visit.id]?.[party.claim] ?? []
  const couldServe = open(servers(compiled, patient, visit, party, false), { listed: false })
  const excluded = left.filter((e) => able.length === 0 || couldServe.some((c) => c.resource.id === e.id))
  const first = excluded[0]
  if (first) {
    const reasons = [...new Set(excluded.map((e) => e.reason))]
    const kind = reasons.sort((a, b) => count(excluded, b) - count(excluded, a))[0] ?? first.reason
    return obstacle(
      scene,
      kind,
      excluded.map((e) => e.id),
      `no ${who} ${reasons.map((reason) => FITTING[reason] ?? 'who fits').join(' and ')} is free`,
    )
  }
  const busy = open(able, { booked: false })
  if (busy.length > 0)
    return party.room
      ? obstacle(scene, 'room', ids(busy), `every ${who} room is taken`)
      : obstacle(scene, 'all-busy', ids(busy), `every ${who} on shift is busy`)
  if (couldServe.length > 0)
    return obstacle(scene, 'licence', ids(couldServe), `no ${who} with a licence is free on that date`)
  if (isClosed(scene, party)) return obstacle(scene, 'closure', ids(able), 'the clinic is closed')
  return party.room
    ? obstacle(scene, 'room', ids(able), `no ${who} room is open at an allowed clinic`)
    : obstacle(scene, 'no-shift', ids(able), `no ${who} is on shift at an allowed clinic`)
}

/** Is it for a closure in the window that nobody is on shift there: no room of the kind, or no one at all? */
function isClosed({ problem, facts, sites, from, to, visit }: Scene, party: Party): boolean {
  const inWindow = (start: number, end: number) => start <= to + visit.dur && from < end
  const closed = facts.closures?.some((c) => sites.includes(c.site) && inWindow(c.start, c.end)) ?? false
  const roles = party.room ? party.needs.flatMap((need) => need.roles) : undefined
  const asked = problem.resources.filter((r) => roles?.includes(r.role) ?? true)
  const atAClinic = asked.some((r) => r.shifts.length === 0 || r.shifts.some(([, , site]) => sites.includes(site)))
  if (!closed || !atAClinic) return false
  return !asked.some((r) => r.shifts.some(([start, end, site]) => sites.includes(site) && inWindow(start, end)))
}

const count = (list: readonly { reason: BlockerKind }[], reason: BlockerKind): number =>
  list.filter((e) => e.reason === reason).length

const spanObstacle = (scene: Scene): Obstacle => {
  const { minDays, maxDays } = scene.protocol.span
  return obstacle(
    scene,
    'span',
    [],
    `every visit has starts, but none that keep the whole within ${minDays} to ${maxDays} days`,
  )
}

/** Nothing alone is to blame: the window's people, together. */
function together(scene: Scene): Obstacle {
  const { compiled, patient, visit, window } = scene
  const parties = partiesOf(visit).filter((party) => !party.room)
  const ids = parties.flatMap((party) => servers(compiled, patient, visit, party).map((c) => c.resource.id))
  const openDays = new Set(
    minutesOf(compiled, window).map((minute) => compiled.clock.dayOfSlot[minute / compiled.clock.grid]),
  ).size
  return scene.protocol.lags.some((lag) => lag.to === scene.at)
    ? obstacle(
        scene,
        'lag',
        ids,
        `on none of the ${openDays} days that its lags allow is everybody it needs free together`,
      )
    : obstacle(scene, 'all-busy', ids, 'those it needs are never free together')
}
