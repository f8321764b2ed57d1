/** What every change of availability shares: whose calendar it is, trying it out, and what becomes of bookings in the way (contract.md §3). */
import { type Tx, transact } from '../db/client.ts'
import type { Subject } from '../domain/availability.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import type { ClinicId } from '../domain/ids.ts'
import { type Affected, invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { ZoneId } from '../domain/time.ts'
import * as clinics from '../repositories/clinics.ts'
import * as subjects from '../repositories/subjects.ts'
import type { Deps } from './deps.ts'
import type { OnConflict } from './expand-availability.ts'
import type { Settlement } from './settle-stranded.ts'

/** `preview`: say what would be affected and change nothing. */
export type ChangeMode = { readonly preview: boolean; readonly onConflict: OnConflict }
export type Changed<T> = { readonly thing: T; readonly settled: Settlement }
export type Outcome<T> = { readonly affected: readonly Affected[] } | Changed<T>

/** One transaction. A preview does the whole change for real and rolls it back, so that it can tell nothing else than the change would. */
export async function changeAvailability<T>(
  { db }: Deps,
  mode: ChangeMode,
  work: (tx: Tx) => Promise<Result<Changed<T>, Refusal>>,
): Promise<Result<Outcome<T>, Refusal>> {
  if (!mode.preview) return transact(db, work)
  const told = await transact<never>(db, async (tx) => {
    const tried = await work(tx)
    return tried.ok ? err({ code: 'bookings-affected', affected: [] }) : tried
  })
  return !told.ok && told.error.code === 'bookings-affected' ? ok({ affected: told.error.affected }) : told
}

/** What a change does about conflicts: a preview wants to be told. */
export const onConflictOf = ({ preview, onConflict }: ChangeMode): OnConflict => (preview ? 'refuse' : onConflict)

/** The subjects, each seen by the caller, or not found. */
export async function knownSubjects(
  tx: Tx,
  caller: Caller,
  asked: readonly Subject[],
): Promise<Result<subjects.KnownSubject[], Refusal>> {
  const known = await subjects.find(tx, asked)
  const all = known.length === asked.length && known.every((subject) => subjects.visible(caller, subject))
  return all ? ok(known) : err(notFound)
}

/** A rule or an extra shift at a clinic: the caller acts for the clinic, and a room's or a clinic's own is for no other. */
export async function atClinic(
  tx: Tx,
  caller: Caller,
  asked: Subject,
  clinicId: ClinicId,
): Promise<Result<{ subject: subjects.KnownSubject; zone: ZoneId }, Refusal>> {
  const [clinic] = actsFor(caller, clinicId) ? await clinics.byIds(tx, [clinicId]) : []
  if (!clinic) return err(notFound)
  // Whoever is to work here from now on may so far have worked elsewhere only.
  const [subject] = await subjects.find(tx, [asked])
  if (!subject || (subject.kind !== 'clinician' && !subjects.visible(caller, subject))) return err(notFound)
  if (subject.kind !== 'clinician' && subject.clinicIds[0] !== clinicId)
    return err(invalid('clinicId', `must be the ${subject.kind === 'room' ? 'room’s own clinic' : 'clinic itself'}`))
  return ok({ subject, zone: clinic.timeZone })
}
