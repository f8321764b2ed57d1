/** One patient in one program version at one home clinic, with the patient's wishes about whom and when (domain.md §1–2). Pure. */
import { z } from 'zod'
import { ClinicId, ClinicianId, EnrolmentId, PatientId } from './ids.ts'
import { Route } from './program.ts'
import { Instant, LocalDate, LocalTime } from './time.ts'

export const EnrolmentStatus = z.enum(['open', 'paused', 'completed', 'withdrawn', 'closed'])
export type EnrolmentStatus = z.infer<typeof EnrolmentStatus>

/** RFC 5545 weekdays. */
export const Weekday = z.enum(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'])
export type Weekday = z.infer<typeof Weekday>

/** Gender and exclusions bind; preferences are costed. */
export const TherapistWish = z.object({
  requireGender: z.string().nullable(),
  prefer: z.array(ClinicianId),
  exclude: z.array(ClinicianId),
})
export type TherapistWish = z.infer<typeof TherapistWish>
export const ANY_THERAPIST: TherapistWish = { requireGender: null, prefer: [], exclude: [] }

/** Every such weekday from `from` to before `to`, wall time at the visit's clinic. */
export const WeeklyWindow = z.object({ byDay: z.array(Weekday), from: LocalTime, to: LocalTime })
export type WeeklyWindow = z.infer<typeof WeeklyWindow>

const ProgramVersion = z.object({ key: z.string(), version: z.int() })
const Place = z.object({ clinicId: ClinicId, program: ProgramVersion })

/** What happened to an enrolment that its present state does not tell. */
export const HistoryEntry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('paused'), at: Instant, reason: z.string().nullable() }),
  z.object({ kind: z.literal('resumed'), at: Instant }),
  z.object({ kind: z.literal('transferred'), at: Instant, effectiveFrom: LocalDate, from: Place, to: Place }),
])
export type HistoryEntry = z.infer<typeof HistoryEntry>

export const Enrolment = z.object({
  id: EnrolmentId,
  patientId: PatientId,
  program: ProgramVersion,
  clinicId: ClinicId,
  /** Null until the prescriber decides; must be known before a dose is confirmed. */
  route: Route.nullable(),
  priority: z.literal([1, 2, 4]),
  /** Where visits may take place; holds the home clinic. */
  allowedClinicIds: z.array(ClinicId),
  therapist: TherapistWish,
  /** Half-open times at which the patient cannot come. */
  unavailable: z.array(z.object({ start: Instant, end: Instant })),
  weeklyUnavailable: z.array(WeeklyWindow),
  /** Windows that the patient likes better; empty is no preference. */
  preferred: z.array(WeeklyWindow),
  status: EnrolmentStatus,
  openedAt: Instant,
  endedAt: Instant.nullable(),
  /** Why it was withdrawn or closed, where that was said. */
  endReason: z.string().nullable(),
  /** Of a paused one: when it is to go on, where that was said. */
  resumeOn: LocalDate.nullable(),
  /** Visits that count as done without an appointment: an information call on the phone, what a transfer made needless. */
  credited: z.array(z.string()),
  history: z.array(HistoryEntry),
  /** Clinics that it was transferred from: they read its history and nothing after. */
  formerClinicIds: z.array(ClinicId),
  revision: z.int(),
})
export type Enrolment = z.infer<typeof Enrolment>

/** Of one that has just been opened. */
export const FRESH = {
  status: 'open',
  endedAt: null,
  endReason: null,
  resumeOn: null,
  credited: [],
  history: [],
  formerClinicIds: [],
  revision: 1,
} satisfies Partial<Enrolment>

/** Not ended: it holds the patient's one place in the program. */
export const isUnderWay = (enrolment: Pick<Enrolment, 'status'>): boolean =>
  enrolment.status === 'open' || enrolment.status === 'paused'
