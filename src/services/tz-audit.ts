/**
 * After new zone rules: which future appointments no longer read as they were booked (domain.md §6). The instant is what was claimed, so it
 * stays; with `reissue` the patient is sent the invite again, with the wall time that holds now. Moving the visit back is a person's decision.
 */
import { readSnapshot, transact } from '../db/client.ts'
import type { AppointmentId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { ok, type Result } from '../domain/result.ts'
import { toWire, tzVersion } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as wallTimes from '../repositories/wall-times.ts'
import type { Deps } from './deps.ts'
import { tellAppointments } from './tell-appointments.ts'

/** Appointments read at once, and of those that differ reissued in one transaction. */
const BATCH = 1_000

/** Both readings of one start: RFC 3339, each with the offset that its rules give. */
export type Shifted = wallTimes.BookedReading & { readonly wallTime: string; readonly tzVersion: string }
export type TzAudit = { readonly checked: number; readonly shifted: Shifted[] }

/** A local reading without its offset. */
const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

export async function auditZones(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  { reissue = false } = {},
): Promise<Result<TzAudit, Refusal>> {
  const shifted: Shifted[] = []
  let checked = 0
  for (let after: AppointmentId | undefined; ; ) {
    const seen = await readSnapshot(db, async (tx) => ok(await wallTimes.ahead(tx, now(), after, BATCH)))
    if (!seen.ok) return seen
    checked += seen.value.length
    const found = seen.value.flatMap((reading): Shifted[] => {
      const wallTime = toWire(reading.start, reading.timeZone)
      const booked = LOCAL.exec(reading.bookedWallTime)?.[0]
      return booked === undefined || wallTime.startsWith(booked) ? [] : [{ ...reading, wallTime, tzVersion }]
    })
    shifted.push(...found)
    if (reissue && found.length > 0) {
      const told = await sendAgain({ db, now }, found)
      if (!told.ok) return told
    }
    after = seen.value.at(-1)?.appointmentId
    if (seen.value.length < BATCH) return ok({ checked, shifted })
  }
}

const sendAgain = ({ db, now }: Pick<Deps, 'db' | 'now'>, found: readonly Shifted[]): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    const changed = await appointments.byIds(tx, await wallTimes.agree(tx, found, now()))
    await tellAppointments(
      tx,
      audit.SYSTEM,
      changed.map((appointment) => ({ appointment, action: 'reissue', event: 'appointment.rescheduled' })),
    )
    return ok(undefined)
  })
