/** An enrolment at a glance: how far each visit is, what comes next, what happened when (contract.md §4). Pure. */
import type { Appointment, AppointmentStatus } from './appointment.ts'
import { latestScreening, validUntil } from './eligibility.ts'
import type { Enrolment, HistoryEntry } from './enrolment.ts'
import type { AppointmentId, ClinicId, EnrolmentId, ReferralId } from './ids.ts'
import type { Consent, PatientOverride, Screening, ScreeningOutcome } from './patient.ts'
import type { Precondition } from './precondition.ts'
import type { Program, Step } from './program.ts'
import type { Referral } from './referral.ts'
import type { Instant, LocalDate, ZoneId } from './time.ts'

export const VISIT_STATES = ['unplanned', 'booked', 'in-progress', 'done', 'stopped', 'needs-replanning'] as const
export type VisitState = (typeof VISIT_STATES)[number]

/** What an appointment makes of its visit; null: the visit is unplanned again. */
const STATE_BY_STATUS: Readonly<Record<AppointmentStatus, VisitState | null>> = {
  booked: 'booked',
  arrived: 'in-progress',
  'in-progress': 'in-progress',
  recovering: 'in-progress',
  completed: 'done',
  stopped: 'stopped',
  'needs-replanning': 'needs-replanning',
  cancelled: null,
  'no-show': null,
  'not-dosed': null,
}

/** May be held on the phone when the patient is first reached: then it counts as done. */
export const INFO_CALL = 'info-call'
/** A recorded screening stands for this visit (contract.md §5). */
const SCREENING_VISIT = 'medical-screening'

export type VisitProgress = {
  visitKey: string
  step: Step
  state: VisitState
  appointmentId: AppointmentId | null
  start: Instant | null
  timeZone: ZoneId | null
}

type Facts = {
  readonly enrolment: Pick<Enrolment, 'credited'>
  readonly program: Program
  /** In time order. */
  readonly appointments: readonly Appointment[]
  readonly screenings: readonly Screening[]
}

/** In the template's order; a repeated visit once per appointment, an optional one only when it has an appointment. */
export function visitProgress({ enrolment, program, appointments, screenings }: Facts): VisitProgress[] {
  return program.visits.flatMap((visit): VisitProgress[] => {
    const placed = appointments.flatMap(({ id, visitKey, status, start, timeZone }) => {
      const state = visitKey === visit.key ? STATE_BY_STATUS[status] : null
      return state ? [{ visitKey, step: visit.step, state, appointmentId: id, start, timeZone }] : []
    })
    if (placed.length > 0) return placed
    if (visit.optional) return []
    const screened = visit.key === SCREENING_VISIT && screenings.length > 0
    const state = screened || enrolment.credited.includes(visit.key) ? 'done' : 'unplanned'
    return [{ visitKey: visit.key, step: visit.step, state, appointmentId: null, start: null, timeZone: null }]
  })
}

/** The step of the first visit that is not done, unplanned ones that later visits have overtaken left out; null when all is done. While something needs management, that comes first. */
export function nextStep(visits: readonly VisitProgress[], clearance: Clearance | null): Step | null {
  const waiting = clearance?.outcome === 'needs-management'
  if (waiting && visits.some(({ step, state }) => step === 'experience' && state !== 'done' && state !== 'stopped'))
    return 'connect'
  const lastPlaced = visits.findLastIndex(
    ({ appointmentId, state }) => appointmentId !== null && state !== 'needs-replanning',
  )
  const next = visits.find(
    ({ state }, i) => state !== 'done' && state !== 'stopped' && !(state === 'unplanned' && i < lastPlaced),
  )
  return next?.step ?? null
}

/** Every visit is over and none is left to plan. What comes before the preparation may have happened elsewhere. */
export const isFinished = (visits: readonly Pick<VisitProgress, 'step' | 'state'>[]): boolean =>
  visits.every(
    ({ step, state }) => state === 'done' || state === 'stopped' || (step === 'connect' && state === 'unplanned'),
  )

/** When a patient who needs management is looked at again. */
export function reviewOn(screenings: readonly Screening[]): LocalDate | null {
  const latest = latestScreening(screenings)
  return latest?.outcome === 'needs-management' ? latest.reviewOn : null
}

export type Clearance = { outcome: ScreeningOutcome; validUntil: LocalDate | null }

