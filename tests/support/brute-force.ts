/**
 * The naive exact planner: tries every start, site and staffing of every visit. Independent of src/planner (types only), for small problems.
 * It reads the rules as the README states them and nothing else; it is what the real search is compared with.
 */
import type { AnswerVisit, Need, PlanningProblem, ProblemPatient, ProtocolVisit } from '../../src/planner/problem.ts'

export type BruteForceAnswer =
  | { kind: 'best'; cost: number; visits: AnswerVisit[] }
  | { kind: 'infeasible' }
  | { kind: 'too-large' }

type Claim = { id: string; start: number; end: number }
/** One way to hold one visit. */
type Way = AnswerVisit & { claims: Claim[]; lead: string | undefined; cost: number }
type Resource = PlanningProblem['resources'][number]

const ROOMS = ['room', 'consult', 'consultation', 'dosing', 'group']

export function bruteForce(problem: PlanningProblem, patientId: string, nodeLimit = 2_000_000): BruteForceAnswer {
  const patient = problem.patients.find((p) => p.id === patientId)
  const protocol = patient && problem.protocols[patient.protocol]
  if (!patient || !protocol) throw new Error(`no patient ${patientId}`)
  const { visits, lags, span } = protocol
  const rule = protocol.continuity ?? 'program'
  const byId = new Map(problem.resources.map((r) => [r.id, r]))
  const weights = problem.weights

  const dayOf = (minute: number): number => {
    let day = 0
    problem.days.forEach((d, i) => {
      if (d.start <= minute) day = i
    })
    return day
  }
  const readyDay = dayOf(patient.ready)
  const ways = visits.map((v) => waysToHold(problem, patient, v))
  const firstDose = Math.max(
    0,
    visits.findIndex((v) => v.dose),
  )
  const spanFrom = span.from ?? 0
  const spanTo = span.to ?? visits.length - 1

  let nodes = 0
  let best: { cost: number; chosen: Way[] } | undefined
  const chosen: Way[] = []

  /** Are visits i < j both legal together? */
  const compatible = (i: number, a: Way, j: number, b: Way): boolean => {
    const endA = a.start + (visits[i]?.dur ?? 0)
    const endB = b.start + (visits[j]?.dur ?? 0)
    if (a.start < endB && b.start < endA) return false
    const days = dayOf(b.start) - dayOf(a.start)
    for (const lag of lags) {
      if (lag.from !== i || lag.to !== j) continue
      const gap = b.start - endA
      if (gap < (lag.minMin ?? 0) || gap > (lag.maxMin ?? Infinity)) return false
      if (days < (lag.minDays ?? -Infinity) || days > (lag.maxDays ?? Infinity)) return false
    }
    return !(spanFrom === i && spanTo === j && (days < span.minDays || days > span.maxDays))
  }

  const resourcesHold = (list: readonly Way[]): boolean => {
    const newest = list.at(-1)
    for (const id of new Set(newest?.claims.map((c) => c.id))) {
      const resource = byId.get(id)
      const claims = list.flatMap((w) => w.claims).filter((c) => c.id === id)
      if (resource && !withinCapacity(resource, claims)) return false
      const perDay = problem.maxPerDay?.[id]
      if (perDay === undefined || !newest || !visits[list.length - 1]?.dose) continue
      const day = problem.days[dayOf(newest.start)]
      const doses = list.filter(
        (w, i) => visits[i]?.dose && w.claims.some((c) => c.id === id) && problem.days[dayOf(w.start)] === day,
      )
      if (doses.length + (problem.dosesBooked?.[id]?.[day?.date ?? ''] ?? 0) > perDay) return false
    }
    return true
  }

  /** Points for therapist changes, or undefined where one is not allowed. */
  const handovers = (list: readonly Way[]): number | undefined => {
    let changes = 0
    let before: { lead: string; dose: boolean } | undefined
    for (const [i, way] of list.entries()) {
      if (way.lead === undefined) continue
      if (before && before.lead !== way.lead) {
        if (rule === 'program' || before.dose) return undefined
        changes++
      }
      before = { lead: way.lead, dose: visits[i]?.dose === true }
    }
    return changes * weights.handover
  }

  const dateCost = (list: readonly Way[]): number => {
    const dose = list[firstDose]
    const last = list.at(-1)
    if (!dose || !last) return 0
    const waited = dayOf(dose.start) - readyDay
    const wait = patient.fixed?.[dose.id] ? Math.max(0, waited) : waited
    return patient.priority * (weights.waitPerDay * wait + weights.completionPerDay * (dayOf(last.start) - readyDay))
  }

  const search = (spent: number): void => {
    if (++nodes > nodeLimit) return
    const at = chosen.length
    if (at === visits.length) {
      const change = handovers(chosen)
      if (change === undefined) return
      const cost = spent + change + dateCost(chosen)
      if (!best || cost < best.cost || (cost === best.cost && comesBefore(chosen, best.chosen)))
        best = { cost, chosen: [...chosen] }
      return
    }
    for (const way of ways[at] ?? []) {
      if (!chosen.every((earlier, i) => compatible(i, earlier, at, way))) continue
      chosen.push(way)
      if (resourcesHold(chosen) && handovers(chosen) !== undefined) search(spent + way.cost)
      chosen.pop()
    }
  }
  if (spanFrom !== spanTo || span.minDays === 0) search(0)
  if (nodes > nodeLimit) return { kind: 'too-large' }
  if (!best) return { kind: 'infeasible' }
  return {
    kind: 'best',
    cost: best.cost,
    visits: best.chosen.map(({ id, start, site, remote, res }) => ({
      id,
      start,
      site,
      ...(remote ? { remote } : {}),
      res,
    })),
  }
}

