/** Re-expansion in the database: past rows stay, the horizon rolls, nothing strands a booking, whoever comes first. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { v7 } from 'uuid'
import { transact } from '../../src/db/client.ts'
import { rangeText } from '../../src/db/range.ts'
import { ok } from '../../src/domain/result.ts'
import { DAY, type Instant } from '../../src/domain/time.ts'
import { extendHorizon, type ReExpandOptions, reExpand } from '../../src/services/expand-availability.ts'
import { at, bookedVisit, clinicWithRoom, heldVisit, someone } from '../support/clinics.ts'
import { testDatabase } from '../support/database.ts'

const { db } = await testDatabase(t)

const rule = (resourceId: string, clinicId: string, startTime: string, endTime: string, rrule = 'FREQ=DAILY') =>
  db.execute(sql`insert into availability_rule (id, resource_id, clinic_id, rrule, start_time, end_time, valid_from, except_dates)
    values (${v7()}, ${resourceId}, ${clinicId}, ${rrule}, ${startTime}, ${endTime}, '2026-01-01', '{}')`)
const expand = (now: Instant, ids: string[], options: ReExpandOptions = {}) =>
  transact(db, (tx) => reExpand(tx, now, ids, options))
/** Local hours of the stored rows that touch the window. */
async function stored(resourceId: string, from: string, to: string): Promise<string[]> {
  const rows = await db.execute<{ span: string }>(sql`
    select to_char(lower(during) - interval '5 hours', 'DD HH24:MI') || '-' || to_char(upper(during) - interval '5 hours', 'HH24:MI') as span
    from availability where resource_id = ${resourceId} and during && ${rangeText({ start: at(from), end: at(to) })}::tstzrange
    order by during`)
  return rows.map((row) => row.span)
}

t.test('past rows stay and the shift under way is cut where the change begins', async (t) => {
  const { clinicId } = await clinicWithRoom(db, 'QC')
  const nurse = await someone(db)
  await rule(nurse, clinicId, '08:00', '16:00')
  t.ok((await expand(at('2026-12-01T06:00:00-05:00'), [nurse])).ok)
  await bookedVisit(db, [
    { resourceId: nurse, clinicId, start: '2026-12-01T08:00:00-05:00', end: '2026-12-01T09:00:00-05:00' },
  ])
  await db.execute(sql`delete from availability_rule where resource_id = ${nurse}`)
  await rule(nurse, clinicId, '11:00', '12:00')
  t.ok((await expand(at('2026-12-02T10:00:00-05:00'), [nurse])).ok)
  const days = ['2026-12-01T00:00:00-05:00', '2026-12-04T00:00:00-05:00'] as const
  t.same(await stored(nurse, ...days), ['01 08:00-16:00', '02 08:00-10:00', '02 11:00-12:00', '03 11:00-12:00'])
  const [supervision] = await db.execute<{ id: string }>(
    sql`select id from resource where clinician_id = ${nurse} and kind = 'supervision'`,
  )
  t.same(
    await stored(supervision?.id ?? '', ...days),
    await stored(nurse, ...days),
    'supervision is on the same shifts',
  )
})

t.test('a visit under way when its shift is shortened behind it is not stranded', async (t) => {
  const { clinicId } = await clinicWithRoom(db, 'QC')
  const nurse = await someone(db)
  await rule(nurse, clinicId, '08:00', '16:00')
  await expand(at('2026-12-01T06:00:00-05:00'), [nurse])
  await bookedVisit(db, [
    { resourceId: nurse, clinicId, start: '2026-12-01T09:30:00-05:00', end: '2026-12-01T11:00:00-05:00' },
  ])
  await db.execute(sql`update availability_rule set start_time = '10:00' where resource_id = ${nurse}`)
  t.ok((await expand(at('2026-12-01T10:15:00-05:00'), [nurse])).ok)
  await db.execute(sql`update availability_rule set end_time = '10:45' where resource_id = ${nurse}`)
  const cut = await expand(at('2026-12-01T10:20:00-05:00'), [nurse])
  t.match(cut, { ok: false, error: { code: 'bookings-affected' } })
})

t.test('an opening day, a last day and a room taken out of use end availability', async (t) => {
  const { clinicId, roomId } = await clinicWithRoom(db, 'QC', { opensOn: '2026-12-03' })
  const nurse = await someone(db, { activeUntil: '2026-12-04' })
  await rule(clinicId, clinicId, '08:00', '18:00')
  await rule(nurse, clinicId, '09:00', '17:00')
  const now = at('2026-12-01T06:00:00-05:00')
  t.ok((await expand(now, [clinicId])).ok)
  const days = ['2026-12-01T00:00:00-05:00', '2026-12-07T00:00:00-05:00'] as const
  t.same(await stored(nurse, ...days), ['03 09:00-17:00', '04 09:00-17:00'], 'staff come with the clinic')
  t.equal((await stored(roomId, ...days))[0], '03 08:00-18:00')
  await db.execute(sql`update room set active = false where id = ${roomId}`)
  t.ok((await expand(now, [roomId])).ok)
  t.same(await stored(roomId, ...days), [])
})

