/** From an enrolment's facts to its planning problem, in the format of planning.md §3. Pure. No personal data: ids only. */
import type { Clinician } from '../../domain/clinician.ts'
import type { Calendar } from '../../domain/free-time.ts'
import type { ClinicId } from '../../domain/ids.ts'
import {
  addDays,
  dayOf,
  daysBetween,
  type Instant,
  type LocalDate,
  MINUTE,
  startOfDay,
  weekdayOf,
} from '../../domain/time.ts'
import { withModalitiesInReach } from '../modalities.ts'
import type { PlanningProblem, ProblemPatient, ProblemResource } from '../problem.ts'
import { candidatesOf } from './candidates.ts'
import type { PlanningFacts } from './facts.ts'
import { type Frame, frameOf } from './frame.ts'
import { patientTimes } from './patient-times.ts'
import { clinicianRole, inLagOrder, protocolOf, supervisionRole } from './protocol.ts'
import { startSetsOf } from './session-times.ts'

/** Points of planning.md §2. */
const WEIGHTS = {
  waitPerDay: 10,
  completionPerDay: 2,
  unplanned: 2000,
  overPerSlot: 1,
  offPreference: 30,
  handover: 40,
}
/** Points for a visit in person that could be virtual, where virtual is preferred. */
const IN_PERSON_POINTS = 5
/** For an allowed clinic that the region's travel table does not name: as far as the farthest. */
const UNKNOWN_WAY_POINTS = 40
/** Local days from the ready date over which a clinician's load is measured. */
export const LOAD_DAYS = 28

/** The one patient of a composed problem. */
export const PATIENT = 'P001'

export function compose(given: PlanningFacts): PlanningProblem {
  const frame = frameOf(given)
  const facts = withModalitiesInReach(given, frame)
  const { program, home, wish } = facts
  const days = daysOf(frame.firstDay, dayOf((wish.knownUntil - 1) as Instant, home.timeZone), facts, frame)
  const keys = new Set([...facts.toPlan, ...facts.fixed.map((f) => f.visitKey)])
  const visits = inLagOrder(program, keys)
  const resources = resourcesOf(facts, frame)
  const roleStrings = [...new Set(resources.map((r) => r.role))].sort()
  const startSets = startSetsOf(facts, frame, days, visits)
  return {
    format: 'planning-problem/1',
    name: `enrolment ${facts.enrolment.id}`,
    tz: home.timeZone,
    epochUtc: new Date(frame.epoch).toISOString(),
    grid: program.grid,
    days,
    horizon: Math.floor(frame.minuteOf(wish.until)),
    sites: facts.clinics.map((c) => c.id),
    weights: { ...WEIGHTS, inPerson: wish.virtual === 'prefer' ? IN_PERSON_POINTS : 0 },
    ...(startSets ? { startSets } : {}),
    protocols: { [program.key]: protocolOf(facts, visits, roleStrings) },
    resources,
    patients: [patientOf(facts, frame)],
    ...limitsOf(facts),
  }
}

function daysOf(first: LocalDate, last: LocalDate, { home }: PlanningFacts, frame: Frame) {
  // one more than the horizon's last: where the last day ends
  return Array.from({ length: daysBetween(first, last) + 2 }, (_, i) => {
    const date = addDays(first, i)
    return { date, dow: weekdayOf(date) % 7, start: frame.minuteOf(startOfDay(date, home.timeZone)) }
  })
}

function patientOf(facts: PlanningFacts, frame: Frame): ProblemPatient {
  const { enrolment, wish, program, home } = facts
  const doses = program.visits.filter((v) => v.step === 'experience' && facts.toPlan.includes(v.key))
  const cleared = facts.clearedUntil
  const ready = Math.ceil(frame.minuteOf(wish.ready))
  return {
    id: PATIENT,
    protocol: program.key,
    priority: enrolment.priority,
    ready,
    travel: Object.fromEntries(
      facts.clinics.map((c) => [c.id, enrolment.allowedClinicIds.includes(c.id) ? wayPoints(facts, c.id) : null]),
    ),
    ...patientTimes(facts, frame),
    ...(facts.fixed.length > 0
      ? {
          fixed: Object.fromEntries(
            facts.fixed.map((f) => [f.visitKey, { start: frame.minuteOf(f.start), site: f.clinicId, res: null }]),
          ),
        }
      : {}),
    candidates: candidatesOf(facts, frame),
    // a clearance that has ended already bounds nothing: the doses wait for the next one
    ...(cleared !== null && cleared >= dayOf(wish.ready, home.timeZone)
      ? {
          latest: Object.fromEntries(
            doses.map((v) => [v.key, frame.minuteOf(startOfDay(addDays(cleared, 1), home.timeZone)) - 1]),
          ),
        }
      : {}),
  }
}

