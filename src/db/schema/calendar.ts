/** Links that open without a bearer token: calendars to subscribe to, sign-ins of people, one-time links. Each is known by its SHA-256 alone. */
import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../range.ts'
import { apiToken, appUser, bytea } from './access.ts'
import { clinician } from './clinic.ts'
import { patient } from './patient.ts'

export const calendarFeed = pgTable(
  'calendar_feed',
  {
    id: uuid('id').primaryKey(),
    clinicianId: uuid('clinician_id').references(() => clinician.id),
    patientId: uuid('patient_id').references(() => patient.id),
    detail: text('detail', { enum: ['busy', 'initials', 'full'] }).notNull(),
    hash: bytea('hash').notNull().unique(),
    /** How far whoever made it saw then; null: every clinic. */
    clinicIds: uuid('clinic_ids').array(),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => appUser.id),
    createdAt: instant('created_at').notNull(),
    revokedAt: instant('revoked_at'),
  },
  (t) => [
    check('calendar_feed_one_subject', sql`(clinician_id is null) <> (patient_id is null)`),
    index('calendar_feed_clinician').on(t.clinicianId),
    index('calendar_feed_patient').on(t.patientId),
  ],
)

/** A browser's sign-in: it stands for a token, and ends with it. */
export const browserSession = pgTable(
  'browser_session',
  {
    hash: bytea('hash').primaryKey(),
    tokenId: uuid('token_id')
      .notNull()
      .references(() => apiToken.id),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    revokedAt: instant('revoked_at'),
  },
  (t) => [index('browser_session_expiry').on(t.expiresAt)],
)

/** Signs in once, as its token. */
export const signInLink = pgTable('sign_in_link', {
  hash: bytea('hash').primaryKey(),
  tokenId: uuid('token_id')
    .notNull()
    .references(() => apiToken.id),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  usedAt: instant('used_at'),
})
