/**
 * Instants, local dates and times, zones. Pure; the only importer of luxon and of the tz data. Instants are epoch milliseconds.
 * Zone rules are moment-timezone's bundled tz data, never the runtime's (domain.md §6). It lists every clock change up to 2499;
 * after its last one a zone keeps its last offset.
 */
import { DateTime, Zone } from 'luxon'
import moment from 'moment-timezone'
import { z } from 'zod'
import { err, ok, type Result } from './result.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
/** Elapsed 24 h, not a calendar day: use addDays for those. */
export const DAY = 24 * HOUR

/** The years that dates and instants may lie in: those the tz data covers. */
const [FIRST_YEAR, LAST_YEAR] = [1900, 2499]
const covered = (year: number): boolean => year >= FIRST_YEAR && year <= LAST_YEAR
const OUT_OF_YEARS = `must lie in the years ${FIRST_YEAR} to ${LAST_YEAR}`

export const Instant = z.int().brand<'Instant'>()
export type Instant = z.infer<typeof Instant>
export const LocalDate = z.iso
  .date({ error: 'must be a real date, YYYY-MM-DD' })
  .refine((day) => covered(Number(day.slice(0, 4))), OUT_OF_YEARS)
  .brand<'LocalDate'>()
export type LocalDate = z.infer<typeof LocalDate>
export const LocalTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, HH:MM from 00:00 to 23:59')
  .brand<'LocalTime'>()
export type LocalTime = z.infer<typeof LocalTime>

export const tzVersion: string = moment.tz.dataVersion

// moment-timezone resolves aliases but does not name their target; its own tables do. Keys are lower-case names with `_` for `/`.
// Aliases are tabled both ways, and become zones once asked for: what is a zone of its own has to be noted first.
const tables = moment.tz as unknown as { _links: Record<string, string>; _zones: Record<string, unknown> }
const ownZones: ReadonlySet<string> = new Set(Object.keys(tables._zones))
function canonicalName(name: string): string | undefined {
  const key = name.toLowerCase().replaceAll('/', '_')
  return moment.tz.zone(ownZones.has(key) ? key : (tables._links[key] ?? key))?.name
}
/** A zone of the tz data; an alias becomes the name it stands for (America/Montreal → America/Toronto). */
export const ZoneId = z
  .string()
  .max(64)
  .refine((name) => canonicalName(name) !== undefined, { error: 'is not a zone of the tz database', abort: true })
  .overwrite((name) => canonicalName(name) ?? name)
  .brand<'ZoneId'>()
export type ZoneId = z.infer<typeof ZoneId>

/** What language words are in; `fr` is Canadian French. */
export type Lang = 'en' | 'fr'

export type NoSuchLocalTime = { kind: 'no-such-local-time'; day: LocalDate; time: LocalTime; zone: ZoneId }

/** Period i of a zone ends before untils[i] and runs offsets[i] milliseconds ahead of UTC. The last until is Infinity. */
type Periods = { readonly untils: readonly number[]; readonly offsets: readonly number[] }
const periodsByZone = new Map<string, Periods>()

function periodsOf(zone: ZoneId): Periods {
  const known = periodsByZone.get(zone)
  if (known) return known
  const data = moment.tz.zone(zone)
  if (!data) throw new RangeError(`unknown zone ${zone}`)
  // moment counts minutes west of UTC. Local mean times of the 19th century have seconds; whole minutes are what RFC 3339 can say.
  const made = { untils: data.untils, offsets: data.offsets.map((west) => -Math.round(west) * MINUTE) }
  periodsByZone.set(zone, made)
  return made
}

/** The index of the period that holds `at`. */
function periodAt({ untils }: Periods, at: number): number {
  let low = 0
  let high = untils.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (at < (untils[middle] ?? Infinity)) high = middle
    else low = middle + 1
  }
  return low
}

function offsetMillis(at: number, zone: ZoneId): number {
  const periods = periodsOf(zone)
  return periods.offsets[periodAt(periods, at)] ?? 0
}

/** Minutes ahead of UTC: Vancouver is -420. */
export const offsetAt = (at: Instant, zone: ZoneId): number => offsetMillis(at, zone) / MINUTE

/** A clock change: from `at` on the offset is `after` minutes ahead of UTC. */
export type Transition = { at: Instant; before: number; after: number }