/** Every start, site, modality and staffing that is legal for one visit alone. */
function waysToHold(problem: PlanningProblem, patient: ProblemPatient, visit: ProtocolVisit): Way[] {
  const fixed = patient.fixed?.[visit.id]
  if (fixed) {
    const res = fixed.res ? [...fixed.res] : visit.needs.map(() => null)
    return [{ id: visit.id, start: fixed.start, site: fixed.site, res, claims: [], lead: undefined, cost: 0 }]
  }
  const set = visit.startSet === undefined ? undefined : problem.startSets?.[visit.startSet]
  const latest = Math.min(problem.horizon - visit.dur, patient.latest?.[visit.id] ?? Infinity)
  const out: Way[] = []
  for (let start = 0; start <= latest; start += problem.grid) {
    const end = start + visit.dur
    if (start < patient.ready || patient.unavailable.some(([s, e]) => s < end && start < e)) continue
    const preferred = !patient.preferred?.length || patient.preferred.some(([s, e]) => s <= start && end <= e)
    for (const site of problem.sites) {
      const travel = patient.travel[site]
      if (travel === null || travel === undefined) continue
      const sessions = Array.isArray(set) ? set : (set as Record<string, readonly number[]> | undefined)?.[site]
      if (set && !(sessions ?? []).includes(start)) continue
      for (const remote of [false, true]) {
        if (remote ? !visit.remote : visit.remote === 'only') continue
        const cost =
          (preferred ? 0 : problem.weights.offPreference) +
          (remote ? 0 : travel + (visit.remote === 'may' ? problem.weights.inPerson : 0))
        for (const res of staffings(problem, patient, visit, start, site, remote))
          out.push(way(problem, visit, start, site, remote, res, cost))
      }
    }
  }
  return out
}

function way(
  problem: PlanningProblem,
  visit: ProtocolVisit,
  start: number,
  site: string,
  remote: boolean,
  res: (string | null)[],
  cost: number,
): Way {
  const claims: Claim[] = []
  let lead: string | undefined
  let price = 0
  visit.needs.forEach((need, i) => {
    const id = res[i]
    if (id === null || id === undefined) return
    claims.push({ id, start: start + need.from, end: start + need.to })
    price += problem.resources.find((r) => r.id === id)?.price ?? 0
    if (need.lead) lead = id
  })
  return { id: visit.id, start, site, ...(remote ? { remote } : {}), res, claims, lead, cost: cost + price }
}

