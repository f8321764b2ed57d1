/** Where a program begins: referrals with their attempts at contact, and dated facts that visits ask for (domain.md §3–4). */
import { sql } from 'drizzle-orm'
import { boolean, date, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../range.ts'
import { appUser } from './access.ts'
import { clinic } from './clinic.ts'
import { enrolment, patient } from './patient.ts'

export const referral = pgTable(
  'referral',
  {
    id: uuid('id').primaryKey(),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    /** What came of it. */
    enrolmentId: uuid('enrolment_id').references(() => enrolment.id),
    source: text('source', { enum: ['professional', 'self'] }).notNull(),
    referrer: jsonb('referrer'),
    programKey: text('program_key'),
    reason: text('reason').notNull(),
    status: text('status', { enum: ['new', 'contacted', 'accepted', 'declined'] }).notNull(),
    assignedTo: uuid('assigned_to').references(() => appUser.id),
    receivedAt: instant('received_at').notNull(),
    dueElapsed: instant('due_elapsed').notNull(),
    /** Null: the clinic has no opening hours on record. */
    dueBusiness: instant('due_business'),
    /** The one of the two that the clinic's policy says. */
    contactDueAt: instant('contact_due_at').notNull(),
    /** When the patient was reached first. */
    contactedAt: instant('contacted_at'),
    /** When the information call was held, where that was said. */
    infoCallAt: instant('info_call_at'),
    /** Accepted or declined. */
    decidedAt: instant('decided_at'),
    /** That it is overdue has been told of. */
    overdueTold: boolean('overdue_told').notNull().default(false),
    createdAt: instant('created_at').notNull(),
    revision: integer('revision').notNull().default(1),
  },
  (t) => [
    index('referral_patient').on(t.patientId),
    index('referral_enrolment').on(t.enrolmentId).where(sql`enrolment_id is not null`),
    index('referral_due').on(t.contactDueAt, t.id),
    index('referral_status_due').on(t.status, t.contactDueAt, t.id),
    index('referral_clinic_due').on(t.clinicId, t.contactDueAt, t.id),
    index('referral_clinic_status_due').on(t.clinicId, t.status, t.contactDueAt, t.id),
    index('referral_overdue_untold').on(t.contactDueAt).where(sql`status = 'new' and not overdue_told`),
  ],
)

export const referralContact = pgTable(
  'referral_contact',
  {
    id: uuid('id').primaryKey(),
    referralId: uuid('referral_id')
      .notNull()
      .references(() => referral.id),
    at: instant('at').notNull(),
    outcome: text('outcome', { enum: ['reached', 'voicemail', 'no-answer', 'declined'] }).notNull(),
    note: text('note'),
    infoCallDone: boolean('info_call_done').notNull(),
    recordedBy: uuid('recorded_by').notNull(),
    recordedAt: instant('recorded_at').notNull(),
  },
  (t) => [index('referral_contact_referral').on(t.referralId)],
)

/** A payer's approval, a test, an enrolment elsewhere: never changed, a new one says more. */
export const precondition = pgTable(
  'precondition',
  {
    id: uuid('id').primaryKey(),
    enrolmentId: uuid('enrolment_id')
      .notNull()
      .references(() => enrolment.id),
    key: text('key').notNull(),
    metOn: date('met_on', { mode: 'string' }).notNull(),
    validUntil: date('valid_until', { mode: 'string' }),
    /** How many visits it covers; null: any number. */
    visitsGranted: integer('visits_granted'),
    reference: text('reference'),
    recordedAt: instant('recorded_at').notNull(),
  },
  (t) => [index('precondition_enrolment').on(t.enrolmentId)],
)
