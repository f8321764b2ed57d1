import { eq } from 'drizzle-orm'
import t from 'tap'
import { v7 } from 'uuid'
import { PATIENTS } from '../../src/catalogue/demo-patients.ts'
import { REFERRED } from '../../src/catalogue/demo-referrals.ts'
import { STAFF } from '../../src/catalogue/demo-staff.ts'
import type { Db } from '../../src/db/client.ts'
import {
  appointment,
  availabilityRule,
  clinic,
  clinician,
  enrolment,
  event,
  itinerary,
  patient,
} from '../../src/db/schema.ts'
import type { Instant } from '../../src/domain/time.ts'
import { outboundOf } from '../../src/outbound/outbound.ts'
import type { Deps } from '../../src/services/deps.ts'
import { seedCatalogue } from '../../src/services/seed-catalogue.ts'
import { seedDemo } from '../../src/services/seed-demo.ts'
import { type Json, testApi } from '../support/api.ts'
import { testDatabase } from '../support/database.ts'

const depsAt = (db: Db, at: string): Deps => ({
  db,
  now: () => Date.parse(at) as Instant,
  newId: () => v7(),
  mailFrom: 'scheduling@throughline.invalid',
  maxHolds: 1000,
  outbound: outboundOf({ allowLoopback: true }),
})

/** Visits of the treatment, in an itinerary without information call and screening. */
const VISITS = { standard: 9, introductory: 4 } as const
const SLUGS = [...new Set(PATIENTS.map((p) => p.clinic))]

t.test('whatever the day, every patient of the demonstration is as far as it says', async (t) => {
  for (const at of ['2026-11-22T12:00:00Z', '2026-12-23T22:30:00-08:00', '2028-02-29T09:00:00-05:00'])
    await t.test(at, async (t) => {
      const { db } = await testDatabase(t)
      const deps = depsAt(db, at)
      t.same(await seedDemo(deps), { ok: true, value: true })
      t.same(await seedDemo(deps), { ok: true, value: false }, 'a second time it does nothing')
      t.equal(await db.$count(patient), PATIENTS.length + REFERRED.length)
      t.equal(await db.$count(event, eq(event.type, 'referral.overdue')), 1, 'one has waited for a call too long')
      t.equal(await db.$count(clinician), STAFF.length)
      const people = await db.select().from(patient)
      const enrolments = await db.select().from(enrolment)
      const booked = await db.select().from(appointment)
      const proposals = await db.select().from(itinerary)
      for (const wanted of PATIENTS) {
        const who = people.find((p) => p.familyName === wanted.familyName)
        const enrolled = enrolments.find((e) => e.patientId === who?.id)
        const visits = booked.filter((a) => a.enrolmentId === enrolled?.id)
        const plans = proposals.filter((i) => i.enrolmentId === enrolled?.id).map((i) => i.status)
        const statuses = [...new Set(visits.map((a) => a.status))].sort()
        const program = VISITS[wanted.program]
        const about = `${wanted.familyName}: ${wanted.stage}`
        if (wanted.stage === 'booked')
          t.same([visits.length, statuses, plans], [program, ['booked'], ['booked']], about)
        else if (wanted.stage === 'screening-booked') t.same([visits.length, statuses], [2, ['booked']], about)
        else if (wanted.stage === 'held') t.same([visits.length, plans], [0, ['held']], about)
        else if (wanted.stage === 'proposed') t.ok(plans.length > 1 && plans.every((s) => s === 'proposed'), about)
        else if (wanted.stage === 'under-way')
          t.same(
            [visits.length, statuses.includes('booked'), statuses.includes('completed'), enrolled?.status],
            [program, true, true, 'open'],
            about,
          )
        else if (wanted.stage === 'completed')
          t.same([visits.length, statuses, enrolled?.status], [program + 1, ['completed'], 'completed'], about)
        else if (wanted.stage === 'dose-cancelled') {
          t.same(statuses, ['booked', 'cancelled', 'needs-replanning'], about)
          const cancelled = visits.filter((a) => a.status === 'cancelled').map((a) => a.visitKey)
          t.same(cancelled.sort(), ['dose-2', 'integration-2'], 'the integration went with its dose')
        } else t.same([visits.length, plans.length], [0, 0], about)
      }
      const past = booked.filter((a) => a.end <= deps.now())
      t.ok(past.length > 0 && past.every((a) => a.status === 'completed'), 'what lies in the past has taken place')
      t.equal(new Set(booked.map((a) => a.clinicId)).size, SLUGS.length, 'every clinic has bookings')
    })
})

t.test('a database with data of its own is left alone', async (t) => {
  const { db } = await testDatabase(t)
  const deps = depsAt(db, '2026-11-22T12:00:00Z')
  await seedCatalogue(deps)
  t.same(await seedDemo(deps), { ok: true, value: false })
  t.same([await db.$count(clinician), await db.$count(patient)], [0, 0])
})

t.test('half a demonstration is never stored', async (t) => {
  const { db } = await testDatabase(t)
  const deps = depsAt(db, '2026-11-22T12:00:00Z')
  let left = 400
  const newId = () => {
    if (left-- === 0) throw new Error('cut off')
    return v7()
  }
  await t.rejects(seedDemo({ ...deps, newId }), { message: 'cut off' })
  t.same([await db.$count(clinic), await db.$count(availabilityRule), await db.$count(patient)], [0, 0, 0])
})

t.test('whoever leads doses works on consecutive days, for the morning after', async (t) => {
  const order = ['MO', 'TU', 'WE', 'TH', 'FR']
  for (const { familyName, roles, shifts } of STAFF) {
    if (!roles.includes('therapist')) continue
    const days = shifts.map((s) => s.days.split(',').map((day) => order.indexOf(day)))
    t.ok(
      days.every((worked) => worked.some((day) => worked.includes(day + 1))),
      familyName,
    )
  }
  const clinics = (name: string) => STAFF.find((s) => s.familyName === name)?.shifts.map((s) => s.clinic)
  t.same(clinics('Tremble'), ['montreal-laurier-393', 'montreal-laurier-397'], 'one is shared')
})

t.test('the demonstration is worked with over HTTP', async (t) => {
  const { api, must, deps } = await testApi(t)
  t.ok((await seedDemo(deps)).ok)
  for (const slug of SLUGS) {
    const { id } = await must('GET', `/v1/clinics/${slug}`)
    const { items } = await must('GET', `/v1/enrolments?clinicId=${id}&limit=200`)
    const open = items.filter((e: Json) => e.program.key === 'standard')
    const wanted = PATIENTS.filter((p) => p.clinic === slug && (p.stage === 'cleared' || p.stage === 'proposed'))
    const names = new Map<string, string>()
    for (const e of open) names.set(e.id, (await must('GET', `/v1/patients/${e.patientId}`)).familyName)
    const enrolled = open.find((e: Json) => wanted.some((p) => p.familyName === names.get(e.id)))
    const { itineraries, blockers } = await must('POST', `/v1/enrolments/${enrolled.id}/itineraries`, {
      notBefore: '2026-11-23T08:00:00-05:00',
    })
    t.same([itineraries.length > 0, blockers], [true, []], `a Standard program is planned at ${slug}`)
    const confirmed = await api('POST', `/v1/itineraries/${itineraries[0].id}/confirm`)
    t.equal(confirmed.status, 201, confirmed.text.slice(0, 200))
    const roster = await must('GET', `/v1/rosters/clinics/${id}?date=2026-11-24&days=14`)
    t.ok(roster.entries.length > 0, 'its roster is not empty')
  }
})
