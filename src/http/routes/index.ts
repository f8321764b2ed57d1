/** Every route file, in the order of the contract. */
import type { Routes } from '../app-types.ts'
import { auditRoutes } from './audit.ts'
import { availabilityRoutes } from './availability.ts'
import { availabilityRuleRoutes } from './availability-rules.ts'
import { consentRoutes } from './consents.ts'
import { enrolmentRoutes } from './enrolments.ts'
import { extraShiftRoutes } from './extra-shifts.ts'
import { patientRoutes } from './patients.ts'
import { screeningRoutes } from './screenings.ts'
import { timeOffRoutes } from './time-off.ts'
import { userRoutes } from './users.ts'

export const allRoutes: readonly Routes[] = [
  userRoutes,
  availabilityRuleRoutes,
  extraShiftRoutes,
  timeOffRoutes,
  availabilityRoutes,
  patientRoutes,
  screeningRoutes,
  consentRoutes,
  enrolmentRoutes,
  auditRoutes,
]
