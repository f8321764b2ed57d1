/** What asking for a status means: a step forward, the way back, or neither (contract.md §5). Pure; "the day" is the clinic's calendar day. */
import { type Appointment, type AppointmentStatus, type StatusChange, TRANSITIONS } from './appointment.ts'
import type { UserId } from './ids.ts'
import { dayOf, type Instant } from './time.ts'

/** Why a patient who came was not dosed (domain.md §3). */
export const NOT_DOSED_REASONS = ['vitals', 'no-escort', 'unwell', 'substance', 'declined', 'other'] as const
/** The reason as people write it (`no escort`, `Vitals`) in our spelling; undefined: none of them. */
export function notDosedReason(text: string | undefined): (typeof NOT_DOSED_REASONS)[number] | undefined {
  const word = text
    ?.trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-')
  return NOT_DOSED_REASONS.find((known) => known === word || known === `no-${word}`)
}

/** These have use cases of their own, with more to say than a status. */
const ELSEWHERE: readonly AppointmentStatus[] = ['cancelled', 'needs-replanning', 'booked']
/** Nothing leads out of them. */
const FINAL: readonly AppointmentStatus[] = ['completed', 'cancelled', 'needs-replanning']

/** The visit did not take place: its time is free. */
export const isLost = (status: AppointmentStatus): boolean => status === 'no-show' || status === 'not-dosed'

type Visit = Pick<Appointment, 'status' | 'step' | 'timeZone'>

/** A dose is followed by recovery before it is completed, and only a dose can fail to be given. */
function isForward({ status, step }: Visit, to: AppointmentStatus): boolean {
  if (ELSEWHERE.includes(to) || !TRANSITIONS[status].includes(to)) return false
  if (to === 'not-dosed') return step === 'experience'
  return !(to === 'completed' && status === 'in-progress' && step === 'experience')
}

/** The change that `to` would undo: the last one, made by the same person on the same day. */
function undone(
  { status, timeZone }: Visit,
  to: AppointmentStatus,
  changes: readonly StatusChange[],
  { by, at }: { by: UserId; at: Instant },
): StatusChange | undefined {
  const last = changes.at(-1)
  return last?.to === status &&
    last.from === to &&
    !FINAL.includes(status) &&
    last.by === by &&
    dayOf(last.at, timeZone) === dayOf(at, timeZone)
    ? last
    : undefined
}

export type StatusStep = { readonly kind: 'forward' } | { readonly kind: 'undo'; readonly undone: StatusChange }

/** undefined: the status does not allow it. */
export function stepTo(
  visit: Visit,
  to: AppointmentStatus,
  changes: readonly StatusChange[],
  who: { by: UserId; at: Instant },
): StatusStep | undefined {
  if (isForward(visit, to)) return { kind: 'forward' }
  const last = undone(visit, to, changes, who)
  return last && { kind: 'undo', undone: last }
}

const STAMPS: Readonly<Partial<Record<AppointmentStatus, keyof Appointment['actual']>>> = {
  arrived: 'arrivedAt',
  'in-progress': 'startedAt',
  completed: 'endedAt',
  stopped: 'endedAt',
}

/** The actual times once `status` is reached at `at`, or, `at` null, taken back. */
export function stamped(
  actual: Appointment['actual'],
  status: AppointmentStatus,
  at: Instant | null,
): Appointment['actual'] {
  const stamp = STAMPS[status]
  return stamp ? { ...actual, [stamp]: at } : actual
}
