/** Every route file, in the order of the contract. */
import type { Routes } from '../app-types.ts'
import { availabilityRoutes } from './availability.ts'
import { availabilityRuleRoutes } from './availability-rules.ts'
import { extraShiftRoutes } from './extra-shifts.ts'
import { timeOffRoutes } from './time-off.ts'
import { userRoutes } from './users.ts'

export const allRoutes: readonly Routes[] = [
  userRoutes,
  availabilityRuleRoutes,
  extraShiftRoutes,
  timeOffRoutes,
  availabilityRoutes,
]
