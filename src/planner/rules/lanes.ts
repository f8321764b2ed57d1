/**
 * Rule: two visits of the patient never take more lanes of a resource, or more of its doses of a day, than it has. Within one visit the
 * claims see to that; across visits it can only happen where turnover or one day brings them together. Pure; minutes.
 */
import type { Calendar, Compiled } from '../calendar.ts'
import { dayOf } from '../grid.ts'
import type { ProtocolVisit } from '../problem.ts'

export type PlacedVisit = {
  readonly visit: ProtocolVisit
  readonly start: number
  readonly res: readonly (Calendar | null)[]
}

type Claim = { readonly visit: number; readonly need: number; readonly from: number; readonly to: number }

/** The needs of one visit (a position) that take part in a conflict. */
type Party = { readonly visit: number; readonly needs: readonly number[] }

/**
 * Claims that together overtax one resource. `gap`, when moving two of them apart is enough whatever else is booked: the least minutes from
 * the first visit's start to the second's, and from the second's to the first's. `day`: the conflict is about that local day only.
 */
export type Conflict = {
  readonly resource: string
  readonly parties: readonly Party[]
  readonly gap?: readonly [number, number]
  readonly day?: number
}

export function laneConflict(compiled: Compiled, placed: readonly PlacedVisit[]): Conflict | undefined {
  const claims = new Map<Calendar, Claim[]>()
  placed.forEach(({ visit, start, res }, v) => {
    visit.needs.forEach((need, i) => {
      const calendar = res[i]
      if (!calendar) return
      const claim = { visit: v, need: i, from: start + need.from, to: start + need.to }
      const known = claims.get(calendar)
      if (known) known.push(claim)
      else claims.set(calendar, [claim])
    })
  })
  for (const [calendar, list] of claims) {
    const conflict = overlap(calendar, list, placed) ?? tooManyDoses(compiled, calendar, list, placed)
    if (conflict) return conflict
  }
  return undefined
}

function overlap(
  { resource }: Calendar,
  claims: readonly Claim[],
  placed: readonly PlacedVisit[],
): Conflict | undefined {
  const lanes = resource.capacity ?? 1
  for (const x of claims) {
    const others = claims.filter((y) => y.visit !== x.visit && y.from <= x.from && x.from < y.to)
    const [y] = others
    if (!y) continue
    if (lanes === 1) {
      const [startX, startY] = [placed[x.visit]?.start ?? 0, placed[y.visit]?.start ?? 0]
      const gap = [x.to - startX - (y.from - startY), y.to - startY - (x.from - startX)] as const
      return { resource: resource.id, parties: [partyOf(x), partyOf(y)], gap }
    }
    const own = claims.filter((c) => c.from <= x.from && x.from < c.to)
    const busy = resource.busy.filter(([from, to]) => from <= x.from && x.from < to).length
    if (own.length + busy > lanes || laterOverflow(resource.busy, own, lanes))
      return { resource: resource.id, parties: own.map(partyOf) }
  }
  return undefined
}

const partyOf = ({ visit, need }: Claim): Party => ({ visit, needs: [need] })

/** A booking that begins while these claims run may be the one too many. */
function laterOverflow(busy: readonly (readonly [number, number])[], own: readonly Claim[], lanes: number): boolean {
  return busy.some(([at]) => {
    const running = own.filter((c) => c.from <= at && at < c.to)
    if (running.length === 0) return false
    return running.length + busy.filter(([from, to]) => from <= at && at < to).length > lanes
  })
}

function tooManyDoses(
  { problem, clock }: Compiled,
  { resource }: Calendar,
  claims: readonly Claim[],
  placed: readonly PlacedVisit[],
): Conflict | undefined {
  const limit = problem.maxPerDay?.[resource.id]
  if (limit === undefined) return undefined
  const doses = [...new Set(claims.map((c) => c.visit))].filter((v) => placed[v]?.visit.dose)
  const dayOfDose = (v: number) => dayOf(clock, placed[v]?.start ?? 0)
  for (const dose of doses) {
    const day = dayOfDose(dose)
    const visits = doses.filter((v) => dayOfDose(v) === day)
    const booked = problem.dosesBooked?.[resource.id]?.[clock.dates[day] ?? ''] ?? 0
    if (visits.length + booked <= limit) continue
    const parties = visits.map((v) => ({ visit: v, needs: placed[v]?.visit.needs.map((_, i) => i) ?? [] }))
    return { resource: resource.id, parties, day }
  }
  return undefined
}
