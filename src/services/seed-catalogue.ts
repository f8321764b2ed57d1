/** The five clinics with rooms and opening hours, their regions, and the programs, into a database that has nothing of its own (contract.md §1, `SEED`). */
import { CLINICS, OPENING, PHONE, ROOMS, TRAVEL } from '../catalogue/clinics.ts'
import { PROGRAMS } from '../catalogue/programs.ts'
import { type Tx, transact } from '../db/client.ts'
import { type Clinic, Policy, type Room, withAgeOfMajority } from '../domain/clinic.ts'
import { ClinicId, RoomId, RuleId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import * as rules from '../repositories/availability-rules.ts'
import * as clinics from '../repositories/clinics.ts'
import * as programs from '../repositories/programs.ts'
import * as regions from '../repositories/regions.ts'
import * as rooms from '../repositories/rooms.ts'
import type { Deps } from './deps.ts'
import { reExpand } from './expand-availability.ts'
import { bothDirections } from './regions.ts'

/** One transaction. → whether it wrote anything: never where there is a clinic or a program already. Open `since` then; absent: from now on. */
export function seedCatalogue(
  { db, now, newId }: Pick<Deps, 'db' | 'now' | 'newId'>,
  since: Instant = now(),
): Promise<Result<boolean, Refusal>> {
  return transact(db, async (tx) => {
    // Two processes that start at once on one database: the second finds the first's clinics.
    await programs.lockKey(tx, 'catalogue')
    if (await hasItsOwn(tx)) return ok(false)
    const made = CLINICS.map(
      (known): Clinic => ({
        ...known,
        id: ClinicId.parse(newId()),
        phone: PHONE,
        opensOn: null,
        policy: policyOf(known),
        revision: 1,
      }),
    )
    await regions.ensure(
      tx,
      made.map(({ region }) => region),
    )
    await clinics.insert(tx, made)
    await regions.insertTravel(tx, travelBetween(made))
    await rooms.insert(
      tx,
      made.flatMap(({ id: clinicId }) =>
        ROOMS.map((room): Room => ({ ...room, id: RoomId.parse(newId()), clinicId, revision: 1 })),
      ),
    )
    await rules.insert(
      tx,
      made.map(({ id: clinicId }) => ({
        ...OPENING,
        id: RuleId.parse(newId()),
        subject: { clinicId },
        clinicId,
        validUntil: null,
        exceptDates: [],
      })),
    )
    await programs.insert(tx, PROGRAMS, now())
    const expanded = await reExpand(
      tx,
      now(),
      made.map(({ id }) => id),
      { since },
    )
    return expanded.ok ? ok(true) : expanded
  })
}

async function hasItsOwn(tx: Tx): Promise<boolean> {
  const one = { limit: 1, after: undefined }
  return (await clinics.list(tx, one)).length > 0 || (await programs.list(tx, one)).length > 0
}

/** The province's defaults, nothing of the clinic's own. */
const policyOf = (clinic: Pick<Clinic, 'province'>): Policy => {
  const { policy } = withAgeOfMajority({ province: clinic.province }) as { policy: unknown }
  return Policy.parse(policy)
}

function travelBetween(made: readonly Clinic[]) {
  const bySlug = new Map(made.map(({ slug, id }) => [slug, id]))
  return bothDirections(
    TRAVEL.flatMap(({ between: [a, b], minutes, points }) => {
      const [from, to] = [bySlug.get(a), bySlug.get(b)]
      return from && to ? [{ from, to, minutes, points }] : []
    }),
  )
}
