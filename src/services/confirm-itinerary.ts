/** Books an itinerary, all of it or nothing, from a proposal or from its hold. One transaction: lock, judge, claim, store, tell. */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import { AppointmentId, type ItineraryId } from '../domain/ids.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as claims from '../repositories/claims.ts'
import * as itineraries from '../repositories/itineraries.ts'
import type { Deps } from './deps.ts'
import { judgeGates, judgePlaces } from './judge-booking.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { replacedBy, standsInTheWay } from './replaced-visits.ts'
import { storeAppointments, tellOfBookings } from './store-bookings.ts'
import { takeClaims } from './take-claims.ts'
import { mapViolations } from './violations.ts'

export function confirmItinerary(
  { db, now, newId }: Deps,
  caller: Caller,
  id: ItineraryId,
): Promise<Result<Appointment[], Refusal>> {
  return mapViolations(() =>
    transact(db, async (tx) => {
      const seen = await itineraries.visibleById(tx, caller, id)
      if (!seen) return err(notFound)
      const locked = await lockEnrolment(tx, seen.enrolmentId)
      const itinerary = await itineraries.current(tx, id)
      if (!itinerary) return err(notFound)
      const refused = (await notConfirmable(tx, itinerary, locked)) ?? standsInTheWay(itinerary, locked.booked, now())
      if (refused) return err(refused)
      const setAside = itinerary.override?.rules ?? []
      const judged = { ...locked, visits: itinerary.visits, setAside, problemId: itinerary.problemId }
      const closed = (await judgeGates(tx, judged)) ?? (await judgePlaces(tx, judged))
      if (closed) return err(closed)

      const moved = new Map(replacedBy(itinerary, locked.booked).map((a) => [a.visitKey, a.id]))
      const ids = new Map(
        itinerary.visits.map((v) => [v.visitKey, moved.get(v.visitKey) ?? AppointmentId.parse(newId())]),
      )
      const taken = await store(tx, locked, itinerary, ids, { moved, at: now(), setAside })
      if (!taken.ok) return taken
      await itineraries.setStatus(tx, [id], 'booked')
      const booked = await appointments.byIds(tx, [...ids.values()])
      await audit.record(tx, caller, [
        {
          action: 'confirm',
          resourceType: 'itinerary',
          resourceId: id,
          patientId: locked.enrolment.patientId,
          fieldClasses: ['schedule'],
        },
      ])
      await tellOfBookings(tx, caller, booked, new Set(moved.values()), itinerary.override)
      return ok(booked.sort((a, b) => a.start - b.start))
    }),
  )
}

async function notConfirmable(
  tx: Tx,
  itinerary: itineraries.StoredItinerary,
  locked: LockedEnrolment,
): Promise<Refusal | undefined> {
  const { enrolment } = locked
  if (itinerary.status === 'booked') return { code: 'already-booked' }
  if (locked.enrolment.status === 'closed') return whyClosed(tx, itinerary, locked)
  if (itinerary.status === 'expired') return { code: 'hold-expired' }
  if (itinerary.status === 'released') return { code: 'not-held' }
  if (enrolment.status !== 'open') return { code: 'invalid-transition', from: enrolment.status, to: 'booked' }
  const hold = await itineraries.liveHold(tx, enrolment.id)
  return hold && hold.id !== itinerary.id && hold.expiresAt !== null
    ? { code: 'enrolment-held', by: hold.heldBy ?? '', until: hold.expiresAt, timeZone: itinerary.visits[0]?.timeZone }
    : undefined
}

/** A screening that does not clear closes an enrolment: that is what whoever confirms it must hear. */
async function whyClosed(
  tx: Tx,
  { visits }: Pick<itineraries.StoredItinerary, 'visits'>,
  locked: LockedEnrolment,
): Promise<Refusal> {
  const refused = await judgeGates(tx, { ...locked, visits, setAside: [] })
  return refused?.code === 'not-cleared' ? refused : { code: 'invalid-transition', from: 'closed', to: 'booked' }
}

/** Appointments first, for the claims refer to them; then the claims, converted from the hold or taken now. */
async function store(
  tx: Tx,
  { enrolment, program }: LockedEnrolment,
  itinerary: itineraries.StoredItinerary,
  ids: ReadonlyMap<string, AppointmentId>,
  { moved, at, setAside }: { moved: ReadonlyMap<string, AppointmentId>; at: Appointment['start']; setAside: string[] },
): Promise<Result<void, Refusal>> {
  const placings = itinerary.visits.map((visit) => ({
    id: ids.get(visit.visitKey) as AppointmentId,
    visit,
    moves: moved.has(visit.visitKey),
  }))
  await storeAppointments(tx, { enrolment, program }, placings, {
    itineraryId: itinerary.id,
    override: itinerary.override,
    at,
  })
  if (itinerary.status !== 'held')
    return takeClaims(tx, {
      patientId: enrolment.patientId,
      enrolmentId: enrolment.id,
      visits: itinerary.visits,
      owner: { appointmentOf: ids },
      replaces: [...moved.values()],
      ignoreLimit: setAside.includes('limit'),
    })
  await claims.release(tx, { appointmentIds: [...moved.values()] })
  const { times } = await claims.convert(tx, itinerary.id, ids)
  return times === itinerary.visits.length ? ok(undefined) : err({ code: 'hold-expired' })
}