/** The clock changes in [from, to), in order. Periods that differ in name only are no change. */
export function transitions(zone: ZoneId, from: Instant, to: Instant): Transition[] {
  const periods = periodsOf(zone)
  const { untils, offsets } = periods
  const found: Transition[] = []
  for (let i = periodAt(periods, from - 1); i < untils.length; i++) {
    const [until, before, after] = [untils[i] ?? Infinity, offsets[i], offsets[i + 1]]
    if (until >= to) break
    if (before === undefined || after === undefined || before === after) continue
    found.push({ at: until as Instant, before: before / MINUTE, after: after / MINUTE })
  }
  return found
}

const utcMidnight = (day: LocalDate): number =>
  Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10)))
const minuteOfDay = (time: LocalTime): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
/** A wall-clock reading written as if it were UTC, to the second. */
const iso = (reading: number): string => new Date(reading).toISOString()

/** Where a reading falls: its first instant, or, in a gap, the instant at which the gap ends. */
function locate(reading: number, zone: ZoneId): { at: number; inGap: boolean } {
  const periods = periodsOf(zone)
  const last = periodAt(periods, reading + DAY)
  let gapEnd = reading
  for (let i = periodAt(periods, reading - DAY); i <= last; i++) {
    const at = reading - (periods.offsets[i] ?? 0)
    const start = periods.untils[i - 1] ?? -Infinity
    if (at < start) return { at: start, inGap: true }
    if (at < (periods.untils[i] ?? Infinity)) return { at, inGap: false }
    gapEnd = periods.untils[i] ?? at
  }
  return { at: gapEnd, inGap: true }
}

/** The instant at which a clock in `zone` reads `time` on `day`. Spring gap: refused. Autumn overlap: the first of the two. */
export function atLocal(day: LocalDate, time: LocalTime, zone: ZoneId): Result<Instant, NoSuchLocalTime> {
  const { at, inGap } = locate(utcMidnight(day) + minuteOfDay(time) * MINUTE, zone)
  return inGap ? err({ kind: 'no-such-local-time', day, time, zone }) : ok(at as Instant)
}

/** As atLocal, but a time in the gap means the instant at which the gap ends. For what was promised before the zone's rules changed. */
export const atLocalOrGapEnd = (day: LocalDate, time: LocalTime, zone: ZoneId): Instant =>
  locate(utcMidnight(day) + minuteOfDay(time) * MINUTE, zone).at as Instant

/** The first instant of a local day; of a day that its zone skipped, that of the next. */
export const startOfDay = (day: LocalDate, zone: ZoneId): Instant => locate(utcMidnight(day), zone).at as Instant

export const dayOf = (at: Instant, zone: ZoneId): LocalDate =>
  iso(at + offsetMillis(at, zone)).slice(0, 10) as LocalDate

/** The wall clock's reading, seconds dropped. */
export const timeOf = (at: Instant, zone: ZoneId): LocalTime =>
  iso(at + offsetMillis(at, zone)).slice(11, 16) as LocalTime

export const addDays = (day: LocalDate, days: number): LocalDate =>
  iso(utcMidnight(day) + days * DAY).slice(0, 10) as LocalDate
/** Calendar days from `a` to `b`; negative when `b` is earlier. */
export const daysBetween = (a: LocalDate, b: LocalDate): number => (utcMidnight(b) - utcMidnight(a)) / DAY
/** 1 = Monday … 7 = Sunday. */
export const weekdayOf = (day: LocalDate): number => ((new Date(utcMidnight(day)).getUTCDay() + 6) % 7) + 1

/** Elapsed minutes later; a clock change does not bend them. */
export const addMinutes = (at: Instant, minutes: number): Instant => (at + minutes * MINUTE) as Instant
export const minutesBetween = (a: Instant, b: Instant): number => (b - a) / MINUTE

const twoDigits = (n: number): string => String(n).padStart(2, '0')

/** RFC 3339 with the zone's offset, whole seconds (fractions dropped): 2026-12-01T10:00:00-07:00. */
export function toWire(at: Instant, zone: ZoneId): string {
  const offset = offsetMillis(at, zone)
  const minutes = Math.abs(offset / MINUTE)
  const sign = offset < 0 ? '-' : '+'
  return `${iso(at + offset).slice(0, 19)}${sign}${twoDigits(Math.trunc(minutes / 60))}:${twoDigits(minutes % 60)}`
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,20})?(Z|[+-]\d\d:\d\d)$/i

