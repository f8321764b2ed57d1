/**
 * The naive model: what is stored, as plain lists, and the rules of domain.md §1–2 said once more in the plainest way. Minutes and instants are
 * milliseconds; the clinic is Toronto's in a winter without a clock change until 14 March.
 */
import { DateTime } from 'luxon'
import type { Json } from '../support/api.ts'
import type { ModelWorld, Run } from './model-world.ts'

export type Part = { as: string; clinicianId: string; shared: boolean; start: number; end: number }
export type Visit = {
  id: string
  enrolmentId: string
  key: string
  status: string
  start: number
  end: number
  endedAt: number | null
  roomId: string | null
  parts: Part[]
  sequence: number
  revision: number
  flags: string[]
  escort: boolean
  voidedBy: string | null
  changes: { from: string; to: string; at: number }[]
}
export type Taken = {
  resource: string
  lane: number
  start: number
  end: number
  dose: boolean
  key: string
  owner: string
}
export type Itinerary = { id: string; enrolmentId: string; status: string; live: boolean; visits: Placed[] }
/** What is asked for: a visit with its people and its room. */
export type Placed = { key: string; start: number; end: number; roomId: string | null; parts: Part[] }
/** Everything stored that a command may change. */
export type State = {
  visits: Visit[]
  claims: Taken[]
  patientTimes: { patientId: string; start: number; end: number; owner: string }[]
  itineraries: Itinerary[]
  enrolments: Map<string, string>
}
/** `offs`: time off that the run has given. */
export type Model = {
  state: State
  readonly clock: { now: number }
  offs: { id: string; clinicianId: string; start: number; end: number }[]
}

export const ZONE = 'America/Toronto'
export const [MINUTE, HOUR] = [60_000, 3_600_000]
const LIVE = ['booked', 'arrived', 'in-progress', 'recovering']
export const isFixed = (status: string): boolean =>
  LIVE.includes(status) || status === 'completed' || status === 'stopped'
export const isLive = (status: string): boolean => LIVE.includes(status)
export const ENDED = ['cancelled', 'no-show', 'not-dosed']
const local = (at: number): DateTime => DateTime.fromMillis(at, { zone: ZONE })
export const dayOf = (at: number): string => local(at).toISODate() ?? ''
export const daysBetween = (a: number, b: number): number =>
  Math.round(local(b).startOf('day').diff(local(a).startOf('day'), 'days').days)
export const atLocal = (day: number, minute: number): number =>
  DateTime.fromISO('2027-01-11', { zone: ZONE }).plus({ days: day }).startOf('day').plus({ minutes: minute }).toMillis()
const HOLIDAYS = ['2027-02-15', '2027-03-26', '2027-05-24', '2027-07-01']

export async function observe({ sql }: Run): Promise<State> {
  const [row] = await sql<Json[]>`
    select (select coalesce(json_agg(json_build_object('id', a.id, 'enrolmentId', a.enrolment_id, 'key', a.visit_key, 'status', a.status,
        'start', extract(epoch from a.starts_at) * 1000, 'end', extract(epoch from a.ends_at) * 1000, 'endedAt', extract(epoch from a.ended_at) * 1000,
        'roomId', a.room_id, 'sequence', a.sequence, 'revision', a.revision, 'flags', a.flags, 'escort', a.escort is not null, 'voidedBy', a.voided_by, 'changes', a.status_changes,
        'parts', (select coalesce(json_agg(json_build_object('as', p."as", 'clinicianId', p.clinician_id, 'shared', p.shared,
          'start', extract(epoch from p.starts_at) * 1000, 'end', extract(epoch from p.ends_at) * 1000) order by ordinal), '[]')
          from participant p where p.appointment_id = a.id)) order by a.id), '[]') from appointment a) as visits,
      (select coalesce(json_agg(json_build_object('resource', c.resource_id, 'lane', c.lane, 'start', extract(epoch from lower(c.during)) * 1000,
        'end', extract(epoch from upper(c.during)) * 1000, 'dose', c.dose, 'key', c.visit_key, 'owner', coalesce(c.appointment_id, c.itinerary_id))
        order by c.resource_id, c.lane, c.during), '[]')
        from claim c where c.expires_at is null or c.expires_at > clock_timestamp()) as claims,
      (select coalesce(json_agg(json_build_object('patientId', c.patient_id, 'start', extract(epoch from lower(c.during)) * 1000,
        'end', extract(epoch from upper(c.during)) * 1000, 'owner', coalesce(c.appointment_id, c.itinerary_id)) order by c.patient_id, c.during), '[]')
        from patient_claim c where c.expires_at is null or c.expires_at > clock_timestamp()) as "patientTimes",
      (select coalesce(json_agg(json_build_object('id', i.id, 'enrolmentId', i.enrolment_id, 'status', i.status,
        'live', coalesce(i.expires_at > clock_timestamp(), true), 'visits', i.visits) order by i.id), '[]') from itinerary i) as itineraries,
      (select json_object_agg(e.id, e.status) from enrolment e) as enrolments`
  return {
    ...row,
    itineraries: row.itineraries.map((i: Json) => ({ ...i, visits: i.visits.map(stored) })),
    enrolments: new Map(Object.entries(row.enrolments)),
  }
}

