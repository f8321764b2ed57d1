/**
 * The commands of a model run. Each says, from the model alone, what it asks, with which codes it must be refused (none: it must not be), which
 * visits it may change, and what its answer must show; numbers choose among what is there.
 */
import type { Json } from '../support/api.ts'
import {
  atLocal,
  broken,
  dayOf,
  HOUR,
  type Itinerary,
  isFixed,
  isLive,
  leadOf,
  MINUTE,
  type Model,
  type Placed,
  refusals,
  type State,
  staffings,
  type Visit,
} from './model.ts'
import type { ModelWorld, Run } from './model-world.ts'
import { sweep } from './model-world.ts'

export type Wish = {
  /** Method, path, body. */
  readonly ask?: readonly [string, string, unknown?]
  /** Instead of asking. */
  readonly work?: (run: Run) => Promise<unknown>
  readonly refused: ReadonlySet<string>
  /** It may be taken, too: what decides is not modelled. */
  readonly unsure?: boolean
  readonly touches: (visit: Visit) => boolean
  /** Faults of what it did. */
  readonly shows?: (after: State, answer: Json) => string[]
}
type Act = (world: ModelWorld, model: Model, n: readonly number[]) => Wish | undefined

const FINE: ReadonlySet<string> = new Set()
const nothing = (): boolean => false
const only = (...codes: string[]): ReadonlySet<string> => new Set(codes)
const at = <T>(list: readonly T[], n: number | undefined): T | undefined => list[(n ?? 0) % list.length]
const iso = (ms: number): string => new Date(ms).toISOString()
const ofEnrolment = ({ state }: Model, id: string): Visit[] => state.visits.filter((v) => v.enrolmentId === id)
const waiting = (model: Model, id: string, keys: readonly string[]): string[] =>
  ofEnrolment(model, id).flatMap((v) => (v.status === 'needs-replanning' && keys.includes(v.key) ? [v.id] : []))
const differs = (what: string, is: unknown, want: unknown): string[] =>
  JSON.stringify(is) === JSON.stringify(want) ? [] : [`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(want)}`]
const visitOf = (state: State, id: string): Visit | undefined => state.visits.find((v) => v.id === id)
const become = (state: State, expected: ReadonlyMap<string, string>): string[] =>
  [...expected].flatMap(([id, status]) =>
    differs(`status of ${visitOf(state, id)?.key}`, visitOf(state, id)?.status, status),
  )

const propose: Act = (world, model, [e, day]) => {
  const enrolment = at(world.enrolments, e)
  if (!enrolment) return undefined
  const { id, patientId } = enrolment
  const notBefore = Math.max(atLocal((day ?? 0) % 20, 8 * 60), model.clock.now)
  const open = model.state.enrolments.get(id) === 'open'
  const fixed = ofEnrolment(model, id)
    .filter((v) => isFixed(v.status))
    .map((v) => v.key)
  const keys: string[] = world.program.visits.map((v: Json) => v.key).filter((key: string) => !fixed.includes(key))
  const own = model.state.itineraries.filter((i) => i.enrolmentId === id).map((i) => i.id)
  return {
    ask: ['POST', `/v1/enrolments/${id}/itineraries`, { notBefore: iso(notBefore), limit: 2 }],
    refused: open ? FINE : only('invalid-transition'),
    touches: nothing,
    shows: (after, { itineraries, blockers }) => [
      ...(itineraries.length === 0 && blockers.length === 0 && keys.length > 0 ? ['no plan and no reason'] : []),
      ...itineraries.flatMap((told: Json) => {
        const it = after.itineraries.find((i) => i.id === told.id)
        if (!it) return ['a proposal is not stored']
        const codes = refusals(world, model, {
          placed: it.visits,
          ...asked(id, patientId),
          ignoring: [...own, ...waiting(model, id, keys)],
        })
        return [
          ...differs('what is planned', it.visits.map((v) => v.key).sort(), [...keys].sort()),
          ...[...codes].map((code) => `a proposal would be refused: ${code}`),
          ...(it.visits.some((v) => v.start < notBefore) ? ['a proposal begins too early'] : []),
        ]
      }),
    ],
  }
}
const asked = (enrolmentId: string, patientId: string) => ({ enrolmentId, patientId })

