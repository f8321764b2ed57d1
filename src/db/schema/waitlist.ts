/** Who waits for an earlier time, which time has become free, and what was offered to whom (contract.md §7). `waitlist_freed` is filled by a trigger. */
import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { boundedTstzrange, instant } from '../range.ts'
import { clinic } from './clinic.ts'
import { enrolment } from './patient.ts'

export const waitlistEntry = pgTable(
  'waitlist_entry',
  {
    id: uuid('id').primaryKey(),
    enrolmentId: uuid('enrolment_id')
      .notNull()
      .references(() => enrolment.id),
    /** Null: whichever visit comes next. */
    visitKey: text('visit_key'),
    start: instant('from_at').notNull(),
    end: instant('to_at').notNull(),
    minNoticeHours: smallint('min_notice_hours').notNull(),
    status: text('status', { enum: ['waiting', 'served', 'withdrawn'] }).notNull(),
    revision: integer('revision').notNull().default(1),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [
    index('waitlist_entry_enrolment').on(t.enrolmentId),
    index('waitlist_entry_waiting').on(t.start, t.end).where(sql`status = 'waiting'`),
  ],
)

/** Time that a visit, a hold or an absence has given back; `pending` until it has been offered or nobody can use it. */
export const waitlistFreed = pgTable(
  'waitlist_freed',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    during: boundedTstzrange('during').notNull(),
    state: text('state', { enum: ['pending', 'offered', 'done'] })
      .notNull()
      .default('pending'),
    /** Entries that cannot use it, or have let it go. */
    passedOver: uuid('passed_over').array().notNull().default(sql`'{}'`),
    createdAt: instant('created_at').notNull().default(sql`clock_timestamp()`),
  },
  (t) => [index('waitlist_freed_pending').on(t.createdAt).where(sql`state = 'pending'`)],
)

export const waitlistOffer = pgTable(
  'waitlist_offer',
  {
    id: uuid('id').primaryKey(),
    entryId: uuid('entry_id')
      .notNull()
      .references(() => waitlistEntry.id),
    freedId: uuid('freed_id')
      .notNull()
      .references(() => waitlistFreed.id),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    visitKey: text('visit_key').notNull(),
    start: instant('starts_at').notNull(),
    /** The visit at the freed time, and whatever has to be planned with it: placed visits. */
    visits: jsonb('visits').notNull(),
    /** Local days earlier than it is booked; null: it is not booked yet. */
    gainDays: integer('gain_days'),
    status: text('status', { enum: ['offered', 'accepted', 'declined', 'lapsed'] }).notNull(),
    expiresAt: instant('expires_at').notNull(),
    revision: integer('revision').notNull().default(1),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('waitlist_offer_one_at_a_time').on(t.freedId).where(sql`status = 'offered'`),
    uniqueIndex('waitlist_offer_one_each').on(t.entryId).where(sql`status = 'offered'`),
    index('waitlist_offer_clinic').on(t.clinicId, t.status),
    index('waitlist_offer_expiry').on(t.expiresAt).where(sql`status = 'offered'`),
  ],
)
