/** A window of local days as instants: one span per clinic, month and offset, so that SQL converts no zone (decision 1). Pure. */
import type { Clinic } from './clinic.ts'
import { addDays, type Instant, type LocalDate, offsetAt, startOfDay, transitions } from './time.ts'

/** Half-open; `aheadMinutes` of UTC throughout, in one month of the clinic's calendar. */
export type Span = {
  readonly clinic: Pick<Clinic, 'id' | 'slug'>
  /** YYYY-MM */
  readonly month: string
  readonly start: Instant
  readonly end: Instant
  readonly aheadMinutes: number
}

/** The months that the days touch, in order. */
export function monthsOf(from: LocalDate, to: LocalDate): string[] {
  const months: string[] = []
  for (let day = from; day <= to; day = firstOfNextMonth(day)) months.push(day.slice(0, 7))
  return months
}

const firstOfNextMonth = (day: LocalDate): LocalDate =>
  `${addDays(`${day.slice(0, 7)}-28` as LocalDate, 4).slice(0, 7)}-01` as LocalDate

export const spansOf = (clinics: readonly Clinic[], from: LocalDate, to: LocalDate): Span[] =>
  clinics.flatMap((clinic) => {
    const zone = clinic.timeZone
    return monthsOf(from, to).flatMap((month) => {
      const first = `${month}-01` as LocalDate
      const start = startOfDay(first < from ? from : first, zone)
      const next = firstOfNextMonth(first)
      const end = startOfDay(next > to ? addDays(to, 1) : next, zone)
      const changes = transitions(zone, start, end).flatMap(({ at }) => (at > start ? [at] : []))
      const bounds = [start, ...changes, end]
      return bounds.slice(0, -1).map((from, n) => ({
        clinic: { id: clinic.id, slug: clinic.slug },
        month,
        start: from,
        end: bounds[n + 1] ?? end,
        aheadMinutes: offsetAt(from, zone),
      }))
    })
  })
