/** Every route file, in the order of the contract. */
import type { Routes } from '../app-types.ts'
import { userRoutes } from './users.ts'

export const allRoutes: readonly Routes[] = [userRoutes]
