/** Clinics, rooms, people and bookings put straight into the database, for tests that are about what happens around them. */
import { sql } from 'drizzle-orm'
import { v7 } from 'uuid'
import { type Db, transact } from '../../src/db/client.ts'
import { rangeText } from '../../src/db/range.ts'
import { Clinic, Room } from '../../src/domain/clinic.ts'
import { Clinician } from '../../src/domain/clinician.ts'
import { ok } from '../../src/domain/result.ts'
import { type Instant, parseInstant } from '../../src/domain/time.ts'
import * as clinicians from '../../src/repositories/clinicians.ts'
import * as clinics from '../../src/repositories/clinics.ts'
import * as rooms from '../../src/repositories/rooms.ts'

export const at = (text: string): Instant => {
  const read = parseInstant(text)
  if (!read.ok) throw new Error(`${text} ${read.error}`)
  return read.value
}

const PLACES = {
  QC: { timeZone: 'America/Toronto', region: 'montreal', city: 'Montréal', postalCode: 'H2V 2K3' },
  ON: { timeZone: 'America/Toronto', region: 'toronto', city: 'Toronto', postalCode: 'M5N 1A7' },
  BC: { timeZone: 'America/Vancouver', region: 'vancouver', city: 'Vancouver', postalCode: 'V5N 4C1' },
}

/** An open clinic without hours or staff, and one dosing room. */
export async function clinicWithRoom(db: Db, province: keyof typeof PLACES, over: object = {}) {
  const { city, postalCode, ...place } = PLACES[province]
  const [clinicId, roomId] = [v7(), v7()]
  const clinic = Clinic.parse({
    id: clinicId,
    slug: `clinic-${clinicId.slice(-6)}`,
    name: { en: 'Clinic', fr: 'Clinique' },
    address: { line1: '1 Main St', city, province, postalCode },
    province,
    ...place,
    phone: '1-833-686-4687',
    opensOn: null,
    revision: 1,
    ...over,
    policy: { ageMin: 18 },
  })
  const room = Room.parse({ id: roomId, clinicId, name: 'Suite 1', kind: 'dosing', seats: 1, revision: 1 })
  await transact(db, async (tx) => {
    await tx.execute(sql`insert into region (slug) values (${clinic.region}) on conflict do nothing`)
    await clinics.insert(tx, [clinic])
    await rooms.insert(tx, [room])
    return ok(undefined)
  })
  return { clinicId, roomId }
}

/** Another dosing room. → its id. */
export async function anotherRoom(db: Db, clinicId: string): Promise<string> {
  const room = Room.parse({ id: v7(), clinicId, name: 'Suite 2', kind: 'dosing', seats: 1, revision: 1 })
  await transact(db, async (tx) => {
    await rooms.insert(tx, [room])
    return ok(undefined)
  })
  return room.id
}

/** → the clinician's id. */
export async function someone(db: Db, over: object = {}): Promise<string> {
  const one = Clinician.parse({
    id: v7(),
    givenName: 'Ada',
    familyName: 'Roy',
    displayName: 'Ada Roy',
    gender: null,
    roles: ['nurse'],
    languages: ['en', 'fr'],
    supervisionCapacity: 4,
    limits: { dosesPerDay: 2 },
    activeUntil: null,
    licences: ['QC', 'ON', 'BC'].map((province) => ({ province, college: 'X', number: '1', validFrom: '2020-01-01' })),
    supervisionId: v7(),
    revision: 1,
    ...over,
  })
  await transact(db, async (tx) => {
    await clinicians.insert(tx, [one])
    return ok(undefined)
  })
  return one.id
}

/** `role`: the resource is a clinician's, or with `supervisor` that clinician's supervision. */
export type Taken = {
  resourceId: string
  clinicId: string
  start: string
  end: string
  role?: string
  supervisor?: string
}

