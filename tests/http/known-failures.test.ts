/** What schedulers elsewhere are known to get wrong, each as a case of its own; more of them are in hand-booking, slots and reschedule. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { onShift, proposed, ready, type Staff, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue' })
const at = (time: string, day = 11) => `2027-01-${day}T${time}:00-05:00`
const by = (as: string, clinicianId: string | undefined) => ({ participants: [{ as, clinicianId }] })
const leadOf = (appointment: Json): string =>
  appointment.participants.find((p: Json) => p.as === 'therapist').clinicianId

const book = async (staff: Staff, visitKey: string, start: string, over: object = {}) => {
  const api = await s
  const { id } = await ready(api, staff)
  return api.api('POST', '/v1/appointments', { enrolmentId: id, visitKey, start, clinicId: staff.clinic.id, ...over })
}

t.test('a hold keeps direct bookings out, and one of two interchangeable therapists stays free', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-393', { therapists: 2 })
  const [first, second] = staff.therapist
  const enrolment = await ready(api, staff)
  const itinerary = await proposed(api, enrolment.id, { therapistId: first })
  await api.must('POST', `/v1/itineraries/${itinerary.id}/hold`, {}, 201)
  const { start } = itinerary.visits[0]
  const named = await book(staff, 'prep-1', start, by('therapist', first))
  t.match(named, { status: 409, json: { code: 'resource-taken', conflicts: [{ kind: 'clinician', id: first }] } })
  const free = await book(staff, 'prep-1', start)
  t.equal(free.status, 201, free.text)
  t.equal(leadOf(free.json), second)
  t.equal((await book(staff, 'prep-1', start)).json.code, 'resource-taken', 'and then nobody is')
  await api.must('DELETE', `/v1/itineraries/${itinerary.id}/hold`, undefined, 204)
  t.equal((await book(staff, 'prep-1', start, by('therapist', first))).status, 201, 'released is free at once')
})

t.test('time that was given to somebody else is the first one’s again, at once', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-sherbrooke', { therapists: 2, nurses: 2 })
  const [nurse, other] = staff.nurse
  const dose = await book(staff, 'dose-1', at('09:00'), by('nurse', nurse))
  t.equal(dose.status, 201, dose.text)
  const off = { subject: { clinicianId: nurse }, start: at('09:00'), end: at('09:15'), reason: 'late' }
  const { reassigned, timeOff, id } = await api.must('POST', '/v1/time-off', { ...off, onConflict: 'reassign' }, 201)
  t.equal(reassigned?.length, 1)
  await api.must('DELETE', `/v1/time-off/${id ?? timeOff.id}`, undefined)
  const again = await book(staff, 'dose-1', at('09:00'), by('nurse', nurse))
  t.equal(again.status, 201, again.text)
  const taken = await book(staff, 'dose-1', at('11:00'), by('nurse', other))
  t.equal(taken.json.code, 'resource-taken', 'and the substitute is taken')
})

t.test('a closed day is open where an extra shift says so; a shift may end after midnight', async (t) => {
  const api = await s
  const staff = await staffed(api, 'toronto-eglinton', { therapists: 1 })
  const [therapist] = staff.therapist
  const clinicId = staff.clinic.id
  const sunday = at('10:00', 17)
  t.equal((await book(staff, 'prep-1', sunday)).json.code, 'outside-availability')
  const hours = { clinicId, start: at('09:00', 17), end: at('12:00', 17) }
  await api.must('POST', '/v1/extra-shifts', { subject: { clinicianId: therapist }, ...hours }, 201)
  t.equal((await book(staff, 'prep-1', sunday)).json.code, 'outside-availability', 'the rooms are closed')
  t.equal((await book(staff, 'prep-1', sunday, { modality: 'virtual' })).status, 201)
  await api.must('POST', '/v1/extra-shifts', { subject: { clinicId }, ...hours }, 201)
  t.equal((await book(staff, 'prep-1', at('11:00', 17))).status, 201)
  const night = { startTime: '20:00', endTime: '02:00', rrule: 'FREQ=WEEKLY;BYDAY=WE' }
  await onShift(api, therapist ?? '', clinicId, night)
  const over = await book(staff, 'prep-1', at('23:30', 13), { modality: 'virtual' })
  t.match(over, { status: 201, json: { start: at('23:30', 13), end: at('00:20', 14) } }, over.text)
  const past = await book(staff, 'prep-1', at('01:30', 14), { modality: 'virtual' })
  t.equal(past.json.code, 'outside-availability', 'it ends at two')
})

t.test('lanes that cancellations have left apart hold as many as there are', async (t) => {
  const api = await s
  const staff = await staffed(api, 'vancouver-commercial', {
    therapists: 4,
    nurses: 4,
    over: { supervisionCapacity: 2 },
  })
  const pacific = (time: string) => `2027-01-11T${time}:00-07:00`
  const dose = async (time: string): Promise<Json> => {
    const { status, json, text } = await book(staff, 'dose-1', pacific(time))
    t.equal(status, 201, text)
    return json
  }
  await api.must('POST', `/v1/clinics/${staff.clinic.id}/rooms`, { name: 'Suite 9', kind: 'dosing', seats: 1 }, 201)
  // supervised on lanes 1, 1 and 2; then the one that both leave room for lies across the two
  await dose('08:00')
  const middle = await dose('11:00')
  await dose('11:45')
  await api.must('POST', `/v1/appointments/${middle.id}/cancel`, { by: 'clinic' }, 200)
  await dose('10:00')
  const third = await book(staff, 'dose-1', pacific('10:15'))
  t.equal(third.json.code, 'resource-taken', 'two at once, and no third')
  const [row] = await api.db.execute<{ n: number }>(sql`
    select count(*)::int as n from claim a join claim b on a.resource_id = b.resource_id and a.lane = b.lane
      and a.during && b.during and a.ctid < b.ctid`)
  t.equal(row?.n, 0)
})
