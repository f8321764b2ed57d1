/** What becomes of an enrolment's visits when it goes on in another program or at other clinics (domain.md §1). Pure. */
import { type Appointment, endForLags, isFixedPoint } from './appointment.ts'
import type { ClinicId } from './ids.ts'
import { datedOf, lagViolations } from './lags.ts'
import { type Program, visitOf } from './program.ts'
import type { Instant } from './time.ts'

export type Transferred = {
  /** Visits of the new program that what is done has overtaken: nobody goes back to them. */
  readonly credited: string[]
  /** Appointments ahead that the new program does not know. */
  readonly dropped: Appointment[]
  /** Appointments ahead that cannot stay where they are. */
  readonly flagged: Appointment[]
}

export type TransferWish = {
  readonly program: Program
  readonly allowedClinicIds: readonly ClinicId[]
  /** Appointments that start before it stay at their clinic. */
  readonly from: Instant
}

/** Visits of one key are one visit: what is done in the old program is done in the new one. */
export function transferOf(
  booked: readonly Appointment[],
  { program, allowedClinicIds, from }: TransferWish,
): Transferred {
  const standing = booked.filter((a) => isFixedPoint(a.status))
  const isAhead = ({ status }: Appointment) => status === 'booked'
  const done = new Set(standing.filter((a) => !isAhead(a)).map((a) => a.visitKey))
  const credited = [...beforeAny(program, done)].filter((key) => !done.has(key))
  const ahead = standing.filter(isAhead)
  const known = ahead.filter((a) => visitOf(program, a.visitKey))
  const settled = new Set([...done, ...credited])
  const elsewhere = (a: Appointment) => a.start >= from && !allowedClinicIds.includes(a.clinicId)
  // in the order of the program: what follows a visit that has no place yet has none either
  const kept = new Set<string>()
  for (const _ of program.visits)
    for (const a of known) {
      const follows = visitOf(program, a.visitKey)?.after ?? []
      if (!elsewhere(a) && follows.every(({ visit }) => isSettled(program, visit, settled, kept))) kept.add(a.visitKey)
    }
  const dated = standing.filter((a) => visitOf(program, a.visitKey)).map((a) => datedOf({ ...a, end: endForLags(a) }))
  const broken = new Set(lagViolations(program, dated, new Set(known.map((a) => a.visitKey))).map((v) => v.visitKey))
  return {
    credited,
    dropped: booked.filter((a) => (isAhead(a) || a.status === 'needs-replanning') && !visitOf(program, a.visitKey)),
    flagged: known.filter((a) => !kept.has(a.visitKey) || broken.has(a.visitKey)),
  }
}

/** Done, kept, or not part of the plan; what comes before the preparation may have happened elsewhere. */
function isSettled(program: Program, key: string, settled: ReadonlySet<string>, kept: ReadonlySet<string>): boolean {
  const visit = visitOf(program, key)
  return settled.has(key) || kept.has(key) || visit?.optional === true || visit?.step === 'connect'
}

/** Everything that one of these follows, directly or through others. */
function beforeAny(program: Program, keys: ReadonlySet<string>): Set<string> {
  const found = new Set<string>()
  const visit = (key: string): void => {
    for (const lag of visitOf(program, key)?.after ?? [])
      if (!found.has(lag.visit)) {
        found.add(lag.visit)
        visit(lag.visit)
      }
  }
  for (const key of keys) visit(key)
  return found
}
