/** The cheapest people and rooms for one visit at one place and start; among equals the first by ids in need order. Pure, exact. */
import type { Calendar } from './calendar.ts'
import { has } from './grid.ts'
import type { Group, Option } from './rules/claims.ts'
import type { Venue } from './venue.ts'

/** One resource per need, null for needs that a remote visit skips. */
export type Staffing = { price: number; res: (Calendar | null)[] }

/** Undefined: nobody can. `lead` is null for a visit without lead. */
export function cheapestStaffing(
  venue: Venue,
  needs: number,
  slot: number,
  lead: Calendar | null,
): Staffing | undefined {
  const groups: { needs: readonly number[]; options: readonly Option[] }[] = [...venue.groups]
  if (venue.leads) {
    const leadOptions = lead ? venue.leads.get(lead)?.options : undefined
    if (!leadOptions) return undefined
    groups.unshift({ needs: venue.leadNeeds, options: leadOptions })
  }
  let best: Staffing | undefined
  const res: (Calendar | null)[] = Array.from({ length: needs }, () => null)
  const taken = new Set<string>()
  const fill = (at: number, price: number): void => {
    if (best && price > best.price) return
    const group = groups[at]
    if (!group) {
      if (!best || price < best.price || comesBefore(res, best.res)) best = { price, res: [...res] }
      return
    }
    for (const option of group.options) {
      if (taken.has(option.person) || !has(option.starts, slot)) continue
      taken.add(option.person)
      group.needs.forEach((need, i) => {
        res[need] = option.res[i] ?? null
      })
      fill(at + 1, price + option.price)
      taken.delete(option.person)
      if (!venue.coupled) break
    }
  }
  fill(0, 0)
  return best
}

/** By ids in need order; a need that is skipped sorts last. */
export function comesBefore(x: readonly (Calendar | null)[], y: readonly (Calendar | null)[]): boolean {
  return compareStaff(x, y) < 0
}

export function compareStaff(x: readonly (Calendar | null)[], y: readonly (Calendar | null)[]): number {
  for (let i = 0; i < x.length; i++) {
    const difference = (x[i]?.rank ?? Infinity) - (y[i]?.rank ?? Infinity)
    if (difference < 0 || difference > 0) return difference
  }
  return 0
}

/** Price of a group at a start: its cheapest available option. */
export function groupPrice(group: Group, slot: number): number {
  for (const option of group.options) if (has(option.starts, slot)) return option.price
  return Infinity
}
