/** Group sessions to come whose people may no longer take their part on that day: those lose it, and the session waits to be replanned (domain.md §2). */
import { transact } from '../db/client.ts'
import { licensedOn, needsLicence } from '../domain/clinician.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import { dayOf } from '../domain/time.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as groups from '../repositories/stranded-groups.ts'
import type { Deps } from './deps.ts'
import { settle } from './settle-stranded.ts'

/** → how many sessions and visits were flagged */
export const sweepGroups = ({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<Result<number, Refusal>> =>
  transact(db, async (tx) => {
    const doubtful = await groups.doubtful(tx, now())
    const people = await clinicians.withLicences(tx, [...new Set(doubtful.map(({ clinicianId }) => clinicianId))])
    const illegal = doubtful.filter(({ clinicianId, role, province, visitStart, timeZone }) => {
      const person = people.find(({ id }) => id === clinicianId)
      const licensed = !needsLicence(role) || licensedOn(person?.licences ?? [], province, dayOf(visitStart, timeZone))
      return !licensed || !person?.roles.includes(role)
    })
    if (illegal.length === 0) return ok(0)
    return ok((await settle(tx, illegal, [], undefined)).flagged.length)
  })
