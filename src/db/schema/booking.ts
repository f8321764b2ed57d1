/** Itineraries, appointments and the claims that guard them (architecture.md §2). Temporal keys: drizzle/0001. */

import { sql } from 'drizzle-orm'
import {
  boolean,
  date,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { boundedTstzrange, instant } from '../range.ts'
import { clinic, clinician, resource, room } from './clinic.ts'
import { groupSession } from './group.ts'
import { enrolment, patient } from './patient.ts'

/** The problem that one proposal solved, without personal data; its itineraries point at it. */
export const planningProblem = pgTable('planning_problem', {
  id: uuid('id').primaryKey(),
  /** Kept as text: it is only ever handed out whole. */
  body: json('body').notNull(),
  createdAt: instant('created_at').notNull(),
})

/** One complete proposal. `expired` is never stored: it is what `proposed` and `held` become when `expiresAt` has passed. */
export const itinerary = pgTable(
  'itinerary',
  {
    id: uuid('id').primaryKey(),
    enrolmentId: uuid('enrolment_id')
      .notNull()
      .references(() => enrolment.id),
    problemId: uuid('problem_id').references(() => planningProblem.id, { onDelete: 'set null' }),
    status: text('status', { enum: ['proposed', 'held', 'booked', 'released'] }).notNull(),
    expiresAt: instant('expires_at'),
    heldBy: uuid('held_by'),
    /** The token that holds: what the limit of live holds counts. */
    heldByToken: uuid('held_by_token'),
    cost: jsonb('cost').notNull(),
    visits: jsonb('visits').notNull(),
    override: jsonb('override'),
    createdAt: instant('created_at').notNull(),
    /** The running out of this hold has been told of; held again, it has not. */
    lapseTold: boolean('lapse_told').notNull().default(false),
  },
  (t) => [
    index('itinerary_enrolment').on(t.enrolmentId),
    index('itinerary_expiry').on(t.status, t.expiresAt),
    index('itinerary_lapse_untold').on(t.expiresAt).where(sql`status = 'held' and not lapse_told`),
  ],
)

export const appointment = pgTable(
  'appointment',
  {
    id: uuid('id').primaryKey(),
    /** iCalendar UID: random, so that it tells nothing. */
    uid: uuid('uid').notNull().default(sql`gen_random_uuid()`),
    enrolmentId: uuid('enrolment_id')
      .notNull()
      .references(() => enrolment.id),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    itineraryId: uuid('itinerary_id').references(() => itinerary.id),
    visitKey: text('visit_key').notNull(),
    step: text('step').notNull(),
    repeatable: boolean('repeatable').notNull().default(false),
    status: text('status', {
      enum: [
        'booked',
        'arrived',
        'in-progress',
        'recovering',
        'completed',
        'cancelled',
        'no-show',
        'not-dosed',
        'stopped',
        'needs-replanning',
      ],
    }).notNull(),
    start: instant('starts_at').notNull(),
    end: instant('ends_at').notNull(),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    roomId: uuid('room_id').references(() => room.id),
    modality: text('modality', { enum: ['in-person', 'virtual', 'phone'] }).notNull(),
    sequence: integer('sequence').notNull().default(0),
    revision: integer('revision').notNull().default(1),
    arrivedAt: instant('arrived_at'),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    escort: jsonb('escort'),
    joinUrl: text('join_url'),
    patientLocation: text('patient_location'),
    patientResponse: text('patient_response').notNull().default('needs-action'),
    flags: text('flags').array().notNull().default(sql`'{}'`),
    voidedBy: uuid('voided_by'),
    /** `{by, reason, reasonCode, late}` of a cancellation. */
    cancellation: jsonb('cancellation'),
    /** `{rules, reason, approvedBy}` under which it stands where it stands. */
    override: jsonb('override'),
    reassessOn: date('reassess_on', { mode: 'string' }),
    /** `{from, to, at, by, reason, voided, flagged}` of each transition since it was booked, undone ones taken off again. */
    statusChanges: jsonb('status_changes').notNull().default(sql`'[]'`),
    note: text('note'),
    /** Wall time and tz data version at booking, so that a later change of zone rules can be found. */
    bookedWallTime: text('booked_wall_time').notNull(),
    bookedTzVersion: text('booked_tz_version').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('appointment_uid').on(t.uid),
    index('appointment_enrolment').on(t.enrolmentId),
    index('appointment_clinic_start').on(t.clinicId, t.start),
    index('appointment_patient').on(t.patientId),
    index('appointment_room_start').on(t.roomId, t.start),
    uniqueIndex('appointment_once_per_visit')
      .on(t.enrolmentId, t.visitKey)
      .where(sql`not repeatable and status not in ('cancelled', 'no-show', 'not-dosed')`),
  ],
)

/** Who takes which part of an appointment: the record; the claim beside it is the guard. */
export const participant = pgTable(
  'participant',
  {
    appointmentId: uuid('appointment_id')
      .notNull()
      .references(() => appointment.id),
    ordinal: smallint('ordinal').notNull(),
    as: text('as').notNull(),
    role: text('role').notNull(),
    clinicianId: uuid('clinician_id')
      .notNull()
      .references(() => clinician.id),
    shared: boolean('shared').notNull(),
    start: instant('starts_at').notNull(),
    end: instant('ends_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.appointmentId, t.ordinal] }),
    index('participant_clinician_start').on(t.clinicianId, t.start),
  ],
)

/** Live claims only, of a hold (`itineraryId`, `expiresAt`), an appointment or a group session; deleted when released. */
export const claim = pgTable(
  'claim',
  {
    resourceId: uuid('resource_id')
      .notNull()
      .references(() => resource.id),
    lane: smallint('lane').notNull(),
    clinicId: uuid('clinic_id').notNull(),
    during: boundedTstzrange('during').notNull(),
    enrolmentId: uuid('enrolment_id').references(() => enrolment.id),
    visitKey: text('visit_key').notNull(),
    /** Counts towards the clinician's doses of the day. */
    dose: boolean('dose').notNull(),
    appointmentId: uuid('appointment_id').references(() => appointment.id),
    itineraryId: uuid('itinerary_id').references(() => itinerary.id),
    sessionId: uuid('session_id').references(() => groupSession.id),
    expiresAt: instant('expires_at'),
  },
  (t) => [
    // what a resource has ahead, in pages that hold nothing else: those of the temporal key overlap more with every clinic
    index('claim_ahead').on(t.resourceId, sql`upper(${t.during})`),
    index('claim_appointment').on(t.appointmentId),
    index('claim_itinerary').on(t.itineraryId),
    index('claim_session').on(t.sessionId).where(sql`session_id is not null`),
  ],
)

/** The patient's own time: never in two places at once. */
export const patientClaim = pgTable(
  'patient_claim',
  {
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    during: boundedTstzrange('during').notNull(),
    visitKey: text('visit_key').notNull(),
    appointmentId: uuid('appointment_id').references(() => appointment.id),
    itineraryId: uuid('itinerary_id').references(() => itinerary.id),
    /** A seat in a group that is of no program. */
    sessionId: uuid('session_id').references(() => groupSession.id),
    expiresAt: instant('expires_at'),
  },
  (t) => [
    index('patient_claim_appointment').on(t.appointmentId),
    index('patient_claim_itinerary').on(t.itineraryId),
    index('patient_claim_session').on(t.sessionId).where(sql`session_id is not null`),
  ],
)
