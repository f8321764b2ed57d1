/** Everything the planner is told about one enrolment: what a service loads and hands over as one value. Pure. */
import type { Clinic, Room, Travel } from '../../domain/clinic.ts'
import type { Clinician } from '../../domain/clinician.ts'
import type { Enrolment } from '../../domain/enrolment.ts'
import type { Calendar } from '../../domain/free-time.ts'
import type { ClinicId, ClinicianId } from '../../domain/ids.ts'
import type { FixedVisit } from '../../domain/itinerary.ts'
import type { Patient } from '../../domain/patient.ts'
import type { Program } from '../../domain/program.ts'
import type { Instant, LocalDate } from '../../domain/time.ts'

export type VirtualWish = 'avoid' | 'allow' | 'prefer'
export type OverrideRule = 'lag' | 'span' | 'continuity' | 'age' | 'preference' | 'limit'

export type PlanningWish = {
  /** Nothing starts before; the first of the days that waiting is counted from. */
  readonly ready: Instant
  /** Everything has ended by then. */
  readonly until: Instant
  /** Calendars are known until then, for plans that may end later. */
  readonly knownUntil: Instant
  readonly virtual: VirtualWish
  /** Rules set aside by a signed override. */
  readonly setAside: readonly OverrideRule[]
  /** One therapist for all, or a therapist for each pair of dose and integration. */
  readonly continuity: 'program' | 'pair' | 'none'
  /** Only this therapist may lead. */
  readonly therapistId: ClinicianId | undefined
}

export type PlanningFacts = {
  readonly wish: PlanningWish
  readonly program: Program
  /** Keys of the visits to place. */
  readonly toPlan: readonly string[]
  /** Booked or done: points that the rest must keep its lags to. */
  readonly fixed: readonly FixedVisit[]
  readonly enrolment: Enrolment
  readonly patient: Patient
  readonly home: Clinic
  /** Clinics where visits may be placed, and those of fixed visits. */
  readonly clinics: readonly Clinic[]
  readonly travel: readonly Travel[]
  readonly clinicians: readonly Clinician[]
  readonly rooms: readonly Room[]
  readonly calendars: readonly Calendar[]
  /** Other bookings of the patient. */
  readonly patientBusy: readonly { readonly start: Instant; readonly end: Instant }[]
  /** The last day on which a dose is covered by the clearance on record; null: none yet. */
  readonly clearedUntil: LocalDate | null
}

/** What only an explanation asks for: who was asked for, when clinics are closed, when people are away. */
export type ExplanationFacts = {
  readonly therapistId: string | undefined
  readonly closures: readonly { readonly clinicId: ClinicId; readonly start: Instant; readonly end: Instant }[]
  readonly away: readonly { readonly resourceId: string; readonly start: Instant; readonly end: Instant }[]
  /** The proposal as it was asked for, in the contract's words. */
  readonly request: Readonly<Record<string, unknown>>
}
