/** Bookings for generated problems: whole half-days first, correlated over therapist, nurse and room, then scattered hours. */
import type { Need, ProblemResource } from '../../src/planner/problem.ts'
import { dose, talk } from './generator-programs.ts'
import type { LocalDays } from './problem-days.ts'
import type { Seeded } from './seeded.ts'

export const GRID = 15
export type StaffedResource = ProblemResource & { busy: [number, number][] }
type Booked = { resource: StaffedResource; shift: readonly [number, number, string] }
type Part = Pick<Need, 'roles' | 'from' | 'to'>

const MORNING_TO_AFTERNOON = 270
const HALF_DAY = 210
/** Attempts per therapist; after the first third only single hours are tried. */
const ATTEMPTS = 4000

/** Fills therapists' half-days with dosing sessions, runs of consultations and solo work; the near weeks are fuller. */
export function book(random: Seeded, local: LocalDays, resources: readonly StaffedResource[], occupancy: number): void {
  const dayOf = (minute: number) => local.days.findLastIndex((day) => day.start <= minute)
  const onDay = new Map<string, Booked[]>()
  for (const resource of resources)
    for (const shift of resource.shifts) {
      const key = `${dayOf(shift[0])} ${shift[2]}`
      onDay.set(key, [...(onDay.get(key) ?? []), { resource, shift }])
    }
  const shifts = [...onDay].flatMap(([key, list]) =>
    list.filter((b) => b.resource.role === 'therapist').map((b) => ({ ...b, key, week: Number.parseInt(key, 10) / 7 })),
  )
  const weeks = local.days.length / 7
  const total = shifts.reduce((sum, { shift }) => sum + shift[1] - shift[0] - 30, 0)
  const free = ({ resource, shift }: Booked, s: number, e: number) =>
    shift[0] <= s &&
    e <= shift[1] &&
    resource.busy.filter((b) => b[0] < e && s < b[1]).length < (resource.capacity ?? 1)
  let used = 0
  const attempts = ATTEMPTS * new Set(shifts.map((at) => at.resource.id)).size
  const hold = (therapist: Booked, key: string, start: number, parts: readonly Part[]): boolean => {
    const chosen: [Booked, number, number][] = []
    for (const part of parts) {
      const [s, e] = [start + part.from, start + Math.ceil(part.to / GRID) * GRID]
      const open = (part.roles[0] === 'therapist' ? [therapist] : (onDay.get(key) ?? [])).filter(
        (b) => part.roles.includes(b.resource.role) && free(b, s, e),
      )
      if (open.length === 0) return false
      chosen.push([random.pick(open), s, e])
    }
    for (const [b, s, e] of chosen) {
      b.resource.busy.push([s, e])
      if (b.resource.role === 'therapist') used += e - s
    }
    return true
  }
  const session = dose('booked').needs.map((n) => (n.as === 'nurse' ? { roles: n.roles, from: 0, to: 150 } : n))
  for (let tries = 0; used < occupancy * total && tries < attempts; tries++) {
    const at = random.pick(shifts)
    if (!random.chance(Math.max(0.15, 1.1 - at.week / weeks))) continue
    const start = at.shift[0] + (random.chance(0.5) ? 0 : MORNING_TO_AFTERNOON)
    if (random.chance(tries < attempts / 3 ? 0.05 : 0.9)) {
      const needs = tries < attempts / 3 ? talk('booked', 50, false).needs : [{ roles: ['therapist'], from: 0, to: 60 }]
      hold(at, at.key, at.shift[0] + GRID * random.int(0, 32), needs)
      continue
    }
    if (!free(at, start, start + HALF_DAY)) continue
    const kind = random.next()
    if (kind < 0.4 && hold(at, at.key, start, session)) continue
    const minutes = kind < 0.8 ? random.shuffled([50, 50, 90]) : []
    let next = start
    for (const dur of minutes)
      if (hold(at, at.key, next, talk('booked', dur, false).needs)) next += Math.ceil(dur / 15) * 15
    if (next === start) hold(at, at.key, start, [{ roles: ['therapist'], from: 0, to: HALF_DAY }])
  }
  for (const resource of resources) resource.busy.sort((a, b) => a[0] - b[0])
}
