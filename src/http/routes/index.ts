/** Every route file, in the order of the contract. */
import type { Routes } from '../app-types.ts'
import { analyticsRoutes } from './analytics.ts'
import { appointmentRoutes } from './appointments.ts'
import { auditRoutes } from './audit.ts'
import { availabilityRoutes } from './availability.ts'
import { availabilityRuleRoutes } from './availability-rules.ts'
import { bookingRoutes } from './bookings.ts'
import { calendarFeedRoutes } from './calendar-feeds.ts'
import { cancellationRoutes } from './cancellations.ts'
import { clinicianRoutes } from './clinicians.ts'
import { clinicRoutes } from './clinics.ts'
import { consentRoutes } from './consents.ts'
import { enrolmentStepRoutes } from './enrolment-steps.ts'
import { enrolmentRoutes } from './enrolments.ts'
import { eventRoutes } from './events.ts'
import { extraShiftRoutes } from './extra-shifts.ts'
import { groupSessionRoutes } from './group-sessions.ts'
import { healthRoutes } from './health.ts'
import { holidayRoutes } from './holidays.ts'
import { inviteRoutes } from './invites.ts'
import { itineraryRoutes } from './itineraries.ts'
import { patientRoutes } from './patients.ts'
import { preconditionRoutes } from './preconditions.ts'
import { programRoutes } from './programs.ts'
import { referralRoutes } from './referrals.ts'
import { regionRoutes } from './regions.ts'
import { replyRoutes } from './replies.ts'
import { rescheduleRoutes } from './reschedules.ts'
import { roomRoutes } from './rooms.ts'
import { rosterRoutes } from './rosters.ts'
import { screeningRoutes } from './screenings.ts'
import { signInRoutes } from './sign-in.ts'
import { slotRoutes } from './slots.ts'
import { statusRoutes } from './statuses.ts'
import { substituteRoutes } from './substitutes.ts'
import { timeOffRoutes } from './time-off.ts'
import { tzAuditRoutes } from './tz-audit.ts'
import { userRoutes } from './users.ts'
import { waitlistRoutes } from './waitlist.ts'
import { webhookRoutes } from './webhooks.ts'
import { worklistRoutes } from './worklist.ts'

export const allRoutes: readonly Routes[] = [
  userRoutes,
  clinicRoutes,
  regionRoutes,
  holidayRoutes,
  roomRoutes,
  clinicianRoutes,
  availabilityRuleRoutes,
  extraShiftRoutes,
  timeOffRoutes,
  availabilityRoutes,
  programRoutes,
  patientRoutes,
  referralRoutes,
  screeningRoutes,
  consentRoutes,
  enrolmentRoutes,
  preconditionRoutes,
  enrolmentStepRoutes,
  itineraryRoutes,
  slotRoutes,
  bookingRoutes,
  appointmentRoutes,
  substituteRoutes,
  groupSessionRoutes,
  rescheduleRoutes,
  cancellationRoutes,
  statusRoutes,
  rosterRoutes,
  calendarFeedRoutes,
  inviteRoutes,
  eventRoutes,
  webhookRoutes,
  replyRoutes,
  waitlistRoutes,
  worklistRoutes,
  analyticsRoutes,
  auditRoutes,
  tzAuditRoutes,
  healthRoutes,
  signInRoutes,
]