async function enrolled(db: Db, clinicId: string): Promise<{ patientId: string; enrolmentId: string }> {
  const [patientId, enrolmentId] = [v7(), v7()]
  await db.execute(sql`
    insert into patient (id, intake_clinic_ids, given_name, family_name, preferred_language, care_languages, province,
      residences, contact, created_at)
    values (${patientId}, array[${clinicId}]::uuid[], 'P', 'Q', 'en', '{en}', 'QC', '[]', '{}', now())`)
  await db.execute(sql`
    insert into enrolment (id, patient_id, program_key, program_version, clinic_id, allowed_clinic_ids, therapist,
      unavailable, weekly_unavailable, preferred, status, opened_at)
    values (${enrolmentId}, ${patientId}, 'standard', 1, ${clinicId}, array[${clinicId}]::uuid[], '{}', '[]', '[]', '[]',
      'open', now())`)
  return { patientId, enrolmentId }
}

const spanOf = (taken: readonly Taken[]) => ({
  start: Math.min(...taken.map((t) => at(t.start))),
  end: Math.max(...taken.map((t) => at(t.end))),
})

/** One booked visit with these claims. → the appointment's id. */
export async function bookedVisit(db: Db, taken: readonly [Taken, ...Taken[]], visitKey = 'dose-1'): Promise<string> {
  const id = v7()
  const clinicId = taken[0].clinicId
  const { patientId, enrolmentId } = await enrolled(db, clinicId)
  const span = sql`${rangeText(spanOf(taken))}::tstzrange`
  await db.execute(sql`
    insert into appointment (id, enrolment_id, patient_id, visit_key, step, status, starts_at, ends_at, clinic_id, modality,
      booked_wall_time, booked_tz_version, created_at, updated_at)
    values (${id}, ${enrolmentId}, ${patientId}, ${visitKey}, 'experience', 'booked', lower(${span}), upper(${span}),
      ${clinicId}, 'in-person', '', '', now(), now())`)
  await db.execute(sql`
    insert into patient_claim (patient_id, during, visit_key, appointment_id) values (${patientId}, ${span}, ${visitKey}, ${id})`)
  for (const [ordinal, { resourceId, start, end, role, supervisor }] of taken.entries()) {
    const during = sql`${rangeText({ start: at(start), end: at(end) })}::tstzrange`
    await db.execute(sql`
      insert into claim (resource_id, lane, clinic_id, during, enrolment_id, visit_key, dose, appointment_id)
      values (${resourceId}, 1, ${clinicId}, ${during}, ${enrolmentId}, ${visitKey}, ${supervisor === undefined}, ${id})`)
    if (role !== undefined)
      await db.execute(sql`
        insert into participant (appointment_id, ordinal, "as", role, clinician_id, shared, starts_at, ends_at)
        values (${id}, ${ordinal}, ${role}, ${role}, ${supervisor ?? resourceId}, ${supervisor !== undefined},
          lower(${during}), upper(${during}))`)
  }
  return id
}

/** A held itinerary of one visit with these claims. → its id. */
export async function heldVisit(
  db: Db,
  taken: readonly [Taken, ...Taken[]],
  secondsLeft: number,
  visitKey = 'dose-1',
): Promise<string> {
  const id = v7()
  const clinicId = taken[0].clinicId
  const { patientId, enrolmentId } = await enrolled(db, clinicId)
  const expiry = sql`clock_timestamp() + make_interval(secs => ${secondsLeft})`
  await db.execute(sql`
    insert into itinerary (id, enrolment_id, status, expires_at, cost, visits, created_at)
    values (${id}, ${enrolmentId}, 'held', ${expiry}, '{}', '[]', now())`)
  await db.execute(sql`
    insert into patient_claim (patient_id, during, visit_key, itinerary_id, expires_at)
    values (${patientId}, ${rangeText(spanOf(taken))}::tstzrange, ${visitKey}, ${id}, ${expiry})`)
  for (const { resourceId, start, end } of taken)
    await db.execute(sql`
      insert into claim (resource_id, lane, clinic_id, during, enrolment_id, visit_key, dose, itinerary_id, expires_at)
      values (${resourceId}, 1, ${clinicId}, ${rangeText({ start: at(start), end: at(end) })}::tstzrange, ${enrolmentId},
        ${visitKey}, true, ${id}, ${expiry})`)
  return id
}
