/**
 * Where a visit may be held: at which clinic and in which modality, who can serve it there, and the starts that suit everybody but the lead
 * therapist. Pure. What does not depend on the patient is kept with the compiled problem.
 */
import type { Calendar, Compiled } from './calendar.ts'
import { andInto, type Bits, orInto } from './grid.ts'
import type { ProblemPatient, Protocol, ProtocolVisit } from './problem.ts'
import { type Bans, type Group, groupsOf, type Option } from './rules/claims.ts'
import { sessionStarts } from './rules/patient-time.ts'

/** How one therapist fills the lead's group of a visit. */
export type LeadStaff = {
  readonly options: readonly Option[]
  readonly starts: Bits
  /** Least points. */
  readonly least: number
}

/** The people and rooms of a visit at one clinic in one modality. */
export type Staffed = {
  /** The groups other than the lead's. */
  readonly groups: readonly Group[]
  /** How each therapist may fill the lead's group; null: the visit has no lead. */
  readonly leads: ReadonlyMap<Calendar, LeadStaff> | null
  /** The needs that the lead's group fills. */
  readonly leadNeeds: readonly number[]
  /** Starts that suit the session times and every group but the lead's; undefined: any. */
  readonly others: Bits | undefined
  /** Least points of those groups together. */
  readonly least: number
  /** Their points when they are the same at every start. */
  readonly flat: number | undefined
  /** One person could serve two groups: staffing must be solved start by start. */
  readonly coupled: boolean
}

export type Venue = Staffed & {
  readonly site: string
  readonly remote: boolean
  /** Travel and in-person points. */
  readonly points: number
  /** Starts that suit the patient and `others`. */
  readonly open: Bits
}

/** By clinic id, in person before remote. `suits`: the starts that suit the patient. */
export function venuesOf(
  compiled: Compiled,
  patient: ProblemPatient,
  protocol: Protocol,
  visit: ProtocolVisit,
  suits: Bits,
  bans: Bans,
): Venue[] {
  const { problem } = compiled
  const venues: Venue[] = []
  for (const site of [...problem.sites].sort((a, b) => (a < b ? -1 : 1))) {
    const travel = patient.travel[site]
    if (travel === null || travel === undefined) continue
    for (const remote of [false, true]) {
      if (remote ? !visit.remote : visit.remote === 'only') continue
      const staffed = staffedAt(compiled, patient, protocol, visit, site, remote, bans)
      if (!staffed) continue
      const points = remote ? 0 : travel + (visit.remote === 'may' ? (problem.weights.inPerson ?? 0) : 0)
      let open = suits
      if (staffed.others) {
        open = suits.slice()
        andInto(open, staffed.others)
      }
      venues.push({ ...staffed, site, remote, points, open })
    }
  }
  return venues
}

function staffedAt(
  compiled: Compiled,
  patient: ProblemPatient,
  protocol: Protocol,
  visit: ProtocolVisit,
  site: string,
  remote: boolean,
  bans: Bans,
): Staffed | undefined {
  if (bans.size > 0) return staff(compiled, patient, protocol, visit, site, remote, bans)
  const candidates = patient.candidates?.[visit.id]
  const who = candidates ? JSON.stringify(candidates) : ''
  const key = `${site} ${remote} ${protocol.continuity ?? ''} ${needsText(visit)} ${who}`
  let kept = staffedOf.get(compiled)
  if (!kept) {
    kept = new Map()
    staffedOf.set(compiled, kept)
  }
  if (!kept.has(key)) kept.set(key, staff(compiled, patient, protocol, visit, site, remote, bans))
  return kept.get(key)
}
const staffedOf = new WeakMap<Compiled, Map<string, Staffed | undefined>>()

/** What distinguishes visits with respect to staffing. */
function needsText(visit: ProtocolVisit): string {
  let text = needsTexts.get(visit)
  if (text === undefined) {
    text = JSON.stringify([visit.dose ?? false, visit.startSet ?? null, visit.needs])
    needsTexts.set(visit, text)
  }
  return text
}
const needsTexts = new WeakMap<ProtocolVisit, string>()

/** Undefined: two lead claims would need the same therapist twice. */
function staff(
  compiled: Compiled,
  patient: ProblemPatient,
  protocol: Protocol,
  visit: ProtocolVisit,
  site: string,
  remote: boolean,
  bans: Bans,
): Staffed | undefined {
  const { clock, problem } = compiled
  const all = groupsOf(compiled, patient, visit, site, remote, bans)
  const leadNeed = visit.needs.findLastIndex((n) => n.lead)
  const leadGroup = all.find((g) => g.leads.includes(leadNeed))
  const groups = all.filter((g) => g !== leadGroup)
  const pair = protocol.continuity === 'pair'
  if (!pair && groups.some((g) => g.leads.length > 0)) return undefined
  let others = sessionStarts(clock, problem, visit, site)
  for (const group of groups) {
    const any = anyOf(group.options, clock.words)
    if (others) andInto(others, any)
    else others = any
  }
  const cheapest = groups.map((g) => g.options[0]?.price ?? Infinity)
  const least = cheapest.reduce((sum, points) => sum + points, 0)
  return {
    groups,
    leads: leadGroup ? staffByLead(leadGroup, leadNeed, pair, clock.words) : null,
    leadNeeds: leadGroup?.needs ?? [],
    others,
    least,
    flat: groups.every((g) => g.options[0]?.price === g.options.at(-1)?.price) ? least : undefined,
    coupled: sharesPersons(all),
  }
}

function staffByLead(group: Group, leadNeed: number, pair: boolean, words: number): Map<Calendar, LeadStaff> {
  const holder = (option: Option, need: number) => option.res[group.needs.indexOf(need)] as Calendar
  const byLead = new Map<Calendar, Option[]>()
  for (const option of group.options) {
    const lead = holder(option, leadNeed)
    if (!pair && group.leads.some((n) => holder(option, n) !== lead)) continue
    const known = byLead.get(lead)
    if (known) known.push(option)
    else byLead.set(lead, [option])
  }
  const staffs = new Map<Calendar, LeadStaff>()
  for (const [lead, options] of byLead) {
    const [first] = options as [Option]
    const starts = options.length === 1 ? first.starts : anyOf(options, words)
    staffs.set(lead, { options, starts, least: first.price })
  }
  return staffs
}

function sharesPersons(groups: readonly Group[]): boolean {
  const seen = new Map<string, Group>()
  for (const group of groups)
    for (const { person } of group.options) {
      const other = seen.get(person)
      if (other && other !== group) return true
      seen.set(person, group)
    }
  return false
}

function anyOf(options: readonly Option[], words: number): Bits {
  const bits = new Uint32Array(words)
  for (const { starts } of options) orInto(bits, starts)
  return bits
}
