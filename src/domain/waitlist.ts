/** Waiting for an earlier time: who could use time that has become free, and in which order they are asked (contract.md §7). Pure. */
import { type AppointmentStatus, isFixedPoint } from './appointment.ts'
import type { ClinicId, EnrolmentId, FreedTimeId, PatientId, WaitlistEntryId, WaitlistOfferId } from './ids.ts'
import type { Interval } from './interval.ts'
import type { PlacedVisit } from './itinerary.ts'
import { type Dated, datedOf, startBounds } from './lags.ts'
import type { Program, VisitTemplate } from './program.ts'
import { DAY, dayOf, daysBetween, HOUR, type Instant, MINUTE, type ZoneId } from './time.ts'

export type WaitlistEntry = {
  readonly id: WaitlistEntryId
  readonly enrolmentId: EnrolmentId
  readonly clinicId: ClinicId
  readonly timeZone: ZoneId
  /** Null: whichever visit comes next. */
  readonly visitKey: string | null
  /** Bounds of the visit's start. */
  readonly start: Instant
  readonly end: Instant
  readonly minNoticeHours: number
  readonly status: 'waiting' | 'served' | 'withdrawn'
  readonly revision: number
}

export type FreedTime = Interval<Instant> & {
  readonly id: FreedTimeId
  readonly clinicId: ClinicId
  /** Entries that cannot use it, or have let it go. */
  readonly passedOver: readonly string[]
}

export type OfferStatus = 'offered' | 'accepted' | 'declined' | 'lapsed'
export type WaitlistOffer = {
  readonly id: WaitlistOfferId
  readonly entryId: WaitlistEntryId
  readonly freedId: FreedTimeId
  readonly enrolmentId: EnrolmentId
  readonly patientId: PatientId
  readonly clinicId: ClinicId
  readonly timeZone: ZoneId
  readonly visitKey: string
  readonly start: Instant
  /** The visit at the freed time, and whatever is planned with it. */
  readonly visits: readonly PlacedVisit[]
  /** Local days earlier than it is booked; null: it is not booked yet. */
  readonly gainDays: number | null
  readonly status: OfferStatus
  readonly expiresAt: Instant
  readonly revision: number
}

/** What is booked of an enrolment, as much as the first look needs. */
export type StandingVisit = Interval<Instant> & {
  readonly visitKey: string
  readonly status: AppointmentStatus
  readonly timeZone: ZoneId
}

/** One who waits, with what the first look needs. */
export type Waiting = {
  readonly entry: WaitlistEntry
  readonly priority: number
  readonly program: Program
  readonly standing: readonly StandingVisit[]
  /** A treatment consent is in force. */
  readonly consented: boolean
  /** A clearance on record may reach the freed time. */
  readonly screened: boolean
}

/** Who is asked, for which visit, and how many local days that would be won; `gainDays` null: the visit is not booked yet. */
export type Prospect = {
  readonly waiting: Waiting
  readonly visit: VisitTemplate
  readonly gainDays: number | null
  /** Starts between which the lags to what stays allow it. */
  readonly starts: Interval<Instant>
}

const AHEAD: readonly AppointmentStatus[] = ['booked', 'needs-replanning']

/** Visits whose dates stay: done, or before the one that moves. */
const staying = ({ program, standing }: Waiting, visit: VisitTemplate): Dated[] => {
  const after = followers(program, visit.key)
  return standing
    .filter((v) => isFixedPoint(v.status) && !after.has(v.visitKey) && v.visitKey !== visit.key)
    .map(datedOf)
}

/** Keys of all visits that follow one, directly or through others. */
export function followers(program: Program, key: string): Set<string> {
  const found = new Set<string>()
  // as many rounds as visits: templates list visits in any order
  for (const _ of program.visits)
    for (const visit of program.visits)
      if (visit.after.some((lag) => lag.visit === key || found.has(lag.visit))) found.add(visit.key)
  return found
}

/** The visit that is waited for; none named, whatever is booked ahead or comes next: of several, what is booked latest can win most. */
function wantedVisits({ entry, program, standing, screened }: Waiting): VisitTemplate[] {
  if (entry.visitKey !== null) return program.visits.filter(({ key }) => key === entry.visitKey)
  const open = program.visits.filter(
    ({ key, step, optional, repeatable }) =>
      !optional &&
      !repeatable &&
      !(screened && step === 'connect') &&
      !standing.some((v) => v.visitKey === key && isDone(v)),
  )
  const booked = open.filter(({ key }) => standing.some((v) => v.visitKey === key))
  const next = open.find((visit) => !booked.includes(visit))
  return next ? [...booked, next] : booked
}

/** What the visit or one after it asks for closes the gate for all of them. */
function asksFor({ program, standing }: Waiting, visit: VisitTemplate, requirement: string): boolean {
  const after = followers(program, visit.key)
  return program.visits.some(
    ({ key, requires, optional }) =>
      (key === visit.key || (after.has(key) && !optional && !standing.some((v) => v.visitKey === key && isDone(v)))) &&
      requires.includes(requirement),
  )
}
const isDone = ({ status }: StandingVisit): boolean => isFixedPoint(status) && !AHEAD.includes(status)

/** A first look without a plan, by what would be won: empty for whoever certainly cannot use the time, or wins nothing by it. */
export const prospectsOf = (waiting: Waiting, freed: FreedTime, now: Instant): Prospect[] =>
  inOrder(wantedVisits(waiting).flatMap((visit) => prospectOf(waiting, visit, freed, now) ?? []))

function prospectOf(waiting: Waiting, visit: VisitTemplate, freed: FreedTime, now: Instant): Prospect | undefined {
  const { entry, standing, program } = waiting
  const booked = standing.find(
    (v) => v.visitKey === visit.key && (isFixedPoint(v.status) || v.status === 'needs-replanning'),
  )
  if (booked && !AHEAD.includes(booked.status)) return undefined
  if (asksFor(waiting, visit, 'consent') && !waiting.consented) return undefined
  if (asksFor(waiting, visit, 'clearance') && !waiting.screened) return undefined
  const bounds = startBounds(program, visit, staying(waiting, visit), entry.timeZone, { lag: false, span: false })
  const start = Math.max(freed.start, entry.start, bounds.start, now + entry.minNoticeHours * HOUR)
  const latest = Math.min(freed.end - visit.minutes * MINUTE, entry.end, bounds.end)
  if (start > latest) return undefined
  const gainDays = booked
    ? daysBetween(dayOf(start as Instant, entry.timeZone), dayOf(booked.start, entry.timeZone))
    : null
  if (gainDays !== null && gainDays <= 0) return undefined
  return { waiting, visit, gainDays, starts: { start: start as Instant, end: latest as Instant } }
}

/** Urgency first; then who wins most days, to the end of what they wait for where nothing is booked; then who came first. */
export function inOrder(prospects: readonly Prospect[]): Prospect[] {
  const gain = ({ gainDays, starts, waiting }: Prospect): number =>
    gainDays ?? Math.floor((waiting.entry.end - starts.start) / DAY)
  return [...prospects].sort(
    (a, b) =>
      b.waiting.priority - a.waiting.priority ||
      gain(b) - gain(a) ||
      (a.waiting.entry.id < b.waiting.entry.id ? -1 : 1),
  )
}

/** An offer is good for a day, and never so long that half of the notice is gone. */
export const offerEnds = (now: Instant, start: Instant, minNoticeHours: number): Instant =>
  Math.min(now + DAY, start - (minNoticeHours * HOUR) / 2) as Instant
