/** Who may call, what was read and written, and what happened: users, tokens, audit log, event outbox. */

import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
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

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

export const appUser = pgTable('app_user', {
  id: uuid('id').primaryKey(),
  displayName: text('display_name').notNull(),
  role: text('role', { enum: ['admin', 'scheduler', 'clinician', 'integration', 'privacy'] }).notNull(),
  clinicIds: uuid('clinic_ids').array().notNull(),
  clinicianId: uuid('clinician_id'),
  scopes: text('scopes').array().notNull(),
  active: boolean('active').notNull().default(true),
  createdAt: instant('created_at').notNull(),
  revision: integer('revision').notNull().default(1),
})

/** 256-bit bearer tokens, stored as their SHA-256 only. */
export const apiToken = pgTable('api_token', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id')
    .notNull()
    .references(() => appUser.id),
  hash: bytea('hash').notNull().unique(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at'),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
})

/** Append-only (a trigger refuses update and delete); never values, only which record and which classes of fields. */
export const auditEntry = pgTable(
  'audit_entry',
  {
    sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().default(sql`clock_timestamp()`),
    actorId: uuid('actor_id'),
    actorRole: text('actor_role').notNull(),
    action: text('action').notNull(),
    resourceType: text('resource_type').notNull(),
    resourceId: text('resource_id'),
    revision: integer('revision'),
    fieldClasses: text('field_classes').array().notNull().default(sql`'{}'`),
    patientId: uuid('patient_id'),
    purpose: text('purpose'),
    recipient: text('recipient'),
    requestId: text('request_id'),
    outcome: text('outcome').notNull(),
  },
  (t) => [index('audit_entry_patient').on(t.patientId, t.at), index('audit_entry_actor').on(t.actorId, t.at)],
)

/** The outbox: ids and times only, written in the transaction of the change it tells of. */
export const event = pgTable(
  'event',
  {
    /** Its order. Readers go by it as far as repositories/events.ts says that nothing below can still come. */
    sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Its name outside. */
    id: uuid('id').notNull().default(sql`uuidv7()`),
    at: instant('at').notNull().default(sql`clock_timestamp()`),
    type: text('type').notNull(),
    enrolmentId: uuid('enrolment_id'),
    clinicId: uuid('clinic_id'),
    subject: jsonb('subject').notNull(),
  },
  (t) => [index('event_enrolment').on(t.enrolmentId, t.sequence), uniqueIndex('event_id').on(t.id)],
)

/** Answers given to a token under an Idempotency-Key, stored with their effect; 24 hours old they count for nothing. */
export const idempotencyKey = pgTable(
  'idempotency_key',
  {
    tokenId: uuid('token_id').notNull(),
    key: text('key').notNull(),
    /** Method, full path and body. */
    requestHash: bytea('request_hash').notNull(),
    status: smallint('status').notNull(),
    contentType: text('content_type').notNull(),
    body: text('body').notNull(),
    createdAt: instant('created_at').notNull().default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.tokenId, t.key] }), index('idempotency_key_age').on(t.createdAt)],
)
