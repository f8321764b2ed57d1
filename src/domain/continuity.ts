/** Therapist continuity against what is booked or done (domain.md §1). Pure. */
import { type Appointment, isFixedPoint } from './appointment.ts'
import type { Enrolment } from './enrolment.ts'
import type { ClinicianId } from './ids.ts'
import type { Participant } from './itinerary.ts'
import { isLead, type Program, type VisitTemplate, visitOf } from './program.ts'
import type { LagViolation } from './refusal.ts'
import { dayOf } from './time.ts'

/** The part of a visit that continuity binds; undefined: nobody leads it, or it stands outside of itineraries. */
export const leadPartOf = (visit: VisitTemplate): string | undefined =>
  visit.optional || visit.repeatable ? undefined : visit.claims.find((claim) => isLead(visit, claim))?.as

/** A visit and who takes part. */
type Led = {
  readonly visitKey: string
  readonly participants: readonly Pick<Participant, 'as' | 'clinicianId' | 'shared'>[]
}

/** Who may lead, and the visit whose lead says so. */
export type Bound = { readonly as: string; readonly clinicianIds: readonly ClinicianId[]; readonly after: string }

type Moves = Pick<Enrolment, 'history' | 'formerClinicIds'>

/** A move to another clinic hands the patient over: who led before it, or at a clinic that was left, binds nobody after it. */
export function bindsLead(
  { history, formerClinicIds }: Moves,
  { start, timeZone, clinicId }: Pick<Appointment, 'start' | 'timeZone' | 'clinicId'>,
): boolean {
  const moves = history.flatMap((e) => (e.kind === 'transferred' && e.from.clinicId !== e.to.clinicId ? [e] : []))
  const since = moves.at(-1)?.effectiveFrom
  return !formerClinicIds.includes(clinicId) && (since === undefined || dayOf(start, timeZone) >= since)
}

/** The therapists of the visits that must be led alike. Undefined: anyone may lead, or nobody does. */
export function boundLead(
  moves: Moves,
  program: Program,
  visit: VisitTemplate,
  booked: readonly Appointment[],
): Bound | undefined {
  const as = leadPartOf(visit)
  if (as === undefined || program.continuity === 'none') return undefined
  const alike = ledAlike(program, visit)
  const leads = booked
    .filter((a) => isFixedPoint(a.status) && a.visitKey !== visit.key && alike.has(a.visitKey) && bindsLead(moves, a))
    .flatMap((a) => {
      const clinicianId = leadOf(program, a)
      return clinicianId ? [{ clinicianId, after: a.visitKey }] : []
    })
  const [first] = leads
  return first && { as, clinicianIds: [...new Set(leads.map((l) => l.clinicianId))], after: first.after }
}

/** Visits whose lead is not one that leads what stands and must be led alike. `standing` holds none of them. */
export function handoversRefused(
  moves: Moves,
  program: Program,
  visits: readonly Led[],
  standing: readonly Appointment[],
): LagViolation[] {
  return visits.flatMap((placed) => {
    const visit = visitOf(program, placed.visitKey)
    const bound = visit && boundLead(moves, program, visit, standing)
    const lead = leadOf(program, placed)
    if (!bound || lead === null || bound.clinicianIds.includes(lead)) return []
    const { visitKey } = placed
    return [
      { visitKey, after: bound.after, rule: 'continuity', actual: lead, required: bound.clinicianIds.join(' or ') },
    ]
  })
}

/** Who leads a booked visit; null: nobody, or the visit stands outside of itineraries. */
export function leadOf(program: Program, { visitKey, participants }: Led): ClinicianId | null {
  const visit = visitOf(program, visitKey)
  const part = visit && leadPartOf(visit)
  return participants.find((p) => p.as === part && !p.shared)?.clinicianId ?? null
}

/** Keys of the visits with the same lead: all of them, or under `pair` a dose and the led visit right after it. */
export function ledAlike(program: Pick<Program, 'visits' | 'continuity'>, visit: VisitTemplate): ReadonlySet<string> {
  const led = program.visits.filter((v) => leadPartOf(v) !== undefined)
  if (program.continuity === 'program') return new Set(led.map((v) => v.key))
  const blocks: VisitTemplate[][] = []
  for (const [i, next] of led.entries())
    if (led[i - 1]?.step === 'experience') blocks.at(-1)?.push(next)
    else blocks.push([next])
  return new Set(blocks.find((block) => block.includes(visit))?.map((v) => v.key))
}

/** Points of planning.md §2 per change of therapist between visits in time order. */
export const HANDOVER_POINTS = 40

/** Changes of lead among visits in time order. */
export const handovers = (leads: readonly string[]): number =>
  leads.filter((lead, i) => i > 0 && lead !== leads[i - 1]).length
