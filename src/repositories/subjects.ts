/** Whose calendar is meant (a clinician, a room, a clinic) and who may see it. */
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import type { Subject } from '../domain/availability.ts'
import { actsFor, type Caller } from '../domain/caller.ts'
import { ClinicId } from '../domain/ids.ts'
import { kindOf, resourceOf, type SubjectKind } from '../domain/subject.ts'
import { ZoneId } from '../domain/time.ts'

export type KnownSubject = {
  readonly resourceId: string
  readonly kind: SubjectKind
  /** Its own clinic; for a clinician those with a rule or an extra shift of theirs. */
  readonly clinicIds: readonly ClinicId[]
  /** The first of those clinics' zone. */
  readonly zone: ZoneId
}

/** For a clinician who works nowhere yet. */
const NOWHERE = ZoneId.parse('Etc/UTC')

/** Those that exist with the kind that was named, in the order asked for. */
export async function find(tx: Tx, subjects: readonly Subject[]): Promise<KnownSubject[]> {
  const ids = subjects.map(resourceOf)
  const rows = await tx.execute<{ id: string; kind: string; clinic_ids: string[]; time_zone: string | null }>(sql`
    select r.id, r.kind, coalesce(at.clinic_ids, '{}') as clinic_ids,
      (select c.time_zone from clinic c where c.id = at.clinic_ids[1]) as time_zone
    from resource r, lateral (select array_agg(clinic_id order by clinic_id) as clinic_ids from (
      select r.id as clinic_id where r.kind = 'clinic'
      union select room.clinic_id from room where room.id = r.id
      union select rule.clinic_id from availability_rule rule where rule.resource_id = r.id
      union select extra.clinic_id from extra_shift extra where extra.resource_id = r.id) as places) as at
    where r.id = any(${sql.param(ids)}::uuid[]) and r.kind <> 'supervision'`)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return subjects.flatMap((subject): KnownSubject[] => {
    const row = byId.get(resourceOf(subject).toLowerCase())
    if (!row || row.kind !== kindOf(subject)) return []
    return [
      {
        resourceId: row.id,
        kind: kindOf(subject),
        clinicIds: row.clinic_ids.map((id) => ClinicId.parse(id)),
        zone: row.time_zone === null ? NOWHERE : ZoneId.parse(row.time_zone),
      },
    ]
  })
}

/** Own clinics' rooms and hours, and people who work there or nowhere yet; a clinician: only oneself. */
export function visible(caller: Caller, subject: KnownSubject): boolean {
  if (caller.role === 'clinician') return caller.clinicianId === subject.resourceId
  if (subject.kind === 'clinician' && subject.clinicIds.length === 0) return true
  return subject.clinicIds.some((id) => actsFor(caller, id))
}

/** `visible` for a column that holds a resource's id; `atClinic` is the clinic of a row that has one. */
export function resourceVisible(caller: Caller, resourceId: SQL, atClinic?: SQL): SQL {
  if (caller.role === 'clinician') return sql`${resourceId} = ${caller.clinicianId}`
  if (caller.clinicIds === null) return sql`true`
  const own = sql`${sql.param([...caller.clinicIds])}::uuid[]`
  if (atClinic) return sql`${atClinic} = any(${own})`
  const places = sql`(
    select rule.resource_id, rule.clinic_id from availability_rule rule
    union all select extra.resource_id, extra.clinic_id from extra_shift extra) as place`
  return sql`(${resourceId} = any(${own})
    or exists (select 1 from room where room.id = ${resourceId} and room.clinic_id = any(${own}))
    or exists (select 1 from ${places} where place.resource_id = ${resourceId} and place.clinic_id = any(${own}))
    or (exists (select 1 from clinician c where c.id = ${resourceId})
      and not exists (select 1 from ${places} where place.resource_id = ${resourceId})))`
}
