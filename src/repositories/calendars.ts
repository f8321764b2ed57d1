/** The facts that an expansion needs, in SQL: rules, extra shifts, time off and the clinics they hang on. One statement a table. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import {
  availabilityRule,
  clinic,
  clinician,
  extraShift,
  resource,
  room,
  timeOff,
  timeOffSubject,
} from '../db/schema.ts'
import type { RuleHours } from '../domain/availability.ts'
import { Policy, Province } from '../domain/clinic.ts'
import type { CalendarFacts, Expandable } from '../domain/expansion.ts'
import { ClinicId } from '../domain/ids.ts'
import { type Instant, LocalDate, LocalTime, ZoneId } from '../domain/time.ts'

const among = (column: unknown, ids: readonly string[]) => sql`${column} = any(${sql.param([...ids])}::uuid[])`
const isoDay = (day: string | null): LocalDate | null => (day === null ? null : LocalDate.parse(day))

function grouped<Row, Value>(rows: readonly Row[], key: (row: Row) => string, value: (row: Row) => Value) {
  const groups = new Map<string, Value[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group) group.push(value(row))
    else groups.set(key(row), [value(row)])
  }
  return groups
}

export async function expandables(tx: Tx, resourceIds: readonly string[]): Promise<Expandable[]> {
  const rows = await tx
    .select({
      id: resource.id,
      kind: resource.kind,
      owner: clinician.id,
      activeUntil: clinician.activeUntil,
      clinicId: room.clinicId,
      active: room.active,
    })
    .from(resource)
    .leftJoin(room, sql`${room.id} = ${resource.id}`)
    .leftJoin(clinician, sql`${clinician.id} = coalesce(${resource.clinicianId}, ${resource.id})`)
    .where(among(resource.id, resourceIds))
    .orderBy(resource.id)
  return rows.flatMap((row): Expandable[] => {
    if (row.kind === 'clinic') return [{ kind: 'clinic', id: ClinicId.parse(row.id) }]
    if (row.kind === 'room')
      return row.clinicId
        ? [{ kind: 'room', id: row.id, clinicId: ClinicId.parse(row.clinicId), active: row.active ?? true }]
        : []
    return row.owner ? [{ kind: 'clinician', id: row.id, owner: row.owner, activeUntil: isoDay(row.activeUntil) }] : []
  })
}

/** Facts about the resources from `now` on, with all clinics that their rules and shifts name. */
export async function load(
  tx: Tx,
  owners: readonly string[],
  clinicIds: readonly ClinicId[],
  now: Instant,
): Promise<CalendarFacts> {
  const ids = [...new Set([...owners, ...clinicIds])]
  const ahead = sql`tstzrange(to_timestamp(${now / 1000}::float8), null)`
  const ruleRows = await tx.select().from(availabilityRule).where(among(availabilityRule.resourceId, ids))
  const extraRows = await tx
    .select()
    .from(extraShift)
    .where(sql`${among(extraShift.resourceId, ids)} and ${extraShift.during} && ${ahead}`)
  const named = new Set([...clinicIds, ...ruleRows.map((r) => r.clinicId), ...extraRows.map((r) => r.clinicId)])
  const offRows = await tx
    .select({ resourceId: timeOffSubject.resourceId, during: timeOff.during, scope: timeOff.scope })
    .from(timeOff)
    .innerJoin(timeOffSubject, sql`${timeOffSubject.timeOffId} = ${timeOff.id}`)
    .where(sql`${among(timeOffSubject.resourceId, [...new Set([...ids, ...named])])} and ${timeOff.during} && ${ahead}`)
  const clinicRows = await tx
    .select()
    .from(clinic)
    .where(among(clinic.id, [...named]))
  return {
    clinics: new Map(
      clinicRows.map((row) => [
        ClinicId.parse(row.id),
        {
          zone: ZoneId.parse(row.timeZone),
          province: Province.parse(row.province),
          opensOn: isoDay(row.opensOn),
          holidays: Policy.parse(row.policy).holidays,
        },
      ]),
    ),
    rules: grouped(ruleRows, (row) => row.resourceId, toHours),
    extraShifts: grouped(
      extraRows,
      (row) => row.resourceId,
      (row) => ({ ...row.during, clinicId: ClinicId.parse(row.clinicId) }),
    ),
    timeOff: grouped(
      offRows,
      (row) => row.resourceId,
      (row) => ({ ...row.during, scope: row.scope }),
    ),
  }
}

/** PostgreSQL prints a time with seconds. */
export const toHours = (row: typeof availabilityRule.$inferSelect): RuleHours => ({
  clinicId: ClinicId.parse(row.clinicId),
  rrule: row.rrule,
  startTime: LocalTime.parse(row.startTime.slice(0, 5)),
  endTime: LocalTime.parse(row.endTime.slice(0, 5)),
  validFrom: LocalDate.parse(row.validFrom),
  validUntil: isoDay(row.validUntil),
  exceptDates: row.exceptDates.map((day) => LocalDate.parse(day)),
})

/** Minutes between clinics, by direction; undefined between clinics that share nobody. */
export async function travelBetween(
  tx: Tx,
  clinicIds: readonly ClinicId[],
): Promise<(from: ClinicId, to: ClinicId) => number | undefined> {
  const rows = await tx.execute<{ way: string; minutes: number }>(sql`
    select from_clinic_id || ' ' || to_clinic_id as way, minutes from travel
    where ${among(sql`from_clinic_id`, clinicIds)} and ${among(sql`to_clinic_id`, clinicIds)}`)
  const minutes = new Map(rows.map((row) => [row.way, row.minutes]))
  return (from, to) => minutes.get(`${from} ${to}`)
}