/** An RFC 3339 date-time with its offset → instant (milliseconds; finer fractions are dropped), or why it is none. */
export function parseInstant(text: string): Result<Instant, string> {
  const [, date, hour, minute, second, fraction = '', offset] = RFC3339.exec(text) ?? []
  if (date === undefined || offset === undefined) return err('must be an RFC 3339 date-time with an offset or Z')
  const day = LocalDate.safeParse(date)
  if (!day.success) return err(day.error.issues[0]?.message ?? 'must be a real date')
  if (Number(second) === 60) return err('leap seconds are not accepted')
  if (`${hour}:${minute}:${second}` > '23:59:59' || Number(minute) > 59 || Number(second) > 59)
    return err('must be a time from 00:00:00 to 23:59:59')
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4))]
  if (hours > 23 || minutes > 59) return err('must have an offset from -23:59 to +23:59')
  const reading = Date.parse(`${date}T${hour}:${minute}:${second}.${fraction.slice(1, 4).padEnd(3, '0')}Z`)
  const at = reading - (offset[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * MINUTE
  return covered(new Date(at).getUTCFullYear()) ? ok(at as Instant) : err(OUT_OF_YEARS)
}

/** The tz data as luxon sees it. Its type is not `iana`, or luxon would format through the runtime's own zone data. */
class PinnedZone extends Zone {
  readonly #zone: ZoneId
  constructor(zone: ZoneId) {
    super()
    this.#zone = zone
  }
  override get type(): string {
    return 'pinned'
  }
  override get name(): string {
    return this.#zone
  }
  override get isUniversal(): boolean {
    return periodsOf(this.#zone).untils.length === 1
  }
  override get isValid(): boolean {
    return true
  }
  override offset(at: number): number {
    return offsetMillis(at, this.#zone) / MINUTE
  }
  override offsetName(): string {
    return this.#zone
  }
  override equals(other: Zone): boolean {
    return other.type === 'pinned' && other.name === this.#zone
  }
}

/** A zone by its city, never by an abbreviation: "Vancouver time", "heure de Vancouver". */
export function zoneInWords(zone: ZoneId, lang: Lang): string {
  const city = (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ')
  if (lang === 'en') return `${city} time`
  return /^[AEIOU]/.test(city) ? `heure d’${city}` : `heure de ${city}`
}

const daysInWords = new Map<string, string>()
/** Days remembered; when there are more, all are forgotten. */
const REMEMBERED_DAYS = 2000

/** "Tuesday 1 December 2026"; "mardi 1er décembre 2026". */
export function dayInWords(day: LocalDate, lang: Lang): string {
  const known = daysInWords.get(lang + day)
  if (known) return known
  const locale = lang === 'fr' ? 'fr-CA' : 'en-CA'
  const noon = DateTime.fromMillis(utcMidnight(day) + 12 * HOUR, {
    zone: new PinnedZone(ZoneId.parse('Etc/UTC')),
    locale,
  })
  const words = noon.toFormat(lang === 'en' ? 'cccc d LLLL yyyy' : `cccc d${noon.day === 1 ? "'er'" : ''} LLLL yyyy`)
  if (daysInWords.size >= REMEMBERED_DAYS) daysInWords.clear()
  daysInWords.set(lang + day, words)
  return words
}

/** "Tuesday 1 December 2026, 10:00, Vancouver time"; "mardi 1er décembre 2026, 10 h 00, heure de Vancouver". 24-hour clock. */
export function readInWords(at: Instant, zone: ZoneId, lang: Lang): string {
  const time = timeOf(at, zone)
  const said = lang === 'en' ? time : `${Number(time.slice(0, 2))} h ${time.slice(3)}`
  return `${dayInWords(dayOf(at, zone), lang)}, ${said}, ${zoneInWords(zone, lang)}`
}

/** The first tz release that knows that Vancouver no longer changes its clocks. */
const OLDEST_TZ = '2026b'

/** Why the tz data must not be used (too old, or wrong where it was checked); undefined when it may. */
export function staleTimeZones(version: string = tzVersion): string | undefined {
  if (!(version >= OLDEST_TZ))
    return `tz data ${version} is older than ${OLDEST_TZ}: Vancouver's winter times would be an hour wrong`
  const [vancouver, toronto] = [ZoneId.parse('America/Vancouver'), ZoneId.parse('America/Toronto')]
  const checks: [number, ZoneId, string][] = [
    [Date.UTC(2026, 11, 1, 17), vancouver, '2026-12-01T10:00:00-07:00'],
    [Date.UTC(2026, 10, 1, 5, 59), toronto, '2026-11-01T01:59:00-04:00'],
    [Date.UTC(2026, 10, 1, 6), toronto, '2026-11-01T01:00:00-05:00'],
    [Date.UTC(2027, 2, 14, 7), toronto, '2027-03-14T03:00:00-04:00'],
  ]
  for (const [at, zone, expected] of checks) {
    const got = toWire(at as Instant, zone)
    if (got !== expected) return `tz data ${version} reads ${iso(at)} in ${zone} as ${got}, not ${expected}`
  }
  return undefined
}
