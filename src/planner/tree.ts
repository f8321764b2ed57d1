/**
 * The part of the relations that a dynamic program can keep exactly: every visit is tied to one earlier visit of the template, its parent.
 * The rest is the search's business. Pure. Positions are those of `Demand.visits`.
 */
import { type Relation, withRelation } from './rules/lag.ts'

/** How a child's therapist follows from its parent's: the same; any, without cost; any, another at the price of a handover. */
export type LeadLink = 'same' | 'free' | 'costed'

export type Tree = {
  readonly relations: readonly Relation[]
  /** The relation with the parent (its `a`); null for a root. */
  readonly parent: readonly (Relation | null)[]
  readonly link: readonly LeadLink[]
  readonly children: readonly (readonly number[])[]
}

const unbounded = { minGap: -Infinity, maxGap: Infinity, minDays: -Infinity, maxDays: Infinity }

/** `blocks`: per visit its continuity block, or null; all null when one therapist is settled for all. */
export function treeOf(relations: readonly Relation[], blocks: readonly (number | null)[]): Tree {
  const parent: (Relation | null)[] = []
  const link: LeadLink[] = []
  /** The block whose therapist is known at a visit. */
  const context: (number | null)[] = []
  let lastLed: number | undefined
  blocks.forEach((block, v) => {
    const before = lastLed === undefined ? null : (blocks[lastLed] ?? null)
    const tells = (r: Relation) => block === null || context[r.a] === before
    const tightest = relations
      .filter((r) => r.b === v && r.a < v && tells(r))
      .reduce<Relation | null>((best, r) => (best && width(best) < width(r) ? best : r), null)
    const needsContext = block !== null && lastLed !== undefined
    const chosen = tightest ?? (needsContext ? { a: lastLed as number, b: v, ...unbounded } : null)
    parent.push(chosen)
    const inherited = chosen ? (context[chosen.a] ?? null) : null
    link.push(block === null || block === inherited ? 'same' : inherited === null ? 'free' : 'costed')
    context.push(block ?? inherited)
    if (block !== null) lastLed = v
  })
  const children = blocks.map((_, p) => parent.flatMap((r, v) => (r?.a === p ? [v] : [])))
  return { relations, parent, link, children }
}

export const treeWith = (tree: Tree, blocks: readonly (number | null)[], extra: Relation): Tree =>
  treeOf(withRelation(tree.relations, extra), blocks)

const DAY = 1440

/** Minutes of freedom that a relation leaves. */
const width = (r: Relation): number => Math.min(r.maxGap, (r.maxDays + 1) * DAY) - Math.max(r.minGap, r.minDays * DAY)
