/** Seeded problems of a clinic network's size: staff with shifts, correlated bookings up to an occupancy, waiting patients. Pure. */
import type { PlanningProblem, ProblemPatient, ProblemResource, Protocol } from '../../src/planner/problem.ts'
import { book, GRID, type StaffedResource } from './generator-bookings.ts'
import { programs } from './generator-programs.ts'
import { type LocalDays, localDays } from './problem-days.ts'
import { type Seeded, seeded } from './seeded.ts'

export const PRESETS = {
  tiny: { sites: 2, therapists: 4, prescribers: 2, nurses: 2, dosing: 2, consult: 2, days: 56, occupancy: 0.5 },
  region12: { sites: 2, therapists: 12, prescribers: 4, nurses: 6, dosing: 5, consult: 5, days: 84, occupancy: 0.5 },
  net20: { sites: 5, therapists: 20, prescribers: 8, nurses: 10, dosing: 10, consult: 10, days: 112, occupancy: 0.3 },
  net32: { sites: 5, therapists: 32, prescribers: 12, nurses: 16, dosing: 15, consult: 20, days: 112, occupancy: 0.3 },
} as const
export type Preset = keyof typeof PRESETS

export type GeneratorOptions = {
  preset: Preset
  seed: number
  patients?: number
  /** Share of the therapists' shift minutes that is booked. */
  occupancy?: number
  /** Fixed session times instead of any grid point. */
  sessions?: boolean
  /** Remote visits, preferences, licences and clearances that end, daily limits, pair continuity, visits already fixed. */
  rich?: boolean
  startDate?: string
  /** Length of the horizon, in days. */
  days?: number
}

export function generateProblem(options: GeneratorOptions): PlanningProblem {
  const size = { ...PRESETS[options.preset], ...(options.days === undefined ? {} : { days: options.days }) }
  const random = seeded(options.seed)
  const rich = options.rich === true
  const local = localDays('America/Toronto', options.startDate ?? '2026-09-07', size.days)
  const sites = Array.from({ length: size.sites }, (_, i) => `site-${i + 1}`)
  const workdays = local.days.slice(0, -1).flatMap((day, i) => (day.dow >= 1 && day.dow <= 5 ? [i] : []))
  const staffed = staff(random, local, workdays, sites, size)
  book(random, local, staffed, options.occupancy ?? size.occupancy)
  const protocols = programs(rich, rich && random.chance(0.5) ? 'pair' : 'program')
  const nurse = staffed.find((r) => r.role === 'nurse')
  const booked = nurse ? dosesPerDate(nurse, local) : undefined
  return {
    format: 'planning-problem/1',
    name: `${options.preset}-${options.seed}`,
    tz: local.tz,
    epochUtc: local.epochUtc,
    grid: GRID,
    days: local.days,
    horizon: local.days[size.days]?.start ?? 0,
    sites,
    weights: {
      waitPerDay: 10,
      completionPerDay: 2,
      unplanned: 2000,
      overPerSlot: 1,
      offPreference: rich ? 30 : 0,
      handover: 40,
      inPerson: 0,
    },
    ...(options.sessions ? { startSets: sessionTimes(local, workdays) } : {}),
    protocols,
    resources: staffed,
    patients: Array.from({ length: options.patients ?? 1 }, (_, i) =>
      waitingPatient(random, local, workdays, sites, protocols, staffed, i, rich),
    ),
    ...(rich && nurse && booked ? { maxPerDay: { [nurse.id]: 2 }, dosesBooked: { [nurse.id]: booked } } : {}),
  }
}

function sessionTimes(local: LocalDays, workdays: readonly number[]): NonNullable<PlanningProblem['startSets']> {
  const on = (hours: readonly number[]) => workdays.flatMap((day) => hours.map((hour) => local.at(day, hour)))
  return {
    consult: on([8.5, 9.5, 10.5, 11.5, 13, 14, 15, 16, 17]),
    long: on([8.5, 10, 10.5, 13, 14.5, 16]),
    dosing: on([8.5, 9, 9.5, 13, 13.5]),
  }
}