/** As an itinerary keeps them: instants are numbers there. */
const stored = (v: Json): Placed => ({
  key: v.visitKey,
  start: Number(v.start),
  end: Number(v.end),
  roomId: v.roomId,
  parts: v.participants.map((p: Json) => ({ ...p, start: Number(p.start), end: Number(p.end) })),
})

/** Who leads a visit of this program: its therapist. */
export const leadOf = (parts: readonly Part[]): string | undefined =>
  parts.find((p) => p.as === 'therapist')?.clinicianId

const endForLags = ({ start, end, endedAt }: Pick<Visit, 'start' | 'end'> & { endedAt?: number | null }): number =>
  endedAt && endedAt > start && dayOf(endedAt) === dayOf(end) ? endedAt : end

/** The lags, the span and the continuity that these visits would break among what stands. */
export function broken(program: Json, placed: readonly Placed[], standing: readonly Visit[], free = false): string[] {
  const keys = new Set(placed.map((p) => p.key))
  const others = standing.filter((v) => isFixed(v.status) && !keys.has(v.key))
  const dated = new Map([
    ...others.map((v) => [v.key, { start: v.start, end: endForLags(v) }] as const),
    ...placed.map((v) => [v.key, { start: v.start, end: v.end }] as const),
  ])
  const out: string[] = []
  for (const { key, after } of program.visits)
    for (const lag of after) {
      const [from, to] = [dated.get(lag.visit), dated.get(key)]
      if (!from || !to || !(keys.has(key) || keys.has(lag.visit))) continue
      const [days, minutes] = [daysBetween(from.start, to.start), (to.start - from.end) / MINUTE]
      if (
        minutes < 0 ||
        days < (lag.minDays ?? 0) ||
        days > (lag.maxDays ?? Infinity) ||
        minutes > (lag.maxMinutes ?? Infinity)
      )
        out.push(`lag ${lag.visit} → ${key}: ${days} days, ${minutes} minutes`)
    }
  const [first, last] = [dated.get(program.span.from), dated.get(program.span.to)]
  if (first && last && (keys.has(program.span.from) || keys.has(program.span.to))) {
    const days = daysBetween(first.start, last.start)
    if (days < program.span.minDays || days > program.span.maxDays) out.push(`span ${days}`)
  }
  const leads = others.flatMap((v) => leadOf(v.parts) ?? [])
  for (const { key, parts } of placed) {
    const lead = leadOf(parts)
    if (!free && lead && leads.length > 0 && !leads.includes(lead)) out.push(`continuity ${key}`)
  }
  return out
}

/** Everything a visit takes, rooms with their turnover; parts of one resource that touch are one. */
export function takes(
  { program }: ModelWorld,
  { key, start, parts, roomId }: Placed,
): { resource: string; start: number; end: number; shared: boolean }[] {
  const claims = program.visits.find((v: Json) => v.key === key).claims
  const room = claims.find((c: Json) => c.roomKind)
  const wanted = [
    ...parts.map((p) => ({ resource: p.clinicianId, start: p.start, end: p.end, shared: p.shared })),
    ...(roomId === null ? [] : [{ resource: roomId, start, end: start + room.to * MINUTE, shared: false }]),
  ]
  return wanted
}

type Asked = { placed: readonly Placed[]; enrolmentId: string; patientId: string; ignoring: readonly string[] }

/** The codes with which a booking of these visits must be refused; none: it must be taken. */
export function refusals(
  world: ModelWorld,
  model: Model,
  { placed, enrolmentId, patientId, ignoring }: Asked,
  free = false,
): Set<string> {
  const { state, offs } = model
  const codes = new Set<string>()
  if (
    broken(
      world.program,
      placed,
      state.visits.filter((v) => v.enrolmentId === enrolmentId),
      free,
    ).length > 0
  )
    codes.add('lag-violated')
  const claims = state.claims.filter((c) => !ignoring.includes(c.owner))
  const doses = new Map<string, number>()
  for (const visit of placed) {
    for (const want of takes(world, visit)) {
      const meets = (c: { start: number; end: number }): boolean => c.start < want.end && want.start < c.end
      if (!want.shared && claims.some((c) => c.resource === want.resource && meets(c))) codes.add('resource-taken')
      if (!isOpen(want.start, want.end) || offs.some((off) => off.clinicianId === want.resource && meets(off)))
        codes.add('outside-availability')
    }
    if (
      state.patientTimes.some(
        (c) => c.patientId === patientId && !ignoring.includes(c.owner) && c.start < visit.end && visit.start < c.end,
      )
    )
      codes.add('resource-taken')
    if (!visit.key.startsWith('dose')) continue
    for (const person of new Set(visit.parts.filter((p) => !p.shared).map((p) => p.clinicianId))) {
      const day = `${person} ${dayOf(visit.start)}`
      doses.set(day, (doses.get(day) ?? 0) + 1)
      const had = claims.filter((c) => c.dose && c.resource === person && dayOf(c.start) === dayOf(visit.start))
      if (new Set(had.map((c) => `${c.owner} ${c.key}`)).size + (doses.get(day) ?? 0) > DOSES)
        codes.add('limit-exceeded')
    }
  }
  return codes
}
const DOSES = 2

