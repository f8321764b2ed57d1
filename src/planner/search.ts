/**
 * Best-first branch and bound. A node is a window of starts per visit, with relations and bars added on the way; its bound is the tree
 * relaxation. The first node whose relaxed placement breaks no rule is the optimum, and the first in the documented order among equals:
 * every broken rule splits the node into parts that together keep all its plans and each lose the broken placement. Pure, exact.
 */
import { type Demand, withBans } from './demand.ts'
import { firstPlacement } from './first-placement.ts'
import { startOfDay } from './grid.ts'
import { narrow, type Windows } from './narrow.ts'
import { comparePlacings, type Placing, placingOf } from './placing.ts'
import type { ProtocolVisit } from './problem.ts'
import { placementOf, type Relaxation, rangesOf, relax, relaxationOf } from './relaxation.ts'
import { after, partingOrders } from './rules/at-once.ts'
import { banOf } from './rules/claims.ts'
import { earliestBefore, keeps, latestBefore, type Relation } from './rules/lag.ts'
import { type Conflict, laneConflict } from './rules/lanes.ts'
import { spaceOf } from './space.ts'
import type { Team } from './team.ts'
import { type Tree, treeOf, treeWith } from './tree.ts'

export type Question = {
  readonly demand: Demand
  readonly team: Team
  readonly windows: Windows
  /** Only plans that cost no more, without what fixed visits cost. */
  readonly maxCost: number
  /** Local days on which the plan may not begin. */
  readonly notOn: ReadonlySet<number>
}

type Node = {
  windows: Windows
  tree: Tree
  bans: ReadonlySet<string>
  relaxation: Relaxation
  demand: Demand
  placing: Placing
}

export function search(question: Question): Placing | undefined {
  const { demand, team } = question
  const blocks = demand.visits.map((v) => (team.layers.length > 1 ? v.block : null))
  const relaxationFor = (d: Demand, tree: Tree, windows: Windows) =>
    relaxationOf(d.compiled.clock, spaceOf(d, team, windows), tree, d.compiled.problem.weights.handover ?? 0)

  const open: Node[] = []
  const add = (part: Windows, tree: Tree, bans: ReadonlySet<string>, d: Demand, relaxation: Relaxation): void => {
    const windows = { lo: part.lo.slice(), hi: part.hi.slice() }
    const { space } = relaxation
    if (!narrow(d.compiled.clock, tree.relations, windows, space.starts)) return
    const ranges = rangesOf(space, windows)
    const cost = relax(relaxation, ranges)
    if (cost === Infinity || cost > question.maxCost) return
    const placement =
      space.layers.length > 1 ? firstPlacement(relaxation, ranges, cost, d) : placementOf(relaxation, ranges, cost)
    const placing = placingOf(d, space, placement)
    insert(open, { windows, tree, bans, relaxation, demand: d, placing })
  }
  const tree = treeOf(demand.relations, blocks)
  add(question.windows, tree, new Set(), demand, relaxationFor(demand, tree, question.windows))

  for (let node = open.pop(); node; node = open.pop()) {
    const { windows, placing } = node
    const split = (parts: readonly Windows[]): void => {
      for (const part of parts) add(part, node.tree, node.bans, node.demand, node.relaxation)
    }
    const tie = (extra: Relation): void => {
      const next = treeWith(node.tree, blocks, extra)
      add(windows, next, node.bans, node.demand, { ...node.relaxation, tree: next })
    }
    const bar = ({ visit, needs }: Conflict['parties'][number], resource: string): void => {
      const barredVisit = demand.visits[visit]?.visit as ProtocolVisit
      const bans = new Set([...node.bans, ...needs.map((need) => banOf(barredVisit, need, resource))])
      const barred = withBans(demand, bans)
      add(windows, node.tree, bans, barred, relaxationFor(barred, node.tree, windows))
    }

    const broken = node.tree.relations.find((r) => !kept(r, placing))
    if (broken) {
      split(partsForRelation(demand, windows, placing, broken))
      continue
    }
    const orders = partingOrders(
      placing.starts,
      demand.visits.map((v) => v.visit.dur),
    )
    if (orders) {
      orders.forEach(tie)
      continue
    }
    if (question.notOn.has(placing.firstDay)) {
      split(partsForFirstDay(demand, windows, placing.firstDay))
      continue
    }
    const conflict = laneConflict(demand.compiled, placing.visits)
    if (!conflict) return placing
    const parts = partsForConflict(demand, windows, placing, conflict)
    if (parts) {
      split(parts)
      continue
    }
    for (const party of conflict.parties) bar(party, conflict.resource)
    const [x, y] = conflict.parties
    if (conflict.gap && x && y) {
      tie(after(x.visit, y.visit, conflict.gap[0]))
      tie(after(y.visit, x.visit, conflict.gap[1]))
    }
  }
  return undefined
}

const kept = (r: Relation, { starts, days }: Placing): boolean =>
  keeps(r, starts[r.a] as number, days[r.a] as number, starts[r.b] as number, days[r.b] as number)

/** Best last; the list is short. */
function insert(open: Node[], node: Node): void {
  let low = 0
  let high = open.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (comparePlacings((open[middle] as Node).placing, node.placing) > 0) low = middle + 1
    else high = middle
  }
  open.splice(low, 0, node)
}

/** Windows that keep b where it is in one part and a in the other. */
function partsForRelation({ compiled }: Demand, windows: Windows, { starts, days }: Placing, r: Relation): Windows[] {
  const [startB, dayB] = [starts[r.b] as number, days[r.b] as number]
  const latest = latestBefore(compiled.clock, r, startB, dayB)
  if ((starts[r.a] as number) > latest)
    return [within(windows, r.a, -Infinity, latest), within(windows, r.a, latest + 1, Infinity)]
  const earliest = earliestBefore(compiled.clock, r, startB, dayB)
  return [within(windows, r.a, -Infinity, earliest - 1), within(windows, r.a, earliest, Infinity)]
}

/** Plans that begin on another day: all visits later than it, or some visit before it. */
function partsForFirstDay({ compiled, visits }: Demand, windows: Windows, day: number): Windows[] {
  const next = startOfDay(compiled.clock, day + 1)
  const start = startOfDay(compiled.clock, day)
  const later = { lo: windows.lo.map((lo) => Math.max(lo, next)), hi: windows.hi }
  return [later, ...visits.map((_, v) => within(windows, v, -Infinity, start - 1))]
}

/** Windows around the visits' starts, or around the day; undefined once there is nothing left to part but who serves them. */
function partsForConflict(
  { compiled }: Demand,
  windows: Windows,
  { starts }: Placing,
  conflict: Conflict,
): Windows[] | undefined {
  if (conflict.gap) return undefined
  for (const { visit: v } of conflict.parties) {
    const here = starts[v] as number
    const from = conflict.day === undefined ? here : startOfDay(compiled.clock, conflict.day)
    const to = conflict.day === undefined ? here : startOfDay(compiled.clock, conflict.day + 1) - 1
    if ((windows.lo[v] as number) >= from && (windows.hi[v] as number) <= to) continue
    return [within(windows, v, -Infinity, from - 1), within(windows, v, from, to), within(windows, v, to + 1, Infinity)]
  }
  return undefined
}

function within(windows: Windows, v: number, from: number, to: number): Windows {
  const lo = windows.lo.slice()
  const hi = windows.hi.slice()
  lo[v] = Math.max(lo[v] as number, from)
  hi[v] = Math.min(hi[v] as number, to)
  return { lo, hi }
}