/** Why an itinerary cannot be taken, whatever it claims. */
function stale(model: Model, it: Itinerary): Set<string> {
  const codes = new Set<string>()
  const visits = ofEnrolment(model, it.enrolmentId)
  if (model.state.enrolments.get(it.enrolmentId) !== 'open') codes.add('invalid-transition')
  if (
    model.state.itineraries.some(
      (i) => i.enrolmentId === it.enrolmentId && i.id !== it.id && i.status === 'held' && i.live,
    )
  )
    codes.add('enrolment-held')
  if (it.visits.some((p) => visits.some((v) => v.key === p.key && isFixed(v.status)))) codes.add('already-booked')
  if (it.visits.some((p) => p.start < model.clock.now)) codes.add('hold-expired')
  return codes
}
/** One of the latest: what was proposed long ago stands in its own way. */
const latest = ({ state }: Model, n: number | undefined): Itinerary | undefined =>
  at(state.itineraries.slice(-8).reverse(), n)
const patientOf = ({ enrolments }: ModelWorld, id: string): string =>
  enrolments.find((e) => e.id === id)?.patientId ?? ''

const hold: Act = (world, model, [n]) => {
  const it = latest(model, n)
  if (!it) return undefined
  const again = it.status === 'held' && it.live
  const ignoring = waiting(
    model,
    it.enrolmentId,
    it.visits.map((v) => v.key),
  )
  const codes = new Set([
    ...stale(model, it),
    ...refusals(world, model, {
      placed: it.visits,
      ...asked(it.enrolmentId, patientOf(world, it.enrolmentId)),
      ignoring,
    }),
  ])
  return {
    ask: ['POST', `/v1/itineraries/${it.id}/hold`, { ttlSeconds: 900 }],
    refused: it.status === 'booked' ? only('already-booked') : again ? FINE : codes,
    touches: nothing,
    shows: ({ itineraries }) => differs('the itinerary', itineraries.find((i) => i.id === it.id)?.status, 'held'),
  }
}

const release: Act = (_, model, [n]) => {
  const it = latest(model, n)
  return (
    it && {
      ask: ['DELETE', `/v1/itineraries/${it.id}/hold`],
      refused: it.status === 'held' && it.live ? FINE : only('not-held'),
      touches: nothing,
      shows: ({ claims }) => differs('claims of a released hold', claims.filter((c) => c.owner === it.id).length, 0),
    }
  )
}

const confirm: Act = (world, model, [n]) => {
  const it = latest(model, n)
  if (!it) return undefined
  const id = it.enrolmentId
  const moves = waiting(
    model,
    id,
    it.visits.map((v) => v.key),
  )
  const codes = new Set([
    ...stale(model, it),
    ...refusals(world, model, { placed: it.visits, ...asked(id, patientOf(world, id)), ignoring: [it.id, ...moves] }),
  ])
  const ended =
    it.status === 'booked'
      ? 'already-booked'
      : it.status === 'released'
        ? 'not-held'
        : it.live
          ? undefined
          : 'hold-expired'
  return {
    ask: ['POST', `/v1/itineraries/${it.id}/confirm`, {}],
    refused: ended ? only(ended) : codes,
    touches: (v) => moves.includes(v.id),
    shows: ({ visits }) =>
      it.visits.flatMap((p) => {
        const v = visits.find((one) => one.enrolmentId === id && one.key === p.key && one.status === 'booked')
        return [
          ...differs(`start of ${p.key}`, v?.start, p.start),
          ...differs(`people of ${p.key}`, v?.parts, plain(p).parts),
        ]
      }),
  }
}
const plain = ({ parts, ...placed }: Placed): Placed => ({
  ...placed,
  parts: parts.map(({ as, clinicianId, shared, start, end }) => ({ as, clinicianId, shared, start, end })),
})

/** What one visit at one start is refused with: with whoever may lead it, or with the one named. */
function refusedAt(
  world: ModelWorld,
  model: Model,
  visit: { key: string; enrolmentId: string; start: number; own: string | undefined },
  named?: string,
  free = false,
): Set<string> {
  const { key, enrolmentId, start, own } = visit
  const leads = ofEnrolment(model, enrolmentId)
    .filter((v) => isFixed(v.status) && v.key !== key)
    .flatMap((v) => leadOf(v.parts) ?? [])
  const codes = new Set<string>()
  for (const placed of staffings(world, key, start, named)) {
    if (named === undefined && !free && leads.length > 0 && !leads.includes(leadOf(placed.parts) ?? '')) continue
    const found = refusals(
      world,
      model,
      { placed: [placed], ...asked(enrolmentId, patientOf(world, enrolmentId)), ignoring: own ? [own] : [] },
      free,
    )
    if (found.size === 0) return found
    for (const code of found) codes.add(code)
  }
  return codes
}

