import t from 'tap'
import { type ZodType, z } from 'zod'
import * as time from '../../src/domain/time.ts'

const vancouver = time.ZoneId.parse('America/Vancouver')
const toronto = time.ZoneId.parse('America/Toronto')
const day = (text: string) => time.LocalDate.parse(text)
const clock = (text: string) => time.LocalTime.parse(text)
const at = (text: string): time.Instant => {
  const parsed = time.parseInstant(text)
  if (!parsed.ok) throw new Error(`${text} ${parsed.error}`)
  return parsed.value
}

/** zone, day, time → the instant in UTC, or undefined in a gap. */
const READINGS: [string, time.ZoneId, string, string, string | undefined][] = [
  ['Vancouver keeps −07:00 in the winter of 2026', vancouver, '2026-12-01', '10:00', '2026-12-01T17:00:00Z'],
  ['Vancouver has no change on 2026-11-01', vancouver, '2026-11-01', '01:30', '2026-11-01T08:30:00Z'],
  ['Vancouver has no gap on 2027-03-14', vancouver, '2027-03-14', '02:30', '2027-03-14T09:30:00Z'],
  ['Vancouver still had −08:00 in the winter before', vancouver, '2026-01-15', '10:00', '2026-01-15T18:00:00Z'],
  ['Vancouver had its last gap in March 2026', vancouver, '2026-03-08', '02:30', undefined],
  ['Toronto reads the hour before its overlap once', toronto, '2026-11-01', '00:59', '2026-11-01T04:59:00Z'],
  ['Toronto reads 01:30 twice and means the first', toronto, '2026-11-01', '01:30', '2026-11-01T05:30:00Z'],
  ['Toronto is at −05:00 after the overlap', toronto, '2026-11-01', '02:00', '2026-11-01T07:00:00Z'],
  ['Toronto skips the first minute of its gap', toronto, '2027-03-14', '02:00', undefined],
  ['Toronto skips the last minute of its gap', toronto, '2027-03-14', '02:59', undefined],
  ['Toronto reads 03:00 when the gap ends', toronto, '2027-03-14', '03:00', '2027-03-14T07:00:00Z'],
  ['Toronto changes its clocks after 2037 too', toronto, '2060-07-01', '10:00', '2060-07-01T14:00:00Z'],
]

for (const processZone of ['UTC', 'America/Los_Angeles', 'Pacific/Kiritimati']) {
  t.test(`wall times are the same in a process at ${processZone}`, async (t) => {
    const before = process.env.TZ
    process.env.TZ = processZone
    t.teardown(() => {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    })
    const hours = { UTC: 0, 'America/Los_Angeles': 7, 'Pacific/Kiritimati': -14 }[processZone]
    t.equal(new Date(Date.UTC(2026, 6, 1)).getTimezoneOffset() / 60, hours, 'the process is where it should be')
    for (const [name, zone, date, reading, expected] of READINGS) {
      const found = time.atLocal(day(date), clock(reading), zone)
      if (expected === undefined) {
        t.same(found, { ok: false, error: { kind: 'no-such-local-time', day: date, time: reading, zone } }, name)
        continue
      }
      t.same(found, { ok: true, value: at(expected) }, name)
      t.equal(time.dayOf(at(expected), zone), date)
      t.equal(time.timeOf(at(expected), zone), reading)
    }
    t.equal(time.startOfDay(day('2026-11-01'), toronto), at('2026-11-01T04:00:00Z'))
    t.equal(time.addDays(day('2026-10-31'), 1), '2026-11-01')
    t.equal(
      time.readInWords(at('2026-12-01T17:00:00Z'), vancouver, 'en'),
      'Tuesday 1 December 2026, 10:00, Vancouver time',
    )
  })
}

t.test('a time in the gap can be taken as the end of the gap', async (t) => {
  t.equal(time.atLocalOrGapEnd(day('2027-03-14'), clock('02:30'), toronto), at('2027-03-14T07:00:00Z'))
  t.equal(time.atLocalOrGapEnd(day('2027-03-14'), clock('03:30'), toronto), at('2027-03-14T07:30:00Z'))
})

