/** The time frame of a composed problem: its day 0, and instants to minutes and back. Pure. */
import { dayOf, type Instant, type LocalDate, MINUTE, startOfDay } from '../../domain/time.ts'
import type { PlanningFacts } from './facts.ts'

/** Instants ↔ the problem's minutes since the local midnight of its day 0. */
export type Frame = {
  readonly epoch: Instant
  readonly minuteOf: (at: Instant) => number
  readonly instantOf: (minute: number) => Instant
}

export function frameOf(facts: PlanningFacts): Frame & { readonly firstDay: LocalDate } {
  const zone = facts.home.timeZone
  const first = Math.min(facts.wish.ready, ...facts.fixed.map((f) => f.start)) as Instant
  const firstDay = dayOf(first, zone)
  const epoch = startOfDay(firstDay, zone)
  return {
    firstDay,
    epoch,
    minuteOf: (at) => (at - epoch) / MINUTE,
    instantOf: (minute) => (epoch + minute * MINUTE) as Instant,
  }
}