const book: Act = (world, model, [e, k, day, hour, who]) => {
  const enrolment = at(world.enrolments, e)
  const key = at<Json>(world.program.visits, k)?.key
  if (!enrolment || !key) return undefined
  const { id } = enrolment
  const start = atLocal((day ?? 0) % 30, 8 * 60 + ((hour ?? 0) % 20) * 30)
  const standing = ofEnrolment(model, id).find(
    (v) => v.key === key && (isFixed(v.status) || v.status === 'needs-replanning'),
  )
  const [named, free] = [at([undefined, ...world.staff.therapist], who), (who ?? 0) >= 6]
  const own = standing?.status === 'needs-replanning' ? standing.id : undefined
  const codes = new Set<string>(refusedAt(world, model, { key, enrolmentId: id, start, own }, named, free))
  if (start < model.clock.now) codes.add('validation')
  if (model.state.enrolments.get(id) !== 'open') codes.add('invalid-transition')
  if (standing && !own) codes.add('already-booked')
  return {
    ask: [
      'POST',
      '/v1/appointments',
      {
        ...{ enrolmentId: id, visitKey: key, start: iso(start), clinicId: world.staff.clinic.id },
        ...(named ? { participants: [{ as: 'therapist', clinicianId: named }] } : {}),
        ...(free ? { override: { rules: ['continuity'], reason: 'asked for' } } : {}),
      },
    ],
    refused: codes,
    touches: (v) => v.id === own,
    shows: (after, { id: made }) => {
      const v = visitOf(after, made)
      return [...differs('start', v?.start, start), ...(named ? differs('therapist', v && leadOf(v.parts), named) : [])]
    },
  }
}

const reschedule: Act = (world, model, [n, days, slots, following]) => {
  const v = at(model.state.visits, n)
  if (!v) return undefined
  const [, hours] = [0, (((slots ?? 0) % 16) - 8) / 2]
  const start = v.start + (((days ?? 0) % 7) - 2) * 24 * HOUR + hours * HOUR
  const replan = (following ?? 0) % 2 === 1
  const codes = new Set<string>()
  const movable = v.status === 'booked' || v.status === 'needs-replanning'
  if (!movable || model.state.enrolments.get(v.enrolmentId) !== 'open') codes.add('invalid-transition')
  else if (start < model.clock.now) codes.add('validation')
  else {
    const standing = ofEnrolment(model, v.enrolmentId).filter((one) => one.id !== v.id)
    for (const code of refusedAt(
      world,
      {
        ...model,
        state: {
          ...model.state,
          visits: [...standing, ...model.state.visits.filter((o) => o.enrolmentId !== v.enrolmentId)],
        },
      },
      { key: v.key, enrolmentId: v.enrolmentId, start, own: v.id },
    ))
      codes.add(code)
  }
  const settled = codes.size === 0 || codes.has('invalid-transition') || codes.has('validation')
  return {
    ask: [
      'POST',
      `/v1/appointments/${v.id}/reschedule`,
      { start: iso(start), following: replan ? 'replan' : 'refuse' },
    ],
    refused:
      codes.size === 0
        ? FINE
        : replan && !settled
          ? new Set([...codes, 'lag-violated', 'resource-taken', 'outside-availability', 'limit-exceeded'])
          : codes,
    ...(replan && !settled ? { unsure: true } : {}),
    touches: (one) =>
      one.id === v.id || (replan && !settled && one.enrolmentId === v.enrolmentId && MOVABLE.includes(one.status)),
    shows: (after) => [
      ...differs('start', visitOf(after, v.id)?.start, start),
      ...differs('status', visitOf(after, v.id)?.status, 'booked'),
      ...legalNow(world, model.state, after, v.enrolmentId),
    ],
  }
}
const MOVABLE = ['booked', 'needs-replanning']

/** Visits that were placed by the command keep every rule among what stands. */
function legalNow(world: ModelWorld, before: State, after: State, enrolmentId: string): string[] {
  const own = after.visits.filter((v) => v.enrolmentId === enrolmentId && v.status === 'booked')
  const placed = own.filter((v) => {
    const was = visitOf(before, v.id)
    return was?.start !== v.start || was.status !== 'booked'
  })
  return broken(
    world.program,
    placed,
    after.visits.filter((v) => v.enrolmentId === enrolmentId),
    true,
  )
}

