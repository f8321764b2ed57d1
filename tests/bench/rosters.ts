/**
 * How long a clinic's day of 60 visits takes as JSON and as printable pages, and a calendar feed of 200 events, new and unchanged, in
 * milliseconds; `--requests N` (200) each, one at a time, without a socket.
 */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { addDays, type LocalDate } from '../../src/domain/time.ts'
import { type Json, type TestApi, testApi } from '../support/api.ts'
import { booked } from '../support/booked.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'
import { onShift } from '../support/staffed-clinic.ts'

const SLUG = 'montreal-laurier-397'
const DAY = '2026-12-01' as LocalDate
const [VISITS_A_DAY, EVENTS, THERAPISTS] = [60, 200, 10]
const WARM_UP = 20

export async function benchRosters(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { requests: { type: 'string' } } })
  const requests = Number(values.requests ?? 200)
  const ends: (() => unknown)[] = []
  try {
    const api = await testApi({ teardown: (end) => ends.push(end) }, { seed: 'catalogue' })
    const therapist = await fill(api)
    print(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`)
    print(`Milliseconds, ${requests} requests each, one at a time, without a socket.`)
    const { url } = await api.must('POST', '/v1/calendar-feeds', { clinicianId: therapist })
    const feed = new URL(url).pathname
    const first = await api.api('GET', feed, undefined, { token: null })
    const events = first.text.match(/^BEGIN:VEVENT/gm)?.length
    const unchanged = { 'if-none-match': String(first.headers.etag) }
    const day = `/v1/rosters/clinics/${SLUG}?date=${DAY}`
    const { entries } = await api.must('GET', day)
    const get = (path: string, headers?: Record<string, string>) => () =>
      api.api('GET', path, undefined, headers ? { headers, token: null } : {})
    for (const [what, ask, status] of [
      [`a clinic’s day, ${entries.length} visits, JSON`, get(day), 200],
      ['the same as pages to print', get(`${day}&format=html`), 200],
      ['a therapist’s day, JSON', get(`/v1/rosters/clinicians/${therapist}?date=${DAY}`), 200],
      [`a feed of ${events} events`, get(feed, {}), 200],
      ['the same, unchanged (304)', get(feed, unchanged), 304],
    ] as const) {
      const times: number[] = []
      for (let n = -WARM_UP; n < requests; n++) {
        const began = performance.now()
        const answer = await ask()
        if (n >= 0) times.push(performance.now() - began)
        if (answer.status !== status) throw new Error(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`)
      }
      print(`${what.padEnd(40)} ${ranks(times)}`)
    }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

/** A day of `VISITS_A_DAY`, a third of them doses, and for the first therapist `EVENTS` in all. → that therapist */
async function fill(api: TestApi): Promise<string> {
  const clinic = await api.must('GET', `/v1/clinics/${SLUG}`)
  const { items: rooms } = await api.must('GET', `/v1/clinics/${clinic.id}/rooms`)
  const people = async (role: string, count: number) => {
    const ids: string[] = []
    for (let i = 0; i < count; i++) {
      const id = await aClinician(api, role)
      await onShift(api, id, clinic.id)
      ids.push(id)
    }
    return ids
  }
  const [therapists, nurses, [prescriber = '']] = [
    await people('therapist', THERAPISTS),
    await people('nurse', 3),
    await people('prescriber', 1),
  ]
  const visit = async (n: number, date: string, therapist: string) => {
    const patient = await aPatient(api)
    const enrolment = await anEnrolment(api, SLUG, patient.id)
    const dose = n % 3 === 0
    const kind = dose ? 'dosing' : 'consultation'
    const nurse = nurses[n % nurses.length] ?? ''
    const hour = String(8 + (Math.floor(n / 10) % 8)).padStart(2, '0')
    await booked(api.db, {
      enrolment,
      clinicId: clinic.id,
      roomId: rooms.find((room: Json) => room.kind === kind).id,
      visitKey: dose ? 'dose-1' : 'prep-1',
      step: dose ? 'experience' : 'prepare',
      start: `${date}T${hour}:00:00-05:00`,
      minutes: dose ? 150 : 50,
      parts: dose
        ? [
            ['nurse', nurse, 0, 30],
            ['nurse', nurse, 120, 150],
            ['therapist', therapist, 15, 150],
            ['prescriber', prescriber, 0, 150, true],
          ]
        : [['therapist', therapist, 0, 50]],
    })
  }
  for (let n = 0; n < VISITS_A_DAY; n++) await visit(n, DAY, therapists[n % THERAPISTS] ?? '')
  const own = VISITS_A_DAY / THERAPISTS
  for (let n = 0; n < EVENTS - own; n++) await visit(n, addDays(DAY, 1 + Math.floor(n / 6)), therapists[0] ?? '')
  await api.db.execute('analyze')
  return therapists[0] ?? ''
}

function ranks(times: number[]): string {
  times.sort((a, b) => a - b)
  const at = (p: number) =>
    (times[Math.min(times.length - 1, Math.floor(times.length * p))] ?? 0).toFixed(1).padStart(7)
  return `p50 ${at(0.5)}  p95 ${at(0.95)}  worst ${at(1)}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
