/** Small random problems that use every feature of the format, for comparison with the brute-force planner. Seeded. */
import type {
  Candidate,
  Need,
  PlanningProblem,
  ProblemPatient,
  ProblemResource,
  Protocol,
} from '../../src/planner/problem.ts'
import { type LocalDays, localDays } from './problem-days.ts'
import { type Seeded, seeded } from './seeded.ts'

const ROLES = ['therapist', 'nurse', 'physician', 'supervision', 'consult', 'dosing'] as const
const STARTS: readonly (readonly [string, string])[] = [
  ['America/Toronto', '2026-05-11'],
  ['America/Toronto', '2026-10-29'],
  ['America/Toronto', '2027-03-11'],
  ['America/Vancouver', '2026-10-30'],
  ['America/Vancouver', '2026-03-06'],
]

/** One patient; two to five visits over four to nine days. About half of the seeds are feasible. */
export function smallProblem(seed: number): PlanningProblem {
  const random = seeded(seed)
  const [tz, startDate] = random.pick(STARTS)
  const length = random.int(4, 9)
  const local = localDays(tz, startDate, length)
  const grid = random.pick([15, 30, 60, 60])
  const sites = random.chance(0.5) ? ['A', 'B'] : ['A']
  const horizon = random.chance(0.7) ? local.at(length, 0) : local.at(length - 1, random.pick([11, 12.5, 14]))
  const drawn = randomProtocol(random, length)
  const pinned = random.chance(0.25) ? random.pick([0, 0, random.int(0, drawn.visits.length - 1)]) : undefined
  const protocol = pinned === undefined ? drawn : withoutStartSet(drawn, pinned)
  const resources = randomResources(random, local, sites, grid)
  const sessions = (site: number) =>
    local.days.slice(0, length).flatMap((_, day) => [9, 10, 11 + site, 13, 15].map((hour) => local.at(day, hour)))
  const limited = random.chance(0.45)
  const doser = resources.find((r) => r.role === 'nurse') ?? resources[0]
  const booked = local.days.filter(() => random.chance(0.4)).map((day) => [day.date, 1] as const)
  return {
    format: 'planning-problem/1',
    name: `small-${seed}`,
    tz: local.tz,
    epochUtc: local.epochUtc,
    grid,
    days: local.days,
    horizon,
    sites,
    weights: {
      waitPerDay: random.pick([0, 1, 10]),
      completionPerDay: random.pick([0, 1, 2]),
      unplanned: 2000,
      overPerSlot: 1,
      offPreference: random.pick([0, 3, 30]),
      handover: random.pick([0, 7, 40]),
      inPerson: random.pick([0, 5]),
    },
    // Session times keep fine grids small; without them a coarse grid does.
    startSets: {
      ...(grid < 60 || random.chance(0.3)
        ? { consult: random.chance(0.5) ? sessions(0) : Object.fromEntries(sites.map((s, i) => [s, sessions(i)])) }
        : {}),
      ...(random.chance(0.3) ? { dosing: sessions(0).filter((_, i) => i % 5 !== 2) } : {}),
    },
    protocols: { program: protocol },
    resources,
    patients: [randomPatient(random, local, protocol, resources, sites, grid, pinned)],
    ...(limited && doser ? { maxPerDay: { [doser.id]: 1 } } : {}),
    ...(limited && doser && random.chance(0.7) ? { dosesBooked: { [doser.id]: Object.fromEntries(booked) } } : {}),
  }
}

