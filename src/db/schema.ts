/** The tables as drizzle sees them; what it cannot express (temporal keys, triggers) is in drizzle/*.sql and asserted by tests/db/schema.test.ts. */
export * from './schema/access.ts'
export * from './schema/booking.ts'
export * from './schema/clinic.ts'
export * from './schema/group.ts'
export * from './schema/intake.ts'
export * from './schema/outbound.ts'
export * from './schema/patient.ts'
export * from './schema/waitlist.ts'
