/**
 * What stands in the way of a visit: the rules, people and rooms that leave it no start. Pure. First what alone empties the visit's window,
 * then, by planning again without it, what alone keeps the visits up to this one from being planned.
 */
import { type Calendar, type Compiled, compile } from './calendar.ts'
import type { Bits } from './grid.ts'
import {
  afterLags,
  both,
  isEmpty,
  minutesOf,
  type Party,
  partiesOf,
  reachedStarts,
  rolesOf,
  servedAt,
  servers,
  sessions,
  sitesOf,
  suiting,
  unbound,
} from './open-starts.ts'
import { planItinerary } from './plan.ts'
import type { PlanningProblem, ProblemPatient, Protocol, ProtocolVisit } from './problem.ts'

export const BLOCKER_KINDS = [
  ...(['no-shift', 'all-busy', 'licence', 'language', 'clearance', 'precondition', 'room', 'patient-time'] as const),
  ...(['session-time', 'lag', 'span', 'closure', 'limit', 'therapist'] as const),
] as const
export type BlockerKind = (typeof BLOCKER_KINDS)[number]

/** `from` and `to` bound the visit's start, in minutes of the problem; `resourceIds` are those that the rule concerns. */
export type Obstacle = {
  visitKey: string
  kind: BlockerKind
  resourceIds: string[]
  from: number
  to: number
  detail: string
}

/** What the problem's file cannot say: why somebody is not a candidate, and when a clinic is closed. */
export type ObstacleFacts = {
  /** visit → `as` (or the need's first role) → who was left out, and why. */
  readonly excluded?: Readonly<
    Record<string, Readonly<Record<string, readonly { readonly id: string; readonly reason: BlockerKind }[]>>>
  >
  readonly closures?: readonly { readonly site: string; readonly start: number; readonly end: number }[]
}

/** The first visits of a program only; its span counts once both its ends are among them. */
export function firstVisits(
  problem: PlanningProblem,
  patient: ProblemPatient,
  count: number,
  span = true,
): PlanningProblem {
  const protocol = protocolOf(problem, patient)
  const { from = 0, to = protocol.visits.length - 1 } = protocol.span
  return withProtocol(problem, patient, {
    ...protocol,
    visits: protocol.visits.slice(0, count),
    lags: protocol.lags.filter((lag) => lag.to < count),
    span:
      span && to < count
        ? { ...protocol.span, from, to }
        : { from: 0, to: 0, minDays: 0, maxDays: problem.days.length },
  })
}

export function protocolOf(problem: PlanningProblem, patient: ProblemPatient): Protocol {
  const protocol = problem.protocols[patient.protocol]
  if (!protocol) throw new Error(`no protocol ${patient.protocol}`)
  return protocol
}

export const withProtocol = (
  problem: PlanningProblem,
  { protocol }: ProblemPatient,
  changed: Protocol,
): PlanningProblem => ({
  ...problem,
  protocols: { ...problem.protocols, [protocol]: changed },
})

export const withPatient = (problem: PlanningProblem, patient: ProblemPatient): PlanningProblem => ({
  ...problem,
  patients: problem.patients.map((p) => (p.id === patient.id ? patient : p)),
})

const plannable = (problem: PlanningProblem, patient: ProblemPatient, lead?: string): boolean =>
  planItinerary(problem, patient.id, { limit: 1, ...(lead === undefined ? {} : { lead }) }).length > 0

/** Where planning stops: at this visit, or only at the span of the whole; undefined: it does not. */
export type Stop = { readonly at: number; readonly span: boolean }

export function whereItStops(problem: PlanningProblem, patient: ProblemPatient): Stop | undefined {
  const count = protocolOf(problem, patient).visits.length
  for (const span of [false, true]) {
    const opens = (at: number) => plannable(firstVisits(problem, patient, at + 1, span), patient)
    if (opens(count - 1)) continue
    // What a beginning cannot do, no longer one can.
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (opens(middle)) low = middle + 1
      else high = middle
    }
    return { at: low, span }
  }
  return undefined
}

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

