/** Which starts of one visit are open, rule by rule, and where the visits before it let it start: what explanations reason with. Pure. */
import { type Calendar, type Compiled, type Part, startsOf } from '../calendar.ts'
import { andInto, type Bits, dayOf, fill, has, orInto, startOfDay } from '../grid.ts'
import {
  type Candidate,
  claimName,
  isRoomNeed,
  type Need,
  type ProblemPatient,
  type Protocol,
  type ProtocolVisit,
  servesAt,
} from '../problem.ts'
import { patientStarts, sessionStarts } from '../rules/patient-time.ts'

/** Needs of one visit that one person or room serves. */
export type Party = {
  readonly claim: string
  readonly needs: readonly Need[]
  readonly room: boolean
  readonly lead: boolean
}

export function partiesOf(visit: ProtocolVisit): Party[] {
  const parties = new Map<string, Need[]>()
  visit.needs.forEach((need, i) => {
    const key = need.as ?? `#${i}`
    const known = parties.get(key)
    if (known) known.push(need)
    else parties.set(key, [need])
  })
  return [...parties.values()].map((needs) => ({
    claim: needs[0] ? claimName(needs[0]) : '',
    needs,
    room: needs.every(isRoomNeed),
    lead: needs.some((need) => need.lead === true),
  }))
}

/** The clinics the patient goes to. */
export const sitesOf = (compiled: Compiled, patient: ProblemPatient): string[] =>
  compiled.problem.sites.filter((site) => typeof patient.travel[site] === 'number')

export const isEmpty = (bits: Bits): boolean => bits.every((word) => word === 0)

export function both(a: Bits, b: Bits): Bits {
  const out = a.slice()
  andInto(out, b)
  return out
}

const everyStart = ({ clock }: Compiled): Bits => {
  const bits = new Uint32Array(clock.words)
  fill(bits, clock, 0, clock.slots - 1)
  return bits
}

/** Starts that suit the patient; with a changed patient, some of the rules. */
export const suiting = (compiled: Compiled, patient: ProblemPatient, protocol: Protocol, visit: ProtocolVisit): Bits =>
  patientStarts(compiled.clock, compiled.problem, patient, protocol, visit, 0, Infinity)

/** The patient without any bound of their own but the ready date. */
export function unbound(patient: ProblemPatient): ProblemPatient {
  const { latest: _, fixed: __, ...rest } = patient
  return { ...rest, unavailable: [] }
}

export const sessions = (compiled: Compiled, visit: ProtocolVisit, site: string): Bits =>
  sessionStarts(compiled.clock, compiled.problem, visit, site) ?? everyStart(compiled)

/** Who may serve a party, whatever their time; `listed: false`: everyone of its roles. */
export function servers(
  compiled: Compiled,
  patient: ProblemPatient,
  visit: ProtocolVisit,
  party: Party,
  listed = true,
): Calendar[] {
  const list = listed ? patient.candidates?.[visit.id]?.[party.claim] : undefined
  const named = list && new Set(list.map((candidate) => candidate.id))
  return compiled.calendars.filter(
    ({ resource }) =>
      party.needs.every((need) => need.roles.includes(resource.role)) && (!named || named.has(resource.id)),
  )
}

/** `booked: false` forgets busy times, `listed: false` who may serve and until when. `remote`: in that modality; either, when undefined. */
export type Leniency = { readonly booked?: boolean; readonly listed?: boolean; readonly remote?: boolean }

const modalitiesOf = ({ remote }: ProtocolVisit): readonly boolean[] =>
  remote === 'may' ? [false, true] : [remote === 'only']