t.test('every day has a first instant, even one whose midnight or all of it was skipped', async (t) => {
  const saoPaulo = time.ZoneId.parse('America/Sao_Paulo')
  t.equal(time.startOfDay(day('2018-11-04'), saoPaulo), at('2018-11-04T03:00:00Z'), 'midnight to one was skipped')
  const apia = time.ZoneId.parse('Pacific/Apia')
  t.equal(time.startOfDay(day('2011-12-30'), apia), at('2011-12-31T00:00:00+14:00'), 'the day was skipped')
  let last = time.startOfDay(day('2026-01-01'), toronto)
  const lengths = new Map<number, number>()
  for (let d = day('2026-01-02'); d <= '2027-01-01'; d = time.addDays(d, 1)) {
    const start = time.startOfDay(d, toronto)
    t.equal(time.dayOf(start, toronto), d)
    t.equal(time.dayOf((start - 1) as time.Instant, toronto), time.addDays(d, -1))
    lengths.set((start - last) / time.HOUR, (lengths.get((start - last) / time.HOUR) ?? 0) + 1)
    last = start
  }
  t.same([...lengths].sort(), [
    [23, 1],
    [24, 363],
    [25, 1],
  ])
})

t.test('an instant goes out with its zone’s offset and comes back the same', async (t) => {
  t.equal(time.toWire(at('2026-12-01T17:00:00.999Z'), vancouver), '2026-12-01T10:00:00-07:00')
  t.equal(time.toWire(at('2026-12-01T17:00:00Z'), time.ZoneId.parse('Asia/Kolkata')), '2026-12-01T22:30:00+05:30')
  t.equal(time.toWire(at('2026-12-01T17:00:00Z'), time.ZoneId.parse('UTC')), '2026-12-01T17:00:00+00:00')
  for (let i = 0; i < 2000; i++) {
    const instant = (at('1901-01-01T00:00:00Z') + i * 9_451_117_000) as time.Instant
    for (const zone of [vancouver, toronto]) t.equal(at(time.toWire(instant, zone)), instant)
  }
})

const INSTANTS: [string, string | RegExp][] = [
  ['2026-12-01T10:00:00-07:00', '2026-12-01T17:00:00.000Z'],
  ['2026-12-01T17:00:00Z', '2026-12-01T17:00:00.000Z'],
  ['2026-12-01t17:00:00z', '2026-12-01T17:00:00.000Z'],
  ['2026-12-01T17:00:00.5Z', '2026-12-01T17:00:00.500Z'],
  ['2026-12-01T17:00:00.1239999Z', '2026-12-01T17:00:00.123Z'],
  ['2028-02-29T00:00:00+00:00', '2028-02-29T00:00:00.000Z'],
  ['2026-12-01T10:00:00', /offset/],
  ['2026-12-01 10:00:00Z', /RFC 3339/],
  ['2026-12-01T10:00Z', /RFC 3339/],
  ['2026-12-01T10:00:00-0700', /RFC 3339/],
  ['2026-12-01T10:00:00 07:00', /RFC 3339/],
  ['2026-12-01', /RFC 3339/],
  ['', /RFC 3339/],
  ['2026-12-01T24:00:00Z', /23:59:59/],
  ['2026-12-01T10:60:00Z', /23:59:59/],
  ['2016-12-31T23:59:60Z', /leap second/],
  ['2026-02-29T10:00:00Z', /real date/],
  ['2026-13-01T10:00:00Z', /real date/],
  ['2026-12-01T10:00:00+24:00', /offset/],
  ['0000-01-01T00:00:00Z', /1900 to 2499/],
  ['9999-12-31T23:59:59Z', /1900 to 2499/],
  ['1900-01-01T00:00:00+01:00', /1900 to 2499/],
]
for (const [text, expected] of INSTANTS) {
  t.test(`"${text}" is ${typeof expected === 'string' ? expected : 'refused'}`, async (t) => {
    const parsed = time.parseInstant(text)
    if (parsed.ok) t.equal(new Date(parsed.value).toISOString(), expected)
    else t.match(parsed.error, expected)
  })
}

