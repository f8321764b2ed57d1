/** A program template as the planner's protocol: the visits in play, their needs, lags and span. Pure. */
import type { FixedVisit } from '../../domain/itinerary.ts'
import { isLead, type Program, type VisitTemplate } from '../../domain/program.ts'
import { minutesBetween } from '../../domain/time.ts'
import type { Need, Protocol, ProtocolLag, ProtocolVisit, Span } from '../problem.ts'
import type { PlanningFacts, PlanningWish } from './facts.ts'

/** Wider than any program: a bound that does not bind. */
const UNBOUNDED_DAYS = 100_000
const NO_SPAN: Span = { from: 0, to: 0, minDays: 0, maxDays: UNBOUNDED_DAYS }

/** The role of a resource in the file: a room's kind; a clinician's roles joined, so that one person can hold several. */
export const clinicianRole = (roles: readonly string[]): string => [...roles].sort().join('+')
export const supervisionRole = (roles: readonly string[]): string => `supervision:${clinicianRole(roles)}`

/** Template visits in play, every visit after those it follows; the template's own order where lags leave it open. */
export function inLagOrder(program: Program, keys: ReadonlySet<string>): VisitTemplate[] {
  const waiting = program.visits.filter((v) => keys.has(v.key))
  const placed = new Set<string>()
  const out: VisitTemplate[] = []
  while (out.length < waiting.length) {
    const next = waiting.find(
      (v) => !placed.has(v.key) && v.after.every((lag) => !keys.has(lag.visit) || placed.has(lag.visit)),
    )
    if (!next) throw new Error('a stored template is cyclic')
    placed.add(next.key)
    out.push(next)
  }
  return out
}

/**
 * A fixed visit lasts as long as it was booked for or, once known, as it took: lags count from there. What binds fixed visits to each other
 * only was judged when they were booked, and is left out.
 * @param roleStrings every clinician role string in the problem, to list those that hold a role.
 */
export function protocolOf(
  { program, wish, fixed }: PlanningFacts,
  visits: readonly VisitTemplate[],
  roleStrings: readonly string[],
): Protocol {
  const index = new Map(visits.map((v, i) => [v.key, i]))
  const fixedAt = new Map(fixed.map((f) => [f.visitKey, f]))
  return {
    visits: visits.map((v) => protocolVisit(v, wish, roleStrings, fixedAt.get(v.key))),
    lags: visits.flatMap((v, to) => lagsInto(v, to, index, fixedAt, wish)),
    span: spanOf(program, index, fixedAt, wish),
    ...(wish.continuity === 'none' ? {} : { continuity: wish.continuity }),
  }
}

type FixedAt = ReadonlyMap<string, FixedVisit>

/** Remote where no in-person modality exists; also where it may be and the wish allows it. */
export function remoteOf(visit: VisitTemplate, wish: Pick<PlanningWish, 'virtual'>): 'only' | 'may' | undefined {
  if (!visit.modality.includes('in-person')) return 'only'
  return wish.virtual !== 'avoid' && visit.modality.length > 1 ? 'may' : undefined
}

/** `fixed`: where it is booked, session times have been looked at. */
function protocolVisit(
  visit: VisitTemplate,
  wish: PlanningWish,
  roleStrings: readonly string[],
  fixed: FixedVisit | undefined,
): ProtocolVisit {
  const remote = remoteOf(visit, wish)
  const room = visit.claims.find((c) => c.roomKind)
  return {
    id: visit.key,
    dur: fixed ? Math.ceil(minutesBetween(fixed.start, fixed.end)) : visit.minutes,
    ...(visit.step === 'experience' ? { dose: true } : {}),
    ...(room?.roomKind && remote !== 'only' && !fixed ? { startSet: room.roomKind } : {}),
    ...(remote ? { remote } : {}),
    needs: needsOf(visit).map(({ claim }): Need => {
      const shared = claim.mode === 'shared'
      const holders = roleStrings.filter(
        (text) =>
          text.startsWith('supervision:') === shared &&
          text
            .replace('supervision:', '')
            .split('+')
            .includes(claim.role ?? ''),
      )
      const lead = wish.continuity !== 'none' && claim.role !== undefined && isLead(visit, claim)
      return {
        // an empty list would match nobody and name nothing: the role itself says what is missing
        roles: claim.roomKind ? [claim.roomKind] : holders.length > 0 ? holders : [claim.role ?? ''],
        as: claim.as,
        ...(lead ? { lead } : {}),
        from: claim.from,
        to: claim.to,
      }
    }),
  }
}

/** Claims in the order of the protocol's needs: a visit that is never in person asks for no room. */
export function needsOf(visit: VisitTemplate) {
  const inPerson = visit.modality.includes('in-person')
  return visit.claims.filter((claim) => inPerson || claim.roomKind === undefined).map((claim) => ({ claim }))
}

function lagsInto(
  visit: VisitTemplate,
  to: number,
  index: ReadonlyMap<string, number>,
  fixedAt: FixedAt,
  wish: PlanningWish,
): ProtocolLag[] {
  return visit.after.flatMap((lag): ProtocolLag[] => {
    const from = index.get(lag.visit)
    const before = fixedAt.get(lag.visit)
    if (from === undefined || (before && fixedAt.has(visit.key))) return []
    const relaxed = wish.setAside.includes('lag')
    // an end inside a minute is rounded up for what must not come earlier, down for what must not come later
    const begun = before && !Number.isInteger(minutesBetween(before.start, before.end)) ? 1 : 0
    return [
      {
        from,
        to,
        ...(lag.minMinutes != null ? { minMin: lag.minMinutes } : {}),
        ...(lag.maxMinutes != null ? { maxMin: Math.max(0, lag.maxMinutes - begun) } : {}),
        ...(lag.minDays != null ? { minDays: lag.minDays } : {}),
        ...(lag.maxDays != null && !relaxed ? { maxDays: lag.maxDays } : {}),
      },
    ]
  })
}

function spanOf(program: Program, index: ReadonlyMap<string, number>, fixedAt: FixedAt, wish: PlanningWish): Span {
  const span = program.span
  const from = span ? index.get(span.from) : undefined
  const to = span ? index.get(span.to) : undefined
  if (!span || from === undefined || to === undefined) return NO_SPAN
  if (fixedAt.has(span.from) && fixedAt.has(span.to)) return NO_SPAN
  return { from, to, minDays: span.minDays, maxDays: wish.setAside.includes('span') ? UNBOUNDED_DAYS : span.maxDays }
}
