/**
 * Rules, exceptions and closures → stored availability, from now on, in the transaction of the change (architecture.md §2).
 * What the change would strand is asked first and refused, or settled; the temporal foreign key has the last word.
 */
import { type Tx, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import { type CalendarFacts, expandEach } from '../domain/expansion.ts'
import type { ClinicId } from '../domain/ids.ts'
import { subtract } from '../domain/interval.ts'
import type { Affected, Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { oneClinicAtATime, overlapAcrossClinics } from '../domain/shift-clash.ts'
import { type HeldShift, replaceFrom } from '../domain/shift-replacement.ts'
import { DAY, type Instant, ZoneId } from '../domain/time.ts'
import * as availability from '../repositories/availability.ts'
import * as calendars from '../repositories/calendars.ts'
import { noteOpened } from '../repositories/waitlist-offers.ts'
import type { Deps } from './deps.ts'
import { findSubstitutes, installSubstitutes } from './reassign-stranded.ts'
import { type Settlement, settle } from './settle-stranded.ts'

/** 52 weeks ahead, up to the end of that UTC day, so that a day's re-expansions agree. */
const HORIZON_DAYS = 364
const horizonFrom = (now: Instant): Instant => (Math.ceil((now + HORIZON_DAYS * DAY) / DAY) * DAY) as Instant
/** How far the horizon may fall behind before everything is expanded again. */
const SLACK = 7 * DAY

export type OnConflict = 'refuse' | 'flag' | 'reassign'

export type ReExpandOptions = {
  /** What becomes of bookings and holds that would lie outside: `refuse` is the default. */
  readonly onConflict?: OnConflict
  /** Who is noted in the audit log for a flagged appointment; absent: the system itself. */
  readonly caller?: Caller
  /** Refuse `shift-conflict` when a clinician's shift at this clinic clashes with one elsewhere; absent: the earlier shift keeps its time. */
  readonly clashesAt?: ClinicId
  /** Expand from this earlier instant on, where nothing has been expanded yet. */
  readonly since?: Instant
}

const nothingSettled: Settlement = { flagged: [], reassigned: [], released: [] }

/**
 * Locks the resources (for a clinic also its rooms and staff), then replaces their availability from `now` to 52 weeks ahead.
 * Refuses `bookings-affected` with every booking and live hold that would be stranded, `shift-conflict` when asked to.
 */
export async function reExpand(
  tx: Tx,
  now: Instant,
  resourceIds: readonly string[],
  options: ReExpandOptions = {},
): Promise<Result<Settlement, Refusal>> {
  if (resourceIds.length === 0) return ok(nothingSettled)
  const touched = await availability.clinicsOf(tx, resourceIds)
  const direct = touched.filter((c) => c.direct).map((c) => c.clinicId)
  const clinicIds = touched.map((c) => c.clinicId)
  await availability.lockClinics(tx, clinicIds, direct.length === 0)
  const onConflict = options.onConflict ?? 'refuse'
  // Whoever might take over is locked with the rest: ids in order, once.
  const locked = await availability.lockResources(tx, resourceIds, onConflict === 'reassign' ? clinicIds : direct)
  await availability.deleteExpiredClaims(tx, locked)

  const from = options.since ?? now
  const window = { start: from, end: horizonFrom(now) }
  await availability.noteHorizon(tx, window.end, 'ifNone')
  const things = await calendars.expandables(tx, locked)
  const owners = things.map((thing) => (thing.kind === 'clinician' ? thing.owner : thing.id))
  const facts = await calendars.load(tx, owners, clinicIds, from)
  const expanded = expandEach(facts, things, window)
  const shifts = await atOneClinic(tx, facts, expanded, options.clashesAt)
  if (!shifts.ok) return shifts

  const { remove, add, after } = replaceFrom(from, await availability.shiftsWithin(tx, locked, window), shifts.value)
  const exposed = await availability.claimsOn(tx, remove, now)
  const shiftsOf = byResource(after)
  const stranded = exposed.filter((claim) => !covered(claim, shiftsOf.get(claim.resourceId) ?? [], now))
  if (stranded.length > 0 && onConflict === 'refuse')
    return err({ code: 'bookings-affected', affected: affectedBy(stranded, zonesIn(facts)) })
  const substitutions =
    stranded.length > 0 && onConflict === 'reassign' ? await findSubstitutes(tx, now, stranded, things, after) : []
  const settled = stranded.length > 0 ? await settle(tx, stranded, substitutions, options.caller) : nothingSettled
  await availability.replaceShifts(tx, { remove, add })
  await noteOpened(tx, opened(remove, add))
  return ok({ ...settled, reassigned: await installSubstitutes(tx, substitutions, options.caller) })
}

/** From now on: what is past is never taken away. */
const covered = (claim: availability.ExposedClaim, shifts: readonly HeldShift[], now: Instant): boolean =>
  shifts.some(
    (shift) => shift.clinicId === claim.clinicId && shift.start <= Math.max(claim.start, now) && claim.end <= shift.end,
  )

const zonesIn =
  (facts: CalendarFacts) =>
  (id: ClinicId): ZoneId =>
    facts.clinics.get(id)?.zone ?? ZoneId.parse('Etc/UTC')

/** One entry for a booking or a group session, one for each visit of a hold; by start. */
function affectedBy(claims: readonly availability.ExposedClaim[], zoneOf: (id: ClinicId) => ZoneId): Affected[] {
  const byVisit = new Map<string, Affected>()
  for (const { appointmentId, groupSessionId, itineraryId, visitKey, visitStart, clinicId } of claims) {
    const booking = appointmentId
      ? { appointmentId }
      : groupSessionId
        ? { groupSessionId }
        : { itineraryId: itineraryId ?? '' }
    byVisit.set(appointmentId ?? groupSessionId ?? `${itineraryId} ${visitKey}`, {
      ...booking,
      visitKey,
      start: visitStart,
      clinicId,
      timeZone: zoneOf(clinicId),
    })
  }
  return [...byVisit.values()].sort((a, b) => a.start - b.start)
}

function byResource(shifts: readonly HeldShift[]): Map<string, HeldShift[]> {
  const out = new Map<string, HeldShift[]>()
  for (const shift of shifts) {
    const known = out.get(shift.resourceId)
    if (known) known.push(shift)
    else out.set(shift.resourceId, [shift])
  }
  return out
}

/** Hours that were not there before, wherever and whoever's. */
function opened(before: readonly HeldShift[], after: readonly HeldShift[]): HeldShift[] {
  const known = byResource(before)
  return after.flatMap((shift) =>
    subtract(
      [shift],
      (known.get(shift.resourceId) ?? []).filter((s) => s.clinicId === shift.clinicId),
    ).map((span) => ({ ...shift, ...span })),
  )
}

/** Nobody is at two clinics at once, whatever the stored rules say. */
async function atOneClinic(
  tx: Tx,
  facts: CalendarFacts,
  expanded: readonly HeldShift[],
  clashesAt: ClinicId | undefined,
): Promise<Result<HeldShift[], Refusal>> {
  const shiftsOf = byResource(expanded)
  const several = [...shiftsOf.values()].filter((shifts) => new Set(shifts.map((s) => s.clinicId)).size > 1)
  if (several.length === 0) return ok([...expanded])
  if (clashesAt !== undefined) {
    const travel = await calendars.travelBetween(tx, [...facts.clinics.keys()])
    const zoneOf = zonesIn(facts)
    const inTheWay = several
      .flatMap((shifts) => overlapAcrossClinics(shifts, travel, zoneOf))
      .filter(({ first, second }) => first.clinicId === clashesAt || second.clinicId === clashesAt)
      .map(({ first, second }) => (first.clinicId === clashesAt ? second : first))
    const affected = new Map<Instant, Affected>()
    for (const { start, clinicId } of inTheWay)
      affected.set(start, { visitKey: 'shift', start, clinicId, timeZone: zoneOf(clinicId) })
    if (affected.size > 0) return err({ code: 'shift-conflict', affected: [...affected.values()] })
  }
  return ok(
    [...shiftsOf].flatMap(([resourceId, shifts]) =>
      oneClinicAtATime(shifts).map((shift) => ({ ...shift, resourceId })),
    ),
  )
}

/**
 * Expands everything again when the horizon has come closer than 51 weeks, or when `always` (new zone rules). Bookings that newer
 * facts leave outside are flagged. → whether it did.
 */
export function extendHorizon(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  options: { always?: boolean } = {},
): Promise<Result<boolean, Refusal>> {
  return transact(db, async (tx) => {
    const at = now()
    const until = await availability.expandedUntil(tx)
    if (until === undefined || (until >= horizonFrom(at) - SLACK && !options.always)) return ok(false)
    const done = await reExpand(tx, at, await availability.everyResource(tx), { onConflict: 'flag' })
    if (!done.ok) return done
    await availability.noteHorizon(tx, horizonFrom(at), 'replace')
    return ok(true)
  })
}
