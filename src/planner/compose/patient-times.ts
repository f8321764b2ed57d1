/** The patient's own times in minutes of the problem: when they cannot come, and when they like to. Pure. */
import type { WeeklyWindow } from '../../domain/enrolment.ts'
import { merge } from '../../domain/interval.ts'
import { addDays, atLocalOrGapEnd, dayOf, daysBetween, type Instant, weekdayOf } from '../../domain/time.ts'
import type { PlanningFacts } from './facts.ts'
import type { Frame } from './frame.ts'

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

export function patientTimes(
  facts: PlanningFacts,
  frame: Frame,
): { unavailable: (readonly [number, number])[]; preferred?: (readonly [number, number])[] } {
  const { enrolment, patientBusy, wish } = facts
  const asMinutes = (list: readonly { start: Instant; end: Instant }[]) =>
    list.map((i) => ({ start: Math.floor(frame.minuteOf(i.start)), end: Math.ceil(frame.minuteOf(i.end)) }))
  const pairs = (list: readonly { start: number; end: number }[]) => list.map((i) => [i.start, i.end] as const)
  const away = merge([
    ...asMinutes(enrolment.unavailable),
    ...asMinutes(patientBusy),
    ...asMinutes(weekly(facts, enrolment.weeklyUnavailable)),
  ])
  const preferred = wish.setAside.includes('preference') ? [] : merge(asMinutes(weekly(facts, enrolment.preferred)))
  return {
    unavailable: pairs(away),
    ...(preferred.length > 0 ? { preferred: pairs(preferred) } : {}),
  }
}

/** Weekly windows over the horizon, on the home clinic's wall clock. */
function weekly({ home, wish }: PlanningFacts, windows: readonly WeeklyWindow[]): { start: Instant; end: Instant }[] {
  if (windows.length === 0) return []
  const first = dayOf(wish.ready, home.timeZone)
  const count = daysBetween(first, dayOf(wish.knownUntil, home.timeZone)) + 1
  return Array.from({ length: count }, (_, i) => addDays(first, i)).flatMap((day) =>
    windows
      .filter((w) => w.byDay.some((name) => name === WEEKDAYS[weekdayOf(day) - 1]))
      .map((w) => ({
        start: atLocalOrGapEnd(day, w.from, home.timeZone),
        end: atLocalOrGapEnd(day, w.to, home.timeZone),
      })),
  )
}
