/** Keeping recurring rules. Each change expands them again in its own transaction; narrowing one may leave bookings outside. */
import { readSnapshot } from '../db/client.ts'
import { type AvailabilityRule, gapOccurrences, parsePattern, type RuleHours } from '../domain/availability.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import { RuleId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { resourceOf } from '../domain/subject.ts'
import { addDays, dayOf, type Instant, type LocalDate, type ZoneId } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as rules from '../repositories/availability-rules.ts'
import { atClinic, type ChangeMode, changeAvailability, type Outcome, onConflictOf } from './change-availability.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'

type RuleDraft = Omit<AvailabilityRule, 'id'>
type RuleChange = Partial<Omit<RuleDraft, 'subject'>>
export type Rule = rules.StoredRule

export const listRules = ({ db }: Deps, caller: Caller, page: rules.RulePage): Promise<Result<Rule[], Refusal>> =>
  readSnapshot(db, async (tx) => ok(await rules.list(tx, caller, page)))

/** A room's first rule ends its following the clinic's hours, so even adding may leave bookings outside. */
export function addRule(
  deps: Deps,
  caller: Caller,
  draft: RuleDraft,
  mode: ChangeMode,
): Promise<Result<Outcome<Rule>, Refusal>> {
  return changeAvailability(deps, mode, async (tx) => {
    const place = await atClinic(tx, caller, draft.subject, draft.clinicId)
    if (!place.ok) return place
    const sound = soundHours(draft, place.value.zone, deps.now())
    if (!sound.ok) return sound
    const rule: Rule = { ...draft, id: RuleId.parse(deps.newId()), revision: 1 }
    await rules.insert(tx, [rule])
    const settled = await reExpand(tx, deps.now(), [resourceOf(rule.subject)], {
      onConflict: onConflictOf(mode),
      caller,
      clashesAt: rule.clinicId,
    })
    if (!settled.ok) return settled
    await audit.record(tx, caller, [
      { action: 'create', resourceType: 'availability-rule', resourceId: rule.id, revision: 1 },
    ])
    return ok({ thing: rule, settled: settled.value })
  })
}

export function changeRule(
  deps: Deps,
  caller: Caller,
  id: RuleId,
  change: RuleChange,
  mode: ChangeMode,
): Promise<Result<Outcome<Rule>, Refusal>> {
  return changeAvailability(deps, mode, async (tx) => {
    const before = await rules.lock(tx, caller, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    const wish = { ...before, ...change }
    const place = await atClinic(tx, caller, wish.subject, wish.clinicId)
    if (!place.ok) return place
    const sound = soundHours(wish, place.value.zone, deps.now())
    if (!sound.ok) return sound
    const after = { ...wish, revision: await rules.update(tx, wish) }
    const settled = await reExpand(tx, deps.now(), [resourceOf(wish.subject)], {
      onConflict: onConflictOf(mode),
      caller,
      clashesAt: wish.clinicId,
    })
    if (!settled.ok) return settled
    await audit.record(tx, caller, [
      { action: 'update', resourceType: 'availability-rule', resourceId: id, revision: after.revision },
    ])
    return ok({ thing: after, settled: settled.value })
  })
}

export function removeRule(
  deps: Deps,
  caller: Caller,
  id: RuleId,
  mode: ChangeMode,
): Promise<Result<Outcome<null>, Refusal>> {
  return changeAvailability(deps, mode, async (tx) => {
    const before = await rules.lock(tx, caller, id)
    if (!before) return err(notFound)
    if (isStale(caller, before)) return err(stale)
    await rules.remove(tx, id)
    const settled = await reExpand(tx, deps.now(), [resourceOf(before.subject)], {
      onConflict: onConflictOf(mode),
      caller,
    })
    if (!settled.ok) return settled
    await audit.record(tx, caller, [{ action: 'delete', resourceType: 'availability-rule', resourceId: id }])
    return ok({ thing: null, settled: settled.value })
  })
}

/** Days of a rule that are looked at for wall times that do not exist: a year and a day meet every clock change once. */
const GAP_DAYS = 366

/** A pattern that falls on some day, bounds in order, and no occurrence in a spring gap. */
function soundHours(rule: RuleHours, zone: ZoneId, now: Instant): Result<void, Refusal> {
  if (rule.validUntil !== null && rule.validUntil < rule.validFrom)
    return err(invalid('validUntil', 'is before validFrom'))
  const pattern = parsePattern(rule.rrule, rule.validFrom, { startTime: rule.startTime, zone })
  if (!pattern.ok) return err(invalid('rrule', pattern.error))
  const today = dayOf(now, zone)
  const from: LocalDate = rule.validFrom > today ? rule.validFrom : today
  const [gap] = gapOccurrences(rule, zone, from, addDays(from, GAP_DAYS))
  if (!gap) return ok(undefined)
  const path = gap.time === rule.startTime ? 'startTime' : 'endTime'
  return err(invalid(path, `the occurrence of ${gap.day} meets a clock change: ${gap.time} does not exist in ${zone}`))
}
