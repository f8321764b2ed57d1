import t from 'tap'
import type { Province } from '../../src/domain/clinic.ts'
import { closedDays, holidaySpans, holidays } from '../../src/domain/holiday.ts'
import { HOUR, LocalDate, startOfDay, ZoneId } from '../../src/domain/time.ts'

/** As published by CNESST, Ontario and British Columbia. */
const PUBLISHED: [Province, number, string][] = [
  ['QC', 2026, '01-01 04-03 05-18 06-24 07-01 09-07 10-12 12-25'],
  ['QC', 2027, '01-01 03-26 05-24 06-24 07-01 09-06 10-11 12-25'],
  ['QC', 2028, '01-01 04-14 05-22 06-24 07-01 09-04 10-09 12-25'],
  ['QC', 2029, '01-01 03-30 05-21 06-24 07-02 09-03 10-08 12-25'],
  ['ON', 2026, '01-01 02-16 04-03 05-18 07-01 09-07 10-12 12-25 12-26'],
  ['ON', 2027, '01-01 02-15 03-26 05-24 07-01 09-06 10-11 12-25 12-26'],
  ['ON', 2028, '01-01 02-21 04-14 05-22 07-01 09-04 10-09 12-25 12-26'],
  ['BC', 2026, '01-01 02-16 04-03 05-18 07-01 08-03 09-07 09-30 10-12 11-11 12-25'],
  ['BC', 2027, '01-01 02-15 03-26 05-24 07-01 08-02 09-06 09-30 10-11 11-11 12-25'],
  ['BC', 2028, '01-01 02-21 04-14 05-22 07-01 08-07 09-04 09-30 10-09 11-11 12-25'],
]
for (const [province, year, expected] of PUBLISHED) {
  t.test(`${province} keeps its holidays of ${year}`, async (t) => {
    const kept = holidays(province, year)
    t.equal(kept.map(({ date }) => date.slice(5)).join(' '), expected)
    for (const { date, name } of kept) t.ok(LocalDate.safeParse(date).success && name.en && name.fr)
  })
}

t.test('Easter is right in its earliest, latest and exceptional years', async (t) => {
  const fridays: [number, string][] = [
    [1954, '04-16'],
    [1981, '04-17'],
    [2008, '03-21'],
    [2038, '04-23'],
    [2049, '04-16'],
    [2076, '04-17'],
  ]
  for (const [year, friday] of fridays)
    t.equal(holidays('ON', year).find((h) => h.name.en === 'Good Friday')?.date, `${year}-${friday}`)
})

t.test('a clinic’s policy adds days and drops them, over the turn of a year', async (t) => {
  const day = (text: string) => LocalDate.parse(text)
  const policy = { add: [day('2026-12-24'), day('2027-06-01')], drop: [day('2027-01-01')] }
  t.same(closedDays('QC', policy, day('2026-12-24'), day('2027-03-26')), ['2026-12-24', '2026-12-25', '2027-03-26'])
  t.same(closedDays('QC', policy, day('2026-12-26'), day('2026-12-31')), [])
})

t.test('a holiday is the whole local day', async (t) => {
  const zone = ZoneId.parse('America/Toronto')
  const day = LocalDate.parse('2026-11-01')
  const at = startOfDay(day, zone)
  const [whole] = holidaySpans('ON', { add: [day], drop: [] }, { start: at, end: at }, zone)
  t.same(whole, { start: at, end: at + 25 * HOUR })
})