function staff(
  random: Seeded,
  local: LocalDays,
  workdays: readonly number[],
  sites: readonly string[],
  size: Readonly<Record<'therapists' | 'prescribers' | 'nurses' | 'dosing' | 'consult', number>>,
): StaffedResource[] {
  const out: StaffedResource[] = []
  const add = (
    id: string,
    role: string,
    hours: readonly [number, number],
    siteOn: (day: number) => string | undefined,
    extra: Partial<ProblemResource> = {},
  ): StaffedResource => {
    const shifts = workdays.flatMap((day): [number, number, string][] => {
      const site = siteOn(day)
      return site === undefined ? [] : [[local.at(day, hours[0]), local.at(day, hours[1]), site]]
    })
    const lunches = role === 'therapist' || role === 'nurse' || role === 'prescriber'
    const lunch = (day: number): [number, number] => {
      const start = local.at(day, hours[0] + random.pick([3.5, 4]))
      return [start, start + 30]
    }
    const price = role === 'therapist' ? random.int(0, 3) : role === 'nurse' ? random.int(0, 1) : 0
    const made = { id, role, price, ...extra, shifts, busy: lunches ? workdays.map(lunch) : [] }
    out.push(made)
    return made
  }
  const home = (i: number) => sites[i % sites.length]
  const name = (prefix: string, i: number) => `${prefix}${String(i + 1).padStart(2, '0')}`
  const early = [8.5, 17] as const
  const late = [10.5, 18.5] as const
  for (let i = 0; i < size.therapists; i++)
    add(name('T', i), 'therapist', random.chance(0.3) ? late : early, () =>
      random.chance(0.08) ? undefined : home(random.chance(0.12) ? i + 1 : i),
    )
  for (let i = 0; i < size.prescribers; i++) {
    const rotates = size.prescribers % sites.length !== 0
    const on = add(name('D', i), 'prescriber', early, (day) =>
      random.chance(0.06) ? undefined : home(rotates ? i + day : i),
    )
    out.push({ ...on, id: name('S', i), role: 'supervision', capacity: 4, person: on.id, busy: [] })
  }
  for (let i = 0; i < size.nurses; i++)
    add(name('N', i), 'nurse', i % 3 === 2 ? late : early, () => (random.chance(0.06) ? undefined : home(i)))
  for (let i = 0; i < size.dosing; i++) add(name('RD', i), 'dosing', [8, 18.5], () => home(i))
  for (let i = 0; i < size.consult; i++) add(name('RC', i), 'consult', [8, 18.5], () => home(i))
  return out
}

/** Every other day's bookings of a nurse count as one dose. */
function dosesPerDate(nurse: ProblemResource, local: LocalDays): Record<string, number> {
  const days = local.days.filter(
    (day, i) => i % 2 === 0 && nurse.busy.some(([s]) => s >= day.start && s < day.start + 1380),
  )
  return Object.fromEntries(days.map((day) => [day.date, 1]))
}

function waitingPatient(
  random: Seeded,
  local: LocalDays,
  workdays: readonly number[],
  sites: readonly string[],
  protocols: Readonly<Record<string, Protocol>>,
  resources: readonly ProblemResource[],
  index: number,
  rich: boolean,
): ProblemPatient {
  const home = random.int(0, sites.length - 1)
  const points = [0, 15, 40]
  const protocol = random.chance(0.75) ? 'standard' : 'introductory'
  const away: [number, number][] = []
  for (let k = random.int(0, 2); k > 0; k--) {
    const [dow, morning] = [random.int(1, 5), random.chance(0.5)]
    for (const day of workdays)
      if (local.days[day]?.dow === dow)
        away.push(morning ? [local.at(day, 8), local.at(day, 12)] : [local.at(day, 13), local.at(day, 19)])
  }
  if (random.chance(0.2)) {
    const from = random.int(5, local.days.length - 10)
    away.push([local.at(from, 0), local.at(from + 5, 0)])
  }
  const preferred = workdays.map((day): [number, number] => [local.at(day, 8), local.at(day, 13)])
  const therapists = resources.filter((r) => r.role === 'therapist')
  const licensed = therapists
    .filter(() => random.chance(0.7))
    .map(({ id }) => ({ id, ...(random.chance(0.2) ? { until: local.at(random.int(20, 40), 0) } : {}) }))
  const visits = protocols[protocol]?.visits ?? []
  const speaks = visits.filter((v) => v.needs.some((n) => n.lead)).map((v) => [v.id, { therapist: licensed }] as const)
  return {
    id: `P${String(index + 1).padStart(3, '0')}`,
    protocol,
    priority: random.pick([1, 1, 1, 2, 4]),
    ready: local.at(random.int(0, 7), 8),
    travel: Object.fromEntries(sites.map((s, i) => [s, points[(i - home + sites.length) % sites.length] ?? null])),
    unavailable: away.sort((a, b) => a[0] - b[0]),
    ...(rich && random.chance(0.5) ? { preferred } : {}),
    ...(rich && random.chance(0.6) ? { candidates: Object.fromEntries(speaks) } : {}),
    ...(rich && random.chance(0.3) ? { latest: { 'dose-1': local.at(random.int(15, 40), 12) } } : {}),
    ...(rich && random.chance(0.3)
      ? { fixed: { 'medical-screening': { start: local.at(0, 9.5), site: sites[home] ?? '', res: null } } }
      : {}),
  }
}
