/** How long somebody new would wait for a first dose, by clinic, program, route or month, as one snapshot (contract.md §8). */
import { transact } from '../db/client.ts'
import { DEFINITIONS, firstDoseOf, type Grouping } from '../domain/analytics.ts'
import { monthsOf } from '../domain/analytics-window.ts'
import type { Caller } from '../domain/caller.ts'
import type { Clinic } from '../domain/clinic.ts'
import type { ClinicId } from '../domain/ids.ts'
import { type Program, Route, type VisitTemplate } from '../domain/program.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import { addDays, atLocal, dayOf, daysBetween, type Instant, type LocalDate, type ZoneId } from '../domain/time.ts'
import { type FirstStart, type FixedStarts, firstStarts, type SoughtVisit } from '../repositories/next-available.ts'
import * as programs from '../repositories/programs.ts'
import type { Deps } from './deps.ts'
import { type AnalyticsWish, type Heading, noteReading, readWish } from './read-analytics.ts'

/** All null: nothing in the window. `days` from today at that clinic. */
export type Waiting = {
  readonly group: string
  readonly days: number | null
  readonly start: Instant | null
  readonly timeZone: ZoneId | null
  readonly clinicId: ClinicId | null
  readonly programKey: string | null
}
export type NextAvailable = Heading & { readonly lines: Waiting[] }

/** Days that are looked at when the wish names no end: 26 weeks. */
const LOOK_AHEAD = 182
const MANY = 1_000

/** A start, and a program whose first dose it could be. */
type Chance = FirstStart & { readonly clinic: Clinic; readonly program: Program }

export function readNextAvailable(
  { db, now }: Deps,
  caller: Caller,
  wish: AnalyticsWish,
): Promise<Result<NextAvailable, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const asked = await readWish(tx, caller, wish, now(), (today) => ({
        from: today,
        to: addDays(today, LOOK_AHEAD),
      }))
      if (!asked.ok) return asked
      const { clinics, from, to, spans, timeZone } = asked.value
      const known = await programs.list(tx, { limit: MANY, after: undefined })
      const sought = soughtOf(known)
      const fixed = clinics.flatMap((clinic) => fixedStarts(clinic, sought, from, to))
      const found = sought.length === 0 ? [] : await firstStarts(tx, spans, sought, fixed, now())
      const byId = new Map(clinics.map((clinic) => [clinic.id, clinic]))
      const chances = found.flatMap((first): Chance[] => {
        const clinic = byId.get(first.clinicId)
        return clinic ? (sought[first.visit]?.programs ?? []).map((program) => ({ ...first, clinic, program })) : []
      })
      const groups = {
        month: monthsOf(from, to),
        clinic: clinics.map(({ slug }) => slug),
        program: known.filter(firstDoseOf).map(({ key }) => key),
        route: Route.options,
      }[wish.groupBy]
      const lines = groups.map((group) => waiting(group, chances.filter(isIn(wish.groupBy, group)), now()))
      await noteReading(tx, caller, 'next-available')
      const definitions = DEFINITIONS['next-available']
      return ok({ from, to, groupBy: wish.groupBy, timeZone, definitions, lines })
    },
    { isolation: 'repeatable read' },
  )
}

/** By itself a program counts whatever its dose needs; together only those whose dose takes a dosing room and a therapist. */
const isIn =
  (by: Grouping, group: string) =>
  ({ month, clinic, program }: Chance): boolean =>
    (by === 'program' || isUsualDose(firstDoseOf(program))) &&
    {
      month: month === group,
      clinic: clinic.slug === group,
      program: program.key === group,
      route: clinic.policy.routes.some((route) => route === group),
    }[by]

const isUsualDose = (dose: VisitTemplate | undefined): boolean =>
  ['dosing', 'therapist'].every((need) => dose?.claims.some(({ role, roomKind }) => (roomKind ?? role) === need))

function waiting(group: string, chances: readonly Chance[], now: Instant): Waiting {
  const first = chances.reduce<Chance | undefined>(
    (best, one) => (best && best.start <= one.start ? best : one),
    undefined,
  )
  if (!first) return { group, days: null, start: null, timeZone: null, clinicId: null, programKey: null }
  const { start, clinic, program } = first
  const days = daysBetween(dayOf(now, clinic.timeZone), dayOf(start, clinic.timeZone))
  return { group, days, start, timeZone: clinic.timeZone, clinicId: clinic.id, programKey: program.key }
}

type Sought = SoughtVisit & { readonly programs: Program[] }

/** Programs whose first doses claim the same are looked at once. */
function soughtOf(known: readonly Program[]): Sought[] {
  const alike = new Map<string, Sought>()
  for (const program of known) {
    const dose = firstDoseOf(program)
    if (!dose) continue
    const text = JSON.stringify([program.grid, dose.claims])
    const same = alike.get(text)
    if (same) same.programs.push(program)
    else alike.set(text, { claims: dose.claims, grid: program.grid, programs: [program] })
  }
  return [...alike.values()]
}

/** The only starts of each visit that the clinic's policy leaves, where it fixes them for the room's kind. */
function fixedStarts(clinic: Clinic, sought: readonly SoughtVisit[], from: LocalDate, to: LocalDate): FixedStarts[] {
  return sought.flatMap(({ claims }, visit) => {
    const kind = claims.find(({ roomKind }) => roomKind)?.roomKind
    const times = kind && clinic.policy.sessionTimes?.[kind]
    if (!times) return []
    const days = Array.from({ length: daysBetween(from, to) + 1 }, (_, n) => addDays(from, n))
    const starts = days.flatMap((day) =>
      times.flatMap((time) => {
        const at = atLocal(day, time, clinic.timeZone)
        return at.ok ? [at.value] : []
      }),
    )
    return [{ visit, clinicId: clinic.id, starts }]
  })
}
