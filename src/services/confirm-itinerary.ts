/** Books an itinerary, all of it or nothing, from a proposal or from its hold. One transaction: lock, judge, claim, store, tell. */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import { AppointmentId, type ItineraryId } from '../domain/ids.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as claims from '../repositories/claims.ts'
import * as itineraries from '../repositories/itineraries.ts'
import type { Deps } from './deps.ts'
import { type Grounds, type Judged, judgeGates, judgePlaces, loadCrew, loadGrounds } from './judge-booking.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { replacedBy, standsInTheWay } from './replaced-visits.ts'
import { storeAppointments, tellOfBookings } from './store-bookings.ts'
import { insertClaims, judgeClaims } from './take-claims.ts'
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
      const { patientId, enrolmentId, visits } = seen
      // sent together, answered in this order: everything is read under the locks; where and with whom an itinerary is never changes
      const [locked, itinerary, hold, grounds, crew] = await Promise.all([
        lockEnrolment(tx, enrolmentId),
        itineraries.current(tx, id),
        itineraries.liveHold(tx, enrolmentId),
        loadGrounds(tx, patientId, enrolmentId, visits),
        loadCrew(tx, visits),
      ])
      if (!itinerary) return err(notFound)
      const setAside = itinerary.override?.rules ?? []
      const judged = { ...locked, visits, setAside, problemId: itinerary.problemId }
      const refused =
        (await notConfirmable(tx, itinerary, hold, judged, grounds)) ??
        standsInTheWay(itinerary, locked.booked, now()) ??
        (await judgeGates(tx, judged, grounds)) ??
        (await judgePlaces(tx, judged, crew))
      if (refused) return err(refused)

      const moved = new Map(replacedBy(itinerary, locked.booked).map((a) => [a.visitKey, a.id]))
      const ids = new Map(visits.map((v) => [v.visitKey, moved.get(v.visitKey) ?? AppointmentId.parse(newId())]))
      const stored = await store(tx, locked, itinerary, ids, { moved, at: now(), setAside })
      if (!stored.ok) return stored
      const { booked, claim } = stored.value
      const note = {
        action: 'confirm',
        resourceType: 'itinerary',
        resourceId: id,
        patientId,
        fieldClasses: ['schedule'],
      }
      await Promise.all([
        claim(),
        itineraries.setStatus(tx, [id], 'booked'),
        tellOfBookings(tx, caller, booked, new Set(moved.values()), itinerary.override, note),
      ])
      return ok(booked.sort((a, b) => a.start - b.start))
    }),
  )
}

async function notConfirmable(
  tx: Tx,
  itinerary: itineraries.StoredItinerary,
  hold: itineraries.StoredItinerary | undefined,
  judged: Judged,
  grounds: Grounds,
): Promise<Refusal | undefined> {
  const { enrolment } = judged
  if (itinerary.status === 'booked') return { code: 'already-booked' }
  if (enrolment.status === 'closed') return whyClosed(tx, judged, grounds)
  if (itinerary.status === 'expired') return { code: 'hold-expired' }
  if (itinerary.status === 'released') return { code: 'not-held' }
  if (enrolment.status !== 'open') return { code: 'invalid-transition', from: enrolment.status, to: 'booked' }
  return hold && hold.id !== itinerary.id && hold.expiresAt !== null
    ? { code: 'enrolment-held', by: hold.heldBy ?? '', until: hold.expiresAt, timeZone: itinerary.visits[0]?.timeZone }
    : undefined
}

/** A screening that does not clear closes an enrolment: that is what whoever confirms it must hear. */
async function whyClosed(tx: Tx, judged: Judged, grounds: Grounds): Promise<Refusal> {
  const refused = await judgeGates(tx, { ...judged, setAside: [] }, grounds)
  return refused?.code === 'not-cleared' ? refused : { code: 'invalid-transition', from: 'closed', to: 'booked' }
}

/** The appointments, and how their claims are still to be made: they refer to the appointments. */
type Stored = { readonly booked: Appointment[]; readonly claim: () => Promise<void> }

/** Stores the appointments, and judges their claims or converts those of the hold. */
async function store(
  tx: Tx,
  { enrolment, program }: LockedEnrolment,
  itinerary: itineraries.StoredItinerary,
  ids: ReadonlyMap<string, AppointmentId>,
  { moved, at, setAside }: { moved: ReadonlyMap<string, AppointmentId>; at: Appointment['start']; setAside: string[] },
): Promise<Result<Stored, Refusal>> {
  const placings = itinerary.visits.map((visit) => ({
    id: ids.get(visit.visitKey) as AppointmentId,
    visit,
    moves: moved.has(visit.visitKey),
  }))
  const how = { itineraryId: itinerary.id, override: itinerary.override, at }
  const replaces = [...moved.values()]
  if (itinerary.status !== 'held') {
    const taking = {
      ...{ patientId: enrolment.patientId, enrolmentId: enrolment.id, visits: itinerary.visits, replaces },
      ...{ owner: { appointmentOf: ids }, ignoreLimit: setAside.includes('limit') },
    }
    const [booked, laned] = await Promise.all([
      storeAppointments(tx, { enrolment, program }, placings, how),
      judgeClaims(tx, taking),
    ])
    return laned.ok ? ok({ booked, claim: () => insertClaims(tx, taking, laned.value) }) : laned
  }
  const [booked, , { times }] = await Promise.all([
    storeAppointments(tx, { enrolment, program }, placings, how),
    claims.release(tx, { appointmentIds: replaces }),
    claims.convert(tx, itinerary.id, ids),
  ])
  return times === itinerary.visits.length ? ok({ booked, claim: async () => {} }) : err({ code: 'hold-expired' })
}
