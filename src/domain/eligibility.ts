/** Who may be treated, where and by which route: the gates before a visit is booked (domain.md §3). Pure. Days are local at the visit's clinic, bounds inclusive. */
import { type Policy, YOUTH_AGE_MIN } from './clinic.ts'
import { type Licence, licensedOn } from './clinician.ts'
import type { Enrolment } from './enrolment.ts'
import { type ConsentKind, type Patient, residenceOn, type Screening } from './patient.ts'
import { allotted, coversDay, GATES_OF_THEIR_OWN, type MetFact } from './precondition.ts'
import type { Modality, Step } from './program.ts'
import type { GateCode, GateReason, Refusal } from './refusal.ts'
import { addDays, type LocalDate } from './time.ts'

/** A screening counts with its assessor's licences. */
export type AssessedScreening = Pick<
  Screening,
  'assessedOn' | 'outcome' | 'contraindications' | 'routes' | 'validUntil' | 'recordedAt'
> & { readonly licences: readonly Licence[] }

export type GatedVisit = {
  readonly visitKey: string
  readonly step: Step
  /** Of the template: `clearance`, `consent`, `escort`, `community-support`, `virtual-care`, or a precondition's key. */
  readonly requires: readonly string[]
  readonly modality: Modality
  readonly day: LocalDate
  readonly clinic: { readonly province: string; readonly policy: GatePolicy }
}
export type GatePolicy = Pick<
  Policy,
  'ageMin' | 'ageMax' | 'youthAllowed' | 'residenceProvinces' | 'routes' | 'contraindications'
>

export type GateFacts = {
  readonly patient: Pick<Patient, 'birthDate' | 'province' | 'residences' | 'communitySupport'>
  /** Rules that a prescriber has signed off, for the patient or for this booking. */
  readonly overrides: readonly { readonly rule: string }[]
  readonly enrolment: Pick<Enrolment, 'route'>
  /** Of the enrolment's own clinic: how long a clearance lasts that names no end. */
  readonly clearanceDays: number
  /** Any order will do; what was recorded last first. */
  readonly screenings: readonly AssessedScreening[]
  /** In force now. */
  readonly consents: readonly ConsentKind[]
  readonly preconditions: readonly MetFact[]
  /** Other visits of the enrolment, booked or done: they use up what was granted. */
  readonly standing: readonly Pick<GatedVisit, 'requires' | 'day'>[]
  readonly visits: readonly GatedVisit[]
}

type Gate = { readonly code: GateCode; readonly reasons: (facts: GateFacts, visit: GatedVisit) => GateReason[] }

/** Judged in this order; the first one closed is the answer, with its reasons for every visit. */
const GATES: readonly Gate[] = [
  { code: 'not-eligible', reasons: (facts, visit) => [...age(facts, visit), ...residence(facts, visit)] },
  { code: 'not-eligible', reasons: communitySupport },
  { code: 'not-cleared', reasons: clearance },
  { code: 'consent-missing', reasons: consent },
  { code: 'route-not-permitted', reasons: route },
  { code: 'precondition-missing', reasons: preconditions },
]

/** Why these visits may not be booked, or undefined when they may. */
export function gates(facts: GateFacts): Refusal | undefined {
  for (const gate of GATES) {
    const reasons = facts.visits.flatMap((visit) => gate.reasons(facts, visit))
    if (reasons.length > 0) return { code: gate.code, reasons }
  }
  return undefined
}

/** Every reason of every gate: what planning warns of. */
export const gateReasons = (facts: GateFacts): GateReason[] =>
  GATES.flatMap((gate) => facts.visits.flatMap((visit) => gate.reasons(facts, visit)))

const isDose = (visit: GatedVisit): boolean => visit.step === 'experience'
const asks = (visit: Pick<GatedVisit, 'requires'>, requirement: string): boolean => visit.requires.includes(requirement)
const because = (visit: GatedVisit, rule: string, source: string, detail: string): GateReason[] => [
  { rule, visitKey: visit.visitKey, source, detail },
]

/** Full years on that day. Born on 29 February: a year older on 1 March of a common year. */
export function ageOn(birthDate: LocalDate, day: LocalDate): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years
}

function age({ patient, overrides }: GateFacts, visit: GatedVisit): GateReason[] {
  if (!isDose(visit)) return []
  const { ageMin, ageMax, youthAllowed } = visit.clinic.policy
  const closed = (detail: string) => because(visit, 'age', 'clinic policy', detail)
  if (patient.birthDate === null) return closed('the date of birth is not on record')
  const years = ageOn(patient.birthDate, visit.day)
  if (years < ageMin && !(youthAllowed && years >= YOUTH_AGE_MIN))
    return closed(`under the clinic's lower age of ${youthAllowed ? YOUTH_AGE_MIN : ageMin} on ${visit.day}`)
  if (years > ageMax && !overrides.some(({ rule }) => rule === 'age'))
    return closed(`over the clinic's upper age of ${ageMax} on ${visit.day}; a prescriber's override for age is needed`)
  return []
}

function residence({ patient }: GateFacts, visit: GatedVisit): GateReason[] {
  if (!isDose(visit)) return []
  const { residenceProvinces } = visit.clinic.policy
  const province = residenceOn(patient, visit.day)
  if (residenceProvinces.some((allowed) => allowed === province)) return []
  return because(
    visit,
    'residence',
    'clinic policy',
    `for residents of ${residenceProvinces.join(', ')} on ${visit.day}`,
  )
}

