/**
 * Books one visit by hand: named people and rooms are used or refused, the others chosen. One transaction: lock, judge, choose, claim,
 * store, tell. What is lost to a rival between choosing and claiming is chosen again (contract.md §5).
 */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import { AppointmentId, type ClinicId, type ClinicianId, type EnrolmentId, type RoomId } from '../domain/ids.ts'
import { type Modality, visitOf } from '../domain/program.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as enrolments from '../repositories/enrolments.ts'
import { approved, type Override } from './approve-override.ts'
import { choosePlace, usualModality } from './choose-place.ts'
import type { Deps } from './deps.ts'
import { lockEnrolment } from './lock-enrolment.ts'
import { standingOf } from './offer-slots.ts'
import { retryRaces, type Try } from './retry-races.ts'
import { storeAppointments, tellOfBookings } from './store-bookings.ts'
import { takeClaims } from './take-claims.ts'

export type BookingWish = {
  readonly enrolmentId: EnrolmentId
  readonly visitKey: string
  readonly start: Instant
  readonly clinicId: ClinicId
  readonly roomId: RoomId | undefined
  readonly modality: Modality | undefined
  readonly participants: readonly { readonly as: string; readonly clinicianId: ClinicianId }[]
  readonly override: Override | undefined
}

export const bookAppointment = (deps: Deps, caller: Caller, wish: BookingWish): Promise<Result<Appointment, Refusal>> =>
  retryRaces((attempt) => transact(deps.db, (tx) => book(tx, deps, caller, wish, attempt)))

async function book(
  tx: Tx,
  { now, newId }: Deps,
  caller: Caller,
  wish: BookingWish,
  { lockAll, lost }: Try,
): Promise<Result<Appointment, Refusal>> {
  const seen = await enrolments.visibleById(tx, caller, wish.enrolmentId)
  if (!seen) return err(notFound)
  const locked = await lockEnrolment(tx, wish.enrolmentId)
  const { enrolment, program, booked } = locked
  const visit = visitOf(program, wish.visitKey)
  if (!visit) return err(invalid('visitKey', 'is not a visit of the enrolment’s program'))
  if (wish.start < now()) return err(invalid('start', 'is in the past'))
  if (enrolment.status !== 'open') return err({ code: 'invalid-transition', from: enrolment.status, to: 'booked' })
  const standing = standingOf(visit, booked)
  if (standing && standing.status !== 'needs-replanning')
    return err({ code: 'already-booked', detail: `${visit.key} is booked already` })
  const signed = await approved(tx, wish.override)
  if (!signed.ok) return signed
  const setAside = wish.override?.rules ?? []
  const chosen = await choosePlace(tx, locked, {
    ...wish,
    visit,
    modality: wish.modality ?? standing?.modality ?? usualModality(visit),
    moving: standing,
    binding: booked,
    setAside,
    now: now(),
    lockAll,
  })
  if (!chosen.ok) return chosen
  const id = standing?.id ?? AppointmentId.parse(newId())
  const placing = { id, visit: chosen.value, moves: standing !== undefined }
  await storeAppointments(tx, locked, [placing], { itineraryId: null, override: wish.override, at: now() })
  const taken = await takeClaims(tx, {
    patientId: enrolment.patientId,
    enrolmentId: enrolment.id,
    visits: [chosen.value],
    owner: { appointmentOf: new Map([[visit.key, id]]) },
    replaces: standing ? [standing.id] : [],
    ignoreLimit: setAside.includes('limit'),
  })
  if (!taken.ok) return err(lost(taken.error))
  const after = await appointments.byIds(tx, [id])
  await tellOfBookings(tx, caller, after, new Set(standing ? [id] : []), wish.override)
  const [appointment] = after
  return appointment ? ok(appointment) : err(notFound)
}