function randomProtocol(random: Seeded, length: number): Protocol {
  const count = random.int(2, random.chance(0.3) ? 5 : 4)
  const visits: Protocol['visits'][number][] = []
  for (let i = 0; i < count; i++) {
    const dose = random.chance(0.4)
    const dur = random.pick([30, 50, 60, 90, 120])
    const remote = random.chance(0.25) ? random.pick(['may', 'only'] as const) : undefined
    visits.push({
      id: `v${i}`,
      dur,
      ...(dose ? { dose } : {}),
      ...(random.chance(0.9) ? { startSet: dose ? 'dosing' : 'consult' } : {}),
      ...(remote ? { remote } : {}),
      needs: randomNeeds(random, dose, dur),
    })
  }
  const lags: Protocol['lags'][number][] = []
  for (let to = 1; to < count; to++) {
    if (random.chance(0.9)) lags.push({ from: to - 1, to, ...randomWindow(random, length) })
    if (to > 1 && random.chance(0.4))
      lags.push({ from: random.int(0, to - 2), to, ...randomWindow(random, length + 2) })
  }
  const from = random.chance(0.3) ? random.int(0, count - 1) : undefined
  const to = random.chance(0.3) ? random.int(from ?? 0, count - 1) : undefined
  const minDays = from !== undefined && from === (to ?? count - 1) ? 0 : random.pick([0, 0, 1, 2])
  return {
    visits,
    lags,
    span: {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      minDays,
      maxDays: minDays + random.int(1, length),
    },
    ...(random.chance(0.5) ? { continuity: random.pick(['program', 'pair'] as const) } : {}),
  }
}

/** The independent checker holds fixed visits to their session times too: a pinned visit has none. */
function withoutStartSet(protocol: Protocol, pinned: number): Protocol {
  return {
    ...protocol,
    visits: protocol.visits.map((visit, i) => {
      if (i !== pinned) return visit
      const { startSet: _, ...rest } = visit
      return rest
    }),
  }
}

function randomWindow(random: Seeded, length: number) {
  const window: { minMin?: number; maxMin?: number; minDays?: number; maxDays?: number } = {}
  if (random.chance(0.5)) window.minDays = random.int(0, 2)
  if (random.chance(0.4)) window.maxDays = (window.minDays ?? 0) + random.int(0, Math.max(2, length - 4))
  if (random.chance(0.2)) window.minMin = random.pick([0, 60, 1440, 1500])
  if (random.chance(0.3)) window.maxMin = (window.minMin ?? 0) + random.pick([240, 1440, 2880])
  return window
}

function randomNeeds(random: Seeded, dose: boolean, dur: number): Need[] {
  const needs: Need[] = []
  if (random.chance(0.85)) {
    const from = random.chance(0.2) ? 15 : 0
    needs.push({ roles: ['therapist'], from, to: dur, lead: true, ...(random.chance(0.5) ? { as: 'therapist' } : {}) })
  }
  if (random.chance(0.1)) needs.push({ roles: ['therapist', 'nurse'], from: 0, to: dur, as: 'second' })
  if (dose) {
    if (random.chance(0.8)) {
      needs.push(
        { roles: ['nurse'], as: 'nurse', from: 0, to: 15 },
        { roles: ['nurse'], as: 'nurse', from: dur - 15, to: dur },
      )
    }
    if (random.chance(0.6))
      needs.push({ roles: ['supervision'], as: 'prescriber', from: 0, to: dur + random.pick([0, 0, 45]) })
    if (random.chance(0.15)) needs.push({ roles: ['physician'], as: 'assessor', from: 0, to: 15 })
    needs.push({ roles: ['dosing'], from: 0, to: dur + 30 })
  } else {
    if (random.chance(0.3)) needs.push({ roles: ['physician'], from: 0, to: Math.min(30, dur) })
    if (random.chance(0.8))
      needs.push({ roles: random.chance(0.2) ? ['consult', 'dosing'] : ['consult'], from: 0, to: dur + 10 })
  }
  return random.chance(0.3) ? random.shuffled(needs) : needs
}

function randomResources(random: Seeded, local: LocalDays, sites: readonly string[], grid: number): ProblemResource[] {
  const out: ProblemResource[] = []
  const occupied = random.pick([0, 0.2, 0.5])
  for (const role of ROLES) {
    const room = role === 'consult' || role === 'dosing'
    const count = room ? sites.length : role === 'therapist' ? random.int(1, 3) : random.int(1, 2)
    for (let k = 0; k < count; k++) {
      const home = room ? (sites[k] ?? 'A') : random.pick(sites)
      const capacity = role === 'supervision' ? 2 : 1
      const shifts: [number, number, string][] = []
      const busy: [number, number][] = []
      local.days.slice(0, -1).forEach((_, day) => {
        if (!room && random.chance(0.15)) return
        const site = room || random.chance(0.8) ? home : random.pick(sites)
        const open = random.pick([8, 9, 10])
        const close = random.pick([13, 14, 16])
        if (random.chance(0.2)) shifts.push([local.at(day, 12), local.at(day, close), site])
        shifts.push([local.at(day, open), local.at(day, shifts.length % 3 === 0 ? 12 : close), site])
        if (random.chance(occupied)) {
          const start = local.at(day, random.int(8, 13))
          const end = start + random.pick([grid, 60, 90])
          busy.push([start, end])
          if (capacity > 1 && random.chance(0.7)) busy.push([start, end])
        }
      })
      const id = `${role[0]?.toUpperCase()}${role === 'dosing' ? 'R' : ''}${k + 1}`
      out.push({
        id,
        role,
        price: room ? 0 : random.pick([0, 0, 1, 2, 3]),
        ...(capacity > 1 ? { capacity } : {}),
        ...(role === 'supervision' ? { person: `P${k + 1}` } : {}),
        shifts: random.chance(0.2) ? random.shuffled(shifts) : shifts,
        busy,
      })
    }
  }
  return random.chance(0.5) ? random.shuffled(out) : out
}

