/**
 * Statutory holidays of the three provinces, by rule. Pure. Sources: Québec, Act respecting labour standards, s. 60, and National Holiday Act;
 * Ontario, Employment Standards Act 2000, s. 1 (1) "public holiday"; British Columbia, Employment Standards Act, s. 1 "statutory holiday".
 */
import type { Province } from './clinic.ts'
import type { Interval } from './interval.ts'
import { addDays, dayOf, type Instant, type LocalDate, startOfDay, weekdayOf, type ZoneId } from './time.ts'

type Name = { readonly en: string; readonly fr: string }
export type Holiday = { readonly date: LocalDate; readonly name: Name }
/** Days a clinic closes beyond the statutory holidays, and statutory holidays it works. */
export type HolidayPolicy = { readonly add: readonly LocalDate[]; readonly drop: readonly LocalDate[] }

type DayOfYear = (year: number) => LocalDate
const MONDAY = 1

const on = (year: number, month: number, day: number): LocalDate =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}` as LocalDate
const fixed =
  (month: number, day: number): DayOfYear =>
  (year) =>
    on(year, month, day)
const nthMonday =
  (nth: number, month: number): DayOfYear =>
  (year) => {
    const first = on(year, month, 1)
    return addDays(first, ((MONDAY - weekdayOf(first) + 7) % 7) + 7 * (nth - 1))
  }
const mondayBefore =
  (month: number, day: number): DayOfYear =>
  (year) => {
    const limit = on(year, month, day)
    return addDays(limit, -((weekdayOf(limit) - MONDAY + 6) % 7) - 1)
  }
/** Québec keeps 1 July on 2 July when it is a Sunday (s. 60). */
const orMondayWhenSunday =
  (day: DayOfYear): DayOfYear =>
  (year) =>
    weekdayOf(day(year)) === 7 ? addDays(day(year), 1) : day(year)

/** Two days before the Gregorian Easter Sunday (Meeus, Jones and Butcher's rule). */
const goodFriday: DayOfYear = (year) => {
  const golden = year % 19
  const century = Math.trunc(year / 100)
  const moon = (19 * golden + century - Math.trunc(century / 4) - Math.trunc((8 * century + 13) / 25) + 15) % 30
  const epact = moon - Math.trunc(moon / 28) * (1 - Math.trunc(29 / (moon + 1)) * Math.trunc((21 - golden) / 11))
  const weekday = (year + Math.trunc(year / 4) + epact + 2 - century + Math.trunc(century / 4)) % 7
  return addDays(on(year, 3, 28), epact - weekday - 2)
}

type Rule = readonly [DayOfYear, Name]
const rule = (day: DayOfYear, en: string, fr: string): Rule => [day, { en, fr }]

const NEW_YEAR = rule(fixed(1, 1), 'New Year’s Day', 'Jour de l’An')
const FAMILY = rule(nthMonday(3, 2), 'Family Day', 'Jour de la famille')
const GOOD_FRIDAY = rule(goodFriday, 'Good Friday', 'Vendredi saint')
const VICTORIA = rule(mondayBefore(5, 25), 'Victoria Day', 'Fête de la Reine')
const CANADA = rule(fixed(7, 1), 'Canada Day', 'Fête du Canada')
const LABOUR = rule(nthMonday(1, 9), 'Labour Day', 'Fête du Travail')
const THANKSGIVING = rule(nthMonday(2, 10), 'Thanksgiving', 'Action de grâce')
const CHRISTMAS = rule(fixed(12, 25), 'Christmas Day', 'Noël')

const RULES: Readonly<Record<Province, readonly Rule[]>> = {
  QC: [
    NEW_YEAR,
    // The Act lets the employer choose between Good Friday and Easter Monday.
    GOOD_FRIDAY,
    rule(mondayBefore(5, 25), 'National Patriots’ Day', 'Journée nationale des patriotes'),
    rule(fixed(6, 24), 'Québec National Holiday', 'Fête nationale du Québec'),
    rule(orMondayWhenSunday(fixed(7, 1)), 'Canada Day', 'Fête du Canada'),
    LABOUR,
    THANKSGIVING,
    CHRISTMAS,
  ],
  ON: [
    NEW_YEAR,
    FAMILY,
    GOOD_FRIDAY,
    VICTORIA,
    CANADA,
    LABOUR,
    THANKSGIVING,
    CHRISTMAS,
    rule(fixed(12, 26), 'Boxing Day', 'Lendemain de Noël'),
  ],
  BC: [
    NEW_YEAR,
    FAMILY,
    GOOD_FRIDAY,
    VICTORIA,
    CANADA,
    rule(nthMonday(1, 8), 'British Columbia Day', 'Fête de la Colombie-Britannique'),
    LABOUR,
    rule(
      fixed(9, 30),
      'National Day for Truth and Reconciliation',
      'Journée nationale de la vérité et de la réconciliation',
    ),
    THANKSGIVING,
    rule(fixed(11, 11), 'Remembrance Day', 'Jour du Souvenir'),
    CHRISTMAS,
  ],
}

/** A province's statutory holidays in one year, in order. */
export const holidays = (province: Province, year: number): Holiday[] =>
  RULES[province].map(([day, name]) => ({ date: day(year), name }))

/** The days a clinic is closed for the holidays, both bounds included, in order. */
export function closedDays(province: Province, policy: HolidayPolicy, from: LocalDate, to: LocalDate): LocalDate[] {
  const [firstYear, lastYear] = [Number(from.slice(0, 4)), Number(to.slice(0, 4))]
  const years = Array.from({ length: lastYear - firstYear + 1 }, (_, i) => firstYear + i)
  const statutory = years.flatMap((year) => holidays(province, year).map((holiday) => holiday.date))
  const days = new Set([...statutory.filter((day) => !policy.drop.includes(day)), ...policy.add])
  return [...days].filter((day) => from <= day && day <= to).sort()
}

/** As closedDays for the days a window touches, each as the whole local day, as a clinic's calendar wants them. */
export function holidaySpans(
  province: Province,
  policy: HolidayPolicy,
  window: Interval<Instant>,
  zone: ZoneId,
): Interval<Instant>[] {
  return closedDays(province, policy, dayOf(window.start, zone), dayOf(window.end, zone)).map((day) => ({
    start: startOfDay(day, zone),
    end: startOfDay(addDays(day, 1), zone),
  }))
}