/** What a lost dose takes with it: id → status. */
function lostWith(model: Model, dose: Visit): Map<string, string> {
  const out = new Map<string, string>()
  if (!dose.key.startsWith('dose')) return out
  for (const v of ofEnrolment(model, dose.enrolmentId)) {
    if (v.id === dose.id || v.start < dose.start) continue
    if (v.key === dose.key.replace('dose', 'integration')) {
      if (isLive(v.status) || v.status === 'needs-replanning') out.set(v.id, 'cancelled')
    } else if (v.status === 'booked') out.set(v.id, 'needs-replanning')
  }
  return out
}

const cancel: Act = (world, model, [n, following]) => {
  const v = at(model.state.visits, n)
  if (!v) return undefined
  const replan = (following ?? 0) % 3 === 2
  const cascade = lostWith(model, v)
  const anew = replan && cascade.size > 0
  const gone = !['booked', 'arrived', 'needs-replanning'].includes(v.status)
  const away = [
    ...model.state.visits
      .filter((o) => o.enrolmentId === v.enrolmentId && o.status === 'needs-replanning')
      .map((o) => o.id),
    ...cascade.keys(),
  ]
  return {
    ask: ['POST', `/v1/appointments/${v.id}/cancel`, { by: 'patient', following: replan ? 'replan' : 'flag' }],
    refused: gone
      ? only('invalid-transition')
      : anew
        ? only('lag-violated', 'resource-taken', 'invalid-transition', 'limit-exceeded')
        : FINE,
    ...(anew && !gone ? { unsure: true } : {}),
    touches: (one) => one.id === v.id || cascade.has(one.id) || (anew && away.includes(one.id)),
    shows: (after) => [
      ...become(after, new Map([[v.id, 'cancelled'], ...(anew ? [] : cascade)])),
      ...(anew ? legalNow(world, model.state, after, v.enrolmentId) : []),
    ],
  }
}

const STATUSES = ['arrived', 'in-progress', 'recovering', 'completed', 'no-show', 'not-dosed', 'stopped', 'booked']
const FORWARD: Readonly<Record<string, readonly string[]>> = {
  booked: ['arrived', 'no-show'],
  arrived: ['in-progress', 'not-dosed'],
  'in-progress': ['recovering', 'completed', 'stopped'],
  recovering: ['completed', 'stopped'],
}
const UNDONE_FOR = ['already-booked', 'lag-violated', 'resource-taken', 'outside-availability', 'limit-exceeded']

const status: Act = (_, model, [n, s, way]) => {
  const v = at(model.state.visits, n)
  if (!v) return undefined
  const dose = v.key.startsWith('dose')
  const last = v.changes.at(-1)
  // mostly a step that is there to take
  const likely =
    (way ?? 0) % 4 === 0 ? STATUSES : (way ?? 0) % 4 === 1 && last ? [last.from] : (FORWARD[v.status] ?? STATUSES)
  const to = at(likely, s) ?? 'arrived'
  const forward =
    FORWARD[v.status]?.includes(to) &&
    !(to === 'not-dosed' && !dose) &&
    !(to === 'completed' && v.status === 'in-progress' && dose)
  const back =
    last?.to === v.status &&
    last.from === to &&
    !['completed', 'cancelled', 'needs-replanning'].includes(v.status) &&
    dayOf(last.at) === dayOf(model.clock.now)
  const lost = to === 'no-show' || to === 'not-dosed'
  const wasLost = v.status === 'no-show' || v.status === 'not-dosed'
  const cascade = forward && lost ? lostWith(model, v) : new Map<string, string>()
  return {
    ask: [
      'POST',
      `/v1/appointments/${v.id}/status`,
      { status: to, ...(to === 'not-dosed' ? { reason: 'vitals' } : {}) },
    ],
    refused: forward
      ? to === 'arrived' && dose && !v.escort
        ? only('escort-missing')
        : FINE
      : !back
        ? only('invalid-transition')
        : wasLost
          ? only(...UNDONE_FOR)
          : FINE,
    ...(back && !forward && wasLost ? { unsure: true } : {}),
    touches: (one) =>
      one.id === v.id || cascade.has(one.id) || (back === true && wasLost && one.enrolmentId === v.enrolmentId),
    shows: (after) => become(after, new Map([[v.id, to], ...cascade])),
  }
}

const escort: Act = (_, model, [n]) => {
  const v = at(
    model.state.visits.filter((one) => one.key.startsWith('dose') && !one.escort && one.status === 'booked'),
    n,
  )
  return (
    v && {
      ask: ['PATCH', `/v1/appointments/${v.id}`, { escort: { name: 'A Friend' } }],
      refused: FINE,
      touches: (one) => one.id === v.id,
    }
  )
}

