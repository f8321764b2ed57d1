/** Lags: the window of legal starts is exactly where no violation is found, over random programs, dates and zones. */
import fc from 'fast-check'
import t from 'tap'
import { type Dated, datedOf, lagViolations, startBounds } from '../../src/domain/lags.ts'
import { ProgramDraft } from '../../src/domain/program.ts'
import { addMinutes, type Instant, ZoneId } from '../../src/domain/time.ts'

const ZONES = ['America/Toronto', 'America/Vancouver'].map((zone) => ZoneId.parse(zone))
/** Around Toronto's change of clocks in March 2027. */
const FIRST = Date.UTC(2027, 2, 8, 5) as Instant
const QUARTERS_OF_12_DAYS = 12 * 96

const bound = (most: number) => fc.option(fc.integer({ min: 0, max: most }), { nil: null })
const lagTo = (visit: string) =>
  fc
    .record({ minDays: bound(4), maxDays: bound(8), minMinutes: bound(3000), maxMinutes: bound(9000) })
    .map((lag) => ({ visit, ...lag }))
const keys = ['a', 'b', 'c', 'd']
const program = fc
  .record({
    lags: fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 3 }))
        .chain(([from, step]) => lagTo(keys[from] as string).map((lag) => ({ to: Math.min(3, from + step), lag }))),
      { maxLength: 5 },
    ),
    minutes: fc.array(fc.constantFrom(30, 50, 150), { minLength: 4, maxLength: 4 }),
    span: fc.option(fc.record({ minDays: fc.integer({ min: 0, max: 3 }), maxDays: fc.integer({ min: 3, max: 9 }) })),
  })
  .map(({ lags, minutes, span }) => ({
    version: 1,
    ...ProgramDraft.parse({
      key: 'any',
      name: { en: 'Any', fr: 'Tous' },
      span: span && { from: 'a', to: 'd', ...span },
      visits: keys.map((key, i) => ({
        key,
        step: 'prepare',
        title: { en: key, fr: key },
        minutes: minutes[i],
        modality: ['phone'],
        claims: [{ as: 'navigator', role: 'navigator', from: 0, to: minutes[i] }],
        after: lags.filter((l) => l.to === i).map((l) => l.lag),
      })),
    }),
  }))

t.test('inside the window nothing is violated, outside of it something is', async (t) => {
  fc.assert(
    fc.property(
      program,
      fc.constantFrom(...ZONES),
      fc.array(fc.option(fc.integer({ min: 0, max: QUARTERS_OF_12_DAYS })), { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 0, max: 3 }),
      fc.record({ lag: fc.boolean(), span: fc.boolean() }),
      (program, timeZone, dates, which, setAside) => {
        const at = (i: number, quarter: number): Dated => {
          const { key, minutes } = program.visits[i] as (typeof program.visits)[number]
          const start = addMinutes(FIRST, quarter * 15)
          return datedOf({ visitKey: key, start, end: addMinutes(start, minutes), timeZone })
        }
        const others = dates.flatMap((quarter, i) => (quarter === null || i === which ? [] : [at(i, quarter)]))
        const visit = program.visits[which] as (typeof program.visits)[number]
        const { start, end } = startBounds(program, visit, others, timeZone, setAside)
        for (let quarter = 0; quarter < QUARTERS_OF_12_DAYS; quarter += 3) {
          const placed = at(which, quarter)
          const legal = lagViolations(program, [...others, placed], new Set([visit.key]), setAside).length === 0
          if (legal !== (start <= placed.start && placed.start <= end)) return false
        }
        return true
      },
    ),
    { numRuns: 150 },
  )
  t.pass()
})
