/** Statistics for the clinics of whoever asks, as one snapshot: counted in SQL, small cells withheld, the reading noted (contract.md §8). No patient is in it. */
import { type Tx, transact } from '../db/client.ts'
import {
  type Cell,
  COLUMNS,
  count,
  DEFINITIONS,
  disclose,
  type Grouping,
  type Line,
  MAX_ANALYTICS_DAYS,
  open,
  type Report,
  UNKNOWN,
} from '../domain/analytics.ts'
import { monthsOf, type Span, spansOf } from '../domain/analytics-window.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import type { Clinic } from '../domain/clinic.ts'
import { Route } from '../domain/program.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, dayOf, daysBetween, type Instant, type LocalDate, type ZoneId } from '../domain/time.ts'
import { outcomes } from '../repositories/analytics-outcomes.ts'
import { access, funnel } from '../repositories/analytics-referrals.ts'
import { usedTime } from '../repositories/analytics-utilisation.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as programs from '../repositories/programs.ts'
import type { Deps } from './deps.ts'

export type AnalyticsWish = {
  /** Id or slug; absent: every clinic of the caller's. */
  readonly clinic?: string | undefined
  readonly from?: LocalDate | undefined
  readonly to?: LocalDate | undefined
  readonly groupBy: Grouping
}

/** What every statistic says of itself. `timeZone` null: the clinics have several. */
export type Heading = {
  readonly from: LocalDate
  readonly to: LocalDate
  readonly groupBy: Grouping
  readonly timeZone: ZoneId | null
  readonly definitions: Readonly<Record<string, string>>
}
export type Analysis = Heading & { readonly lines: (Line & { readonly clinicId?: string })[] }

/** The caller's clinics by slug, and the window's days; without dates the year that ends today. */
export type Asked = {
  readonly clinics: readonly Clinic[]
  readonly from: LocalDate
  readonly to: LocalDate
  readonly spans: readonly Span[]
  readonly timeZone: ZoneId | null
}

const ALL = 10_000

/** Refuses `not-found` for a clinic that is not the caller's, `validation` for days out of order or too many. */
export async function readWish(
  tx: Tx,
  caller: Caller,
  { clinic: idOrSlug, from, to }: AnalyticsWish,
  now: Instant,
  around: (today: LocalDate) => { readonly from: LocalDate; readonly to: LocalDate },
): Promise<Result<Asked, Refusal>> {
  const named = idOrSlug === undefined ? undefined : await clinics.byIdOrSlug(tx, idOrSlug)
  if (idOrSlug !== undefined && !(named && actsFor(caller, named.id))) return err(notFound)
  const all = named ? [named] : await clinics.list(tx, { limit: ALL, after: undefined })
  const own = all.filter(({ id }) => actsFor(caller, id)).sort((a, b) => (a.slug < b.slug ? -1 : 1))
  const zones = [...new Set(own.map(({ timeZone }) => timeZone))]
  const today =
    zones
      .map((zone) => dayOf(now, zone))
      .sort()
      .at(-1) ?? dayOf(now, 'Etc/UTC' as ZoneId)
  const window = within(around(today), from, to)
  if (window.from > window.to) return err(invalid('to', 'is before from'))
  if (daysBetween(window.from, window.to) >= MAX_ANALYTICS_DAYS)
    return err(invalid('to', `makes more than ${MAX_ANALYTICS_DAYS} days`))
  const spans = spansOf(own, window.from, window.to)
  return ok({ ...window, clinics: own, spans, timeZone: zones.length === 1 ? (zones[0] ?? null) : null })
}

/** The end that was not named lies as far from the other as usual. */
function within(usual: { from: LocalDate; to: LocalDate }, from: LocalDate | undefined, to: LocalDate | undefined) {
  const days = daysBetween(usual.from, usual.to)
  if (from === undefined) return to === undefined ? usual : { from: addDays(to, -days), to }
  return { from, to: to ?? (from <= usual.to && addDays(from, days) >= usual.to ? usual.to : addDays(from, days)) }
}

/** One entry, of no patient. */
export const noteReading = (tx: Tx, caller: Caller, resourceId: string): Promise<void> =>
  audit.record(tx, caller, [{ action: 'read', resourceType: 'analytics', resourceId, fieldClasses: ['aggregate'] }])

