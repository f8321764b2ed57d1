/** Everybody who may want some freed time, with what a first look needs, in a handful of statements for any number of them. */
import { sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import type { Program } from '../domain/program.ts'
import type { Instant } from '../domain/time.ts'
import type { FreedTime, StandingVisit, Waiting, WaitlistEntry } from '../domain/waitlist.ts'
import * as programs from './programs.ts'

type Row = {
  id: string
  enrolment_id: string
  clinic_id: string
  time_zone: string
  visit_key: string | null
  from_at: number
  to_at: number
  min_notice_hours: number
  revision: number
  priority: number
  program: string
  consented: boolean
  screened: boolean
  standing: { visitKey: string; status: StandingVisit['status']; start: number; end: number }[] | null
}

const millis = (column: string) => sql.raw(`(extract(epoch from ${column}) * 1000)::float8`)

/** Open enrolments that may go to the clinic, in whose window and notice the time lies, without a live offer, not passed over yet. */
export async function waitingFor(tx: Tx, freed: FreedTime, now: Instant): Promise<Waiting[]> {
  const rows = await tx.execute<Row>(sql`
    select w.id, w.enrolment_id, e.clinic_id, c.time_zone, w.visit_key, ${millis('w.from_at')} as from_at,
      ${millis('w.to_at')} as to_at, w.min_notice_hours, w.revision, e.priority,
      e.program_key || ' ' || e.program_version as program,
      exists (select from consent k where k.patient_id = e.patient_id and k.kind = 'treatment' and k.withdrawn_at is null) as consented,
      exists (select from screening s where s.patient_id = e.patient_id and s.outcome = 'cleared'
        and (s.valid_until is null or s.valid_until >= (${instantText(freed.start)}::timestamptz - interval '1 day')::date)) as screened,
      (select json_agg(json_build_object('visitKey', a.visit_key, 'status', a.status,
          'start', ${millis('a.starts_at')}, 'end', ${millis('coalesce(a.ended_at, a.ends_at)')}))
        from appointment a where a.enrolment_id = e.id and a.status not in ('cancelled', 'no-show', 'not-dosed')) as standing
    from waitlist_entry w join enrolment e on e.id = w.enrolment_id join clinic c on c.id = e.clinic_id
    where w.status = 'waiting' and e.status = 'open' and ${freed.clinicId}::uuid = any(e.allowed_clinic_ids)
      and w.from_at < ${instantText(freed.end)} and w.to_at >= ${instantText(freed.start)}
      and ${instantText(now)}::timestamptz + make_interval(hours => w.min_notice_hours) < ${instantText(freed.end)}
      and w.id <> all(${sql.param([...freed.passedOver])}::uuid[])
      and not exists (select from waitlist_offer o where o.entry_id = w.id and o.status = 'offered')`)
  const known = await templates(tx, [...new Set(rows.map((row) => row.program))])
  return rows.flatMap((row): Waiting[] => {
    const program = known.get(row.program)
    const entry = {
      id: row.id,
      enrolmentId: row.enrolment_id,
      clinicId: row.clinic_id,
      timeZone: row.time_zone,
      visitKey: row.visit_key,
      start: row.from_at,
      end: row.to_at,
      minNoticeHours: row.min_notice_hours,
      status: 'waiting',
      revision: row.revision,
    } as WaitlistEntry
    const standing = (row.standing ?? []).map((v) => ({ ...v, timeZone: entry.timeZone }) as StandingVisit)
    const { priority, consented, screened } = row
    return program ? [{ entry, priority, program, standing, consented, screened }] : []
  })
}

async function templates(tx: Tx, named: readonly string[]): Promise<Map<string, Program>> {
  const found = new Map<string, Program>()
  for (const name of named) {
    const [key = '', version] = name.split(' ')
    const program = await programs.version(tx, key, Number(version))
    if (program) found.set(name, program)
  }
  return found
}
