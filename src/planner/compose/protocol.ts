/** A program template as the planner's protocol: the visits in play, their needs, lags and span. Pure. */
import { isLead, type Program, type VisitTemplate } from '../../domain/program.ts'
import type { Need, Protocol, ProtocolLag, ProtocolVisit, Span } from '../problem.ts'
import type { PlanningWish } from './facts.ts'

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

/** @param roleStrings every clinician role string in the problem, to list those that hold a role. */
export function protocolOf(
  program: Program,
  visits: readonly VisitTemplate[],
  wish: PlanningWish,
  roleStrings: readonly string[],
): Protocol {
  const index = new Map(visits.map((v, i) => [v.key, i]))
  return {
    visits: visits.map((v) => protocolVisit(v, wish, roleStrings)),
    lags: visits.flatMap((v, to) => lagsInto(v, to, index, wish)),
    span: spanOf(program, index, wish),
    ...(wish.continuity === 'none' ? {} : { continuity: wish.continuity }),
  }
}

/** Remote where no in-person modality exists; also where it may be and the wish allows it. */
export function remoteOf(visit: VisitTemplate, wish: Pick<PlanningWish, 'virtual'>): 'only' | 'may' | undefined {
  if (!visit.modality.includes('in-person')) return 'only'
  return wish.virtual !== 'avoid' && visit.modality.length > 1 ? 'may' : undefined
}

function protocolVisit(visit: VisitTemplate, wish: PlanningWish, roleStrings: readonly string[]): ProtocolVisit {
  const remote = remoteOf(visit, wish)
  const room = visit.claims.find((c) => c.roomKind)
  return {
    id: visit.key,
    dur: visit.minutes,
    ...(visit.step === 'experience' ? { dose: true } : {}),
    ...(room?.roomKind && remote !== 'only' ? { startSet: room.roomKind } : {}),
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
  wish: PlanningWish,
): ProtocolLag[] {
  return visit.after.flatMap((lag): ProtocolLag[] => {
    const from = index.get(lag.visit)
    if (from === undefined) return []
    const relaxed = wish.setAside.includes('lag')
    return [
      {
        from,
        to,
        ...(lag.minMinutes != null ? { minMin: lag.minMinutes } : {}),
        ...(lag.maxMinutes != null ? { maxMin: lag.maxMinutes } : {}),
        ...(lag.minDays != null ? { minDays: lag.minDays } : {}),
        ...(lag.maxDays != null && !relaxed ? { maxDays: lag.maxDays } : {}),
      },
    ]
  })
}

function spanOf(program: Program, index: ReadonlyMap<string, number>, wish: PlanningWish): Span {
  const span = program.span
  const from = span ? index.get(span.from) : undefined
  const to = span ? index.get(span.to) : undefined
  if (!span || from === undefined || to === undefined) return NO_SPAN
  return { from, to, minDays: span.minDays, maxDays: wish.setAside.includes('span') ? UNBOUNDED_DAYS : span.maxDays }
}
