/** From a plan back to dated, staffed, roomed visits with the claims they take. Pure. */
import type { Clinician } from '../../domain/clinician.ts'
import type { ClinicId, ResourceId, RoomId } from '../../domain/ids.ts'
import type { ClaimWish, Participant, PlacedVisit } from '../../domain/itinerary.ts'
import { type Claim, type Modality, type VisitTemplate, visitOf } from '../../domain/program.ts'
import { addMinutes, type Instant } from '../../domain/time.ts'
import type { PlannedVisit } from '../plan.ts'
import type { PlanningFacts } from './facts.ts'
import { frameOf } from './frame.ts'
import { needsOf } from './protocol.ts'

/** The newly planned visits in time order; fixed ones are left out. */
export function placementOf(facts: PlanningFacts, planned: readonly PlannedVisit[]): PlacedVisit[] {
  const frame = frameOf(facts)
  const clinicians = new Map(
    facts.clinicians.flatMap((c) => [[c.id as string, c] as const, [c.supervisionId as string, c] as const]),
  )
  const toPlan = new Set(facts.toPlan)
  return planned
    .filter((p) => toPlan.has(p.id))
    .map((p) => {
      const visit = visitOf(facts.program, p.id)
      if (!visit) throw new Error(`the plan names an unknown visit ${p.id}`)
      return placed(visit, p, frame.instantOf(p.start), facts, clinicians)
    })
    .sort((a, b) => a.start - b.start)
}

function placed(
  visit: VisitTemplate,
  plan: PlannedVisit,
  start: Instant,
  facts: PlanningFacts,
  clinicians: ReadonlyMap<string, Clinician>,
): PlacedVisit {
  const clinic = facts.clinics.find((c) => c.id === plan.site)
  if (!clinic) throw new Error(`the plan names an unknown clinic ${plan.site}`)
  const remote = plan.remote === true || !visit.modality.includes('in-person')
  const taken = needsOf(visit).flatMap(({ claim }, i) => {
    const resource = plan.res[i]
    return resource == null ? [] : [{ claim, resource }]
  })
  const room = taken.find(({ claim }) => claim.roomKind)
  return {
    visitKey: visit.key,
    step: visit.step,
    start,
    end: addMinutes(start, visit.minutes),
    timeZone: clinic.timeZone,
    clinicId: clinic.id as ClinicId,
    roomId: (room?.resource as RoomId | undefined) ?? null,
    modality: remote ? remoteModality(visit) : 'in-person',
    participants: taken.flatMap(({ claim, resource }) => participant(claim, clinicians.get(resource), start)),
    claims: taken.map(({ claim, resource }) => claimWish(claim, resource, clinicians.get(resource), start)),
  }
}

export const remoteModality = (visit: VisitTemplate): Modality =>
  visit.modality.find((m) => m !== 'in-person') ?? 'in-person'

function participant(claim: Claim, clinician: Clinician | undefined, start: Instant): Participant[] {
  if (!claim.role || !clinician) return []
  return [
    {
      as: claim.as,
      role: claim.role,
      clinicianId: clinician.id,
      start: addMinutes(start, claim.from),
      end: addMinutes(start, claim.to),
      shared: claim.mode === 'shared',
    },
  ]
}

function claimWish(claim: Claim, resource: string, clinician: Clinician | undefined, start: Instant): ClaimWish {
  const shared = claim.mode === 'shared' && claim.role !== undefined
  return {
    resourceId: resource as ResourceId,
    shared,
    start: addMinutes(start, claim.from),
    end: addMinutes(start, claim.to),
    kind: claim.roomKind ? 'room' : shared ? 'supervision' : 'clinician',
    id: clinician?.id ?? resource,
  }
}
