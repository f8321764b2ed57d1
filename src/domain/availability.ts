/**
 * When people work and rooms and clinics are open: recurring rules, exceptions, and their expansion into shifts (domain.md §2).
 * Pure; the only importer of rrule, which expands floating days only. Its times depend on the process's zone, so time.ts adds those.
 */
import rrule from 'rrule'
import { z } from 'zod'
import { ClinicId, ClinicianId, ExtraShiftId, RoomId, RuleId, TimeOffId } from './ids.ts'
import { type Interval, intersect, subtract } from './interval.ts'
import { type PatternParts, parsePatternText } from './pattern-text.ts'
import { err, ok, type Result } from './result.ts'
import { addDays, atLocal, atLocalOrGapEnd, dayOf, Instant, LocalDate, LocalTime, type ZoneId } from './time.ts'

export const Subject = z.union([
  z.strictObject({ clinicianId: ClinicianId }),
  z.strictObject({ roomId: RoomId }),
  z.strictObject({ clinicId: ClinicId }),
])
export type Subject = z.infer<typeof Subject>

/** Wall times are the clinic's. `validUntil` is inclusive. An end before the start is on the next day, an equal one 24 h later. */
export const AvailabilityRule = z.object({
  id: RuleId,
  subject: Subject,
  clinicId: ClinicId,
  rrule: z.string().min(1).max(500),
  startTime: LocalTime,
  endTime: LocalTime,
  validFrom: LocalDate,
  validUntil: LocalDate.nullable(),
  exceptDates: z.array(LocalDate),
})
export type AvailabilityRule = z.infer<typeof AvailabilityRule>

export const ExtraShift = z.object({
  id: ExtraShiftId,
  subject: Subject,
  clinicId: ClinicId,
  start: Instant,
  end: Instant,
})
export type ExtraShift = z.infer<typeof ExtraShift>

/** What a clinic's time off closes: `premises` its rooms and opening hours; `all` also the shifts of those who work there. */
export const ClosureScope = z.enum(['all', 'premises'])
export type ClosureScope = z.infer<typeof ClosureScope>

export const TimeOff = z.object({
  id: TimeOffId,
  subjects: z.array(Subject).min(1),
  start: Instant,
  end: Instant,
  reason: z.string(),
  scope: ClosureScope,
})
export type TimeOff = z.infer<typeof TimeOff>

type Span = Interval<Instant>
/** A clinic's time off. */
export type Closure = Span & { readonly scope: ClosureScope }
/** One interval of one person's or room's work, at one clinic. */
export type Shift = Span & { readonly clinicId: ClinicId }

/** The part of a rule that says when; ids are for the database. */
export type RuleHours = Pick<
  AvailabilityRule,
  'clinicId' | 'rrule' | 'startTime' | 'endTime' | 'validFrom' | 'validUntil' | 'exceptDates'
>

/** The days a rule falls on, without their times. Make one with parsePattern. */
export type Pattern = { readonly days: InstanceType<typeof rrule.RRule> }

// rrule searches on to the year 9999, for seconds, when nothing more matches. The calendar repeats every 400 years, weekdays
// included, so expanding 19 × 400 years later gives the same days and ends the search with the real year 2399.
const YEARS_AHEAD = 7_600
const toRrule = (day: LocalDate): Date =>
  new Date(Date.UTC(Number(day.slice(0, 4)) + YEARS_AHEAD, Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10))))
const fromRrule = (date: Date): LocalDate =>
  `${date.getUTCFullYear() - YEARS_AHEAD}${date.toISOString().slice(4, 10)}` as LocalDate

function toPattern(parts: PatternParts, validFrom: LocalDate): Pattern {
  const { RRule } = rrule
  const weekday = [RRule.MO, RRule.TU, RRule.WE, RRule.TH, RRule.FR, RRule.SA, RRule.SU]
  const byweekday = parts.byDay.flatMap(({ day, nth }) => {
    const named = weekday[day - 1]
    return named ? [nth === undefined ? named : named.nth(nth)] : []
  })
  return {
    days: new RRule({
      freq: RRule[parts.freq],
      dtstart: toRrule(validFrom),
      interval: parts.interval,
      wkst: weekday[parts.weekStart - 1] ?? RRule.MO,
      ...(parts.count === undefined ? {} : { count: parts.count }),
      ...(parts.until === undefined ? {} : { until: toRrule(parts.until) }),
      ...(byweekday.length > 0 ? { byweekday } : {}),
      ...(parts.byMonth.length > 0 ? { bymonth: parts.byMonth } : {}),
      ...(parts.byMonthDay.length > 0 ? { bymonthday: parts.byMonthDay } : {}),
      ...(parts.bySetPos.length > 0 ? { bysetpos: parts.bySetPos } : {}),
    }),
  }
}

/**
 * RFC 5545 RRULE text that names days, counted from `validFrom` → pattern, or why it is refused: unknown or time-of-day parts, junk, no day
 * ever. `at` says where and when on its day the rule starts, which decides whether an UNTIL with a time of day still includes its last day.
 */
export function parsePattern(
  text: string,
  validFrom: LocalDate,
  at?: { startTime: LocalTime; zone: ZoneId },
): Result<Pattern, string> {
  const parts = parsePatternText(text, at)
  if (!parts.ok) return parts
  const pattern = toPattern(parts.value, validFrom)
  const first = pattern.days.after(toRrule(validFrom), true)
  return first ? ok(pattern) : err(`falls on no day from ${validFrom} on`)
}

