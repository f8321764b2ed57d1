/** Local days and wall times of generated problems, clock changes included, from a small table instead of zone data. */
import type { ProblemDay } from '../../src/planner/problem.ts'

/** Days that are not 24 h long, at 02:00: minutes added. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'America/Toronto': { '2026-03-08': -60, '2026-11-01': 60, '2027-03-14': -60 },
  'America/Vancouver': { '2026-03-08': -60 },
}
/** Minutes behind UTC at the start of a date. */
const OFFSETS: Readonly<Record<string, (date: string) => number>> = {
  'America/Toronto': (date) => (date <= '2026-03-08' || (date > '2026-11-01' && date <= '2027-03-14') ? 300 : 240),
  'America/Vancouver': (date) => (date <= '2026-03-08' ? 480 : 420),
}

export type LocalDays = {
  readonly tz: string
  readonly epochUtc: string
  readonly days: readonly ProblemDay[]
  /** Elapsed minute of a wall time, `hour` may be a fraction; on a day whose clocks change, after the change. */
  at(day: number, hour: number): number
}

/** `count` days and the one after, from `startDate`. */
export function localDays(tz: string, startDate: string, count: number): LocalDays {
  const changes = CHANGES[tz] ?? {}
  const first = Date.parse(`${startDate}T00:00:00Z`)
  const days: ProblemDay[] = []
  let start = 0
  for (let i = 0; i <= count; i++) {
    const day = new Date(first + i * 86_400_000)
    const date = day.toISOString().slice(0, 10)
    days.push({ date, dow: day.getUTCDay(), start })
    start += 1440 + (changes[date] ?? 0)
  }
  const offset = OFFSETS[tz]?.(startDate) ?? 0
  return {
    tz,
    epochUtc: new Date(first + offset * 60_000).toISOString(),
    days,
    at: (day, hour) => {
      const local = days[day]
      if (!local) throw new Error(`no day ${day}`)
      return local.start + Math.round(hour * 60) + (hour >= 2 ? (changes[local.date] ?? 0) : 0)
    },
  }
}
