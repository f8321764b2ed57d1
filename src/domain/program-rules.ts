/** What a program template must say to make sense, visit by visit and claim by claim; whether it can be planned at all is program-feasibility.ts. Pure. */
import type { Claim, ProgramDraft, VisitTemplate } from './program.ts'

/** `path` as in `visits[2].after[0].minDays`. */
export type ProgramFault = { path: string; message: string }

/** Every fault of the template; an empty list when it makes sense. */
export function inconsistencies(program: ProgramDraft): ProgramFault[] {
  const faults = [...program.visits.entries()].flatMap(([i, visit]) => [
    ...ofVisit(program, visit, i),
    ...ofClaims(visit, `visits[${i}]`),
    ...ofLags(program, visit, `visits[${i}]`),
  ])
  return [...faults, ...ofSpan(program)]
}

function ofVisit(program: ProgramDraft, visit: VisitTemplate, i: number): ProgramFault[] {
  const faults: ProgramFault[] = []
  if (program.visits.findIndex(({ key }) => key === visit.key) < i)
    faults.push({ path: `visits[${i}].key`, message: `a second visit "${visit.key}"` })
  if (hasTwice(visit.modality)) faults.push({ path: `visits[${i}].modality`, message: 'names one twice' })
  if (hasTwice(visit.requires)) faults.push({ path: `visits[${i}].requires`, message: 'names one twice' })
  if (i === 0 && program.visits.every(({ optional }) => optional))
    faults.push({ path: 'visits', message: 'every visit is optional: nothing would be planned' })
  return faults
}

const hasTwice = (list: readonly string[]): boolean => new Set(list).size < list.length

function ofClaims(visit: VisitTemplate, at: string): ProgramFault[] {
  const faults = [...visit.claims.entries()].flatMap(([k, claim]) =>
    ofClaim(visit.claims, claim, k, `${at}.claims[${k}]`),
  )
  const leads = new Set(visit.claims.filter(({ lead }) => lead).map((claim) => claim.as))
  if (leads.size > 1)
    faults.push({ path: `${at}.claims`, message: 'one person leads: `lead` on claims of one `as` only' })
  const rooms = new Set(visit.claims.filter(({ roomKind }) => roomKind).map((claim) => claim.as))
  if (rooms.size > 1)
    faults.push({ path: `${at}.claims`, message: 'a visit is in one room: room claims share one `as`' })
  return faults
}

function ofClaim(claims: readonly Claim[], claim: Claim, k: number, path: string): ProgramFault[] {
  const faults: ProgramFault[] = []
  if ((claim.role === undefined) === (claim.roomKind === undefined))
    faults.push({ path: `${path}.role`, message: 'exactly one of role and roomKind' })
  if (claim.from >= claim.to) faults.push({ path: `${path}.to`, message: 'must be after from' })
  if (claim.roomKind && claim.lead) faults.push({ path: `${path}.lead`, message: 'a person leads, not a room' })
  if (claim.roomKind && claim.mode === 'shared')
    faults.push({ path: `${path}.mode`, message: 'a room is never shared: only supervision is' })
  const earlier = claims.slice(0, k).filter((other) => other.as === claim.as)
  if (earlier.some((other) => other.role !== claim.role || other.roomKind !== claim.roomKind))
    faults.push({ path: `${path}.as`, message: `"${claim.as}" is one person or room: one role or roomKind` })
  if (earlier.some((other) => other.mode === claim.mode && other.from < claim.to && claim.from < other.to))
    faults.push({ path, message: `overlaps another claim of "${claim.as}"` })
  return faults
}

function ofLags(program: ProgramDraft, visit: VisitTemplate, at: string): ProgramFault[] {
  return [...visit.after.entries()].flatMap(([k, lag]) => {
    const path = `${at}.after[${k}]`
    const faults: ProgramFault[] = []
    if (lag.visit === visit.key) faults.push({ path: `${path}.visit`, message: 'a visit cannot follow itself' })
    if (!program.visits.some(({ key }) => key === lag.visit))
      faults.push({ path: `${path}.visit`, message: `there is no visit "${lag.visit}"` })
    if (visit.after.slice(0, k).some((other) => other.visit === lag.visit))
      faults.push({ path: `${path}.visit`, message: `a second lag to "${lag.visit}"` })
    if ((lag.minDays ?? 0) > (lag.maxDays ?? Infinity))
      faults.push({ path: `${path}.minDays`, message: 'lag: minDays is above maxDays' })
    if ((lag.minMinutes ?? 0) > (lag.maxMinutes ?? Infinity))
      faults.push({ path: `${path}.minMinutes`, message: 'lag: minMinutes is above maxMinutes' })
    return faults
  })
}

function ofSpan({ span, visits }: ProgramDraft): ProgramFault[] {
  if (!span) return []
  const faults: ProgramFault[] = []
  for (const end of ['from', 'to'] as const) {
    const visit = visits.find(({ key }) => key === span[end])
    if (!visit) faults.push({ path: `span.${end}`, message: `there is no visit "${span[end]}"` })
    else if (visit.optional) faults.push({ path: `span.${end}`, message: 'an optional visit cannot bound the span' })
  }
  if (span.from === span.to) faults.push({ path: 'span.to', message: 'the span needs two visits' })
  if (span.minDays > span.maxDays) faults.push({ path: 'span.minDays', message: 'span: minDays is above maxDays' })
  return faults
}
