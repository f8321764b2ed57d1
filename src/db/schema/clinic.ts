/** Clinics, the people and rooms that can be claimed, and when they can (domain.md §2, §5). */
import {
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  time,
  uuid,
} from 'drizzle-orm/pg-core'
import { boundedTstzrange, instant } from '../range.ts'

/** Clinics that can share clinicians and that one itinerary may span. */
export const region = pgTable('region', { slug: text('slug').primaryKey() })

export const clinic = pgTable('clinic', {
  id: uuid('id').primaryKey(),
  slug: text('slug').notNull().unique(),
  name: jsonb('name').notNull(),
  address: jsonb('address').notNull(),
  province: text('province').notNull(),
  timeZone: text('time_zone').notNull(),
  region: text('region')
    .notNull()
    .references(() => region.slug),
  phone: text('phone').notNull(),
  opensOn: date('opens_on', { mode: 'string' }),
  policy: jsonb('policy').notNull(),
  revision: integer('revision').notNull().default(1),
})

/** One direction of the way between two clinics of a region. */
export const travel = pgTable(
  'travel',
  {
    fromClinicId: uuid('from_clinic_id')
      .notNull()
      .references(() => clinic.id),
    toClinicId: uuid('to_clinic_id')
      .notNull()
      .references(() => clinic.id),
    minutes: integer('minutes').notNull(),
    points: integer('points').notNull(),
  },
  (t) => [primaryKey({ columns: [t.fromClinicId, t.toClinicId] })],
)

/**
 * Whatever has a calendar. A room, a clinician and a clinic share their id with their resource; a clinician's
 * supervision is a resource of its own, on the same shifts, with `lanes` = how many visits may be supervised at once.
 */
export const resource = pgTable(
  'resource',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind', { enum: ['clinician', 'supervision', 'room', 'clinic'] }).notNull(),
    lanes: smallint('lanes').notNull().default(1),
    clinicianId: uuid('clinician_id'),
  },
  (t) => [index('resource_clinician').on(t.clinicianId)],
)

export const room = pgTable('room', {
  id: uuid('id')
    .primaryKey()
    .references(() => resource.id),
  clinicId: uuid('clinic_id')
    .notNull()
    .references(() => clinic.id),
  name: text('name').notNull(),
  kind: text('kind', { enum: ['consultation', 'dosing', 'group'] }).notNull(),
  seats: smallint('seats').notNull().default(1),
  active: boolean('active').notNull().default(true),
  revision: integer('revision').notNull().default(1),
})

export const clinician = pgTable('clinician', {
  id: uuid('id')
    .primaryKey()
    .references(() => resource.id),
  givenName: text('given_name').notNull(),
  familyName: text('family_name').notNull(),
  displayName: text('display_name').notNull(),
  gender: text('gender'),
  roles: text('roles').array().notNull(),
  languages: text('languages').array().notNull(),
  supervisionId: uuid('supervision_id')
    .notNull()
    .references(() => resource.id),
  supervisionCapacity: smallint('supervision_capacity').notNull(),
  dosesPerDay: smallint('doses_per_day').notNull(),
  activeUntil: date('active_until', { mode: 'string' }),
  revision: integer('revision').notNull().default(1),
})

export const licence = pgTable(
  'licence',
  {
    clinicianId: uuid('clinician_id')
      .notNull()
      .references(() => clinician.id),
    ordinal: smallint('ordinal').notNull(),
    province: text('province').notNull(),
    college: text('college').notNull(),
    number: text('number').notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    validUntil: date('valid_until', { mode: 'string' }),
  },
  (t) => [primaryKey({ columns: [t.clinicianId, t.ordinal] })],
)

/** Recurring local wall time; kept as written, so that the expansion can be redone when zone data changes. */
export const availabilityRule = pgTable(
  'availability_rule',
  {
    id: uuid('id').primaryKey(),
    resourceId: uuid('resource_id')
      .notNull()
      .references(() => resource.id),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    rrule: text('rrule').notNull(),
    startTime: time('start_time').notNull(),
    endTime: time('end_time').notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    validUntil: date('valid_until', { mode: 'string' }),
    exceptDates: date('except_dates', { mode: 'string' }).array().notNull(),
    revision: integer('revision').notNull().default(1),
  },
  (t) => [index('availability_rule_resource').on(t.resourceId), index('availability_rule_clinic').on(t.clinicId)],
)

export const extraShift = pgTable(
  'extra_shift',
  {
    id: uuid('id').primaryKey(),
    resourceId: uuid('resource_id')
      .notNull()
      .references(() => resource.id),
    clinicId: uuid('clinic_id')
      .notNull()
      .references(() => clinic.id),
    during: boundedTstzrange('during').notNull(),
  },
  (t) => [index('extra_shift_resource').on(t.resourceId), index('extra_shift_clinic').on(t.clinicId)],
)

/** An absence of a person or a room; of a clinic it is a closure, with its scope. */
export const timeOff = pgTable('time_off', {
  id: uuid('id').primaryKey(),
  during: boundedTstzrange('during').notNull(),
  reason: text('reason').notNull(),
  scope: text('scope', { enum: ['all', 'premises'] }).notNull(),
})

export const timeOffSubject = pgTable(
  'time_off_subject',
  {
    timeOffId: uuid('time_off_id')
      .notNull()
      .references(() => timeOff.id, { onDelete: 'cascade' }),
    resourceId: uuid('resource_id')
      .notNull()
      .references(() => resource.id),
  },
  (t) => [primaryKey({ columns: [t.timeOffId, t.resourceId] }), index('time_off_subject_resource').on(t.resourceId)],
)

/** Shifts and opening hours, expanded from the rules: what a claim must lie within. Temporal keys: drizzle/0001. */
export const availability = pgTable('availability', {
  resourceId: uuid('resource_id')
    .notNull()
    .references(() => resource.id),
  clinicId: uuid('clinic_id')
    .notNull()
    .references(() => clinic.id),
  during: boundedTstzrange('during').notNull(),
})

/** Until when availability has been expanded: one row. */
export const horizon = pgTable('horizon', {
  id: smallint('id').primaryKey().default(1),
  expandedUntil: instant('expanded_until').notNull(),
})
