/** What leaves by itself: who is told by webhook, what was told to whom, and the mail to patients. Ids, times and states; never a body. */

import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, integer, pgTable, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../range.ts'
import { appUser, event } from './access.ts'
import { appointment } from './booking.ts'
import { clinic } from './clinic.ts'
import { groupMember } from './group.ts'

export const webhook = pgTable('webhook', {
  id: uuid('id').primaryKey(),
  url: text('url').notNull(),
  /** Empty: every type. */
  events: text('events').array().notNull(),
  /** Empty: every clinic. */
  clinicIds: uuid('clinic_ids').array().notNull(),
  /** `whsec_…`: it signs, so it is kept as it is and shown once. */
  secret: text('secret').notNull(),
  previousSecret: text('previous_secret'),
  previousUntil: instant('previous_until'),
  active: boolean('active').notNull().default(true),
  disabledReason: text('disabled_reason', { enum: ['gone', 'failing', 'switched-off'] }),
  /** The first failure since the last success. */
  failingSince: instant('failing_since'),
  /** What it is told is never more than its owner may see. */
  ownerId: uuid('owner_id')
    .notNull()
    .references(() => appUser.id),
  /** Events up to this sequence have become deliveries. */
  readUpTo: bigint('read_up_to', { mode: 'number' }).notNull(),
  createdAt: instant('created_at').notNull(),
  revision: integer('revision').notNull().default(1),
})

export const delivery = pgTable(
  'delivery',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    webhookId: uuid('webhook_id')
      .notNull()
      .references(() => webhook.id, { onDelete: 'cascade' }),
    eventSequence: bigint('event_sequence', { mode: 'number' })
      .notNull()
      .references(() => event.sequence),
    enrolmentId: uuid('enrolment_id'),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: smallint('attempts').notNull().default(0),
    responseStatus: smallint('response_status'),
    /** Why the last attempt failed, where there was no answer. */
    fault: text('fault'),
    nextAttemptAt: instant('next_attempt_at'),
    /** Somebody is sending it until then; later it is anybody's again. */
    leasedUntil: instant('leased_until'),
    attemptedAt: instant('attempted_at'),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('delivery_once').on(t.webhookId, t.eventSequence),
    index('delivery_due').on(t.webhookId, t.nextAttemptAt, t.eventSequence).where(sql`status = 'pending'`),
    index('delivery_order').on(t.webhookId, t.enrolmentId, t.eventSequence).where(sql`status = 'pending'`),
    index('delivery_log').on(t.webhookId, t.id),
  ],
)

/** How far a reader of the outbox has come. */
export const outboxReader = pgTable('outbox_reader', {
  name: text('name').primaryKey(),
  readUpTo: bigint('read_up_to', { mode: 'number' }).notNull(),
})

/** One mail to the patient for each change of an appointment, or of a seat in a group of no program, and its reminders; time and place are those of the change. */
export const mail = pgTable(
  'mail',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    /** Either this … */
    appointmentId: uuid('appointment_id').references(() => appointment.id),
    /** … or this. */
    groupMemberId: uuid('group_member_id').references(() => groupMember.id),
    kind: text('kind', { enum: ['request', 'cancel', 'reminder-72', 'reminder-24'] }).notNull(),
    sequence: integer('sequence').notNull(),
    start: instant('starts_at').notNull(),
    end: instant('ends_at').notNull(),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    /** When the change was made: the stamp of its calendar text. */
    changedAt: instant('changed_at').notNull(),
    status: text('status', { enum: ['pending', 'sent', 'skipped', 'failed'] }).notNull(),
    /** Why it was skipped or failed. */
    reason: text('reason'),
    attempts: smallint('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at'),
    leasedUntil: instant('leased_until'),
    sentAt: instant('sent_at'),
  },
  (t) => [
    uniqueIndex('mail_once').on(t.appointmentId, t.sequence, t.kind),
    uniqueIndex('mail_once_for_a_seat').on(t.groupMemberId, t.sequence, t.kind),
    check('mail_about_one', sql`num_nonnulls(${t.appointmentId}, ${t.groupMemberId}) = 1`),
    index('mail_due').on(t.nextAttemptAt).where(sql`status = 'pending'`),
  ],
)
