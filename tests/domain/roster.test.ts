import t from 'tap'
import type { ClinicId } from '../../src/domain/ids.ts'
import {
  dayByDay,
  initialsOf,
  type Roster,
  type RosterFacts,
  type RosterSubject,
  rosterOf,
  windowOf,
} from '../../src/domain/roster.ts'
import { HOUR, type Instant, LocalDate, timeOf } from '../../src/domain/time.ts'
import {
  CLINIC,
  dose,
  local,
  OTHER_CLINIC,
  PEOPLE,
  ROOM,
  rosterVisit,
  TORONTO,
  VANCOUVER,
} from '../support/roster-day.ts'

const day = (text: string) => LocalDate.parse(text)
const person = (who: keyof typeof PEOPLE): RosterSubject => ({ kind: 'clinician', ...PEOPLE[who] })
const clinic: RosterSubject = { kind: 'clinic', id: CLINIC, displayName: 'Laurier' }
const room: RosterSubject = { kind: 'room', id: ROOM.id, displayName: ROOM.name }
const shift = (from: string, to: string, clinicId: ClinicId = CLINIC) => ({
  start: local(from),
  end: local(to),
  clinicId,
})
const made = (facts: Partial<RosterFacts>): Roster =>
  rosterOf(
    {
      date: day('2026-12-01'),
      days: 1,
      timeZone: TORONTO,
      subject: person('therapist'),
      visits: [],
      shifts: [shift('2026-12-01 08:00', '2026-12-01 16:00')],
      turnover: [],
      ...facts,
    },
    'en',
  )
const read = (spans: readonly { start: Instant; end: Instant }[]): string =>
  spans.map(({ start, end }) => `${timeOf(start, TORONTO)}-${timeOf(end, TORONTO)}`).join(' ')
const phases = (roster: Roster): string =>
  read(roster.entries.map(({ phaseStart, phaseEnd }) => ({ start: phaseStart, end: phaseEnd })))

t.test('in a dose each person has their own phases, and the free time around them', async (t) => {
  const visits = [dose(local('2026-12-01 09:00'))]
  const cases = [
    { subject: person('nurse'), phases: '09:00-09:30 11:00-11:30', gaps: '08:00-09:00 09:30-11:00 11:30-16:00' },
    { subject: person('therapist'), phases: '09:15-11:30', gaps: '08:00-09:15 11:30-16:00' },
    { subject: person('prescriber'), phases: '09:00-11:30', gaps: '08:00-16:00', why: 'supervision takes no time' },
    { subject: person('navigator'), phases: '', gaps: '08:00-16:00' },
    { subject: clinic, phases: '09:00-11:30', gaps: '08:00-09:00 11:30-16:00' },
    { subject: room, phases: '09:00-11:30', gaps: '08:00-09:00 11:30-16:00' },
  ]
  for (const { subject, why, ...expected } of cases) {
    const roster = made({ subject, visits })
    t.equal(phases(roster), expected.phases, `${subject.displayName}: phases`)
    t.equal(read(roster.gaps), expected.gaps, why ?? `${subject.displayName}: gaps`)
  }
})

t.test('who else is there is told once each, in the order of coming, without the reader', async (t) => {
  const visits = [dose(local('2026-12-01 09:00'))]
  const withWhom = (subject: RosterSubject) =>
    made({ subject, visits }).entries[0]?.with.map(({ role, displayName }) => `${role} ${displayName}`)
  t.same(withWhom(person('therapist')), ['nurse Luc Gagnon', 'prescriber Dr. Inès Haddad'])
  t.same(withWhom(person('nurse')), ['prescriber Dr. Inès Haddad', 'therapist Naomi Roy'])
  t.same(withWhom(clinic), ['nurse Luc Gagnon', 'prescriber Dr. Inès Haddad', 'therapist Naomi Roy'])
  t.same(
    made({ subject: person('prescriber'), visits }).entries.map(({ role, supervising }) => ({ role, supervising })),
    [{ role: 'prescriber', supervising: true }],
  )
})

t.test('a room’s turnover is no gap', async (t) => {
  const turnover = [{ start: local('2026-12-01 09:00'), end: local('2026-12-01 12:00') }]
  const roster = made({ subject: room, visits: [dose(local('2026-12-01 09:00'))], turnover })
  t.equal(read(roster.gaps), '08:00-09:00 12:00-16:00')
})