t.test('stored rules that clash leave one clinic at a time', async (t) => {
  const [here, there] = [await clinicWithRoom(db, 'QC'), await clinicWithRoom(db, 'QC')]
  const nurse = await someone(db)
  await rule(nurse, here.clinicId, '08:00', '12:00')
  await rule(nurse, there.clinicId, '11:00', '15:00')
  t.ok((await expand(at('2026-12-01T06:00:00-05:00'), [nurse])).ok)
  t.same(await stored(nurse, '2026-12-01T00:00:00-05:00', '2026-12-02T00:00:00-05:00'), [
    '01 08:00-12:00',
    '01 12:00-15:00',
  ])
})

t.test('an expired hold stands in nobody’s way', async (t) => {
  const { clinicId } = await clinicWithRoom(db, 'QC')
  const nurse = await someone(db)
  await rule(nurse, clinicId, '08:00', '16:00')
  const now = at('2026-12-01T06:00:00-05:00')
  await expand(now, [nurse])
  const span = { resourceId: nurse, clinicId, start: '2026-12-02T09:00:00-05:00', end: '2026-12-02T10:00:00-05:00' }
  await heldVisit(db, [span], -1)
  await db.execute(sql`delete from availability_rule where resource_id = ${nurse}`)
  t.ok((await expand(now, [nurse])).ok)
  const [{ n } = { n: -1 }] = await db.execute<{ n: number }>(
    sql`select count(*)::int as n from claim where resource_id = ${nurse}`,
  )
  t.equal(n, 0)
})

t.test('a booking that waits for a re-expansion, and the other way round, end legal', async (t) => {
  const { clinicId } = await clinicWithRoom(db, 'QC')
  const nurse = await someone(db)
  await rule(nurse, clinicId, '08:00', '16:00')
  const now = at('2026-12-01T06:00:00-05:00')
  await expand(now, [nurse])
  await db.execute(sql`update availability_rule set end_time = '15:00' where resource_id = ${nurse}`)
  const book = () =>
    transact(db, async (tx) => {
      await tx.execute(sql`select id from resource where id = ${nurse} for no key update`)
      await tx.execute(sql`insert into claim (resource_id, lane, clinic_id, during, visit_key, dose, appointment_id)
        select resource_id, 1, clinic_id, during, 'x', false, appointment_id from (values (${nurse}::uuid, ${clinicId}::uuid,
          ${rangeText({ start: at('2026-12-02T15:00:00-05:00'), end: at('2026-12-02T16:00:00-05:00') })}::tstzrange,
          (select id from appointment limit 1))) as v (resource_id, clinic_id, during, appointment_id)`)
      return ok('booked')
    })
  const [booked, expanded] = await Promise.allSettled([book(), expand(now, [nurse])])
  const [{ n } = { n: -1 }] = await db.execute<{ n: number }>(
    sql`select count(*)::int as n from claim where resource_id = ${nurse}`,
  )
  if (booked.status === 'fulfilled') {
    t.equal(n, 1)
    t.match(expanded, { value: { ok: false, error: { code: 'bookings-affected' } } })
  } else {
    t.match(booked.reason, { sqlstate: '23503', constraint: 'claim_within_availability' })
    t.match(expanded, { value: { ok: true } })
  }
  const [{ outside } = { outside: -1 }] = await db.execute<{ outside: number }>(sql`
    select count(*)::int as outside from claim c where not c.during <@ (
      select range_agg(a.during) from availability a where a.resource_id = c.resource_id and a.clinic_id = c.clinic_id)`)
  t.equal(outside, 0)
})

t.test('the horizon rolls on when it is a week behind, and flags what newer facts leave outside', async (t) => {
  const { clinicId } = await clinicWithRoom(db, 'QC')
  const nurse = await someone(db)
  await rule(nurse, clinicId, '08:00', '16:00')
  const start = at('2026-12-01T06:00:00-05:00')
  await expand(start, [nurse])
  const appointmentId = await bookedVisit(db, [
    { resourceId: nurse, clinicId, start: '2027-02-02T09:00:00-05:00', end: '2027-02-02T10:00:00-05:00' },
  ])
  const last = async () => {
    const [row] = await db.execute<{ day: string }>(
      sql`select max(upper(during))::date::text as day from availability where resource_id = ${nurse}`,
    )
    return row?.day
  }
  t.equal(await last(), '2027-11-30')
  const later = (days: number) => extendHorizon({ db, now: () => (start + days * DAY) as Instant })
  t.same(await later(5), { ok: true, value: false })
  t.equal(await last(), '2027-11-30')
  t.same(await later(9), { ok: true, value: true })
  t.equal(await last(), '2027-12-09')
  t.same(await later(9), { ok: true, value: false })
  await db.execute(sql`update availability_rule set valid_until = '2027-02-01' where resource_id = ${nurse}`)
  t.same(await later(20), { ok: true, value: true })
  const [row] = await db.execute(sql`select status from appointment where id = ${appointmentId}`)
  t.match(row, { status: 'needs-replanning' })
})
