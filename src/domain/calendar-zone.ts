/** VTIMEZONE (RFC 5545 §3.6.5) from our tz data. Pure. A zone that repeats gets yearly rules, any other its changes one by one. */
import ICAL from 'ical.js'
import {
  addDays,
  type Instant,
  type LocalDate,
  MINUTE,
  offsetAt,
  type Transition,
  toWire,
  transitions,
  weekdayOf,
  type ZoneId,
} from './time.ts'

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
/** How long a pattern must go on unchanged to be written as a rule. */
const YEARS_ALIKE = 9

const startOfYear = (year: number): Instant => Date.UTC(year) as Instant
const yearOf = (at: Instant): number => new Date(at).getUTCFullYear()
/** What the clock reads at an instant while it is `offset` minutes ahead of UTC: 2026-11-01T02:00:00. */
const reading = (at: Instant, offset: number): string => new Date(at + offset * MINUTE).toISOString().slice(0, 19)

function observance({ at, before, after }: Transition, rule?: string): ICAL.Component {
  const component = new ICAL.Component(after > before ? 'daylight' : 'standard')
  component.addPropertyWithValue('dtstart', ICAL.Time.fromDateTimeString(reading(at, before)))
  component.addPropertyWithValue('tzoffsetfrom', ICAL.UtcOffset.fromSeconds(before * 60))
  component.addPropertyWithValue('tzoffsetto', ICAL.UtcOffset.fromSeconds(after * 60))
  if (rule) component.addPropertyWithValue('rrule', ICAL.Recur.fromString(rule))
  return component
}

/** The days of a year on which a change may be told to fall: the nth weekday, and the last one where it is that. */
function placesInMonth(change: Transition): string[] {
  const local = reading(change.at, change.before)
  const day = local.slice(0, 10) as LocalDate
  const [month, date] = [Number(day.slice(5, 7)), Number(day.slice(8, 10))]
  const weekday = WEEKDAYS[weekdayOf(day) - 1]
  const isLast = addDays(day, 7).slice(5, 7) !== day.slice(5, 7)
  const rule = (nth: number) => `FREQ=YEARLY;BYMONTH=${month};BYDAY=${nth}${weekday} at ${local.slice(11)}`
  return [...(isLast ? [rule(-1)] : []), rule(Math.ceil(date / 7))]
}

/** One yearly rule for changes that come once a year, in the same place; undefined when they do not. */
function yearlyRule(changes: readonly Transition[], years: number): string | undefined {
  const [first, ...others] = changes
  if (!first || changes.length !== years) return undefined
  const alike = (rule: string) => others.every((change) => placesInMonth(change).includes(rule))
  const sameOffsets = others.every(({ before, after }) => before === first.before && after === first.after)
  return sameOffsets ? placesInMonth(first).find(alike)?.split(' at ')[0] : undefined
}

/** Yearly rules for summer and winter from the year before `from`; undefined for a zone that does not repeat. */
function yearlyObservances(zone: ZoneId, from: Instant, to: Instant): ICAL.Component[] | undefined {
  const [first, last] = [yearOf(from) - 1, yearOf(to) + YEARS_ALIKE]
  const changes = transitions(zone, startOfYear(first), startOfYear(last + 1))
  const [forward, back] = [changes.filter((c) => c.after > c.before), changes.filter((c) => c.after < c.before)]
  const rules = [forward, back].map((group) => yearlyRule(group, last - first + 1))
  if (!forward[0] || !back[0] || !rules[0] || !rules[1]) return undefined
  return [observance(forward[0], rules[0]), observance(back[0], rules[1])]
}

/** The offset in force at `from`, as if it had never been another, and the changes until `to`. */
function plainObservances(zone: ZoneId, from: Instant, to: Instant): ICAL.Component[] {
  const offset = offsetAt(from, zone)
  const since = transitions(zone, 0 as Instant, (from + 1) as Instant).at(-1)?.at ?? (0 as Instant)
  const fixed: Transition = { at: since, before: offset, after: offset }
  return [fixed, ...transitions(zone, (from + 1) as Instant, to)].map((change) => observance(change))
}

/** Rules newer than this are missing in the tz data of many calendar programs. */
const [WIDELY_KNOWN, LAST] = [startOfYear(2025), startOfYear(2500)]

const tzids = new Map<ZoneId, string>()
/**
 * What a file calls the zone: its usual name, by which some programs prefer their own data. A zone whose rules are newer than that data
 * has a name of ours (RFC 5545 §3.8.3.1: after a solidus, globally unique), so that every program reads the VTIMEZONE; decision 23.
 */
export function tzidOf(zone: ZoneId): string {
  const known = tzids.get(zone)
  if (known) return known
  const changes = transitions(zone, WIDELY_KNOWN, LAST).length > 0
  const tzid = changes && !yearlyObservances(zone, WIDELY_KNOWN, WIDELY_KNOWN) ? `/throughline/${zone}` : zone
  tzids.set(zone, tzid)
  return tzid
}

/** A VTIMEZONE that is right for every instant in [from, to]. */
export function vtimezone(zone: ZoneId, from: Instant, to: Instant): ICAL.Component {
  const component = new ICAL.Component('vtimezone')
  component.addPropertyWithValue('tzid', tzidOf(zone))
  const observances = yearlyObservances(zone, from, to) ?? plainObservances(zone, from, to)
  for (const one of observances) component.addSubcomponent(one)
  return component
}

/** What a zone's clock reads, as jCal writes it: for DTSTART and its like. */
export const localTime = (at: Instant, zone: ZoneId): string => toWire(at, zone).slice(0, 19)
