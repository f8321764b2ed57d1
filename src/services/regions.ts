/** Keeping regions: the way between the clinics that share clinicians and itineraries. */
import { readSnapshot, transact } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { Clinic, Travel } from '../domain/clinic.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as regions from '../repositories/regions.ts'
import type { Deps } from './deps.ts'

/** `from` and `to` are ids or slugs; one direction stands for both when the other is not said. */
export type WayWish = { from: string; to: string; minutes: number; points: number }
export type Region = { slug: string; travel: Travel[] }

export const readRegion = ({ db }: Deps, slug: string): Promise<Result<Region, Refusal>> =>
  readSnapshot(db, async (tx) => {
    if (!(await regions.exists(tx, slug))) return err(notFound)
    return ok({ slug, travel: await regions.travel(tx, slug) })
  })

/** Replaces the whole table. */
export function changeRegion(
  { db }: Deps,
  caller: Caller,
  slug: string,
  wishes: readonly WayWish[],
): Promise<Result<Region, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await regions.exists(tx, slug))) return err(notFound)
    await regions.ensure(tx, [slug])
    const members = await clinics.ofRegion(tx, slug)
    const ways: Travel[] = []
    for (const [i, wish] of wishes.entries()) {
      const [from, to] = [named(members, wish.from), named(members, wish.to)]
      for (const [end, found] of Object.entries({ from, to }))
        if (!found) {
          const known = await clinics.byIdOrSlug(tx, end === 'from' ? wish.from : wish.to)
          return err(known ? invalid(`travel[${i}].${end}`, `is not a clinic of region ${slug}`) : notFound)
        }
      if (!from || !to) return err(notFound)
      if (from.id === to.id) return err(invalid(`travel[${i}].to`, 'is where it starts'))
      if (ways.some((way) => way.from === from.id && way.to === to.id))
        return err(invalid(`travel[${i}]`, 'the same way twice'))
      ways.push({ from: from.id, to: to.id, minutes: wish.minutes, points: wish.points })
    }
    await regions.deleteTravel(
      tx,
      members.map(({ id }) => id),
    )
    await regions.insertTravel(tx, bothDirections(ways))
    await audit.record(tx, caller, [{ action: 'update', resourceType: 'region', resourceId: slug }])
    return ok({ slug, travel: await regions.travel(tx, slug) })
  })
}

const named = (members: readonly Clinic[], idOrSlug: string): Clinic | undefined =>
  members.find(({ id, slug }) => slug === idOrSlug || id === idOrSlug.toLowerCase())

/** A way that is not said is as long as the way back. */
export const bothDirections = (ways: readonly Travel[]): Travel[] => [
  ...ways,
  ...ways
    .filter((way) => !ways.some((back) => back.from === way.to && back.to === way.from))
    .map((way) => ({ ...way, from: way.to, to: way.from })),
]
