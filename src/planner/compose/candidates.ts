/** Who may serve each claim, and when: licence where the patient is, language, the patient's wishes (domain.md §2). Pure; minutes of the problem. */
import { type Clinician, needsLicence } from '../../domain/clinician.ts'
import { ledAlike } from '../../domain/continuity.ts'
import { type Interval, intersect, merge } from '../../domain/interval.ts'
import { type ClinicalRole, isLead, type VisitTemplate } from '../../domain/program.ts'
import { speaksWithPatient, wishedFor } from '../../domain/staffing.ts'
import { addDays, type LocalDate, startOfDay } from '../../domain/time.ts'
import type { Candidate } from '../problem.ts'
import type { PlanningFacts } from './facts.ts'
import type { Frame } from './frame.ts'
import { needsOf, remoteOf } from './protocol.ts'

export type Exclusion = { id: string; reason: 'licence' | 'language' | 'wish' }
type PerClaim<T> = Record<string, Record<string, T[]>>

/** visit → `as` → candidates, for every role claim of a visit to place. */
export const candidatesOf = (facts: PlanningFacts, frame: Frame): PerClaim<Candidate> =>
  perClaim(facts, (visit, claim, clinician) => {
    const { role, shared } = claim
    if (refusedBy(facts, visit, claim, clinician)) return []
    const id = shared ? clinician.supervisionId : clinician.id
    return leavesOf(facts, frame, visit, role, clinician).map((leave) => ({ id, ...leave }))
  })

/** Who is left out although the role would fit, and why: what an explanation names. */
export const exclusionsOf = (facts: PlanningFacts, frame: Frame): PerClaim<Exclusion> =>
  perClaim<Exclusion>(facts, (visit, claim, clinician) => {
    const { role, shared } = claim
    const id = shared ? clinician.supervisionId : clinician.id
    const refused = refusedBy(facts, visit, claim, clinician)
    if (refused) return [{ id, reason: refused }]
    return leavesOf(facts, frame, visit, role, clinician).length === 0 ? [{ id, reason: 'licence' }] : []
  })

function perClaim<T>(
  facts: PlanningFacts,
  of: (visit: VisitTemplate, claim: RoleClaim, clinician: Clinician) => T[],
): PerClaim<T> {
  const out: PerClaim<T> = {}
  for (const visit of facts.program.visits) {
    if (!facts.toPlan.includes(visit.key)) continue
    const byAs: Record<string, T[]> = {}
    for (const { claim } of needsOf(visit)) {
      const { role } = claim
      if (role === undefined || byAs[claim.as]) continue
      byAs[claim.as] = facts.clinicians
        .filter((c) => c.roles.includes(role))
        .flatMap((c) => of(visit, { role, shared: claim.mode === 'shared', lead: isLead(visit, claim) }, c))
    }
    out[visit.key] = byAs
  }
  return out
}

type RoleClaim = { readonly role: ClinicalRole; readonly shared: boolean; readonly lead: boolean }

function refusedBy(
  facts: PlanningFacts,
  visit: VisitTemplate,
  { role, lead }: RoleClaim,
  clinician: Clinician,
): 'language' | 'wish' | undefined {
  const { patient, enrolment, wish } = facts
  if (!speaksWithPatient(role, clinician, patient.careLanguages)) return 'language'
  if (lead && !mayLead(facts, visit, clinician)) return 'wish'
  const asked = !lead || wish.therapistId === undefined || wish.therapistId === clinician.id
  return asked && wishedFor(role, clinician, enrolment.therapist) ? undefined : 'wish'
}

/** Whoever leads what is booked or done leads the visits that must be led alike. */
function mayLead({ program, wish, fixed }: PlanningFacts, visit: VisitTemplate, { id }: Clinician): boolean {
  if (wish.continuity === 'none' || visit.optional || visit.repeatable) return true
  const alike = ledAlike({ visits: program.visits, continuity: wish.continuity }, visit)
  const leads = fixed.flatMap((f) => (f.leadId !== null && alike.has(f.visitKey) ? [f.leadId] : []))
  return leads.length === 0 || leads.includes(id)
}

/** When, where and in which modality somebody's licences let them serve. */
type Leave = Omit<Candidate, 'id'>

/** In person the province is the clinic's, remotely the one where the patient lives by then. */
function leavesOf(
  facts: PlanningFacts,
  frame: Frame,
  visit: VisitTemplate,
  role: ClinicalRole,
  clinician: Clinician,
): Leave[] {
  if (!needsLicence(role)) return [{}]
  const midnight = (day: LocalDate) => frame.minuteOf(startOfDay(day, facts.home.timeZone))
  const licensedIn = (province: string): Interval[] =>
    merge(
      clinician.licences
        .filter((l) => l.province === province)
        .map((l) => ({
          start: midnight(l.validFrom),
          end: l.validUntil === null ? Infinity : midnight(addDays(l.validUntil, 1)),
        })),
    )
  const remote = remoteOf(visit, facts.wish)
  const inPerson = remote === 'only' ? [] : atClinics(facts, licensedIn)
  if (!remote) return inPerson
  const away = merge(
    residences(facts, midnight).flatMap(({ province, during }) => intersect([during], licensedIn(province))),
  ).map(leaveOf)
  if (remote === 'only' || sameLeaves(inPerson, away)) return away
  return [
    ...inPerson.map((leave): Leave => ({ ...leave, remote: 'never' })),
    ...away.map((leave): Leave => ({ ...leave, remote: 'only' })),
  ]
}

/** Clinics are told apart only where the licence does not cover all of them alike. */
function atClinics({ clinics, enrolment }: PlanningFacts, licensedIn: (province: string) => Interval[]): Leave[] {
  const allowed = clinics.filter((c) => enrolment.allowedClinicIds.includes(c.id))
  const perProvince = [...new Set(allowed.map((c) => c.province))].map((province) => ({
    sites: allowed.filter((c) => c.province === province).map((c) => c.id as string),
    leaves: licensedIn(province).map(leaveOf),
  }))
  const [first, ...others] = perProvince
  if (!first) return []
  if (others.every(({ leaves }) => sameLeaves(leaves, first.leaves))) return first.leaves
  return perProvince.flatMap(({ sites, leaves }) => leaves.map((leave) => ({ ...leave, sites })))
}

const sameLeaves = (x: readonly Leave[], y: readonly Leave[]): boolean => JSON.stringify(x) === JSON.stringify(y)

const leaveOf = ({ start, end }: Interval): Leave => ({
  ...(start === -Infinity ? {} : { since: start }),
  ...(end === Infinity ? {} : { until: end - 1 }),
})

/** Where the patient lives, and when, in order of time. */
function residences({ patient }: PlanningFacts, midnight: (day: LocalDate) => number) {
  const moves = [...patient.residences].sort((a, b) => (a.from < b.from ? -1 : 1))
  const stays = moves.map((move, i) => {
    const next = moves[i + 1]
    return {
      province: move.province as string,
      during: { start: midnight(move.from), end: next ? midnight(next.from) : Infinity },
    }
  })
  const first = stays[0]
  return [
    { province: patient.province as string, during: { start: -Infinity, end: first?.during.start ?? Infinity } },
    ...stays,
  ]
}