/** Starts at which one of these can serve the party at one of the clinics. */
export function servedAt(
  compiled: Compiled,
  patient: ProblemPatient,
  visit: ProtocolVisit,
  party: Party,
  by: readonly Calendar[],
  sites: readonly string[],
  leniency: Leniency = {},
): Bits {
  const { clock } = compiled
  const parts: Part[] = party.needs.map(({ from, to }) => ({ from, to, lanes: 1 }))
  const list = leniency.listed === false ? undefined : patient.candidates?.[visit.id]?.[party.claim]
  const modalities = leniency.remote === undefined ? modalitiesOf(visit) : [leniency.remote]
  const out = new Uint32Array(clock.words)
  for (const calendar of by) {
    const { id } = calendar.resource
    const licences: readonly Candidate[] = list?.filter((candidate) => candidate.id === id) ?? [{ id }]
    const who = leniency.booked === false ? unbooked(calendar) : calendar
    for (const site of sites) {
      const bits = startsOf(who, clock, site, parts)
      if (!bits) continue
      for (const licence of licences) {
        if (!modalities.some((remote) => servesAt(licence, site, remote))) continue
        const { since = 0, until = Infinity } = licence
        const licensed = new Uint32Array(clock.words)
        fill(licensed, clock, Math.ceil(since / clock.grid), Math.floor(until / clock.grid))
        andInto(licensed, bits)
        orInto(out, licensed)
      }
    }
  }
  return out
}

const unbooked = (calendar: Calendar): Calendar => ({
  ...calendar,
  resource: { ...calendar.resource, busy: [] },
  free: { intervals: new Map(), starts: new Map() },
})

/** Starts at which every party has somebody at one clinic, the patient is free and the session times allow it. */
export function openStarts(
  compiled: Compiled,
  patient: ProblemPatient,
  protocol: Protocol,
  visit: ProtocolVisit,
): Bits {
  const out = new Uint32Array(compiled.clock.words)
  const parties = partiesOf(visit)
  for (const site of sitesOf(compiled, patient))
    for (const remote of modalitiesOf(visit)) {
      const held = sessions(compiled, visit, site).slice()
      for (const party of parties) {
        if (isEmpty(held)) break
        if (remote && party.room) continue
        const able = servers(compiled, patient, visit, party)
        andInto(held, servedAt(compiled, patient, visit, party, able, [site], { remote }))
      }
      orInto(out, held)
    }
  andInto(out, suiting(compiled, patient, protocol, visit))
  return out
}

/** Where the lags from the visits before let visit `at` start; `reached` holds the starts of those, in minutes, ascending. */
export function afterLags(
  compiled: Compiled,
  protocol: Protocol,
  at: number,
  reached: readonly (readonly number[])[],
): Bits {
  const { clock } = compiled
  const out = everyStart(compiled)
  for (const lag of protocol.lags) {
    if (lag.to !== at) continue
    const bits = new Uint32Array(clock.words)
    let filled = -1
    for (const start of reached[lag.from] ?? []) {
      const end = start + (protocol.visits[lag.from]?.dur ?? 0)
      const day = dayOf(clock, start)
      const firstDay = lag.minDays === undefined ? 0 : startOfDay(clock, day + lag.minDays)
      const nextDay = lag.maxDays === undefined ? Infinity : startOfDay(clock, day + lag.maxDays + 1)
      const low = Math.max(end + (lag.minMin ?? 0), firstDay)
      const high = Math.min(end + (lag.maxMin ?? Infinity), nextDay - 1)
      const first = Math.max(filled + 1, Math.ceil(low / clock.grid))
      const last = Math.min(clock.slots - 1, Math.floor(high / clock.grid))
      if (first > last) continue
      fill(bits, clock, first, last)
      filled = last
    }
    andInto(out, bits)
  }
  return out
}

/** The set's members in minutes, ascending. */
export function minutesOf({ clock }: Compiled, bits: Bits): number[] {
  const out: number[] = []
  for (let slot = 0; slot < clock.slots; slot++) if (has(bits, slot)) out.push(slot * clock.grid)
  return out
}

/** Starts of the first `count` visits that the lags between them leave open, whoever the therapist; in minutes, ascending. */
export function reachedStarts(
  compiled: Compiled,
  patient: ProblemPatient,
  protocol: Protocol,
  count: number,
): number[][] {
  const reached: number[][] = []
  for (const [at, visit] of protocol.visits.slice(0, count).entries()) {
    const fixed = patient.fixed?.[visit.id]
    const open = () => both(openStarts(compiled, patient, protocol, visit), afterLags(compiled, protocol, at, reached))
    reached.push(fixed ? [fixed.start] : minutesOf(compiled, open()))
  }
  return reached
}
