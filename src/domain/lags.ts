/** Do placed visits keep the template's lags and span (domain.md §1)? Pure. Days are local at the clinic, minutes elapsed. */
import type { Interval } from './interval.ts'
import type { Program, VisitTemplate } from './program.ts'
import type { LagViolation } from './refusal.ts'
import {
  addDays,
  addMinutes,
  dayOf,
  daysBetween,
  type Instant,
  type LocalDate,
  minutesBetween,
  startOfDay,
  type ZoneId,
} from './time.ts'

/** A visit with its date: booked, done, or about to be booked. */
export type Dated = {
  readonly visitKey: string
  readonly start: Instant
  readonly end: Instant
  readonly day: LocalDate
}

export const datedOf = (visit: Pick<Dated, 'visitKey' | 'start' | 'end'> & { readonly timeZone: ZoneId }): Dated => ({
  visitKey: visit.visitKey,
  start: visit.start,
  end: visit.end,
  day: dayOf(visit.start, visit.timeZone),
})

/** Rules that a signed override sets aside: the upper bounds in days; minima and bounds in minutes stay hard. */
export type SetAside = { readonly lag: boolean; readonly span: boolean }

/**
 * Every lag and span that is broken and touches one of `moved`. Visits that have no date bind nobody.
 * A violation names the later visit, the one it follows, the bound's name, what it is and what it must be.
 */
export function lagViolations(
  program: Program,
  dated: readonly Dated[],
  moved: ReadonlySet<string>,
  setAside: SetAside = { lag: false, span: false },
): LagViolation[] {
  const at = new Map(dated.map((d) => [d.visitKey, d]))
  const out: LagViolation[] = []
  const check = (
    visitKey: string,
    after: string,
    rule: string,
    actual: number,
    required: number | null | undefined,
  ) => {
    if (required == null) return
    if (rule.startsWith('max') || rule === 'spanMax' ? actual > required : actual < required)
      out.push({ visitKey, after, rule, actual, required })
  }
  for (const visit of program.visits) {
    const to = at.get(visit.key)
    for (const lag of visit.after) {
      const from = at.get(lag.visit)
      if (!to || !from || !(moved.has(visit.key) || moved.has(lag.visit))) continue
      const days = daysBetween(from.day, to.day)
      const minutes = minutesBetween(from.end, to.start)
      check(visit.key, lag.visit, 'minDays', days, lag.minDays)
      if (!setAside.lag) check(visit.key, lag.visit, 'maxDays', days, lag.maxDays)
      check(visit.key, lag.visit, 'minMinutes', minutes, Math.max(0, lag.minMinutes ?? 0))
      check(visit.key, lag.visit, 'maxMinutes', minutes, lag.maxMinutes)
    }
  }
  const { span } = program
  const [first, last] = [span && at.get(span.from), span && at.get(span.to)]
  if (span && first && last && (moved.has(span.from) || moved.has(span.to))) {
    const days = daysBetween(first.day, last.day)
    check(span.to, span.from, 'spanMin', days, span.minDays)
    if (!setAside.span) check(span.to, span.from, 'spanMax', days, span.maxDays)
  }
  return out
}

/**
 * The first and the last start, both inclusive, at which `lagViolations` finds nothing against a visit, whatever else has a date.
 * Every bound is one-sided in the start, so what is legal is one interval; it may be empty.
 */
export function startBounds(
  program: Program,
  visit: Pick<VisitTemplate, 'key' | 'minutes'>,
  dated: readonly Dated[],
  zone: ZoneId,
  setAside: SetAside,
): Interval<Instant> {
  const at = new Map(dated.filter((d) => d.visitKey !== visit.key).map((d) => [d.visitKey, d]))
  let [start, end]: [number, number] = [-Infinity, Infinity]
  const fromDay = (day: LocalDate, days: number) => {
    start = Math.max(start, startOfDay(addDays(day, days), zone))
  }
  const upToDay = (day: LocalDate, days: number) => {
    end = Math.min(end, startOfDay(addDays(day, days + 1), zone) - 1)
  }
  for (const { key, after } of program.visits)
    for (const lag of after) {
      const [before, next] = [at.get(lag.visit), at.get(key)]
      const minMinutes = Math.max(0, lag.minMinutes ?? 0)
      const maxDays = setAside.lag ? null : lag.maxDays
      if (key === visit.key && before) {
        start = Math.max(start, addMinutes(before.end, minMinutes))
        if (lag.maxMinutes != null) end = Math.min(end, addMinutes(before.end, lag.maxMinutes))
        if (lag.minDays != null) fromDay(before.day, lag.minDays)
        if (maxDays != null) upToDay(before.day, maxDays)
      }
      if (lag.visit === visit.key && next) {
        end = Math.min(end, addMinutes(next.start, -visit.minutes - minMinutes))
        if (lag.maxMinutes != null) start = Math.max(start, addMinutes(next.start, -visit.minutes - lag.maxMinutes))
        if (lag.minDays != null) upToDay(next.day, -lag.minDays)
        if (maxDays != null) fromDay(next.day, -maxDays)
      }
    }
  const { span } = program
  const [first, last] = [span && at.get(span.from), span && at.get(span.to)]
  if (span?.to === visit.key && first) {
    fromDay(first.day, span.minDays)
    if (!setAside.span) upToDay(first.day, span.maxDays)
  }
  if (span?.from === visit.key && last) {
    upToDay(last.day, -span.minDays)
    if (!setAside.span) fromDay(last.day, -span.maxDays)
  }
  return { start: start as Instant, end: end as Instant }
}
