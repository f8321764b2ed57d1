/** Group sessions, who staffs them and who sits in them (contract.md §5). Seats within capacity: `group_member_*`, drizzle/0006. */
import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, primaryKey, smallint, text, unique, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../range.ts'
import { clinic, clinician, room } from './clinic.ts'
import { patient } from './patient.ts'

export const groupSession = pgTable(
  'group_session',
  {
    id: uuid('id').primaryKey(),
    /** Occurrences of one rule share it. */
    seriesId: uuid('series_id').notNull(),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    roomId: uuid('room_id')
      .notNull()
      .references(() => room.id),
    title: jsonb('title').notNull(),
    start: instant('starts_at').notNull(),
    end: instant('ends_at').notNull(),
    seats: smallint('seats').notNull(),
    status: text('status', { enum: ['scheduled', 'cancelled', 'needs-replanning'] }).notNull(),
    /** The visit of a program that its members come for; null: a group of its own. */
    programKey: text('program_key'),
    visitKey: text('visit_key'),
    cancellation: jsonb('cancellation'),
    revision: integer('revision').notNull().default(1),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    unique('group_session_seats').on(t.id, t.seats),
    index('group_session_clinic_start').on(t.clinicId, t.start),
    index('group_session_room_start').on(t.roomId, t.start),
  ],
)

/** Who takes which part: the record; the claim beside it is the guard. */
export const groupStaff = pgTable(
  'group_staff',
  {
    sessionId: uuid('session_id')
      .notNull()
      .references(() => groupSession.id),
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
    primaryKey({ columns: [t.sessionId, t.ordinal] }),
    index('group_staff_clinician_start').on(t.clinicianId, t.start),
  ],
)

/** One patient's place in one session, for good: whoever leaves and comes back keeps the calendar's UID. */
export const groupMember = pgTable(
  'group_member',
  {
    id: uuid('id').primaryKey(),
    sessionId: uuid('session_id').notNull(),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    /** iCalendar UID: random, so that it tells nothing. */
    uid: uuid('uid').notNull().default(sql`gen_random_uuid()`),
    /** The session's, so that the database can compare. */
    seats: smallint('seats').notNull(),
    /** Of one who is seated. */
    seat: smallint('seat'),
    status: text('status', { enum: ['seated', 'waiting', 'left', 'cancelled'] }).notNull(),
    /** Of one who waits: the order in which they came. */
    waitingSince: instant('waiting_since'),
    /** The member's visit, where the session is one of their program. */
    appointmentId: uuid('appointment_id'),
    sequence: integer('sequence').notNull().default(0),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    unique('group_member_once').on(t.sessionId, t.patientId),
    unique('group_member_one_seat_each').on(t.sessionId, t.seat),
    index('group_member_patient').on(t.patientId),
    index('group_member_appointment').on(t.appointmentId),
  ],
)