type Scene = {
  readonly problem: PlanningProblem
  readonly compiled: Compiled
  readonly patient: ProblemPatient
  readonly protocol: Protocol
  readonly at: number
  readonly visit: ProtocolVisit
  readonly sites: readonly string[]
  /** Where lags and horizon let the visit start. */
  readonly window: Bits
  readonly from: number
  readonly to: number
  readonly facts: ObstacleFacts
}

function sceneAt(
  problem: PlanningProblem,
  patient: ProblemPatient,
  at: number,
  facts: ObstacleFacts,
  lags = true,
): Scene {
  const compiled = compile(problem)
  const protocol = protocolOf(problem, patient)
  const visit = protocol.visits[at]
  if (!visit) throw new Error(`no visit ${at}`)
  const horizon = suiting(compiled, unbound(patient), protocol, visit)
  const window = lags
    ? both(horizon, afterLags(compiled, protocol, at, reachedStarts(compiled, patient, protocol, at)))
    : horizon
  const minutes = minutesOf(compiled, window)
  const from = minutes[0] ?? patient.ready
  const to = minutes.at(-1) ?? problem.horizon
  return { problem, compiled, patient, protocol, at, visit, sites: sitesOf(compiled, patient), window, from, to, facts }
}

const obstacle = (scene: Scene, kind: BlockerKind, resourceIds: readonly string[], detail: string): Obstacle => ({
  visitKey: scene.visit.id,
  kind,
  resourceIds: [...new Set(resourceIds)].sort(),
  from: scene.from,
  to: scene.to,
  detail: `${scene.visit.id}, ${period(scene)}: ${detail}`,
})

function period({ problem, from, to }: Scene): string {
  const dateOf = (minute: number) =>
    problem.days.findLast((day) => day.start <= minute)?.date ?? problem.days[0]?.date ?? ''
  return dateOf(from) === dateOf(to) ? dateOf(from) : `${dateOf(from)} to ${dateOf(to)}`
}

/** Each rule, person or room kind that leaves nothing of the window by itself. */
function onSight(scene: Scene): Obstacle[] {
  const { compiled, patient, visit, window, sites } = scene
  const found: Obstacle[] = []
  const free = unbound(patient)
  const suits = (who: ProblemPatient) => suiting(compiled, who, scene.protocol, visit)
  if (patient.fixed?.[visit.id]) return found
  if (isEmpty(window))
    return scene.protocol.lags.some((lag) => lag.to === scene.at) && !isEmpty(suits(free))
      ? [obstacle(scene, 'lag', [], 'no start keeps its lags to the visits before it and ends within the horizon')]
      : [obstacle(scene, 'span', [], 'nothing lies between the ready date and the horizon')]
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

/** Nobody of a party has time in the window: excluded, busy, or not on shift. */
function unserved(scene: Scene, party: Party, able: readonly Calendar[]): Obstacle {
  const { compiled, patient, visit, window, sites, facts } = scene
  const open = (by: readonly Calendar[], options: { booked?: boolean; listed?: boolean }) =>
    by.filter((c) => !isEmpty(both(window, servedAt(compiled, patient, visit, party, [c], sites, options))))
  const ids = (list: readonly Calendar[]) => list.map((c) => c.resource.id)
  const roles = rolesOf(party)

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
      `no ${roles} who passes on ${reasons.join(' and ')} is free`,
    )
  }
  const busy = open(able, { booked: false })
  if (busy.length > 0)
    return party.room
      ? obstacle(scene, 'room', ids(busy), `every ${roles} room is taken`)
      : obstacle(scene, 'all-busy', ids(busy), `every ${roles} on shift is busy`)
  if (couldServe.length > 0)
    return obstacle(scene, 'licence', ids(couldServe), `no ${roles} with a licence is free on that date`)
  const closed = facts.closures?.some((c) => sites.includes(c.site) && c.start <= scene.to && scene.from < c.end)
  if (closed) return obstacle(scene, 'closure', ids(able), 'the clinic is closed')
  return party.room
    ? obstacle(scene, 'room', ids(able), `no ${roles} room is open at an allowed clinic`)
    : obstacle(scene, 'no-shift', ids(able), `no ${roles} is on shift at an allowed clinic`)
}

const count = (list: readonly { reason: BlockerKind }[], reason: BlockerKind): number =>
  list.filter((e) => e.reason === reason).length