/** What the latest screening says; a clearance with its last day. */
export function clearanceOf(screenings: readonly Screening[], clearanceDays: number): Clearance | null {
  const latest = latestScreening(screenings)
  if (!latest) return null
  const { outcome } = latest
  return { outcome, validUntil: outcome === 'cleared' ? validUntil(latest, clearanceDays) : null }
}

export type TimelineEntry = { at: Instant } & (
  | { kind: `enrolment.${'opened' | 'resumed' | Enrolment['status']}`; enrolmentId: EnrolmentId }
  | { kind: 'appointment'; appointmentId: AppointmentId; visitKey: string; status: AppointmentStatus }
  | { kind: 'screening'; outcome: ScreeningOutcome }
  | { kind: 'consent.given' | 'consent.withdrawn'; consent: Consent['kind'] }
  | { kind: 'override'; rule: string }
  | { kind: 'precondition'; key: string }
  | { kind: `referral.${'received' | 'contacted' | 'accepted' | 'declined'}`; referralId: ReferralId }
  | {
      kind: 'enrolment.transferred'
      enrolmentId: EnrolmentId
      effectiveFrom: LocalDate
      fromClinicId: ClinicId
      clinicId: ClinicId
      fromProgramKey: string
      programKey: string
    }
)

/** What a timeline tells besides the enrolment and its appointments. */
export type Recorded = {
  readonly screenings: readonly Screening[]
  readonly consents: readonly Consent[]
  readonly overrides: readonly PatientOverride[]
  readonly preconditions: readonly Precondition[]
  readonly referrals: readonly Referral[]
}

/** Appointments at their start, records when they were made; in time order. */
export function timeline(
  enrolment: Enrolment,
  appointments: readonly Appointment[],
  { screenings, consents, overrides, preconditions, referrals }: Recorded,
): TimelineEntry[] {
  const enrolmentId = enrolment.id
  /** One given while another was in force took its place: nobody withdrew. */
  const replaced = ({ id, kind, withdrawnAt }: Consent): boolean =>
    consents.some((other) => other.id !== id && other.kind === kind && other.recordedAt === withdrawnAt)
  const entries: TimelineEntry[] = [
    ...referrals.flatMap(referralEntries),
    { at: enrolment.openedAt, kind: 'enrolment.opened', enrolmentId },
    ...appointments.map(
      ({ id, visitKey, status, start }) =>
        ({ at: start, kind: 'appointment', appointmentId: id, visitKey, status }) as const,
    ),
    ...screenings.map(({ recordedAt, outcome }) => ({ at: recordedAt, kind: 'screening', outcome }) as const),
    ...consents.flatMap((given): TimelineEntry[] => [
      { at: given.recordedAt, kind: 'consent.given', consent: given.kind },
      ...(given.withdrawnAt === null || replaced(given)
        ? []
        : [{ at: given.withdrawnAt, kind: 'consent.withdrawn' as const, consent: given.kind }]),
    ]),
    ...overrides.map(({ recordedAt, rule }) => ({ at: recordedAt, kind: 'override', rule }) as const),
    ...preconditions.map(({ recordedAt, key }) => ({ at: recordedAt, kind: 'precondition', key }) as const),
    ...enrolment.history.map((entry) => historyEntry(enrolmentId, entry)),
  ]
  if (enrolment.endedAt !== null)
    entries.push({ at: enrolment.endedAt, kind: `enrolment.${enrolment.status}`, enrolmentId })
  return entries.sort((a, b) => a.at - b.at)
}

const referralEntries = ({ id, receivedAt, contactedAt, decidedAt, status }: Referral): TimelineEntry[] => [
  { at: receivedAt, kind: 'referral.received', referralId: id },
  ...(contactedAt === null ? [] : [{ at: contactedAt, kind: 'referral.contacted' as const, referralId: id }]),
  ...(decidedAt === null || status === 'new' || status === 'contacted'
    ? []
    : [{ at: decidedAt, kind: `referral.${status}` as const, referralId: id }]),
]

function historyEntry(enrolmentId: EnrolmentId, entry: HistoryEntry): TimelineEntry {
  const { at, kind } = entry
  if (kind === 'paused') return { at, kind: 'enrolment.paused', enrolmentId }
  if (kind === 'resumed') return { at, kind: 'enrolment.resumed', enrolmentId }
  const { effectiveFrom, from, to } = entry
  return {
    ...{ at, kind: 'enrolment.transferred', enrolmentId, effectiveFrom },
    ...{ fromClinicId: from.clinicId, clinicId: to.clinicId },
    ...{ fromProgramKey: from.program.key, programKey: to.program.key },
  }
}