/** Monday to Friday, 08:00 to 18:00, no statutory holiday. */
function isOpen(start: number, end: number): boolean {
  const [from, to] = [local(start), local(end)]
  const opens = from.startOf('day').plus({ hours: 8 })
  return (
    from.weekday <= 5 &&
    !HOLIDAYS.includes(dayOf(start)) &&
    start >= opens.toMillis() &&
    to <= opens.plus({ hours: 10 })
  )
}

/** Every way to staff one visit at one start. `lead`: only this therapist. */
export function staffings({ program, staff, rooms }: ModelWorld, key: string, start: number, lead?: string): Placed[] {
  const template = program.visits.find((v: Json) => v.key === key)
  const part = (claim: Json, clinicianId: string): Part => ({
    as: claim.as,
    clinicianId,
    shared: claim.mode === 'shared',
    start: start + claim.from * MINUTE,
    end: start + claim.to * MINUTE,
  })
  const kind = template.claims.find((c: Json) => c.roomKind).roomKind
  return staff.therapist
    .filter((id) => lead === undefined || id === lead)
    .flatMap((therapist) =>
      rooms
        .filter((room) => room.kind === kind)
        .map((room) => ({
          key,
          start,
          end: start + template.minutes * MINUTE,
          roomId: room.id,
          parts: template.claims
            .filter((c: Json) => c.role)
            .map((c: Json) =>
              part(
                c,
                c.role === 'therapist'
                  ? therapist
                  : ((c.role === 'nurse' ? staff.nurse[0] : staff.prescriber[0]) ?? ''),
              ),
            ),
        })),
    )
}

/** What must hold of what is stored after any command. */
export function faults({ program, ...world }: ModelWorld, before: State, after: State): string[] {
  const out: string[] = []
  const old = new Map(before.visits.map((v) => [v.id, v]))
  for (const visit of after.visits) {
    const { id, key, status } = visit
    const was = old.get(id)
    const own = after.claims.filter((c) => c.owner === id)
    const changed = was && JSON.stringify(was) !== JSON.stringify(visit)
    const told = was && (placeOf(was) !== placeOf(visit) || calls(was) !== calls(visit))
    if (!was && (visit.sequence !== 0 || visit.revision !== 1))
      out.push(`${key} begins at ${visit.sequence}, ${visit.revision}`)
    if (changed && visit.revision <= was.revision) out.push(`${key}: revision ${was.revision}, then ${visit.revision}`)
    if (was && (told ? visit.sequence <= was.sequence : visit.sequence < was.sequence))
      out.push(`${key}: sequence ${was.sequence}, then ${visit.sequence}`)
    if (was && FINAL.includes(was.status) && status !== was.status && !(was.status === 'cancelled' && was.voidedBy))
      out.push(`${key} left ${was.status}`)
    if (ENDED.includes(status) && own.length > 0) out.push(`${key} is ${status} and holds ${own.length} claims`)
    const template = program.visits.find((v: Json) => v.key === key)
    // one that lasts longer has what it could get
    if (!['booked', 'arrived'].includes(status) || visit.end !== visit.start + template.minutes * MINUTE) continue
    const wanted = takes({ program, ...world }, visit)
    for (const want of wanted.filter((w) => !w.shared))
      if (!own.some((c) => c.resource === want.resource && c.start <= want.start && want.end <= c.end))
        out.push(`${key} is booked without ${want.resource}`)
    if (new Set(own.map((c) => c.resource)).size !== new Set(wanted.map((w) => w.resource)).size)
      out.push(`${key} claims other things than it needs`)
  }
  for (const was of before.visits) if (!after.visits.some((v) => v.id === was.id)) out.push(`${was.key} is gone`)
  return out
}
const FINAL = ['completed', 'cancelled']
const placeOf = (v: Visit): string => JSON.stringify([v.start, v.end, v.roomId, v.parts])
const calls = ({ status }: Visit): string => (status === 'cancelled' || status === 'needs-replanning' ? status : 'on')
