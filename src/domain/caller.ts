/** Who is calling and what they may see (contract.md §2). Pure. */
import { z } from 'zod'
import { ClinicId, ClinicianId, UserId } from './ids.ts'

export const Role = z.enum(['admin', 'scheduler', 'clinician', 'integration', 'privacy'])
export type Role = z.infer<typeof Role>

/** What an `integration` token may be given; other roles carry none. */
export const Scope = z.enum([
  'patients:read',
  'patients:write',
  'referrals:read',
  'referrals:write',
  'bookings:read',
  'bookings:write',
  'rosters:read',
  'invites:read',
  'invites:write',
  'feeds:write',
  'events:read',
  'catalogue:read',
  'analytics:read',
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
  /** `If-Match` as it came: the change is only wanted for that revision. */
  readonly ifMatch: string | null
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

/** The entity tag of a thing's revision (RFC 9110 §8.8.3): strong, for one revision is one state. */
export const entityTag = (revision: number): string => `"${revision}"`

/** Whether the caller asked for a change of another revision than this (RFC 9110 §13.1.1; weak tags never match). */
export const isStale = ({ ifMatch }: Pick<Caller, 'ifMatch'>, { revision }: { readonly revision: number }): boolean =>
  ifMatch !== null && ifMatch.trim() !== '*' && !ifMatch.split(',').some((tag) => tag.trim() === entityTag(revision))
