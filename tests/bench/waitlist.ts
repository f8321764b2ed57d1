/**
 * How long it takes from freed time to an offer with 1,000 entries waiting, in milliseconds: a fifth without consent, a fifth whose clearance
 * ends too soon, the rest in the way of language; only the last in rank can use it. `--entries N` (1000), `--runs N` (11).
 */
import { cpus, loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import { offerFreedTime } from '../../src/services/offer-freed-time.ts'
import { type Json, type TestApi, testApi } from '../support/api.ts'
import { proposed, ready, staffed } from '../support/staffed-clinic.ts'

const OPTIONS = { entries: { type: 'string' }, runs: { type: 'string' } } as const
/** Of the entries that a first look lets through, so many come before the one who can use the time. */
const AHEAD_IN_RANK = 15
const SLOT = { from: '2027-01-12T00:00:00-05:00', to: '2027-01-30T00:00:00-05:00' }

export async function benchWaitlist(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const [entries, runs] = [Number(values.entries ?? 1000), Number(values.runs ?? 11)]
  const ends: (() => unknown)[] = []
  try {
    const api = await testApi({ teardown: (end) => ends.push(end) }, { seed: 'catalogue' })
    await measure(api, entries, runs)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function measure(api: TestApi, entries: number, runs: number): Promise<void> {
  const staff = await staffed(api, 'montreal-laurier-397', { therapists: 4, nurses: 3 })
  const holder = await ready(api, staff)
  const last = await ready(api, staff)
  const model = await ready(api, staff)
  for (const { id } of [last, model])
    await api.must('POST', '/v1/waitlist', { enrolmentId: id, visitKey: 'prep-1', ...SLOT })
  await crowd(api, model.id, entries - 2)
  const took: number[] = []
  let plans = 0
  for (let run = 0; run < runs; run++) {
    await api.db.execute(sql`update waitlist_offer set status = 'declined' where status = 'offered'`)
    await api.db.execute(sql`truncate waitlist_freed cascade`)
    const { visits } = await proposed(api, holder.id, { notBefore: '2027-01-14T08:00:00-05:00' })
    const { visitKey, start, clinicId } = visits[0]
    const booked = await api.must('POST', '/v1/appointments', { enrolmentId: holder.id, visitKey, start, clinicId })
    await api.must('POST', `/v1/appointments/${booked.id}/cancel`, { by: 'patient' })
    const began = performance.now()
    await offerFreedTime(api.deps)
    took.push(performance.now() - began)
    const found = (await api.db.execute(sql`
      select e.id = ${last.id} as right, cardinality(f.passed_over) as tried from waitlist_offer o
      join waitlist_entry w on w.id = o.entry_id join enrolment e on e.id = w.enrolment_id
      join waitlist_freed f on f.id = o.freed_id where o.status = 'offered'`)) as unknown as Json[]
    if (found.length !== 1 || !found[0].right) throw new Error(`offered to somebody else: ${JSON.stringify(found)}`)
    plans = found[0].tried + 1
  }
  took.sort((a, b) => a - b)
  const at = (share: number) => (took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0).toFixed(0)
  print(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`)
  print(`${entries} entries wait; the one who can use the time is found by plan ${plans}; ${runs} runs`)
  print(`from freed time to the offer, ms: min ${at(0)}, median ${at(0.5)}, worst ${at(1)}`)
}

/** Copies of one enrolment with all that the gates ask about it; each kind lacks something. */
async function crowd(api: TestApi, model: string, count: number): Promise<void> {
  await api.db.execute(sql`
    create temporary table crowd as
    select n, uuidv7() as patient, uuidv7() as enrolment, case
      when n <= ${AHEAD_IN_RANK} then 'language' when n % 2 = 0 then 'consent' else 'clearance' end as lacks
    from generate_series(1, ${count}::int) n`)
  await api.db.execute(sql`
    insert into patient select r.* from crowd c, enrolment e, patient p, lateral jsonb_populate_record(p, jsonb_build_object('id', c.patient,
      'care_languages', case c.lacks when 'language' then array['es'] else p.care_languages end)) r
    where e.id = ${model} and p.id = e.patient_id`)
  await api.db.execute(sql`
    insert into enrolment select r.* from crowd c, enrolment e, lateral jsonb_populate_record(e, jsonb_build_object('id', c.enrolment,
      'patient_id', c.patient, 'priority', 4)) r where e.id = ${model}`)
  await api.db.execute(sql`
    insert into screening select r.* from crowd c, enrolment e, screening s, lateral jsonb_populate_record(s, jsonb_build_object('id', uuidv7(),
      'patient_id', c.patient, 'valid_until', case c.lacks when 'clearance' then '2026-12-31' else '2027-06-30' end)) r
    where e.id = ${model} and s.patient_id = e.patient_id`)
  await api.db.execute(sql`
    insert into consent select r.* from crowd c, enrolment e, consent s, lateral jsonb_populate_record(s, jsonb_build_object('id', uuidv7(),
      'patient_id', c.patient)) r where e.id = ${model} and s.patient_id = e.patient_id and c.lacks <> 'consent'`)
  await api.db.execute(sql`
    insert into waitlist_entry select r.* from crowd c, waitlist_entry w, lateral jsonb_populate_record(w, jsonb_build_object('id', uuidv7(),
      'enrolment_id', c.enrolment)) r where w.enrolment_id = ${model}`)
  await api.db.execute(sql`update waitlist_entry set status = 'withdrawn' where enrolment_id = ${model}`)
  await api.db.execute(sql`analyze`)
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