/** Rules that, dropped alone, let the visits up to this one be planned. */
function byTrial(scene: Scene): Obstacle[] {
  const { compiled, patient, visit, at } = scene
  const problem = firstVisits(scene.problem, patient, at + 1, false)
  const protocol = protocolOf(problem, patient)
  const found: Obstacle[] = []
  const changedVisit = (changed: ProtocolVisit): PlanningProblem =>
    withProtocol(problem, patient, { ...protocol, visits: [...protocol.visits.slice(0, at), changed] })
  const opens = (changed: PlanningProblem) => plannable(changed, patient)

  const { latest, ...anyDate } = patient
  if (latest?.[visit.id] !== undefined && opens(withPatient(problem, anyDate)))
    found.push(obstacle(scene, 'clearance', [], 'clearance ends before everybody else is free'))
  if (patient.unavailable.length > 0 && opens(withPatient(problem, { ...patient, unavailable: [] })))
    found.push(obstacle(scene, 'patient-time', [], 'the patient is unavailable whenever everybody else is free'))
  const { startSet, ...anyTime } = visit
  if (startSet !== undefined && problem.startSets?.[startSet] && opens(changedVisit(anyTime)))
    found.push(obstacle(scene, 'session-time', [], 'everybody is free at times that are no session times'))
  const { maxPerDay, ...unlimited } = problem
  if (maxPerDay && opens(unlimited))
    found.push(obstacle(scene, 'limit', Object.keys(maxPerDay), 'who is free has the most doses of the day already'))
  for (const party of partiesOf(visit)) {
    const needs = visit.needs.filter((need) => !party.needs.includes(need))
    if (!opens(changedVisit({ ...visit, needs }))) continue
    const able = servers(compiled, patient, visit, party)
    found.push(trialOfParty(scene, problem, party, able, opens))
  }
  if (
    found.length === 0 &&
    (protocol.continuity ?? 'program') === 'program' &&
    opens(withProtocol(problem, patient, { ...protocol, continuity: 'pair' }))
  )
    found.push(obstacle(scene, 'therapist', [], 'no single therapist is free for every visit up to this one'))
  return found
}

function trialOfParty(
  scene: Scene,
  problem: PlanningProblem,
  party: Party,
  able: readonly Calendar[],
  opens: (changed: PlanningProblem) => boolean,
): Obstacle {
  const { patient, visit, at } = scene
  const roles = rolesOf(party)
  // With one therapist throughout, only those count who could serve the visits before.
  const before = firstVisits(scene.problem, patient, at, false)
  const single = party.lead && (protocolOf(problem, patient).continuity ?? 'program') === 'program' && at > 0
  const concerned = able.map((c) => c.resource.id).filter((id) => !single || plannable(before, patient, id))
  const free = problem.resources.map((r) => (concerned.includes(r.id) ? { ...r, busy: [] } : r))
  if (opens({ ...problem, resources: free }))
    return party.room
      ? obstacle(scene, 'room', concerned, `every ${roles} room is taken whenever everybody else is free`)
      : obstacle(scene, 'all-busy', concerned, `every ${roles} is busy whenever everybody else is free`)
  const { [party.claim]: _, ...others } = patient.candidates?.[visit.id] ?? {}
  if (patient.candidates?.[visit.id]?.[party.claim]) {
    const anyone = { ...patient, candidates: { ...patient.candidates, [visit.id]: others } }
    const excluded = scene.facts.excluded?.[visit.id]?.[party.claim]
    if (opens(withPatient(problem, anyone)))
      return obstacle(
        scene,
        excluded?.[0]?.reason ?? 'licence',
        excluded?.map((e) => e.id) ?? [],
        `only a ${roles} who may not serve this visit is free`,
      )
  }
  if (single && opens(withProtocol(problem, patient, { ...protocolOf(problem, patient), continuity: 'pair' })))
    return obstacle(scene, 'therapist', concerned, `no single ${roles} is free for every visit up to this one`)
  return party.room
    ? obstacle(scene, 'room', concerned, `no ${roles} room is open when everybody else is free`)
    : obstacle(
        scene,
        'no-shift',
        concerned,
        `no ${roles} who could serve the visits before is on shift when everybody else is free`,
      )
}

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