/** From the home clinic, in points. */
export function wayPoints({ home, travel }: PlanningFacts, to: ClinicId): number {
  if (to === home.id) return 0
  return travel.find((way) => way.from === home.id && way.to === to)?.points ?? UNKNOWN_WAY_POINTS
}

function resourcesOf(facts: PlanningFacts, frame: Frame): ProblemResource[] {
  const offset = frame.epoch / MINUTE
  const sites = new Set<string>(facts.clinics.map((c) => c.id))
  const calendars = new Map(facts.calendars.map((c) => [c.resourceId, c]))
  const out: ProblemResource[] = []
  const add = (id: string, role: string, rest: Partial<ProblemResource> = {}) => {
    const calendar = calendars.get(id)
    const shifts = calendar?.shifts.filter(([, , clinic]) => sites.has(clinic)) ?? []
    if (!calendar) return
    out.push({
      id,
      role,
      price: 0,
      ...rest,
      shifts: shifts.map(([start, end, clinic]) => [start - offset, end - offset, clinic] as const),
      busy: calendar.busy.map((b) => [b.start - offset, b.end - offset] as const),
    })
  }
  for (const clinician of facts.clinicians) {
    add(clinician.id, clinicianRole(clinician.roles), { price: loadPoints(facts, calendars.get(clinician.id)) })
    if (clinician.roles.includes('prescriber') || facts.program.visits.some((v) => sharesRoleOf(v.claims, clinician)))
      add(clinician.supervisionId, supervisionRole(clinician.roles), {
        capacity: clinician.supervisionCapacity,
        person: clinician.id,
      })
  }
  for (const room of facts.rooms) add(room.id, room.kind)
  return out
}

const sharesRoleOf = (claims: readonly { mode: string; role?: string | undefined }[], clinician: Clinician): boolean =>
  claims.some((c) => c.mode === 'shared' && clinician.roles.some((role) => role === c.role))

/** `min(3, floor(4 × share))`: the share of the shift minutes of the next 28 local days that others have taken. */
function loadPoints(facts: PlanningFacts, calendar: Calendar | undefined): number {
  if (!calendar) return 0
  const zone = facts.home.timeZone
  const firstDay = dayOf(facts.wish.ready, zone)
  const start = startOfDay(firstDay, zone) / MINUTE
  const end = startOfDay(addDays(firstDay, LOAD_DAYS), zone) / MINUTE
  const within = (from: number, to: number) => Math.max(0, Math.min(to, end) - Math.max(from, start))
  let shift = 0
  for (const [from, to] of calendar.shifts) shift += within(from, to)
  if (shift === 0) return 0
  let taken = 0
  let covered = start
  for (const busy of calendar.busy) {
    if (busy.own) continue
    taken += within(Math.max(busy.start, covered), busy.end)
    covered = Math.max(covered, busy.end)
  }
  return Math.min(3, Math.floor((4 * taken) / shift))
}

/** `dosesPerDay` of everyone, and the doses already booked on each local day. */
function limitsOf(facts: PlanningFacts): Pick<PlanningProblem, 'maxPerDay' | 'dosesBooked'> {
  if (facts.wish.setAside.includes('limit')) return {}
  const people = facts.clinicians.filter((c) => !c.roles.every((role) => role === 'navigator'))
  const calendars = new Map(facts.calendars.map((c) => [c.resourceId, c]))
  const dosesBooked: Record<string, Record<string, number>> = {}
  for (const { id } of people) {
    const perDay: Record<string, number> = {}
    for (const { start, dose } of calendars.get(id)?.busy ?? []) {
      if (!dose) continue
      const date = dayOf((start * MINUTE) as Instant, facts.home.timeZone)
      perDay[date] = (perDay[date] ?? 0) + 1
    }
    if (Object.keys(perDay).length > 0) dosesBooked[id] = perDay
  }
  return {
    maxPerDay: Object.fromEntries(people.map((c) => [c.id, c.limits.dosesPerDay])),
    ...(Object.keys(dosesBooked).length > 0 ? { dosesBooked } : {}),
  }
}
