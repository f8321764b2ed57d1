/** Why nothing could be planned: reads more than planning does (the whole region, beyond the horizon, absences and closures), then asks the planner. */
import type { Tx } from '../db/client.ts'
import { holidaySpans } from '../domain/holiday.ts'
import type { Blocker } from '../domain/itinerary.ts'
import { addDays, dayOf, type Instant, startOfDay } from '../domain/time.ts'
import { blockersOf } from '../planner/compose/blockers.ts'
import type { PlanningWish } from '../planner/compose/facts.ts'
import * as absences from '../repositories/absences.ts'
import * as clinics from '../repositories/clinics.ts'
import { type EnrolmentFacts, loadFreeTime } from './load-planning-facts.ts'
import type { ProposalWish } from './proposal-wish.ts'

/** How far beyond the latest day asked for a later plan is looked for, in local days. */
const LATER_DAYS = 84

export async function explainNoPlan(
  tx: Tx,
  facts: EnrolmentFacts,
  planned: PlanningWish,
  wish: ProposalWish,
): Promise<Blocker[]> {
  const zone = facts.home.timeZone
  const region = await clinics.ofRegion(tx, facts.home.region)
  const places = [...new Map([...facts.clinics, ...region].map((c) => [c.id, c])).values()].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  )
  const bounded = wish.notAfter !== undefined && planned.until === wish.notAfter
  const knownUntil = bounded ? startOfDay(addDays(dayOf(planned.until, zone), LATER_DAYS), zone) : planned.until
  const wide = { ...facts, clinics: places }
  const planning = await loadFreeTime(
    tx,
    wide,
    { ...planned, knownUntil, therapistId: undefined },
    places.map((c) => c.id),
  )
  const window = { start: planned.ready, end: knownUntil as Instant }
  const [away, closed] = [
    await absences.within(
      tx,
      planning.clinicians.map((c) => c.id),
      window,
    ),
    await absences.within(
      tx,
      places.map((c) => c.id),
      window,
    ),
  ]
  return blockersOf(planning, {
    therapistId: wish.therapistId,
    away,
    closures: [
      ...closed.map(({ resourceId, ...span }) => ({
        ...span,
        clinicId: places.find((c) => c.id === resourceId)?.id ?? facts.home.id,
      })),
      ...places.flatMap((c) =>
        holidaySpans(c.province, c.policy.holidays, window, c.timeZone).map((span) => ({ ...span, clinicId: c.id })),
      ),
    ],
    request: requestOf(wish),
  })
}

/** The proposal's body again, as the contract writes it. */
function requestOf(wish: ProposalWish): Record<string, unknown> {
  const iso = (at: number) => new Date(at).toISOString()
  return {
    notBefore: iso(wish.notBefore),
    ...(wish.notAfter === undefined ? {} : { notAfter: iso(wish.notAfter) }),
    ...(wish.steps ? { steps: wish.steps } : {}),
    ...(wish.therapistId ? { therapistId: wish.therapistId } : {}),
    ...(wish.allowHandover ? { allowHandover: true } : {}),
    ...(wish.virtual === 'avoid' ? {} : { virtual: wish.virtual }),
    ...(wish.override ? { override: wish.override } : {}),
  }
}
