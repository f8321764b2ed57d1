/**
 * Rule: therapist continuity over the lead claims. `program`: one therapist for all of them. `pair`: another may take over between two
 * led visits, at a cost, but never between a dose and the visit led right after it. Pure. Source: domain.md §1 "Continuity".
 */
import type { ProtocolVisit } from '../problem.ts'

/** Visits of one block have the same lead; null: not led. Blocks follow the order of the template. */
export function leadBlocks(visits: readonly ProtocolVisit[]): (number | null)[] {
  let block = -1
  let afterDose = false
  return visits.map((visit) => {
    if (!isLed(visit)) return null
    if (!afterDose) block++
    afterDose = visit.dose === true
    return block
  })
}

export const isLed = (visit: ProtocolVisit): boolean => visit.needs.some((n) => n.lead)
