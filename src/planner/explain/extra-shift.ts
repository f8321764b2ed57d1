/** Extra shifts that would open an itinerary: of one clinician on one day, as short as its visits allow, tried by planning again. Pure. */
import { type Interval, subtract } from '../../domain/interval.ts'
import { compile } from '../calendar.ts'
import { type Plan, planItinerary } from '../plan.ts'
import type { PlanningProblem, ProblemPatient, ProblemResource } from '../problem.ts'
import { patientProtocol, type Stop } from './beginnings.ts'
import { partiesOf, servers, sitesOf } from './open-starts.ts'
import type { Obstacle } from './scene.ts'

/** `resourceId`: the person. */
export type ExtraShift = { kind: 'extra-shift'; resourceId: string; site: string; start: number; end: number }
/** Minutes in which a person cannot have a shift: time off, work elsewhere. */
export type ShiftFacts = { readonly away?: Readonly<Record<string, readonly (readonly [number, number])[]>> }
type Shift = readonly [start: number, end: number, site: string]

/** Problems planned at most, about two milliseconds each. */
const TRIALS = 28
const PROPOSED = 3
/** Days on which somebody works already that are looked at beside those a plan would take first. */
const NEAR = 2

const isOf = (resource: ProblemResource, personId: string): boolean => (resource.person ?? resource.id) === personId

/** A person's further shifts; what stands for a part of them (supervision) is on shift too. */
export function withShifts(problem: PlanningProblem, personId: string, shifts: readonly Shift[]): PlanningProblem {
  const more = shifts.map(([start, end, site]): [number, number, string] => [start, end, site])
  const resources = problem.resources.map((r) => (isOf(r, personId) ? { ...r, shifts: [...r.shifts, ...more] } : r))
  return { ...problem, resources }
}

/** The shortest first, then the cheapest. */
export function extraShifts(
  problem: PlanningProblem,
  patient: ProblemPatient,
  stop: Stop,
  obstacle: Obstacle,
  facts: ShiftFacts,
): ExtraShift[] {
  const sites = sitesOf(compile(problem), patient)
  const opening = openingHours(problem, sites, obstacle)
  const found: { shift: ExtraShift; cost: number }[] = []
  let trials = 0
  const plan = ({ person, lead }: Helper, shifts: readonly Shift[]): Plan | undefined => {
    trials++
    const options = lead === undefined ? { limit: 1 } : { limit: 1, lead }
    return planItinerary(withShifts(problem, person, shifts), patient.id, options)[0]
  }
  for (const helper of helpersFor(problem, patient, stop)) {
    if (trials >= TRIALS) break
    const { person } = helper
    const away = facts.away?.[person] ?? []
    const spare = opening
      .filter((shift) => !worksElsewhere(problem, person, shift))
      .flatMap(([start, end, site]) =>
        subtract(
          [{ start, end }],
          away.map(([s, e]) => ({ start: s, end: e })),
        ).map((i): Shift => [i.start, i.end, site]),
      )
    // Somebody whom every spare day would not help needs no closer look.
    const every = spare.length > 0 ? plan(helper, spare) : undefined
    if (!every) continue
    const used = spare.filter((shift) => minutesWorked(problem, patient, every, person, shift))
    const near = spare
      .filter((shift) => !used.includes(shift))
      .sort((a, b) => distance(problem, person, a) - distance(problem, person, b))
    let best: { shift: ExtraShift; cost: number } | undefined
    for (const shift of [...used.slice(0, 2), ...near.slice(0, NEAR)]) {
      if (trials >= TRIALS) break
      const alone = used.length === 1 && shift === used[0] ? every : plan(helper, [shift])
      const part = alone && minutesWorked(problem, patient, alone, person, shift)
      if (!alone || !part) continue
      if (best && best.shift.end - best.shift.start <= part.end - part.start) continue
      best = { shift: { kind: 'extra-shift', resourceId: person, site: shift[2], ...part }, cost: alone.cost.total }
    }
    if (best) found.push(best)
  }
  const minutes = ({ shift }: { shift: ExtraShift }) => shift.end - shift.start
  found.sort((a, b) => minutes(a) - minutes(b) || a.cost - b.cost)
  return found.slice(0, PROPOSED).map(({ shift }) => shift)
}

/** `lead`: with one therapist throughout, who serves as nothing but therapist helps only an itinerary of their own. */
type Helper = { readonly person: string; readonly lead?: string }

