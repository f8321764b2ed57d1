/**
 * Whether a program template can be planned at all: in a clinic that never closes, with staff without end. Pure and exact; a template
 * refused here has no itinerary anywhere (domain.md §1, lag semantics). Whole grid steps of local minutes; clock changes are ignored.
 *
 * Lags, span and order are difference bounds between the visits' starts, on the grid, and their days' midnights. What those cannot say,
 * that the patient is in one place at a time, is decided by trying both orders of two visits that overlap.
 */
import { type Bound, down, earliestFrom, type System, up } from './difference-bounds.ts'
import { isLead, type ProgramDraft, type VisitTemplate } from './program.ts'
import type { ProgramFault } from './program-rules.ts'

const DAY = 1440
/** Attempts at ordering visits until a template gets the benefit of the doubt. */
const MAX_ORDERINGS = 400

type Rule = { path: string; says: string }
type Network = System<Rule>

/** Node numbers: a visit's start is on the grid, its midnight on whole days. */
const start = (visit: number): number => 2 * visit
const midnight = (visit: number): number => 2 * visit + 1

/** The faults that make every plan impossible: each names one rule of a set that cannot be kept together. Needs a consistent template. */
export function infeasibilities(program: ProgramDraft): ProgramFault[] {
  const cycle = cyclic(program.visits)
  if (cycle) return [cycle]
  const required = program.visits.filter(({ optional }) => !optional)
  const faults = faultsAmong(program, required)
  if (faults.length > 0) return faults
  for (const extra of program.visits.filter(({ optional }) => optional)) {
    const found = faultsAmong(program, [...required, extra])
    if (found.length > 0) return found
  }
  return []
}

/** Visits that wait for each other, directly or round about. */
function cyclic(visits: readonly VisitTemplate[]): ProgramFault | undefined {
  const done = new Set<string>()
  const walk = (visit: VisitTemplate, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(visit.key)) return [...trail.slice(trail.indexOf(visit.key)), visit.key]
    if (done.has(visit.key)) return undefined
    for (const { visit: before } of visit.after) {
      const next = visits.find(({ key }) => key === before)
      const found = next && walk(next, [...trail, visit.key])
      if (found) return found
    }
    done.add(visit.key)
    return undefined
  }
  for (const visit of visits) {
    const loop = walk(visit, [])
    if (!loop) continue
    const i = visits.findIndex(({ key }) => key === loop[0])
    return { path: `visits[${i}].after`, message: `cyclic: ${loop.join(' after ')}` }
  }
  return undefined
}

function faultsAmong(program: ProgramDraft, visits: readonly VisitTemplate[]): ProgramFault[] {
  const network = networkOf(program, visits)
  const earliest = earliestFrom(
    network,
    network.steps.map(() => 0),
  )
  if ('loop' in earliest) return explain(earliest.loop)
  const clash =
    clashAmong(program, visits, network, earliest.values) ??
    unorderable(program, visits, network, earliest.values, { left: MAX_ORDERINGS })
  if (!clash) return []
  const [a, b] = clash
  const i = program.visits.indexOf(b)
  return [
    { path: `visits[${i}].after`, message: `lags: the patient would be in "${a.key}" and "${b.key}" at the same time` },
  ]
}

/** Least minutes from the start of one visit to the start of the next: the patient's, and the lead's where one therapist leads all. */
function apart({ continuity }: ProgramDraft, first: VisitTemplate, second: VisitTemplate): number {
  if (continuity !== 'program') return first.minutes
  const until = first.claims.filter((c) => isLead(first, c)).map(({ to }) => to)
  const from = second.claims.filter((c) => isLead(second, c)).map((c) => c.from)
  return Math.max(first.minutes, ...(from.length > 0 ? until.map((to) => to - Math.min(...from)) : []))
}