export function readAnalytics(
  { db, now }: Deps,
  caller: Caller,
  report: Report,
  wish: AnalyticsWish,
): Promise<Result<Analysis, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const year = (today: LocalDate) => ({ from: addDays(today, 1 - MAX_ANALYTICS_DAYS), to: today })
      const asked = await readWish(tx, caller, wish, now(), year)
      if (!asked.ok) return asked
      const { clinics: own, from, to, spans, timeZone } = asked.value
      const figures = await FIGURES[report](tx, spans, wish.groupBy, now())
      const groups = await groupsOf(tx, asked.value, wish.groupBy, [...figures.keys()])
      const idOf = new Map<string, string>(wish.groupBy === 'clinic' ? own.map(({ slug, id }) => [slug, id]) : [])
      const lines = groups.map((group) => {
        const clinicId = idOf.get(group)
        const line = disclose(group, { ...nothing(report), ...figures.get(ANY), ...figures.get(group) })
        return clinicId === undefined ? line : { ...line, clinicId }
      })
      await noteReading(tx, caller, report)
      return ok({ from, to, groupBy: wish.groupBy, timeZone, definitions: DEFINITIONS[report], lines })
    },
    { isolation: 'repeatable read' },
  )
}

/** Cells that all groups share. */
const ANY = ''
type Figures = Map<string, Record<string, Cell>>

/** Every group that there could be, so that a line tells nothing by being there; what has none comes last. */
async function groupsOf(
  tx: Tx,
  { clinics: own, from, to }: Asked,
  by: Grouping,
  found: readonly string[],
): Promise<string[]> {
  if (by === 'month') return monthsOf(from, to)
  if (by === 'clinic') return own.map(({ slug }) => slug)
  const known =
    by === 'route' ? Route.options : (await programs.list(tx, { limit: ALL, after: undefined })).map((p) => p.key)
  return [...known, ...(found.includes(UNKNOWN) ? [UNKNOWN] : [])]
}

const nothing = (report: Report): Record<string, Cell> =>
  Object.fromEntries(
    COLUMNS[report].map((column) => [column, column.endsWith('availableMinutes') ? open(0) : count(0)]),
  )

const share = (part: number, whole: number): number | null => (whole === 0 ? null : rounded(part / whole, 4))
const rounded = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits
const ranked = (value: number | null, of: number): Cell => ({ value: value === null ? null : rounded(value, 1), of })

type Row = (tx: Tx, spans: readonly Span[], by: Grouping, now: Instant) => Promise<Figures>
const FIGURES: Readonly<Record<Report, Row>> = {
  utilisation: async (tx, spans, by) => {
    const rows = await usedTime(tx, spans, by)
    const all = new Map(rows.filter(({ group }) => group === null).map((row) => [row.kind, row.available]))
    const figures: Figures = new Map()
    for (const { group, kind, available: own, claimed, visits } of rows) {
      const available = all.get(kind) ?? own
      const cells = {
        [`${kind}.availableMinutes`]: open(Math.round(available)),
        ...(group !== null && {
          [`${kind}.claimedMinutes`]: { value: Math.round(claimed), of: visits },
          [`${kind}.share`]: { value: share(claimed, available), of: visits },
        }),
      }
      figures.set(group ?? ANY, { ...figures.get(group ?? ANY), ...cells })
    }
    return figures
  },
  access: async (tx, spans, by, now) =>
    new Map(
      (await access(tx, spans, by, now)).map((row) => [
        row.group,
        {
          referrals: count(row.referrals),
          'contact.n': count(row.contacts),
          'contact.medianHours': ranked(row.contactMedian, row.contacts),
          'contact.p90Hours': ranked(row.contactP90, row.contacts),
          'contact.shareWithin24h': { value: share(row.inTimeElapsed, row.dueElapsed), of: row.dueElapsed },
          'contact.shareWithinPolicy': { value: share(row.inTimePolicy, row.duePolicy), of: row.duePolicy },
          'screening.n': count(row.screenings),
          'screening.medianDays': ranked(row.screeningMedian, row.screenings),
          'screening.p90Days': ranked(row.screeningP90, row.screenings),
          'firstDose.n': count(row.doses),
          'firstDose.medianDays': ranked(row.doseMedian, row.doses),
          'firstDose.p90Days': ranked(row.doseP90, row.doses),
        },
      ]),
    ),
  outcomes: async (tx, spans, by, now) =>
    new Map(
      (await outcomes(tx, spans, by, now)).map(({ group, integrationsInTime, ...counts }) => [
        group,
        {
          ...counted(counts),
          integrationWithin24h: {
            value: share(integrationsInTime, counts.integrationsDue),
            of: counts.integrationsDue,
          },
        },
      ]),
    ),
  funnel: async (tx, spans, by) =>
    new Map((await funnel(tx, spans, by)).map(({ group, ...counts }) => [group, counted(counts)])),
}

const counted = (counts: Readonly<Record<string, number>>): Record<string, Cell> =>
  Object.fromEntries(Object.entries(counts).map(([column, n]) => [column, count(n)]))
