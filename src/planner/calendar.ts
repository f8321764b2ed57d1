/**
 * Free time, compiled once per resource and kept: for each resource, clinic and claimed part of a visit, the bitmap of starts at which the
 * resource is on shift and free. Pure; compiled on first use and remembered by the resource's own object: a problem that differs in one
 * resource recompiles that one, and a problem that was planned must not be changed in place.
 * Rules: shifts (adjacent ones at a clinic are one), busy time, lanes of shared resources.
 */
import { andInto, type Bits, type Clock, clockOf, fill } from './grid.ts'
import type { PlanningProblem, ProblemDay, ProblemResource } from './problem.ts'

/** A part of a visit, minutes from its start; `lanes`: how many lanes of the resource it takes. */
export type Part = { readonly from: number; readonly to: number; readonly lanes: number }

export type Calendar = {
  readonly resource: ProblemResource
  /** Position in the order of ids. */
  readonly rank: number
  /** Whose time it is: different claims of one visit are different persons. */
  readonly person: string
  readonly sites: ReadonlySet<string>
  readonly free: FreeTime
}

/** What is remembered of one resource: when too few lanes are free, free intervals per clinic and lanes, starts per clinic and parts. */
type FreeTime = { intervals: Map<string, Int32Array>; starts: Map<string, Bits | null> }

export type Compiled = {
  readonly problem: PlanningProblem
  readonly clock: Clock
  readonly calendars: readonly Calendar[]
  readonly byRole: ReadonlyMap<string, readonly Calendar[]>
}

type Memory = { clock: Clock; free: WeakMap<ProblemResource, FreeTime> }
const memories = new WeakMap<readonly ProblemDay[], Map<string, Memory>>()
const compiledProblems = new WeakMap<PlanningProblem, Compiled>()

/** The problem with its calendars, which are computed when first asked for. */
export function compile(problem: PlanningProblem): Compiled {
  const known = compiledProblems.get(problem)
  if (known) return known
  const { clock, free } = memoryOf(problem)
  const ids = problem.resources.map((r) => r.id).sort((a, b) => (a < b ? -1 : 1))
  const rank = new Map(ids.map((id, i) => [id, i]))
  const calendars = problem.resources.map((resource): Calendar => {
    let time = free.get(resource)
    if (!time) {
      time = { intervals: new Map(), starts: new Map() }
      free.set(resource, time)
    }
    const sites = new Set<string>()
    for (const shift of resource.shifts) sites.add(shift[2])
    return { resource, rank: rank.get(resource.id) ?? 0, person: resource.person ?? resource.id, sites, free: time }
  })
  const byRole = new Map<string, Calendar[]>()
  for (const calendar of calendars) {
    const list = byRole.get(calendar.resource.role)
    if (list) list.push(calendar)
    else byRole.set(calendar.resource.role, [calendar])
  }
  const compiled: Compiled = { problem, clock, calendars, byRole }
  compiledProblems.set(problem, compiled)
  return compiled
}

function memoryOf(problem: PlanningProblem): Memory {
  let byGrid = memories.get(problem.days)
  if (!byGrid) {
    byGrid = new Map()
    memories.set(problem.days, byGrid)
  }
  const key = `${problem.grid}/${problem.horizon}`
  let memory = byGrid.get(key)
  if (!memory) {
    memory = { clock: clockOf(problem.days, problem.grid, problem.horizon), free: new WeakMap() }
    byGrid.set(key, memory)
  }
  return memory
}

/** Starts at which the resource can serve all the parts at the clinic; null: never on shift there. Do not write to it. */
export function startsOf(calendar: Calendar, clock: Clock, site: string, parts: readonly Part[]): Bits | null {
  if (!calendar.sites.has(site)) return null
  let key = site
  for (const part of parts) key += `/${part.from}-${part.to}x${part.lanes}`
  const known = calendar.free.starts.get(key)
  if (known !== undefined) return known
  let bits: Bits | null = null
  for (const part of parts) {
    const one = parts.length === 1 ? startsOfPart(calendar, clock, site, part) : startsOf(calendar, clock, site, [part])
    if (!one) continue
    if (bits) andInto(bits, one)
    else bits = parts.length === 1 ? one : one.slice()
  }
  calendar.free.starts.set(key, bits)
  return bits
}