function communitySupport({ patient }: GateFacts, visit: GatedVisit): GateReason[] {
  if (!asks(visit, 'community-support') || patient.communitySupport) return []
  return because(visit, 'community-support', 'program', 'existing community support is not on record')
}

function clearance(facts: GateFacts, visit: GatedVisit): GateReason[] {
  if (!isDose(visit) && !asks(visit, 'clearance')) return []
  const closed = (detail: string, source = 'domain: clearance') => because(visit, 'clearance', source, detail)
  const { province, policy } = visit.clinic
  const found = countingScreening(facts.screenings, province)
  if (!found)
    return facts.screenings.length === 0
      ? closed('no medical screening is on record')
      : closed(`no assessor of a clearance was licensed in ${province}`, 'domain: licence')
  if (found.outcome !== 'cleared') return closed(`the latest screening says ${found.outcome}`)
  const until = validUntil(found, facts.clearanceDays)
  if (visit.day > until) return closed(`the clearance ends on ${until}, before ${visit.day}`)
  return found.contraindications
    .filter((code) => policy.contraindications[code] === 'exclude')
    .flatMap((code) => because(visit, 'contraindication', 'clinic policy', `${code} excludes treatment here`))
}

function consent({ consents }: GateFacts, visit: GatedVisit): GateReason[] {
  const missing: ConsentKind[] = []
  if ((isDose(visit) || asks(visit, 'consent')) && !consents.includes('treatment')) missing.push('treatment')
  if (visit.modality === 'virtual' && asks(visit, 'virtual-care') && !consents.includes('virtual-care'))
    missing.push('virtual-care')
  return missing.flatMap((kind) =>
    because(visit, 'consent', 'domain: consent', `no consent of kind ${kind} is in force`),
  )
}

/** A screening that names no route leaves the choice to the clinic's policy. */
function route({ enrolment, screenings }: GateFacts, visit: GatedVisit): GateReason[] {
  if (!isDose(visit)) return []
  const { province, policy } = visit.clinic
  const closed = (source: string, detail: string) => because(visit, 'route', source, detail)
  if (enrolment.route === null) return closed('domain: route', 'the route is not decided')
  if (!policy.routes.includes(enrolment.route)) return closed('clinic policy', `${enrolment.route} is not given here`)
  const cleared = countingScreening(screenings, province)?.routes ?? []
  if (cleared.length > 0 && !cleared.includes(enrolment.route))
    return closed('screening', `the screening does not clear ${enrolment.route}`)
  return []
}

/** Booked and done visits have taken theirs; of those being judged the earlier ones come first. */
function preconditions(facts: GateFacts, visit: GatedVisit): GateReason[] {
  return visit.requires
    .filter((key) => !GATES_OF_THEIR_OWN.has(key))
    .flatMap((key) => {
      const met = facts.preconditions.filter((fact) => fact.key === key)
      const taken = facts.standing.filter((other) => asks(other, key)).map(({ day }) => day)
      const wanted = facts.visits.filter((other) => asks(other, key)).sort((a, b) => (a.day < b.day ? -1 : 1))
      const fact = allotted(met, [...taken.sort(), ...wanted.map(({ day }) => day)])[
        taken.length + wanted.indexOf(visit)
      ]
      if (fact !== undefined) return []
      const spent = met.some((one) => coversDay(one, visit.day))
      const detail = spent ? `every visit that ${key} grants is taken` : `${key} is not met on ${visit.day}`
      return because(visit, key, 'program', detail)
    })
}

/** The latest screening; of two on one day the one recorded later, of two recorded at once the one listed first. */
export function latestScreening<S extends Pick<Screening, 'assessedOn' | 'recordedAt'>>(
  screenings: readonly S[],
): S | undefined {
  return screenings.reduce<S | undefined>(
    (latest, next) => (latest && !isLater(next, latest) ? latest : next),
    undefined,
  )
}

const isLater = (a: Pick<Screening, 'assessedOn' | 'recordedAt'>, b: Pick<Screening, 'assessedOn' | 'recordedAt'>) =>
  a.assessedOn > b.assessedOn || (a.assessedOn === b.assessedOn && a.recordedAt > b.recordedAt)

/** The latest that counts in the province. A clearance by an assessor who was not licensed there does not; any other outcome always does. */
const countingScreening = (screenings: readonly AssessedScreening[], province: string): AssessedScreening | undefined =>
  latestScreening(screenings.filter((s) => s.outcome !== 'cleared' || licensedOn(s.licences, province, s.assessedOn)))

/** The last day of a clearance: its own end, else the policy's days after the assessment. */
export const validUntil = (screening: Pick<Screening, 'assessedOn' | 'validUntil'>, clearanceDays: number): LocalDate =>
  screening.validUntil ?? addDays(screening.assessedOn, clearanceDays)

/** The last day on which a dose in the province may be given as things stand; undefined without a clearance. */
export function clearanceUntil(
  screenings: readonly AssessedScreening[],
  policy: { readonly clearanceDays: number },
  province: string,
): LocalDate | undefined {
  const found = countingScreening(screenings, province)
  return found?.outcome === 'cleared' ? validUntil(found, policy.clearanceDays) : undefined
}
