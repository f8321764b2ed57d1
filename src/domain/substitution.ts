/** Who or which room could take over, at the same time, what someone absent was to do (contract.md §3, `reassign`). Pure. */
import { type Licence, licensedOn, needsLicence } from './clinician.ts'
import type { ClinicId } from './ids.ts'
import { contains, type Interval, overlaps } from './interval.ts'
import { freeLane, type Laned } from './lanes.ts'
import type { ClinicalRole, RoomKind } from './program.ts'
import type { HeldShift } from './shift-replacement.ts'
import type { Instant, LocalDate } from './time.ts'

type Span = Interval<Instant>

/** Everything that one appointment takes of one resource, which will not be there. */
export type Loss = {
  readonly appointmentId: string
  readonly resourceId: string
  readonly kind: 'room' | 'clinician' | 'supervision'
  /** Null for a room. */
  readonly role: ClinicalRole | null
  readonly roomKind: RoomKind | null
  readonly clinicId: ClinicId
  /** Where the patient is. */
  readonly province: string
  readonly date: LocalDate
  /** The clinic's calendar day, over which doses are counted. */
  readonly day: Span
  readonly spans: readonly Span[]
  readonly dose: boolean
  /** Clinicians of the appointment: nobody has two parts in one visit. */
  readonly people: readonly string[]
}

export type Candidate =
  | { readonly kind: 'room'; readonly resourceId: string; readonly clinicId: ClinicId; readonly roomKind: RoomKind }
  | {
      readonly kind: 'clinician' | 'supervision'
      readonly resourceId: string
      readonly personId: string
      readonly roles: readonly ClinicalRole[]
      readonly licences: readonly Licence[]
      readonly dosesPerDay: number
      readonly lanes: number
    }

/** A claim on a candidate. `visit` tells one booking's visit from another's. */
export type Taken = Laned & { readonly resourceId: string; readonly dose: boolean; readonly visit: string }

/** `personId` of a room is its own id. One lane for each of the loss's spans. */
export type Substitution = {
  readonly loss: Loss
  readonly resourceId: string
  readonly personId: string
  readonly lanes: readonly number[]
}

/** Therapists and navigators are the patient's own: theirs are replanned, not handed over. */
const replaceable = (loss: Loss): boolean => loss.kind !== 'clinician' || loss.role === 'nurse'

function suits(loss: Loss, candidate: Candidate): boolean {
  if (candidate.kind !== loss.kind || candidate.resourceId === loss.resourceId) return false
  if (candidate.kind === 'room') return candidate.clinicId === loss.clinicId && candidate.roomKind === loss.roomKind
  return (
    loss.role !== null &&
    candidate.roles.includes(loss.role) &&
    !loss.people.includes(candidate.personId) &&
    (!needsLicence(loss.role) || licensedOn(candidate.licences, loss.province, loss.date))
  )
}

const present = (loss: Loss, shifts: readonly HeldShift[]): boolean =>
  loss.spans.every((span) => shifts.some((shift) => shift.clinicId === loss.clinicId && contains(shift, span)))

function dosesOn(day: Span, taken: readonly Taken[]): number {
  return new Set(taken.filter((claim) => claim.dose && overlaps(claim, day)).map((claim) => claim.visit)).size
}

/** A free lane for each span, undefined when one has none. */
function lanesFor(loss: Loss, candidate: Candidate, taken: readonly Taken[]): number[] | undefined {
  if (candidate.kind === 'clinician' && loss.dose && dosesOn(loss.day, taken) >= candidate.dosesPerDay) return undefined
  const count = candidate.kind === 'supervision' ? candidate.lanes : 1
  const lanes = loss.spans.map((span) => freeLane(taken, span, count))
  return lanes.every((lane) => lane !== undefined) ? lanes : undefined
}

/**
 * All losses of an appointment are made good, or none of them. Appointments are served in the order of the losses; of several candidates the
 * least busy takes over. `shifts` are those after the change.
 */
export function substitute(
  losses: readonly Loss[],
  candidates: readonly Candidate[],
  shifts: readonly HeldShift[],
  taken: readonly Taken[],
): Substitution[] {
  const shiftsOf = (id: string) => shifts.filter((shift) => shift.resourceId === id)
  const done: Substitution[] = []
  let claims = [...taken]
  for (const appointmentId of new Set(losses.map((loss) => loss.appointmentId))) {
    const found: Substitution[] = []
    let tried = claims
    const own = losses.filter((loss) => loss.appointmentId === appointmentId)
    for (const loss of own) {
      const options = candidates.flatMap((candidate) => {
        const busy = tried.filter((claim) => claim.resourceId === candidate.resourceId)
        const personId = candidate.kind === 'room' ? candidate.resourceId : candidate.personId
        const fits =
          replaceable(loss) &&
          suits(loss, candidate) &&
          !found.some((other) => other.personId === personId) &&
          present(loss, shiftsOf(candidate.resourceId))
        const lanes = fits ? lanesFor(loss, candidate, busy) : undefined
        return lanes ? [{ loss, resourceId: candidate.resourceId, personId, lanes, load: busy.length }] : []
      })
      const [best] = options.sort((a, b) => a.load - b.load)
      if (!best) break
      const { load: _, ...chosen } = best
      found.push(chosen)
      tried = [...tried, ...claimsOf(chosen)]
    }
    if (found.length < own.length) continue
    done.push(...found)
    claims = tried
  }
  return done
}

const claimsOf = ({ loss, resourceId, lanes }: Substitution): Taken[] =>
  loss.spans.map((span, i) => ({
    ...span,
    resourceId,
    lane: lanes[i] ?? 1,
    dose: loss.dose,
    visit: loss.appointmentId,
  }))
