/** Do placed visits keep the template's lags and span (domain.md §1)? Pure. Days are local at the clinic, minutes elapsed. */
import type { Program } from './program.ts'
import type { LagViolation } from './refusal.ts'
import { daysBetween, type Instant, type LocalDate, minutesBetween } from './time.ts'

/** A visit with its date: booked, done, or about to be booked. */
export type Dated = {
  readonly visitKey: string
  readonly start: Instant
  readonly end: Instant
  readonly day: LocalDate
}

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