/**
 * Those who could serve the visit that planning stops at, then those of the visits that it must follow in time: a dose
 * on another day lets its integration be. Where only the span stops it, any visit.
 */
function helpersFor(problem: PlanningProblem, patient: ProblemPatient, stop: Stop): Helper[] {
  const compiled = compile(problem)
  const { visits, lags, continuity } = patientProtocol(problem, patient)
  const before = lags.filter((lag) => lag.to === stop.at && (lag.maxMin ?? lag.maxDays) !== undefined)
  const near = [stop.at, ...before.map((lag) => lag.from).filter((at) => !patient.fixed?.[visits[at]?.id ?? ''])]
  const serving = visits.flatMap((visit, at) =>
    partiesOf(visit)
      .filter((party) => !party.room)
      .flatMap((party) => servers(compiled, patient, visit, party).map((c) => ({ at, party, c }))),
  )
  const others = new Set(serving.filter(({ party }) => !party.lead).map(({ c }) => c.person))
  const helpers = new Map<string, Helper>()
  const useful = stop.span ? serving : near.flatMap((at) => serving.filter((one) => one.at === at))
  for (const { c } of useful) {
    if (helpers.has(c.person)) continue
    const leadsOnly = continuity !== 'pair' && !others.has(c.person)
    helpers.set(c.person, leadsOnly ? { person: c.person, lead: c.resource.id } : { person: c.person })
  }
  return [...helpers.values()]
}

/** From the first to the last minute that anything is on shift at a clinic, per local day of the obstacle's window. */
function openingHours(problem: PlanningProblem, sites: readonly string[], { from, to }: Obstacle): Shift[] {
  const out: Shift[] = []
  problem.days.forEach((day, i) => {
    const next = problem.days[i + 1]?.start ?? problem.horizon
    if (next <= from || day.start > to) return
    for (const site of sites) {
      let [start, end] = [Infinity, -Infinity]
      for (const { shifts } of problem.resources)
        for (const shift of shifts)
          if (shift[2] === site && shift[0] >= day.start && shift[0] < next) {
            start = Math.min(start, shift[0])
            end = Math.max(end, shift[1])
          }
      if (start < end) out.push([start, end, site])
    }
  })
  return out
}

/** Minutes between an extra shift and the person's nearest shift at the clinic: none where it lengthens one. */
function distance(problem: PlanningProblem, personId: string, [start, end, site]: Shift): number {
  const own = problem.resources.filter((r) => isOf(r, personId)).flatMap((r) => r.shifts.filter((s) => s[2] === site))
  return Math.min(...own.map((s) => Math.max(0, s[0] - end, start - s[1])))
}

/** Nobody is sent to two clinics on one day. */
function worksElsewhere(problem: PlanningProblem, personId: string, [start, , site]: Shift): boolean {
  const day = problem.days.findLastIndex((d) => d.start <= start)
  const [from, to] = [problem.days[day]?.start ?? 0, problem.days[day + 1]?.start ?? Infinity]
  return problem.resources.some(
    (r) => isOf(r, personId) && r.shifts.some((s) => s[2] !== site && s[0] < to && from < s[1]),
  )
}

/** The part of an extra shift that a plan needs beyond the person's own shifts; undefined: none. */
function minutesWorked(
  problem: PlanningProblem,
  patient: ProblemPatient,
  plan: Plan,
  personId: string,
  [start, end, site]: Shift,
): Interval | undefined {
  const { visits } = patientProtocol(problem, patient)
  const missing: Interval[] = []
  for (const [i, held] of plan.visits.entries()) {
    const visit = visits[i]
    if (!visit || held.site !== site || patient.fixed?.[held.id]) continue
    for (const [k, need] of visit.needs.entries()) {
      const resource = problem.resources.find((r) => r.id === held.res[k])
      const claim = { start: held.start + need.from, end: held.start + need.to }
      if (!resource || !isOf(resource, personId) || claim.start < start || claim.end > end) continue
      const own = resource.shifts.filter((s) => s[2] === site).map((s) => ({ start: s[0], end: s[1] }))
      missing.push(...subtract([claim], own))
    }
  }
  if (missing.length === 0) return undefined
  return { start: Math.min(...missing.map((m) => m.start)), end: Math.max(...missing.map((m) => m.end)) }
}