function startsOfPart(calendar: Calendar, clock: Clock, site: string, part: Part): Bits {
  const bits = new Uint32Array(clock.words)
  const intervals = freeIntervals(calendar, site, part.lanes)
  for (let i = 0; i < intervals.length; i += 2) {
    const first = Math.ceil(((intervals[i] as number) - part.from) / clock.grid)
    const last = Math.floor(((intervals[i + 1] as number) - part.to) / clock.grid)
    if (first <= last) fill(bits, clock, first, last)
  }
  return bits
}

/** Flat `[start, end, start, end, …]`, in minutes: on shift at the clinic with at least `lanes` lanes free. */
export function freeIntervals(calendar: Calendar, site: string, lanes: number): Int32Array {
  const key = `${site}/${lanes}`
  const known = calendar.free.intervals.get(key)
  if (known) return known
  const taken = takenIntervals(calendar, lanes)
  const out: number[] = []
  let next = 0
  for (const [start, end] of mergedShifts(calendar.resource, site)) {
    let from = start
    while (next > 0 && (taken[next - 1] as number) > start) next -= 2
    for (; next < taken.length; next += 2) {
      const busyFrom = taken[next] as number
      const busyTo = taken[next + 1] as number
      if (busyTo <= from) continue
      if (busyFrom >= end) break
      if (busyFrom > from) out.push(from, busyFrom)
      from = busyTo
      if (from >= end) break
    }
    if (from < end) out.push(from, end)
  }
  const flat = Int32Array.from(out)
  calendar.free.intervals.set(key, flat)
  return flat
}

/** Shifts at one clinic, in order, those that touch joined. */
function mergedShifts(resource: ProblemResource, site: string): [number, number][] {
  const out: [number, number][] = []
  const here = resource.shifts.filter((s) => s[2] === site).sort((a, b) => a[0] - b[0])
  for (const [start, end] of here) {
    const last = out.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else out.push([start, end])
  }
  return out
}

/** Flat `[start, end, …]`: when fewer than `lanes` lanes are free, in order and disjoint. */
function takenIntervals({ resource, free }: Calendar, lanes: number): Int32Array {
  const key = `/${lanes}`
  let taken = free.intervals.get(key)
  if (!taken) {
    const capacity = resource.capacity ?? 1
    const exclusive = capacity === 1 && lanes === 1
    taken = Int32Array.from(exclusive ? busyIntervals(resource) : crowdedIntervals(resource, capacity - lanes))
    free.intervals.set(key, taken)
  }
  return taken
}

/** A booking of no length still parts what is free before it from what is free after it. */
function busyIntervals({ busy }: ProblemResource): number[] {
  const inOrder = busy.every(([start], i) => i === 0 || (busy[i - 1]?.[0] ?? 0) <= start)
  const out: number[] = []
  for (const [start, end] of inOrder ? busy : [...busy].sort((a, b) => a[0] - b[0])) {
    const last = out.length - 1
    if (last < 0 || start > (out[last] as number)) out.push(start, end)
    else if (end > (out[last] as number)) out[last] = end
  }
  return out
}

/** When more than `spare` bookings run at once; always, when even none is too many. */
function crowdedIntervals({ busy }: ProblemResource, spare: number): number[] {
  if (spare < 0) return [-0x80000000, 0x7fffffff]
  const edges = busy.flatMap(([start, end]) => (start < end ? [[start, 1] as const, [end, -1] as const] : []))
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const out: number[] = []
  let running = 0
  for (const [at, step] of edges) {
    if (running <= spare && running + step > spare) {
      if (out.at(-1) === at) out.pop()
      else out.push(at)
    }
    if (running > spare && running + step <= spare) out.push(at)
    running += step
  }
  return out
}
