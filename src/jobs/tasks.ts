/** What the service does unasked: each task calls one use case. Nothing depends on its punctuality; it only must happen. */
import type { Refusal } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { Deps } from '../services/deps.ts'
import { extendHorizon } from '../services/expand-availability.ts'
import { forgetStale } from '../services/forget-stale.ts'
import { offerFreedTime } from '../services/offer-freed-time.ts'
import { planReminders } from '../services/send-mail.ts'
import { sweepEligibility } from '../services/sweep-eligibility.ts'
import { sweepGroups } from '../services/sweep-groups.ts'
import { sweepHolds } from '../services/sweep-holds.ts'
import { sweepReferrals } from '../services/sweep-referrals.ts'

export type Task = {
  readonly name: string
  /** Five fields, UTC. */
  readonly cron: string
  readonly run: (deps: Deps) => Promise<Result<unknown, Refusal>>
}

export const TASKS: readonly Task[] = [
  { name: 'sweep-holds', cron: '* * * * *', run: sweepHolds },
  { name: 'sweep-referrals', cron: '* * * * *', run: sweepReferrals },
  { name: 'offer-freed-time', cron: '* * * * *', run: offerFreedTime },
  { name: 'plan-reminders', cron: '* * * * *', run: planReminders },
  { name: 'sweep-eligibility', cron: '29 * * * *', run: sweepEligibility },
  { name: 'sweep-groups', cron: '31 * * * *', run: sweepGroups },
  { name: 'extend-horizon', cron: '17 8 * * *', run: extendHorizon },
  { name: 'forget-stale', cron: '43 * * * *', run: forgetStale },
]