t.test('dates, times and zones are checked, and an alias becomes the zone it stands for', async (t) => {
  const cases: [ZodType, string, string | undefined][] = [
    [time.LocalDate, '2028-02-29', '2028-02-29'],
    [time.LocalDate, '2026-02-29', undefined],
    [time.LocalDate, '0001-01-01', undefined],
    [time.LocalDate, '2026-1-1', undefined],
    [time.LocalTime, '00:00', '00:00'],
    [time.LocalTime, '23:59', '23:59'],
    [time.LocalTime, '24:00', undefined],
    [time.LocalTime, '9:00', undefined],
    [time.LocalTime, '09:00:00', undefined],
    [time.ZoneId, 'America/Montreal', 'America/Toronto'],
    [time.ZoneId, 'America/Toronto', 'America/Toronto'],
    [time.ZoneId, 'america/vancouver', 'America/Vancouver'],
    [time.ZoneId, 'Canada/Pacific', 'America/Vancouver'],
    [time.ZoneId, 'America/Laval', undefined],
    [time.ZoneId, '__proto__', undefined],
    [time.ZoneId, '', undefined],
  ]
  for (const [schema, text, expected] of cases) t.equal(schema.safeParse(text).data, expected, `"${text}"`)
  t.match(z.toJSONSchema(time.ZoneId), { type: 'string' })
  t.match(z.toJSONSchema(time.LocalDate), { type: 'string', format: 'date' })
})

t.test('days are counted on the calendar', async (t) => {
  t.equal(time.daysBetween(day('2026-10-31'), day('2026-11-02')), 2)
  t.equal(time.daysBetween(day('2028-03-01'), day('2028-02-28')), -2)
  t.equal(time.addDays(day('2026-12-31'), 1), '2027-01-01')
  t.equal(time.weekdayOf(day('2026-11-01')), 7)
  t.equal(time.weekdayOf(day('2026-11-02')), 1)
  t.equal(time.minutesBetween(at('2026-11-01T01:30:00-04:00'), at('2026-11-01T01:30:00-05:00')), 60)
  t.equal(time.addMinutes(at('2026-11-01T01:30:00-04:00'), 60), at('2026-11-01T01:30:00-05:00'))
})

t.test('clock changes are listed from the bundled data', async (t) => {
  const [from, to] = [at('2026-01-01T00:00:00Z'), at('2028-01-01T00:00:00Z')]
  t.same(time.transitions(vancouver, from, to), [{ at: at('2026-03-08T10:00:00Z'), before: -480, after: -420 }])
  t.same(
    time.transitions(toronto, from, to).map((change) => [time.toWire(change.at, toronto), change.before, change.after]),
    [
      ['2026-03-08T03:00:00-04:00', -300, -240],
      ['2026-11-01T01:00:00-05:00', -240, -300],
      ['2027-03-14T03:00:00-04:00', -300, -240],
      ['2027-11-07T01:00:00-05:00', -240, -300],
    ],
  )
  t.equal(time.offsetAt(at('2027-01-01T00:00:00Z'), vancouver), -420)
})

t.test('words name the city, never an abbreviation', async (t) => {
  const cases: [string, time.ZoneId, time.Lang, string][] = [
    ['2026-12-01T17:05:00Z', vancouver, 'fr', 'mardi 1er décembre 2026, 10 h 05, heure de Vancouver'],
    ['2026-12-02T14:00:00Z', toronto, 'fr', 'mercredi 2 décembre 2026, 9 h 00, heure de Toronto'],
    ['2026-12-02T14:00:00Z', toronto, 'en', 'Wednesday 2 December 2026, 09:00, Toronto time'],
    ['2027-08-01T02:30:00Z', vancouver, 'en', 'Saturday 31 July 2027, 19:30, Vancouver time'],
    [
      '2027-01-04T16:00:00Z',
      time.ZoneId.parse('America/Edmonton'),
      'fr',
      'lundi 4 janvier 2027, 10 h 00, heure d’Edmonton',
    ],
  ]
  for (const [instant, zone, lang, expected] of cases) t.equal(time.readInWords(at(instant), zone, lang), expected)
})

t.test('tz data that would be an hour wrong in Vancouver is refused', async (t) => {
  t.equal(time.staleTimeZones(), undefined)
  t.ok(time.tzVersion >= '2026f')
  for (const version of ['2025c', '2026a', '']) t.match(time.staleTimeZones(version), /older than 2026b/)
  t.equal(time.staleTimeZones('2026b'), undefined)
})