const extend: Act = (_, model, [n, minutes]) => {
  const v = at(model.state.visits, n)
  if (!v) return undefined
  const more = (((minutes ?? 0) % 4) + 1) * 15
  return {
    ask: ['POST', `/v1/appointments/${v.id}/extend`, { minutes: more }],
    refused: isLive(v.status) || v.status === 'needs-replanning' ? FINE : only('invalid-transition'),
    touches: (one) => one.id === v.id || one.status === 'booked' || one.status === 'arrived',
    shows: (after) => [
      ...differs('end', visitOf(after, v.id)?.end, v.end + more * MINUTE),
      ...after.visits.flatMap((one) =>
        one.id === v.id
          ? []
          : differs(`place of ${one.key}`, [one.start, one.end, one.status], placeAndStatus(model.state, one.id)),
      ),
    ],
  }
}
const placeAndStatus = (state: State, id: string): unknown => {
  const v = visitOf(state, id)
  return v && [v.start, v.end, v.status]
}

const timeOff: Act = (world, model, [who, day, hour, hours, how]) => {
  const clinicianId = at([...world.staff.therapist, ...world.staff.nurse], who)
  const start = atLocal((day ?? 0) % 30, 8 * 60 + ((hour ?? 0) % 20) * 30)
  const end = start + (((hours ?? 0) % 12) + 1) * HOUR
  if (!clinicianId || start <= model.clock.now) return undefined
  const onConflict = at(['flag', 'reassign', undefined], how)
  const hit = model.state.claims
    .filter((c) => c.resource === clinicianId && c.start < end && start < c.end)
    .map((c) => c.owner)
  return {
    ask: [
      'POST',
      '/v1/time-off',
      {
        subject: { clinicianId },
        start: iso(start),
        end: iso(end),
        reason: 'away',
        ...(onConflict ? { onConflict } : {}),
      },
    ],
    refused: hit.length > 0 && !onConflict ? only('bookings-affected') : FINE,
    touches: (v) => hit.includes(v.id),
    shows: (after, { id }) => {
      model.offs.push({ id, clinicianId, start, end })
      const flagged = model.state.visits.filter((v) => hit.includes(v.id) && ['booked', 'arrived'].includes(v.status))
      const left = after.claims.filter((c) => c.resource === clinicianId && c.start < end && start < c.end)
      return [
        ...differs('claims in time off', left.length, 0),
        ...(onConflict === 'flag' ? become(after, new Map(flagged.map((v) => [v.id, 'needs-replanning']))) : []),
      ]
    },
  }
}

const backAtWork: Act = (_, model, [n]) => {
  const off = at(model.offs, n)
  return (
    off && {
      ask: ['DELETE', `/v1/time-off/${off.id}`],
      refused: FINE,
      touches: nothing,
      shows: () => {
        model.offs.splice(model.offs.indexOf(off), 1)
        return []
      },
    }
  )
}

const clock: Act = (_, __, [n]) => ({
  work: async (run) => {
    run.clock.now += (((n ?? 0) % 8) + 1) ** 2 * HOUR
  },
  refused: FINE,
  touches: nothing,
})

const sweeps: Act = () => ({ work: sweep, refused: FINE, touches: nothing })

/** Every live hold runs out, as if its time had passed. */
const lapse: Act = () => ({
  work: async ({ sql }) => {
    const past = sql`expires_at = clock_timestamp() - interval '1 second'`
    await sql`update claim set ${past} where expires_at > clock_timestamp()`
    await sql`update patient_claim set ${past} where expires_at > clock_timestamp()`
    await sql`update itinerary set ${past} where status = 'held' and expires_at > clock_timestamp()`
  },
  refused: FINE,
  touches: nothing,
})

/** How often each is drawn, beside the others. */
export const ACTS: Readonly<Record<string, readonly [number, Act]>> = {
  propose: [4, propose],
  hold: [3, hold],
  release: [1, release],
  confirm: [4, confirm],
  book: [5, book],
  reschedule: [5, reschedule],
  cancel: [2, cancel],
  status: [5, status],
  escort: [2, escort],
  extend: [1, extend],
  'time off': [2, timeOff],
  'back at work': [1, backAtWork],
  clock: [1, clock],
  sweep: [1, sweeps],
  lapse: [1, lapse],
}