function networkOf(program: ProgramDraft, visits: readonly VisitTemplate[]): Network {
  const { grid, span } = program
  const bounds: Bound<Rule>[] = visits.flatMap((_, v) => [
    { from: midnight(v), to: start(v), least: 0, rule: null },
    { from: start(v), to: midnight(v), least: grid - DAY, rule: null },
  ])
  const index = (key: string): number => visits.findIndex((visit) => visit.key === key)
  const days = (i: number, j: number, min: Rule & { value: number }, max: (Rule & { value: number }) | null): void => {
    bounds.push({ from: midnight(i), to: midnight(j), least: DAY * min.value, rule: min })
    if (max) bounds.push({ from: midnight(j), to: midnight(i), least: -DAY * max.value, rule: max })
  }
  for (const [j, visit] of visits.entries())
    for (const [k, lag] of visit.after.entries()) {
      const i = index(lag.visit)
      const before = visits[i]
      if (!before) continue
      const path = `visits[${program.visits.indexOf(visit)}].after[${k}]`
      const rule = (member: string, value: number, words: string) => ({
        path: `${path}.${member}`,
        says: `lag: "${visit.key}" ${words} after "${lag.visit}"`,
        value,
      })
      const { minDays, maxDays, minMinutes, maxMinutes } = lag
      days(
        i,
        j,
        rule('minDays', minDays ?? 0, `at least ${minDays ?? 0} days`),
        maxDays == null ? null : rule('maxDays', maxDays, `at most ${maxDays} days`),
      )
      const least = Math.max(before.minutes + (minMinutes ?? 0), apart(program, before, visit))
      bounds.push({
        from: start(i),
        to: start(j),
        least: up(least, grid),
        rule: rule('minMinutes', minMinutes ?? 0, `at least ${minMinutes ?? 0} minutes`),
      })
      if (maxMinutes != null)
        bounds.push({
          from: start(j),
          to: start(i),
          least: -down(before.minutes + maxMinutes, grid),
          rule: rule('maxMinutes', maxMinutes, `at most ${maxMinutes} minutes`),
        })
    }
  if (span && index(span.from) >= 0 && index(span.to) >= 0) {
    const says = (words: string) => `span: "${span.to}" ${words} days after "${span.from}"`
    days(
      index(span.from),
      index(span.to),
      { path: 'span.minDays', says: says(`at least ${span.minDays}`), value: span.minDays },
      { path: 'span.maxDays', says: says(`at most ${span.maxDays}`), value: span.maxDays },
    )
  }
  return { steps: visits.flatMap(() => [grid, DAY]), bounds }
}

function explain(loop: readonly Bound<Rule>[]): ProgramFault[] {
  const rules = [...new Map(loop.flatMap(({ rule }) => (rule ? [[rule.path, rule] as const] : []))).values()]
  return rules.map(({ path, says }) => {
    const others = rules.filter((rule) => rule.path !== path).map((rule) => rule.says)
    return {
      path,
      message: others.length > 0 ? `${says}: impossible together with ${others.join('; ')}` : `${says}: impossible`,
    }
  })
}

type Pair = readonly [VisitTemplate, VisitTemplate]

/** With one more bound: the second visit starts only when the first is over. */
function ordered(
  program: ProgramDraft,
  visits: readonly VisitTemplate[],
  network: Network,
  i: number,
  j: number,
): Network {
  const [first, second] = [visits[i], visits[j]]
  if (!first || !second) return network
  const least = up(apart(program, first, second), program.grid)
  return { ...network, bounds: [...network.bounds, { from: start(i), to: start(j), least, rule: null }] }
}

/** Two visits that cannot be kept apart in either order, whatever the others do. */
function clashAmong(
  program: ProgramDraft,
  visits: readonly VisitTemplate[],
  network: Network,
  values: readonly number[],
): Pair | undefined {
  const fits = (i: number, j: number): boolean =>
    'values' in earliestFrom(ordered(program, visits, network, i, j), values)
  for (const [j, b] of visits.entries())
    for (const [i, a] of visits.slice(0, j).entries()) if (!fits(i, j) && !fits(j, i)) return [a, b]
  return undefined
}

/** Two visits that no order keeps apart; undefined when some order of all visits works. */
function unorderable(
  program: ProgramDraft,
  visits: readonly VisitTemplate[],
  network: Network,
  values: readonly number[],
  attempts: { left: number },
): Pair | undefined {
  const pair = firstOverlap(program, visits, values)
  if (!pair) return undefined
  for (const [i, j] of [pair, [pair[1], pair[0]] as const]) {
    if (attempts.left-- <= 0) return undefined
    const next = ordered(program, visits, network, i, j)
    const earliest = earliestFrom(next, values)
    if ('values' in earliest && !unorderable(program, visits, next, earliest.values, attempts)) return undefined
  }
  const [a, b] = [visits[pair[0]], visits[pair[1]]]
  return a && b && [a, b]
}

function firstOverlap(
  program: ProgramDraft,
  visits: readonly VisitTemplate[],
  values: readonly number[],
): readonly [number, number] | undefined {
  const at = (v: number): number => values[start(v)] ?? 0
  for (const [j, b] of visits.entries())
    for (const [i, a] of visits.slice(0, j).entries())
      if (at(j) < at(i) + apart(program, a, b) && at(i) < at(j) + apart(program, b, a)) return [i, j]
  return undefined
}
