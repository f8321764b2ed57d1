/** What a proposal is asked for (contract.md §5), as the use cases of planning pass it on. */
import type { ClinicianId } from '../domain/ids.ts'
import type { Step } from '../domain/program.ts'
import type { Instant } from '../domain/time.ts'
import type { VirtualWish } from '../planner/compose/facts.ts'
import type { Override } from './approve-override.ts'

export type ProposalWish = {
  readonly notBefore: Instant
  readonly notAfter: Instant | undefined
  readonly steps: readonly Step[] | undefined
  readonly limit: number
  readonly therapistId: ClinicianId | undefined
  readonly allowHandover: boolean
  readonly virtual: VirtualWish
  readonly override: Override | undefined
}
