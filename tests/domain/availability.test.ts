import t from 'tap'
import * as availability from '../../src/domain/availability.ts'
import { ClinicId } from '../../src/domain/ids.ts'
import type { Interval } from '../../src/domain/interval.ts'
import { oneClinicAtATime, overlapAcrossClinics } from '../../src/domain/shift-clash.ts'
import { HOUR, type Instant, LocalDate, LocalTime, parseInstant, toWire, ZoneId } from '../../src/domain/time.ts'

const day = (text: string) => LocalDate.parse(text)
const clock = (text: string) => LocalTime.parse(text)
const toronto = ZoneId.parse('America/Toronto')
const laurier = ClinicId.parse('01890000-0000-7000-8000-000000000001')
const sherbrooke = ClinicId.parse('01890000-0000-7000-8000-000000000002')

/** '2026-12-07 09:00–17:00' in Toronto's time; an end of 24:00 or beyond is on the next day. */
function span(text: string): Interval<Instant> {
  const [date = '', hours = ''] = text.split(' ')
  const [start = '', end = ''] = hours.split('–')
  const instant = (time: string): Instant => {
    const parsed = parseInstant(`${date}T00:00:00-05:00`)
    if (!parsed.ok) throw new Error(parsed.error)
    return (parsed.value + (Number(time.slice(0, 2)) + Number(time.slice(3)) / 60) * HOUR) as Instant
  }
  return { start: instant(start), end: instant(end) }
}
const show = ({ start, end }: Interval<Instant>): string =>
  `${toWire(start, toronto).slice(0, 16).replace('T', ' ')}–${toWire(end, toronto).slice(11, 16)}`

/** A rule at Laurier, weekdays 09:00–17:00; a test names only what it is about. */
const aRule = (about: Partial<Record<keyof availability.RuleHours, unknown>> = {}): availability.RuleHours => ({
  clinicId: laurier,
  rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
  startTime: clock('09:00'),
  endTime: clock('17:00'),
  validFrom: day('2026-01-01'),
  validUntil: null,
  exceptDates: [],
  ...(about as Partial<availability.RuleHours>),
})
const aClinic = (about: Partial<availability.ClinicCalendar> = {}): availability.ClinicCalendar => ({
  zone: toronto,
  rules: [aRule({ startTime: '08:00', endTime: '18:00' })],
  extraShifts: [],
  closures: [],
  holidays: [],
  ...about,
})
const anOwn = (about: Partial<availability.OwnCalendar> = {}): availability.OwnCalendar => ({
  rules: [],
  extraShifts: [],
  timeOff: [],
  ...about,
})

