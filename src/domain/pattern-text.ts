/** The text of a day pattern, RFC 5545 §3.3.10, read strictly: what names no day, or a time of day, is refused. Pure. */
import { err, ok, type Result } from './result.ts'
import { addDays, dayOf, LocalDate, type LocalTime, parseInstant, timeOf, type ZoneId } from './time.ts'

const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const
type Frequency = (typeof FREQUENCIES)[number]
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

/** Weekdays are 1 = Monday … 7; `until` is inclusive. */
export type PatternParts = {
  freq: Frequency
  interval: number
  weekStart: number
  count?: number
  until?: LocalDate
  byDay: { day: number; nth?: number }[]
  byMonth: number[]
  byMonthDay: number[]
  bySetPos: number[]
}

const PARTS = ['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST', 'BYDAY', 'BYMONTH', 'BYMONTHDAY', 'BYSETPOS']
/** Of no practical use beyond these; they bound the work that a pattern can ask for. */
const [MAX_INTERVAL, MAX_COUNT] = [1_000, 10_000]

class Unreadable extends Error {}

function number(name: string, text: string, min: number, max: number): number {
  const value = /^[+-]?\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (!(Math.abs(value) >= Math.max(min, 1) && value <= max && value >= min)) {
    throw new Unreadable(
      `${name} must be ${min < 0 ? `1 to ${max} or ${min} to -1` : `${min} to ${max}`}, not "${text}"`,
    )
  }
  return value
}

const numbers = (name: string, text: string | undefined, min: number, max: number): number[] =>
  text === undefined ? [] : text.split(',').map((one) => number(name, one, min, max))

function weekday(name: string, text: string): number {
  const index = WEEKDAYS.indexOf(text)
  if (index < 0) throw new Unreadable(`${name} must name weekdays (MO to SU), not "${text}"`)
  return index + 1
}

function byDay(freq: Frequency, text: string | undefined): PatternParts['byDay'] {
  if (text === undefined) return []
  return text.split(',').map((one) => {
    const [, nth, name = one] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(one) ?? []
    const day = weekday('BYDAY', name)
    if (nth === undefined) return { day }
    if (freq !== 'MONTHLY' && freq !== 'YEARLY') throw new Unreadable(`BYDAY=${one} needs FREQ=MONTHLY or YEARLY`)
    const most = freq === 'MONTHLY' ? 5 : 53
    return { day, nth: number('the number in BYDAY', nth, -most, most) }
  })
}

/** The last day an UNTIL includes: in a day pattern a time of day (UTC with Z, else local) matters only against the start time. */
function untilDay(text: string, at: { startTime: LocalTime; zone: ZoneId } | undefined): LocalDate {
  const [, y, m, d, hour, minute, second, utc] = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(text) ?? []
  const day = LocalDate.safeParse(`${y}-${m}-${d}`)
  if (!day.success) throw new Unreadable(`UNTIL must be YYYYMMDD or YYYYMMDDTHHMMSSZ, not "${text}"`)
  if (hour === undefined) return day.data
  const instant = parseInstant(`${day.data}T${hour}:${minute}:${second}Z`)
  if (!instant.ok) throw new Unreadable(`UNTIL ${instant.error}`)
  if (!at) return day.data
  const local =
    utc !== 'Z'
      ? { day: day.data, time: `${hour}:${minute}` }
      : { day: dayOf(instant.value, at.zone), time: timeOf(instant.value, at.zone) }
  return at.startTime <= local.time ? local.day : addDays(local.day, -1)
}

function read(text: string, at: { startTime: LocalTime; zone: ZoneId } | undefined): PatternParts {
  const given = new Map<string, string>()
  for (const part of text.toUpperCase().split(';')) {
    const [, name, value] = /^([A-Z]+)=([A-Z0-9+,-]+)$/.exec(part) ?? []
    if (name === undefined || value === undefined) throw new Unreadable(`cannot read "${part}" as NAME=VALUE`)
    if (!PARTS.includes(name)) throw new Unreadable(`${name} is not a part of a day pattern (${PARTS.join(', ')})`)
    if (given.has(name)) throw new Unreadable(`${name} is given twice`)
    given.set(name, value)
  }
  const freq = FREQUENCIES.find((one) => one === given.get('FREQ'))
  if (!freq) throw new Unreadable(`FREQ must be ${FREQUENCIES.join(', ')}`)
  const [count, until, weekStart] = [given.get('COUNT'), given.get('UNTIL'), given.get('WKST')]
  if (count !== undefined && until !== undefined) throw new Unreadable('COUNT and UNTIL exclude each other')
  if (given.has('BYMONTHDAY') && freq === 'WEEKLY') throw new Unreadable('BYMONTHDAY does not go with FREQ=WEEKLY')
  const chosenFrom = ['BYDAY', 'BYMONTH', 'BYMONTHDAY'].some((name) => given.has(name))
  if (given.has('BYSETPOS') && (freq === 'DAILY' || !chosenFrom)) {
    throw new Unreadable('BYSETPOS needs a set to choose from: FREQ=WEEKLY, MONTHLY or YEARLY and another BY… part')
  }
  return {
    freq,
    interval: number('INTERVAL', given.get('INTERVAL') ?? '1', 1, MAX_INTERVAL),
    weekStart: weekStart === undefined ? 1 : weekday('WKST', weekStart),
    ...(count === undefined ? {} : { count: number('COUNT', count, 1, MAX_COUNT) }),
    ...(until === undefined ? {} : { until: untilDay(until, at) }),
    byDay: byDay(freq, given.get('BYDAY')),
    byMonth: numbers('BYMONTH', given.get('BYMONTH'), 1, 12),
    byMonthDay: numbers('BYMONTHDAY', given.get('BYMONTHDAY'), -31, 31),
    bySetPos: numbers('BYSETPOS', given.get('BYSETPOS'), -366, 366),
  }
}

/** See parsePattern in availability.ts. */
export function parsePatternText(
  text: string,
  at?: { startTime: LocalTime; zone: ZoneId },
): Result<PatternParts, string> {
  try {
    return ok(read(text, at))
  } catch (thrown) {
    if (thrown instanceof Unreadable) return err(thrown.message)
    throw thrown
  }
}
