/** Dated facts that a visit may ask for: a payer's approval with its visits, a test, an enrolment elsewhere (domain.md §3). Pure. Days are local at the visit's clinic, bounds inclusive. */
import { z } from 'zod'
import { EnrolmentId, PreconditionId } from './ids.ts'
import { Instant, LocalDate } from './time.ts'

/** What `requires` may name that is no such fact: it has a gate of its own; an escort is asked for at check-in. */
export const GATES_OF_THEIR_OWN: ReadonlySet<string> = new Set([
  'clearance',
  'consent',
  'escort',
  'community-support',
  'virtual-care',
])

export const Precondition = z.object({
  id: PreconditionId,
  enrolmentId: EnrolmentId,
  key: z.string(),
  metOn: LocalDate,
  /** Null: until further notice. */
  validUntil: LocalDate.nullable(),
  /** How many visits that ask for it it covers; null: any number. */
  visitsGranted: z.int().nullable(),
  /** The approval's number, in the payer's words. */
  reference: z.string().nullable(),
  recordedAt: Instant,
})
export type Precondition = z.infer<typeof Precondition>

export type MetFact = Pick<Precondition, 'key' | 'metOn' | 'validUntil' | 'visitsGranted'>

export const coversDay = (fact: MetFact, day: LocalDate): boolean =>
  fact.metOn <= day && (fact.validUntil === null || day <= fact.validUntil)

/**
 * Which of these days, in this order, find a fact that has a visit left for them; each takes it from the fact that ends first.
 * → per day the index of its fact, or undefined
 */
export function allotted(facts: readonly MetFact[], days: readonly LocalDate[]): (number | undefined)[] {
  const left = facts.map((fact) => fact.visitsGranted ?? Infinity)
  return days.map((day) => {
    let best: number | undefined
    for (const [i, fact] of facts.entries()) {
      if (!coversDay(fact, day) || (left[i] ?? 0) < 1) continue
      const ends = fact.validUntil ?? '9999-12-31'
      if (best === undefined || ends < (facts[best]?.validUntil ?? '9999-12-31')) best = i
    }
    if (best !== undefined) left[best] = (left[best] ?? 0) - 1
    return best
  })
}