function staffings(
  problem: PlanningProblem,
  patient: ProblemPatient,
  visit: ProtocolVisit,
  start: number,
  site: string,
  remote: boolean,
): (string | null)[][] {
  const out: (string | null)[][] = []
  const res: (string | null)[] = []
  const person = (id: string) => problem.resources.find((r) => r.id === id)?.person ?? id
  const assign = (): void => {
    const i = res.length
    const need = visit.needs[i]
    if (!need) {
      out.push([...res])
      return
    }
    if (remote && need.roles.every((role) => ROOMS.includes(role))) {
      res.push(null)
      assign()
      res.pop()
      return
    }
    for (const resource of problem.resources) {
      if (!mayServe(patient, visit, need, resource, { start, site, remote })) continue
      if (!freeFor(resource, start + need.from, start + need.to, site)) continue
      const same = (j: number) => need.as !== undefined && visit.needs[j]?.as === need.as
      const legal = res.every((other, j) => {
        if (other === null) return true
        return same(j) ? other === resource.id : other !== resource.id && person(other) !== person(resource.id)
      })
      if (!legal) continue
      res.push(resource.id)
      assign()
      res.pop()
    }
  }
  assign()
  return out
}

type Asked = { start: number; site: string; remote: boolean }
function mayServe(p: ProblemPatient, visit: ProtocolVisit, need: Need, resource: Resource, asked: Asked): boolean {
  const { start, site, remote } = asked
  if (!need.roles.includes(resource.role)) return false
  const listed = p.candidates?.[visit.id]?.[need.as ?? need.roles[0] ?? '']
  if (!listed) return true
  return listed.some((c) => {
    if (c.id !== resource.id || start < (c.since ?? start) || start > (c.until ?? start)) return false
    if (remote ? c.remote === 'never' : c.remote === 'only') return false
    return !c.sites || c.sites.includes(site)
  })
}

function freeFor(resource: Resource, start: number, end: number, site: string): boolean {
  const here = resource.shifts.filter((s) => s[2] === site).sort((a, b) => a[0] - b[0])
  let covered = start
  for (const [s, e] of here) if (s <= covered && e > covered) covered = e
  if (covered < end) return false
  return withinCapacity(resource, [{ id: resource.id, start, end }])
}

/** Do these claims, with what is booked, never exceed the lanes? Bookings of a resource with one lane may overlap among themselves. */
function withinCapacity(resource: Resource, claims: readonly Claim[]): boolean {
  const lanes = resource.capacity ?? 1
  if (lanes === 1) {
    const clash = (a: Claim, s: number, e: number) => a.start < e && s < a.end
    return claims.every(
      (a, i) =>
        !resource.busy.some(([s, e]) => clash(a, s, e)) && !claims.some((b, j) => j > i && clash(a, b.start, b.end)),
    )
  }
  const all = [...claims, ...resource.busy.map(([start, end]) => ({ start, end }))]
  return claims.every((claim) =>
    all.every((at) => {
      const moment = Math.max(at.start, claim.start)
      if (moment >= claim.end || at.start >= at.end) return true
      return all.filter((other) => other.start <= moment && moment < other.end).length <= lanes
    }),
  )
}

/** The order among answers of equal cost: starts, then sites, then resources; in person before remote. */
function comesBefore(a: readonly Way[], b: readonly Way[]): boolean {
  const key = (list: readonly Way[]) => [
    ...list.map((w) => w.start),
    ...list.map((w) => w.site),
    ...list.flatMap((w) => w.res.map((id) => id ?? '￿')),
  ]
  const right = key(b)
  for (const [i, left] of key(a).entries()) {
    const other = right[i]
    if (other === undefined || left === other) continue
    return left < other
  }
  return false
}