/** Days a pattern falls on, both ends included. */
export const daysOf = (pattern: Pattern, from: LocalDate, to: LocalDate): LocalDate[] =>
  pattern.days.between(toRrule(from), toRrule(to), true).map(fromRrule)

/** Whether a pattern goes on after the day. */
export const goesOnAfter = (pattern: Pattern, day: LocalDate): boolean => pattern.days.after(toRrule(day)) !== null

/** Days on which a rule starts a shift, both ends included: its pattern within its validity, without its exceptions. Stored rules parse. */
function startDays(rule: RuleHours, zone: ZoneId, from: LocalDate, to: LocalDate): LocalDate[] {
  const first = from > rule.validFrom ? from : rule.validFrom
  const last = rule.validUntil !== null && rule.validUntil < to ? rule.validUntil : to
  const pattern = parsePattern(rule.rrule, rule.validFrom, { startTime: rule.startTime, zone })
  if (!pattern.ok || first > last) return []
  return daysOf(pattern.value, first, last).filter((day) => !rule.exceptDates.includes(day))
}

const endDay = (rule: RuleHours, day: LocalDate): LocalDate => (rule.endTime > rule.startTime ? day : addDays(day, 1))

/** The wall times of a rule that a spring gap swallows, both days included: what refuses a new rule. `day` is the occurrence's. */
export function gapOccurrences(
  rule: RuleHours,
  zone: ZoneId,
  from: LocalDate,
  to: LocalDate,
): { day: LocalDate; time: LocalTime }[] {
  return startDays(rule, zone, from, to).flatMap((day) => {
    const ends = [
      { on: day, time: rule.startTime },
      { on: endDay(rule, day), time: rule.endTime },
    ]
    return ends.filter(({ on, time }) => !atLocal(on, time, zone).ok).map(({ time }) => ({ day, time }))
  })
}

/** One rule's hours that touch the window. A wall time swallowed by a gap that came with newer tz data means the gap's end. */
function expandRule(rule: RuleHours, zone: ZoneId, window: Span): Span[] {
  // A day earlier: an overnight shift reaches into the window.
  return startDays(rule, zone, addDays(dayOf(window.start, zone), -1), dayOf(window.end, zone)).map((day) => ({
    start: atLocalOrGapEnd(day, rule.startTime, zone),
    end: atLocalOrGapEnd(endDay(rule, day), rule.endTime, zone),
  }))
}

/** All that decides when one clinic is open. `holidays` are its statutory ones, as whole local days (see holiday.ts). */
export type ClinicCalendar = {
  readonly zone: ZoneId
  readonly rules: readonly RuleHours[]
  readonly extraShifts: readonly Span[]
  readonly closures: readonly Closure[]
  readonly holidays: readonly Span[]
}
/** A clinician's or a room's own rules and exceptions. */
export type OwnCalendar = {
  readonly rules: readonly RuleHours[]
  readonly extraShifts: readonly Shift[]
  readonly timeOff: readonly Span[]
}

const expandRules = (rules: readonly RuleHours[], zone: ZoneId, window: Span): Span[] =>
  rules.flatMap((rule) => expandRule(rule, zone, window))

/** A clinic's extra opening. Its explicit closures are its own time off and win over it; holidays do not. */
const extraOpening = (clinic: ClinicCalendar): Span[] => subtract(clinic.extraShifts, clinic.closures)

/** A clinic's opening hours in the window, clipped to it; sorted, disjoint, touching ones joined. */
export function expandClinic(clinic: ClinicCalendar, window: Span): Span[] {
  const regular = subtract(expandRules(clinic.rules, clinic.zone, window), [...clinic.closures, ...clinic.holidays])
  return intersect([...regular, ...extraOpening(clinic)], [window])
}

/** A room's hours, as expandClinic. Without a rule of its own it is open when its clinic is. */
export function expandRoom(room: OwnCalendar, clinic: ClinicCalendar, window: Span): Span[] {
  const regular =
    room.rules.length === 0
      ? expandClinic(clinic, window)
      : subtract(expandRules(room.rules, clinic.zone, window), [...clinic.closures, ...clinic.holidays])
  const open = [...regular, ...extraOpening(clinic), ...room.extraShifts]
  return intersect(subtract(open, room.timeOff), [window])
}

/**
 * A clinician’s shifts in the window, clipped to it and sorted; `clinics` holds every clinic they may work at. Disjoint at each clinic,
 * touching ones joined; shifts at different clinics may clash: see shift-clash.ts, by which a change of rules is refused.
 */
export function expandClinician(
  person: OwnCalendar,
  clinics: ReadonlyMap<ClinicId, ClinicCalendar>,
  window: Span,
): Shift[] {
  const shifts: Shift[] = []
  for (const [clinicId, clinic] of clinics) {
    const rules = person.rules.filter((rule) => rule.clinicId === clinicId)
    const away = [...clinic.closures.filter((closure) => closure.scope === 'all'), ...clinic.holidays]
    const regular = subtract(expandRules(rules, clinic.zone, window), away)
    const extra = person.extraShifts.filter((shift) => shift.clinicId === clinicId)
    const working = intersect(subtract([...regular, ...extra], person.timeOff), [window])
    shifts.push(...working.map((span) => ({ clinicId, start: span.start, end: span.end })))
  }
  return shifts.sort((a, b) => a.start - b.start || a.end - b.end)
}
