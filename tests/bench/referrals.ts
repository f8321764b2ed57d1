/**
 * The queue of referrals over HTTP with 100,000 of them at five clinics, in milliseconds: as an administrator and as one clinic's scheduler,
 * each way of asking, then a new referral with its look for duplicates. `--referrals N` (100000), `--runs N` (100).
 */
import { cpus, loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import { type Call, type TestApi, testApi } from '../support/api.ts'

const OPTIONS = { referrals: { type: 'string' }, runs: { type: 'string' } } as const
const WARM_UP = 10

export async function benchReferrals(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const [count, runs] = [Number(values.referrals ?? 100_000), Number(values.runs ?? 100)]
  const ends: (() => unknown)[] = []
  try {
    const api = await testApi({ teardown: (end) => ends.push(end) }, { seed: 'catalogue' })
    await measure(api, count, runs)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function measure(api: TestApi, count: number, runs: number): Promise<void> {
  await crowd(api, count)
  const clinic = await api.must('GET', '/v1/clinics/vancouver-commercial')
  const scheduler = await api.as('scheduler', { clinicIds: [clinic.id] })
  print(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`)
  print(`${count} referrals, one in ten not reached yet; pages of 50; ${runs} runs, one after another`)
  print('                                          p50    p95    worst')
  const callers: [string, Call][] = [
    ['admin', api.api],
    ['scheduler', scheduler],
  ]
  for (const [name, call] of callers)
    for (const query of ['', '?status=new', '?overdue=true', '?status=accepted', `?overdue=true&clinicId=${clinic.id}`])
      await timed(`${name} ${query.replace(clinic.id, '…') || '(all)'}`, runs, () =>
        call('GET', `/v1/referrals${query}`),
      )
  for (const [name, call] of callers)
    await timed(`${name} worklist`, Math.min(runs, 20), () => call('GET', '/v1/worklist'))
  let n = 0
  await timed('a new referral', runs, () =>
    scheduler('POST', '/v1/referrals', {
      clinicId: clinic.id,
      patient: { givenName: 'Given7', familyName: 'Family7', birthDate: '1980-01-08', phone: `604555${1000 + n++}` },
      reason: 'low mood',
    }),
  )
}

async function timed(name: string, runs: number, ask: () => ReturnType<Call>): Promise<void> {
  const took: number[] = []
  for (let run = -WARM_UP; run < runs; run++) {
    const began = performance.now()
    const { status, text } = await ask()
    if (status >= 300) throw new Error(`${name}: ${status} ${text}`)
    if (run >= 0) took.push(performance.now() - began)
  }
  took.sort((a, b) => a - b)
  const at = (share: number) => (took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0).toFixed(1)
  print(`${name.padEnd(38)} ${at(0.5).padStart(6)} ${at(0.95).padStart(6)} ${at(1).padStart(8)}`)
}

/** A patient each, received over the last two years; of the recent ones a tenth waits. */
async function crowd({ db }: TestApi, count: number): Promise<void> {
  await db.execute(sql`
    create temporary table crowd as
    select n, uuidv7() as id, (select array_agg(id order by slug) from clinic) [1 + n % 5] as clinic_id,
      timestamptz '2026-11-22 12:00Z' - make_interval(mins => n * 10) as at from generate_series(1, ${count}::int) n`)
  await db.execute(sql`
    insert into patient (id, intake_clinic_ids, given_name, family_name, birth_date, preferred_language, care_languages, province, residences,
      phone, contact, created_at)
    select id, array[clinic_id], 'Given' || n, 'Family' || n, date '1980-01-01' + n % 9000, 'en', '{en}', 'BC', '[]', (6040000000 + n)::text,
      '{"voicemail": true}', at from crowd`)
  await db.execute(sql`
    insert into referral (id, clinic_id, patient_id, source, reason, status, received_at, due_elapsed, contact_due_at, created_at)
    select uuidv7(), clinic_id, id, 'self', 'low mood', case when n / 5 % 10 = 0 then 'new' when n / 5 % 10 < 8 then 'accepted' else 'declined' end,
      at, at + interval '1 day', at + interval '1 day', at from crowd`)
  await db.execute(sql`analyze`)
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
