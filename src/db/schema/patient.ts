/** Programs, patients, their gates and their enrolments (domain.md §1–3). Clinical scheduling records are never hard-deleted. */

import { sql } from 'drizzle-orm'
import {
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant } from '../range.ts'
import { clinic, clinician } from './clinic.ts'

/** Versions are immutable: a change is the next version. */
export const program = pgTable(
  'program',
  {
    key: text('key').notNull(),
    version: integer('version').notNull(),
    body: jsonb('body').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.version] })],
)

export const patient = pgTable('patient', {
  id: uuid('id').primaryKey(),
  /** Clinics of whoever took the patient in: they see the record before any enrolment does. */
  intakeClinicIds: uuid('intake_clinic_ids').array().notNull(),
  givenName: text('given_name').notNull(),
  familyName: text('family_name').notNull(),
  birthDate: date('birth_date', { mode: 'string' }),
  preferredLanguage: text('preferred_language', { enum: ['en', 'fr'] }).notNull(),
  careLanguages: text('care_languages').array().notNull(),
  province: text('province').notNull(),
  residences: jsonb('residences').notNull(),
  email: text('email'),
  phone: text('phone'),
  contact: jsonb('contact').notNull(),
  communitySupport: jsonb('community_support'),
  escort: jsonb('escort'),
  note: text('note'),
  createdAt: instant('created_at').notNull(),
  revision: integer('revision').notNull().default(1),
})

export const screening = pgTable(
  'screening',
  {
    id: uuid('id').primaryKey(),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    assessedBy: uuid('assessed_by')
      .notNull()
      .references(() => clinician.id),
    assessedOn: date('assessed_on', { mode: 'string' }).notNull(),
    outcome: text('outcome', { enum: ['cleared', 'not-cleared', 'needs-management'] }).notNull(),
    contraindications: text('contraindications').array().notNull(),
    routes: text('routes').array().notNull(),
    validUntil: date('valid_until', { mode: 'string' }),
    /** Of one that needs management: when it is looked at again. */
    reviewOn: date('review_on', { mode: 'string' }),
    recordedAt: instant('recorded_at').notNull(),
  },
  (t) => [index('screening_patient').on(t.patientId)],
)

/** A consent given again is a new row; a withdrawn one keeps the day it was withdrawn. */
export const consent = pgTable(
  'consent',
  {
    id: uuid('id').primaryKey(),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    kind: text('kind', { enum: ['treatment', 'virtual-care', 'detailed-invites', 'share-with-referrer'] }).notNull(),
    givenOn: date('given_on', { mode: 'string' }).notNull(),
    withdrawnAt: instant('withdrawn_at'),
    recordedAt: instant('recorded_at').notNull(),
  },
  (t) => [
    index('consent_patient').on(t.patientId),
    uniqueIndex('consent_in_force').on(t.patientId, t.kind).where(sql`withdrawn_at is null`),
  ],
)

/** A prescriber's signed exception to a rule of eligibility, for one patient. */
export const patientOverride = pgTable(
  'patient_override',
  {
    id: uuid('id').primaryKey(),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    rule: text('rule').notNull(),
    prescriberId: uuid('prescriber_id')
      .notNull()
      .references(() => clinician.id),
    reason: text('reason').notNull(),
    recordedAt: instant('recorded_at').notNull(),
  },
  (t) => [index('patient_override_patient').on(t.patientId)],
)

export const enrolment = pgTable(
  'enrolment',
  {
    id: uuid('id').primaryKey(),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patient.id),
    programKey: text('program_key').notNull(),
    programVersion: integer('program_version').notNull(),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    route: text('route', { enum: ['rdt', 'im', 'iv', 'nasal'] }),
    priority: smallint('priority').notNull().default(1),
    allowedClinicIds: uuid('allowed_clinic_ids').array().notNull(),
    therapist: jsonb('therapist').notNull(),
    unavailable: jsonb('unavailable').notNull(),
    weeklyUnavailable: jsonb('weekly_unavailable').notNull(),
    preferred: jsonb('preferred').notNull(),
    status: text('status', { enum: ['open', 'paused', 'completed', 'withdrawn', 'closed'] }).notNull(),
    openedAt: instant('opened_at').notNull(),
    endedAt: instant('ended_at'),
    /** Why it was withdrawn or closed, in somebody's words. */
    endReason: text('end_reason'),
    /** Of a paused one: when it is to go on. */
    resumeOn: date('resume_on', { mode: 'string' }),
    /** Visits that count as done without an appointment. */
    credited: text('credited').array().notNull().default(sql`'{}'`),
    /** Pauses, resumptions and transfers: what the timeline tells. */
    history: jsonb('history').notNull().default(sql`'[]'`),
    /** Clinics that it was transferred from: they read its history. */
    formerClinicIds: uuid('former_clinic_ids').array().notNull().default(sql`'{}'`),
    revision: integer('revision').notNull().default(1),
  },
  (t) => [
    index('enrolment_patient').on(t.patientId),
    index('enrolment_clinic').on(t.clinicId),
    uniqueIndex('enrolment_once_per_program').on(t.patientId, t.programKey).where(sql`status in ('open', 'paused')`),
  ],
)