t.test('what did not take place stays on the roster and leaves its time free; what is cancelled is gone', async (t) => {
  const at = (status: 'cancelled' | 'no-show' | 'needs-replanning' | 'completed') =>
    made({ visits: [rosterVisit(local('2026-12-01 10:00'), 60, [['therapist', 0, 60]], { status })] })
  t.equal(phases(at('cancelled')), '')
  t.equal(read(at('cancelled').gaps), '08:00-16:00')
  t.equal(phases(at('no-show')), '10:00-11:00')
  t.equal(read(at('no-show').gaps), '08:00-16:00')
  t.equal(read(at('completed').gaps), '08:00-10:00 11:00-16:00')
  t.equal(read(at('needs-replanning').gaps), '08:00-10:00 11:00-16:00', 'it keeps its time until it is moved')
  t.same(at('needs-replanning').entries[0]?.flags, ['needs-replanning'])
})

t.test('flags say what to know before the visit', async (t) => {
  const flags = (more: Parameters<typeof dose>[1]) =>
    made({ visits: [dose(local('2026-12-01 09:00'), more)] }).entries[0]?.flags
  t.same(flags({}), [])
  t.same(flags({ first: true, escortNamed: false, flags: ['handover'] }), ['escort-missing', 'first-visit', 'handover'])
  t.same(flags({ escortNamed: false, status: 'completed' }), [], 'nobody is missed afterwards')
  t.same(flags({ escortNamed: false, needsEscort: false }), [])
})

t.test('shifts are clipped to the dates and joined; gaps keep their clinic', async (t) => {
  const roster = made({
    shifts: [
      shift('2026-11-30 22:00', '2026-12-01 02:00', OTHER_CLINIC),
      shift('2026-12-01 09:00', '2026-12-01 12:00'),
      shift('2026-12-01 12:00', '2026-12-01 15:00'),
    ],
    visits: [rosterVisit(local('2026-12-01 10:00'), 60, [['therapist', 0, 60]])],
  })
  t.equal(read(roster.shifts), '00:00-02:00 09:00-15:00')
  t.equal(read(roster.gaps), '00:00-02:00 09:00-10:00 11:00-15:00')
  t.same(
    roster.gaps.map(({ clinicId }) => clinicId),
    [OTHER_CLINIC, CLINIC, CLINIC],
  )
})

t.test('a visit over midnight is on both days, one that only touches a day is not', async (t) => {
  const visits = [rosterVisit(local('2026-12-01 23:30'), 60, [['therapist', 0, 60]])]
  for (const [date, there] of [
    ['2026-11-30', 0],
    ['2026-12-01', 1],
    ['2026-12-02', 1],
  ] as const)
    t.equal(made({ date: day(date), visits }).entries.length, there, date)
  const evening = [rosterVisit(local('2026-12-01 23:00'), 60, [['therapist', 0, 60]])]
  t.equal(made({ date: day('2026-12-02'), visits: evening }).entries.length, 0)
  const both = dayByDay(made({ days: 2, visits, shifts: [shift('2026-12-01 20:00', '2026-12-02 04:00')] }))
  t.same(
    both.map((one) => [one.date, one.entries.length, read(one.shifts), read(one.gaps)]),
    [
      ['2026-12-01', 1, '20:00-00:00', '20:00-23:30'],
      ['2026-12-02', 1, '00:00-04:00', '00:30-04:00'],
    ],
  )
})

t.test('days have 23, 24 or 25 hours, in Vancouver no longer', async (t) => {
  const hours = (date: string, zone = TORONTO, days = 1) => {
    const { start, end } = windowOf(day(date), days, zone)
    return (end - start) / HOUR
  }
  t.equal(hours('2026-11-01'), 25)
  t.equal(hours('2027-03-14'), 23)
  t.equal(hours('2026-12-01'), 24)
  t.equal(hours('2026-10-31', TORONTO, 3), 73)
  t.equal(hours('2026-11-01', VANCOUVER), 24)
})

t.test('initials stand for a name', async (t) => {
  for (const [name, initials] of [
    ['Marie-Ève Tremblay', 'M.-È. T.'],
    ['john  van der berg', 'J. V. D. B.'],
    ['O’Neil (Anna)', 'O. A.'],
    ['李 明', '李. 明.'],
  ] as const)
    t.equal(initialsOf(name), initials)
})