function randomPatient(
  random: Seeded,
  local: LocalDays,
  protocol: Protocol,
  resources: readonly ProblemResource[],
  sites: readonly string[],
  grid: number,
  pinnedIndex: number | undefined,
): ProblemPatient {
  const length = local.days.length - 1
  const window = (): [number, number] => {
    const start = local.at(random.int(0, length - 1), random.int(8, 13))
    return [start, start + random.pick([120, 240, 1440])]
  }
  const windows = (most: number) => Array.from({ length: random.int(0, most) }, window)
  const fixed: NonNullable<ProblemPatient['fixed']>[string] & {} = {
    start:
      Math.round(local.at(Math.min(length - 1, random.int(0, 1) + (pinnedIndex ?? 0)), random.int(9, 12)) / grid) *
      grid,
    site: random.pick(sites),
    res: null,
  }
  const pinned = pinnedIndex === undefined ? undefined : protocol.visits[pinnedIndex]
  const booked = pinned?.needs.map((need) => resources.find((r) => need.roles.includes(r.role))?.id ?? null)
  const candidates = random.chance(0.35) ? randomCandidates(random, local, protocol, resources, sites) : undefined
  const bounded = random.chance(0.2) ? random.pick(protocol.visits) : undefined
  return {
    id: 'P001',
    protocol: 'program',
    priority: random.pick([1, 1, 2, 4]),
    ready: local.at(0, 0) + random.pick([0, 480, 600, 1440 + 480]),
    travel: Object.fromEntries(
      sites.map((s, i) => [s, i === 0 ? random.pick([0, 0, 15]) : random.pick([0, 15, 40, null])]),
    ),
    unavailable: windows(3),
    ...(random.chance(0.4)
      ? { preferred: windows(5).map(([s, e]): [number, number] => [s, e + random.pick([-60, 0, 600])]) }
      : {}),
    ...(pinned ? { fixed: { [pinned.id]: random.chance(0.5) && booked ? { ...fixed, res: booked } : fixed } } : {}),
    ...(candidates ? { candidates } : {}),
    ...(bounded ? { latest: { [bounded.id]: local.at(random.int(1, length), 12) } } : {}),
  }
}

function randomCandidates(
  random: Seeded,
  local: LocalDays,
  protocol: Protocol,
  resources: readonly ProblemResource[],
  sites: readonly string[],
) {
  const out: Record<string, Record<string, Candidate[]>> = {}
  for (const visit of protocol.visits)
    for (const need of visit.needs) {
      if (random.chance(0.4)) continue
      const list = resources.filter((r) => need.roles.includes(r.role) && random.chance(0.85))
      const claims = out[visit.id] ?? {}
      claims[need.as ?? need.roles[0] ?? ''] = list.map(({ id }) => ({
        id,
        ...(random.chance(0.15) ? { since: local.at(random.int(0, 3), 10) } : {}),
        ...(random.chance(0.15) ? { until: local.at(random.int(2, local.days.length - 1), 10) } : {}),
        ...(visit.remote && random.chance(0.5) ? { remote: random.pick(['only', 'never'] as const) } : {}),
        ...(sites.length > 1 && random.chance(0.2) ? { sites: [random.pick(sites)] } : {}),
      }))
      out[visit.id] = claims
    }
  return out
}
