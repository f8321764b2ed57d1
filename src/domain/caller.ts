/** Who is calling and what they may see (contract.md §2). Pure. */
import { z } from 'zod'
import { ClinicId, ClinicianId, UserId } from './ids.ts'

export const Role = z.enum(['admin', 'scheduler', 'clinician', 'integration', 'privacy'])
export type Role = z.infer<typeof Role>

/** What an `integration` token may be given; other roles carry none. */
export const Scope = z.enum([
  'patients:read',
  'patients:write',
  'bookings:read',
  'bookings:write',
  'rosters:read',
  'invites:read',
  'events:read',
  'catalogue:read',
])
export type Scope = z.infer<typeof Scope>

export type Caller = {
  readonly userId: UserId
  readonly role: Role
  /** `null`: every clinic. */
  readonly clinicIds: readonly ClinicId[] | null
  readonly clinicianId: ClinicianId | null
  readonly scopes: readonly Scope[]
  /** Token id: what holds and rate limits are counted by. */
  readonly tokenId: string
  /** Free text of `X-Purpose`, for the audit log. */
  readonly purpose: string | null
  readonly requestId: string
}

export const User = z.object({
  id: UserId,
  displayName: z.string(),
  role: Role,
  clinicIds: z.array(ClinicId),
  clinicianId: ClinicianId.nullable(),
  scopes: z.array(Scope),
  active: z.boolean(),
  revision: z.number().int(),
})
export type User = z.infer<typeof User>

/** Does the caller act for this clinic? */
export const actsFor = (caller: Caller, clinicId: string): boolean =>
  caller.clinicIds === null || caller.clinicIds.some((id) => id === clinicId)