const PATTERNS: [string, string, string][] = [
  ['weekdays', 'FREQ=WEEKLY;BYDAY=MO,WE', '12-02 12-07 12-09 12-14 12-16 12-21 12-23 12-28 12-30'],
  ['every second week counts from the first day', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=WE', '12-02 12-16 12-30'],
  ['no BYDAY means the weekday of the first day', 'FREQ=WEEKLY;COUNT=2', '12-01 12-08'],
  ['the first Monday', 'FREQ=MONTHLY;BYDAY=1MO', '12-07'],
  ['the last weekday of the month', 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '12-31'],
  ['days of the month, from the end too', 'FREQ=MONTHLY;BYMONTHDAY=15,-1', '12-15 12-31'],
  ['a day of the year', 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25', '12-25'],
  ['lower case is read too', 'freq=daily;interval=10', '12-01 12-11 12-21 12-31'],
  ['UNTIL as a date is inclusive', 'FREQ=DAILY;UNTIL=20261203', '12-01 12-02 12-03'],
  ['UNTIL in UTC is the clinic’s evening before', 'FREQ=DAILY;UNTIL=20261203T045959Z', '12-01 12-02'],
  ['UNTIL at the start of a shift includes it', 'FREQ=DAILY;UNTIL=20261203T140000Z', '12-01 12-02 12-03'],
  ['UNTIL before the start of a shift does not', 'FREQ=DAILY;UNTIL=20261203T135900Z', '12-01 12-02'],
  ['UNTIL without Z is local', 'FREQ=DAILY;UNTIL=20261203T090000', '12-01 12-02 12-03'],
]
for (const processZone of ['UTC', 'America/Los_Angeles', 'Pacific/Kiritimati']) {
  t.test(`a pattern falls on the same days in a process at ${processZone}`, async (t) => {
    const before = process.env.TZ
    process.env.TZ = processZone
    t.teardown(() => {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    })
    for (const [name, text, expected] of PATTERNS) {
      const pattern = availability.parsePattern(text, day('2026-12-01'), { startTime: clock('09:00'), zone: toronto })
      if (!pattern.ok) t.fail(`${name}: ${pattern.error}`)
      else {
        const days = availability.daysOf(pattern.value, day('2026-12-01'), day('2026-12-31'))
        t.equal(days.map((d) => d.slice(5)).join(' '), expected, name)
      }
    }
  })
}

const REFUSED: [string, RegExp][] = [
  ['', /cannot read/],
  ['every Monday', /cannot read/],
  ['BYDAY=MO', /FREQ must be/],
  ['FREQ=HOURLY', /FREQ must be/],
  ['FREQ=SECONDLY;COUNT=1', /FREQ must be/],
  ['FREQ=DAILY;BYHOUR=9', /BYHOUR is not a part/],
  ['FREQ=DAILY;BYMINUTE=0', /BYMINUTE is not a part/],
  ['FREQ=DAILY;BYEASTER=0', /BYEASTER is not a part/],
  ['FREQ=DAILY;DTSTART=20260101T000000Z', /DTSTART is not a part/],
  ['FREQ=DAILY;TZID=America/Toronto', /cannot read/],
  ['RRULE:FREQ=DAILY', /cannot read/],
  ['DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY', /cannot read/],
  ['FREQ=DAILY;FREQ=WEEKLY', /twice/],
  ['FREQ=DAILY;INTERVAL=0', /INTERVAL must be 1/],
  ['FREQ=DAILY;INTERVAL=-1', /INTERVAL must be 1/],
  ['FREQ=DAILY;COUNT=0', /COUNT must be 1/],
  ['FREQ=DAILY;COUNT=2;UNTIL=20270101', /exclude/],
  ['FREQ=DAILY;UNTIL=20260230', /UNTIL must be/],
  ['FREQ=DAILY;UNTIL=tomorrow', /UNTIL must be/],
  ['FREQ=WEEKLY;BYDAY=XX', /weekdays/],
  ['FREQ=WEEKLY;BYDAY=1MO', /needs FREQ=MONTHLY/],
  ['FREQ=MONTHLY;BYDAY=6MO', /must be 1 to 5/],
  ['FREQ=MONTHLY;BYMONTHDAY=0', /BYMONTHDAY must be/],
  ['FREQ=MONTHLY;BYMONTHDAY=32', /BYMONTHDAY must be/],
  ['FREQ=WEEKLY;BYMONTHDAY=1', /BYMONTHDAY does not go/],
  ['FREQ=MONTHLY;BYSETPOS=1', /BYSETPOS needs/],
  ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', /falls on no day/],
  ['FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2', /falls on no day/],
  ['FREQ=DAILY;UNTIL=20260101', /falls on no day from 2026-12-01/],
]
for (const [text, expected] of REFUSED) {
  t.test(`the pattern ${JSON.stringify(text)} is refused`, async (t) => {
    const pattern = availability.parsePattern(text, day('2026-12-01'))
    t.match(pattern.ok ? 'accepted' : pattern.error, expected)
  })
}

const WINDOW = { start: span('2026-12-07 00:00–01:00').start, end: span('2026-12-12 23:00–24:00').end }
const WEDNESDAY = '2026-12-09'
const staff = (own: Partial<availability.OwnCalendar>, clinic: Partial<availability.ClinicCalendar> = {}): string[] => {
  const clinics = new Map([
    [laurier, aClinic(clinic)],
    [sherbrooke, aClinic()],
  ])
  return availability.expandClinician(anOwn(own), clinics, WINDOW).map(show)
}
const only = (text: string) => aRule({ rrule: 'FREQ=WEEKLY;BYDAY=WE', ...JSON.parse(text) })
const wednesday = aRule({ rrule: 'FREQ=WEEKLY;BYDAY=WE' })
const closed = (hours: string, scope: availability.ClosureScope = 'all') => ({
  ...span(`${WEDNESDAY} ${hours}`),
  scope,
})
const extra = (hours: string) => ({ ...span(`${WEDNESDAY} ${hours}`), clinicId: laurier })

const SHIFTS: [string, string[], string[]][] = [
  ['a rule makes a shift', staff({ rules: [wednesday] }), ['09:00–17:00']],
  ['an excepted date has none', staff({ rules: [only(`{"exceptDates":["${WEDNESDAY}"]}`)] }), []],
  ['validity includes its last day', staff({ rules: [only(`{"validUntil":"${WEDNESDAY}"}`)] }), ['09:00–17:00']],
  ['and nothing after it', staff({ rules: [only('{"validUntil":"2026-12-08"}')] }), []],
  ['nor before its first', staff({ rules: [only('{"validFrom":"2026-12-10"}')] }), []],
  [
    'overlapping and touching rules are merged',
    staff({
      rules: [
        wednesday,
        only('{"startTime":"16:00","endTime":"18:00"}'),
        only('{"startTime":"18:00","endTime":"19:00"}'),
      ],
    }),
    ['09:00–19:00'],
  ],
  [
    'an end before the start is on the next day',
    staff({ rules: [only('{"startTime":"22:00","endTime":"06:00"}')] }),
    ['22:00–06:00'],
  ],
  [
    'a closure the next day cuts the night',
    staff(
      { rules: [only('{"startTime":"22:00","endTime":"06:00"}')] },
      { closures: [span('2026-12-10 00:00–24:00')].map((s) => ({ ...s, scope: 'all' as const })) },
    ),
    ['22:00–00:00'],
  ],
  ['an equal end is 24 hours later', staff({ rules: [only('{"endTime":"09:00"}')] }), ['09:00–09:00']],
  [
    'a closure takes what a rule gave',
    staff({ rules: [wednesday] }, { closures: [closed('12:00–24:00')] }),
    ['09:00–12:00'],
  ],
  [
    'a closure of the premises leaves people working',
    staff({ rules: [wednesday] }, { closures: [closed('12:00–24:00', 'premises')] }),
    ['09:00–17:00'],
  ],
  [
    'a holiday takes what a rule gave',
    staff({ rules: [wednesday] }, { holidays: [span(`${WEDNESDAY} 00:00–24:00`)] }),
    [],
  ],
  [
    'an extra shift wins over a closure',
    staff({ rules: [wednesday], extraShifts: [extra('10:00–12:00')] }, { closures: [closed('00:00–24:00')] }),
    ['10:00–12:00'],
  ],
  [
    'own time off wins over an extra shift',
    staff({ rules: [wednesday], extraShifts: [extra('16:00–20:00')], timeOff: [span(`${WEDNESDAY} 15:00–18:00`)] }),
    ['09:00–15:00', '18:00–20:00'],
  ],
  ['a clinic’s extra opening gives nobody a shift', staff({}, { extraShifts: [span('2026-12-12 10:00–14:00')] }), []],
]
for (const [name, shifts, expected] of SHIFTS) {
  t.test(name, async (t) =>
    t.same(
      shifts.map((shift) => shift.slice(11)),
      expected,
    ),
  )
}

t.test('a night that began before the window is clipped to it', async (t) => {
  const rule = aRule({ rrule: 'FREQ=DAILY', startTime: '20:00', endTime: '04:00' })
  const window = { start: span('2026-12-07 00:00–01:00').start, end: span('2026-12-07 00:00–21:00').end }
  const shifts = availability.expandClinician(anOwn({ rules: [rule] }), new Map([[laurier, aClinic()]]), window)
  t.same(shifts.map(show), ['2026-12-07 00:00–04:00', '2026-12-07 20:00–21:00'])
})

t.test('rooms follow their clinic unless they have rules of their own', async (t) => {
  const saturday = span('2026-12-12 10:00–14:00')
  const clinic = aClinic({
    rules: [aRule({ rrule: 'FREQ=WEEKLY;BYDAY=WE', startTime: '08:00', endTime: '18:00' })],
    extraShifts: [saturday, span('2026-12-11 10:00–12:00'), span('2026-12-10 10:00–12:00')],
    closures: [closed('15:00–24:00', 'premises'), { ...span('2026-12-10 00:00–24:00'), scope: 'all' }],
    holidays: [span('2026-12-11 00:00–24:00')],
  })
  const open = ['2026-12-09 08:00–15:00', '2026-12-11 10:00–12:00', '2026-12-12 10:00–14:00']
  t.same(availability.expandClinic(clinic, WINDOW).map(show), open, 'extra opening beats a holiday, not a closure')
  t.same(availability.expandRoom(anOwn(), clinic, WINDOW).map(show), open)
  const own = anOwn({ rules: [wednesday], timeOff: [span(`${WEDNESDAY} 10:00–11:00`)] })
  t.same(availability.expandRoom(own, clinic, WINDOW).map(show), [
    '2026-12-09 09:00–10:00',
    '2026-12-09 11:00–15:00',
    ...open.slice(1),
  ])
  const lent = anOwn({ extraShifts: [{ ...span(`${WEDNESDAY} 16:00–17:00`), clinicId: laurier }] })
  t.same(
    availability.expandRoom(lent, clinic, WINDOW).map(show)[1],
    '2026-12-09 16:00–17:00',
    'a room’s own beats a closure',
  )
})

t.test('shifts keep their wall time over a clock change, and a gap names its occurrence', async (t) => {
  const sundays = aRule({ rrule: 'FREQ=WEEKLY;BYDAY=SU', startTime: '02:30', endTime: '05:00' })
  t.same(availability.gapOccurrences(sundays, toronto, day('2026-03-01'), day('2027-04-01')), [
    { day: '2026-03-08', time: '02:30' },
    { day: '2027-03-14', time: '02:30' },
  ])
  const nights = aRule({ rrule: 'FREQ=WEEKLY;BYDAY=SA', startTime: '22:00', endTime: '02:00' })
  t.same(availability.gapOccurrences(nights, toronto, day('2027-03-01'), day('2027-04-01')), [
    { day: '2027-03-13', time: '02:00' },
  ])
  t.same(
    availability.gapOccurrences(sundays, ZoneId.parse('America/Vancouver'), day('2026-11-01'), day('2028-01-01')),
    [],
  )
  const window = { start: span('2026-10-31 00:00–01:00').start, end: span('2027-03-16 00:00–01:00').end }
  const shifts = availability.expandClinician(anOwn({ rules: [sundays] }), new Map([[laurier, aClinic()]]), window)
  t.equal(shifts.length, 20)
  t.same(
    [shifts[0], shifts.at(-1)].map((s) => s && [toWire(s.start, toronto), (s.end - s.start) / HOUR]),
    [
      ['2026-11-01T02:30:00-05:00', 2.5],
      ['2027-03-14T03:00:00-04:00', 2],
    ],
  )
  const day24 = aRule({ rrule: 'FREQ=WEEKLY;BYDAY=SA', startTime: '12:00', endTime: '12:00' })
  const [first] = availability.expandClinician(anOwn({ rules: [day24] }), new Map([[laurier, aClinic()]]), window)
  t.equal(first && (first.end - first.start) / HOUR, 25, 'the 24 hours are of the wall clock')
})

t.test('shifts at two clinics leave time to travel', async (t) => {
  const shift = (clinicId: ClinicId, text: string) => ({ clinicId, ...span(text) })
  const clashes = (travel: number | undefined, ...shifts: availability.Shift[]) =>
    overlapAcrossClinics(
      shifts,
      () => travel,
      () => toronto,
    ).map(({ first, second, short }) => `${show(first)} ${show(second).slice(11)} short ${short}`)
  const morning = shift(laurier, '2026-12-09 08:00–12:00')
  const noon = shift(sherbrooke, '2026-12-09 12:30–17:00')
  t.same(clashes(45, noon, morning), ['2026-12-09 08:00–12:00 12:30–17:00 short 15'])
  t.same(clashes(30, morning, noon), [])
  t.same(clashes(undefined, morning, noon), ['2026-12-09 08:00–12:00 12:30–17:00 short Infinity'])
  t.same(clashes(undefined, morning, shift(sherbrooke, '2026-12-10 08:00–12:00')), [])
  t.same(clashes(0, morning, shift(sherbrooke, '2026-12-09 11:00–13:00')), [
    '2026-12-09 08:00–12:00 11:00–13:00 short 60',
  ])
  t.same(clashes(45, morning, shift(laurier, '2026-12-09 11:00–13:00')), [], 'one clinic is no clash')
  t.same(
    clashes(45, shift(laurier, '2026-12-09 08:00–18:00'), shift(laurier, '2026-12-09 09:00–10:00'), noon).length,
    1,
    'a long shift is compared past its next neighbour',
  )
  t.same(oneClinicAtATime([noon, shift(laurier, '2026-12-09 08:00–13:00')]).map(show), [
    '2026-12-09 08:00–13:00',
    '2026-12-09 13:00–17:00',
  ])
})
