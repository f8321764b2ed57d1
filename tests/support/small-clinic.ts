/**
 * A week at a small clinic, for tests that change one thing: a conversation with a therapist, then a dose one to three days later. Everybody
 * works from nine to twelve on weekdays; the first day is Monday 11 January 2027. Free T1, N1, C1 and D1 are the cheapest.
 */
import type { Plan } from '../../src/planner/plan.ts'
import type { PlanningProblem } from '../../src/planner/problem.ts'
import { localDays } from './problem-days.ts'

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T
export type Draft = Mutable<PlanningProblem>
export type DraftVisit = Draft['protocols'][string]['visits'][number]

const local = localDays('America/Toronto', '2027-01-11', 14)
/** Elapsed minute of a wall time; day 0 is the Monday. */
export const at = local.at
const weekdays = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
export const shifts = (site: string, from = 9, to = 12, days = weekdays): [number, number, string][] =>
  days.map((day) => [at(day, from), at(day, to), site])

type DraftNeed = DraftVisit['needs'][number]
const therapist = (to: number): DraftNeed => ({ roles: ['therapist'], as: 'therapist', lead: true, from: 0, to })
export const talkNeeds: readonly DraftNeed[] = [therapist(60), { roles: ['consult'], from: 0, to: 60 }]
export const doseNeeds: readonly DraftNeed[] = [
  therapist(90),
  { roles: ['nurse'], as: 'nurse', from: 0, to: 30 },
  { roles: ['nurse'], as: 'nurse', from: 60, to: 90 },
  { roles: ['dosing'], from: 0, to: 120 },
]

type DraftResource = Draft['resources'][number]
/** What differs: members of a part, members of a resource by its id, and resources that come on top. */
export type Changes = {
  talk?: Partial<DraftVisit>
  dose?: Partial<DraftVisit>
  program?: Partial<Draft['protocols'][string]>
  patient?: Partial<Draft['patients'][number]>
  problem?: Partial<Draft>
  weights?: Partial<Draft['weights']>
  more?: Partial<DraftResource>[]
} & { [Id in 'C1' | 'D1' | 'N1' | 'N2' | 'T1' | 'T2']?: Partial<DraftResource> }

export function smallClinic(changes: Changes = {}): Draft {
  const { talk, dose, program, patient, problem, weights, more, ...resources } = changes
  const resource = (id: string, role: string, price = 0): DraftResource => {
    const own = Object.entries(resources).find(([name]) => name === id)?.[1]
    return { id, role, price, shifts: shifts('A'), busy: [], ...own }
  }
  return {
    format: 'planning-problem/1',
    name: 'small clinic',
    tz: local.tz,
    epochUtc: local.epochUtc,
    grid: 30,
    days: [...local.days],
    horizon: at(14, 0),
    sites: ['A', 'B'],
    weights: {
      ...{ waitPerDay: 10, completionPerDay: 2, unplanned: 2000, overPerSlot: 1 },
      ...{ offPreference: 0, handover: 0, inPerson: 0, ...weights },
    },
    protocols: {
      program: {
        visits: [
          { id: 'talk', dur: 60, needs: [...talkNeeds], ...talk },
          { id: 'dose', dur: 90, dose: true, needs: [...doseNeeds], ...dose },
        ],
        lags: [{ from: 0, to: 1, minDays: 1, maxDays: 3 }],
        span: { minDays: 0, maxDays: 13 },
        ...program,
      },
    },
    resources: [
      resource('C1', 'consult'),
      resource('D1', 'dosing'),
      resource('N1', 'nurse'),
      resource('N2', 'nurse', 1),
      resource('T1', 'therapist'),
      resource('T2', 'therapist', 1),
      ...(more ?? []).map((one) => ({ ...resource('', ''), ...one })),
    ],
    patients: [
      {
        ...{ id: 'P001', protocol: 'program', priority: 1, ready: 0, travel: { A: 0, B: 15 }, unavailable: [] },
        ...patient,
      },
    ],
    ...problem,
  }
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** `12: Mon 11 09:00 A T1 C1 | …`, the cost first; `none` without a plan. */
export function shown(problem: Pick<PlanningProblem, 'days'>, plan: Plan | undefined): string {
  if (!plan) return 'none'
  const visits = plan.visits.map(({ start, site, remote, res }) => {
    const day = problem.days.findLast((d) => d.start <= start)
    const minute = start - (day?.start ?? 0)
    const clock = [Math.floor(minute / 60), minute % 60].map((n) => String(n).padStart(2, '0')).join(':')
    const date = `${WEEKDAYS[day?.dow ?? 0]} ${day?.date.slice(8)}`
    return `${date} ${clock} ${site}${remote ? ' remote' : ''} ${res.map((id) => id ?? '-').join(' ')}`
  })
  return `${plan.cost.total}: ${visits.join(' | ')}`
}
