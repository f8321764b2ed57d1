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
    return licensedWindows(facts, frame, visit, role, clinician).map((window) => candidate(id, window))
  })

/** Who is left out although the role would fit, and why: what an explanation names. */
export const exclusionsOf = (facts: PlanningFacts, frame: Frame): PerClaim<Exclusion> =>
  perClaim<Exclusion>(facts, (visit, claim, clinician) => {
    const { role, shared } = claim
    const id = shared ? clinician.supervisionId : clinician.id
    const refused = refusedBy(facts, visit, claim, clinician)
    if (refused) return [{ id, reason: refused }]
    return licensedWindows(facts, frame, visit, role, clinician).length === 0 ? [{ id, reason: 'licence' }] : []
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

const ALWAYS: Interval = { start: -Infinity, end: Infinity }

/**
 * Minutes in which a visit may start under the clinician's licences. In person: the province of every clinic in play; remote: where
 * the patient lives by then; a visit that may be either: both, so that the choice stays open.
 */
function licensedWindows(
  facts: PlanningFacts,
  frame: Frame,
  visit: VisitTemplate,
  role: ClinicalRole,
  clinician: Clinician,
): Interval[] {
  if (!needsLicence(role)) return [ALWAYS]
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
  let windows: Interval[] = [ALWAYS]
  if (remote !== 'only')
    for (const province of new Set(
      facts.clinics.filter((c) => facts.enrolment.allowedClinicIds.includes(c.id)).map((c) => c.province),
    ))
      windows = intersect(windows, licensedIn(province))
  if (remote)
    windows = intersect(
      windows,
      merge(residences(facts, midnight).flatMap(({ province, during }) => intersect([during], licensedIn(province)))),
    )
  return windows
}

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

const candidate = (id: string, { start, end }: Interval): Candidate => ({
  id,
  ...(start === -Infinity ? {} : { since: start }),
  ...(end === Infinity ? {} : { until: end - 1 }),
})
