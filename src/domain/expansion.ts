/** Many resources' shifts from the facts about them and their clinics (domain.md §2). Pure; availability.ts says what one rule means. */
import {
  type ClinicCalendar,
  type Closure,
  expandClinic,
  expandClinician,
  expandRoom,
  type OwnCalendar,
  type RuleHours,
  type Shift,
} from './availability.ts'
import type { Policy, Province } from './clinic.ts'
import { holidaySpans } from './holiday.ts'
import type { ClinicId } from './ids.ts'
import type { Interval } from './interval.ts'
import type { HeldShift } from './shift-replacement.ts'
import { addDays, type Instant, type LocalDate, startOfDay, type ZoneId } from './time.ts'

/** Whose shifts are expanded. A supervision resource has those of its clinician, the `owner`. */
export type Expandable =
  | { readonly kind: 'clinic'; readonly id: ClinicId }
  | { readonly kind: 'room'; readonly id: string; readonly clinicId: ClinicId; readonly active: boolean }
  | { readonly kind: 'clinician'; readonly id: string; readonly owner: string; readonly activeUntil: LocalDate | null }

export type ClinicFacts = {
  readonly zone: ZoneId
  readonly province: Province
  readonly opensOn: LocalDate | null
  readonly holidays: Policy['holidays']
}

/** Keyed by the resource that a fact is about; of a clinic, time off is its closures. */
export type CalendarFacts = {
  readonly clinics: ReadonlyMap<ClinicId, ClinicFacts>
  readonly rules: ReadonlyMap<string, readonly RuleHours[]>
  readonly extraShifts: ReadonlyMap<string, readonly Shift[]>
  readonly timeOff: ReadonlyMap<string, readonly Closure[]>
}

type Span = Interval<Instant>

function calendarOf(id: ClinicId, clinic: ClinicFacts, facts: CalendarFacts, window: Span): ClinicCalendar {
  const { zone, opensOn } = clinic
  const notYet: Closure[] =
    opensOn === null ? [] : [{ start: window.start, end: startOfDay(opensOn, zone), scope: 'all' }]
  return {
    zone,
    rules: facts.rules.get(id) ?? [],
    extraShifts: facts.extraShifts.get(id) ?? [],
    closures: [...(facts.timeOff.get(id) ?? []), ...notYet.filter((closure) => closure.start < closure.end)],
    holidays: holidaySpans(clinic.province, clinic.holidays, window, zone),
  }
}

function ownCalendar(owner: string, facts: CalendarFacts, away: readonly Span[]): OwnCalendar {
  return {
    rules: facts.rules.get(owner) ?? [],
    extraShifts: facts.extraShifts.get(owner) ?? [],
    timeOff: [...(facts.timeOff.get(owner) ?? []), ...away],
  }
}

/** A calendar that adds nothing to its clinic's. */
const isPlain = ({ rules, extraShifts, timeOff }: OwnCalendar): boolean =>
  rules.length + extraShifts.length + timeOff.length === 0

/**
 * Shifts of each resource in the window, clipped to it. Of one clinician they may clash across clinics: see shift-clash.ts. A room without
 * rules has its clinic's hours; an inactive room, and a clinician after `activeUntil`, none.
 */
export function expandEach(facts: CalendarFacts, things: readonly Expandable[], window: Span): HeldShift[] {
  const calendars = new Map<ClinicId, ClinicCalendar>()
  for (const [id, clinic] of facts.clinics) calendars.set(id, calendarOf(id, clinic, facts, window))
  const shiftsByOwner = new Map<string, Shift[]>()
  const hoursByClinic = new Map<ClinicId, Span[]>()

  const shiftsOf = (thing: Expandable): Shift[] => {
    if (thing.kind === 'clinician') {
      const known = shiftsByOwner.get(thing.owner)
      if (known) return known
      const made = expandClinician(ownCalendar(thing.owner, facts, awayAfter(thing.activeUntil)), calendars, window)
      shiftsByOwner.set(thing.owner, made)
      return made
    }
    const clinicId = thing.kind === 'clinic' ? thing.id : thing.clinicId
    const clinic = calendars.get(clinicId)
    if (!clinic || (thing.kind === 'room' && !thing.active)) return []
    const own = ownCalendar(thing.id, facts, [])
    const spans = thing.kind === 'clinic' || isPlain(own) ? hoursOf(clinicId, clinic) : expandRoom(own, clinic, window)
    return spans.map((span) => ({ ...span, clinicId }))
  }
  /** Most rooms are open when their clinic is: its hours are expanded once. */
  const hoursOf = (id: ClinicId, clinic: ClinicCalendar): Span[] => {
    const known = hoursByClinic.get(id) ?? expandClinic(clinic, window)
    hoursByClinic.set(id, known)
    return known
  }
  /** A region's clinics share a zone, and nobody works in two regions on one day: any clinic's zone tells the last day. */
  const awayAfter = (last: LocalDate | null): Span[] => {
    const zone = facts.clinics.values().next().value?.zone
    if (last === null || zone === undefined) return []
    const start = startOfDay(addDays(last, 1), zone)
    return start < window.end ? [{ start, end: window.end }] : []
  }
  return things.flatMap((thing) => shiftsOf(thing).map((shift) => ({ ...shift, resourceId: thing.id })))
}
