import t from 'tap'
import { provenWithin } from '../../src/planner/compose/horizon.ts'
import { planItinerary } from '../../src/planner/plan.ts'
import type { PlanningProblem } from '../../src/planner/problem.ts'
import { at, type Changes, shifts, smallClinic } from '../support/small-clinic.ts'
import { smallProblem } from '../support/small-problem.ts'

/** The problem as it is known when only so many days are read, of which the last has another behind it. */
const readOf = (problem: PlanningProblem, days: number): PlanningProblem => ({
  ...problem,
  days: problem.days.slice(0, days + 2),
  horizon: Math.min(problem.horizon, problem.days[days]?.start ?? problem.horizon),
})

const costOf = (problem: PlanningProblem): number => planItinerary(problem, 'P001')[0]?.cost.total ?? Infinity
const FROM_WEDNESDAY = { shifts: shifts('A', 9, 12, [2, 3, 4]) }
/** A conversation with a nurse that nothing ties to the rest: its date costs nothing. */
const tea = { id: 'tea', dur: 30, needs: [{ roles: ['nurse'], as: 'nurse', from: 0, to: 30 }] }
const withTea = (changes: Changes): Changes => {
  const { program } = smallClinic(changes).protocols
  const lags = [{ from: 1, to: 2, minDays: 1, maxDays: 3 }]
  return { ...changes, program: { visits: [tea, ...(program?.visits ?? [])], lags, span: { from: 1, ...NO_SPAN } } }
}
const NO_SPAN = { minDays: 0, maxDays: 13 }

/** The dose first; then the conversation, which ends the program. */
const doseFirst = (lag: object, nurse: number, span: object = NO_SPAN): Changes => {
  const [talk, dose] = smallClinic().protocols.program?.visits ?? []
  if (!talk || !dose) throw new Error('the small clinic has two visits')
  const program = {
    visits: [dose, talk],
    lags: [{ from: 0, to: 1, minDays: 1, ...lag }],
    span: { ...NO_SPAN, ...span },
  }
  return { program, N1: { price: nurse }, N2: { price: nurse } }
}

/** What differs at the small clinic, days read, plans wanted, and whether that proves the first plan best. */
type Case = readonly [sentence: string, changes: Changes, days: number, wanted: number, proven: boolean]
const CASES: Case[] = [
  ['a later dose costs more than the plan at hand', {}, 2, 1, true],
  ['a plan beyond what was read is better', { N1: FROM_WEDNESDAY, N2: { price: 10 } }, 2, 1, false],
  ['it could still be better, though it is not', { N1: { price: 4 }, N2: { price: 6 } }, 2, 1, true],
  ['nor is what costs as much better', { N1: { price: 6 }, N2: { price: 6 } }, 2, 1, true],
  ['no plan proves nothing', { D1: { shifts: [] } }, 2, 1, false],
  ['fewer plans than wanted: more may lie beyond', { T2: { shifts: [] } }, 2, 3, false],
  [
    'unless nothing can',
    { T2: { shifts: [] }, patient: { fixed: { dose: { start: at(1, 9), site: 'A' } } } },
    3,
    3,
    true,
  ],
  ['a visit whose date costs nothing is free at the least already', withTea({}), 2, 1, true],
  ['whatever it costs at the least', withTea({ N1: { price: 3 }, N2: { price: 3 } }), 2, 1, true],
  ['it may be cheaper beyond', withTea({ N1: FROM_WEDNESDAY }), 2, 1, false],
  ['a late last visit would take the dose along: most days', doseFirst({ maxDays: 1 }, 4), 2, 1, true],
  ['most minutes', doseFirst({ maxMin: 1440 }, 4), 4, 1, true],
  ['not more than they say', doseFirst({ maxMin: 1440 }, 19), 5, 1, false],
  ['the longest span', doseFirst({}, 4, { maxDays: 1 }), 2, 1, true],
  ['it would not', doseFirst({}, 4), 2, 1, false],
  [
    'the shortest span keeps a visit before a fixed one within what was read',
    {
      program: { lags: [], span: { minDays: 1, maxDays: 9 } },
      patient: { fixed: { dose: { start: at(2, 9), site: 'A' } } },
    },
    2,
    9,
    true,
  ],
  [
    'dates that cost nothing prove nothing',
    { weights: { waitPerDay: 0, completionPerDay: 0 }, T1: { price: 1 } },
    2,
    1,
    false,
  ],
  ['unless the plan costs nothing', { weights: { waitPerDay: 0, completionPerDay: 0 } }, 2, 1, true],
]

t.test('how far ahead must be looked', async (t) => {
  for (const [sentence, changes, days, wanted, proven] of CASES) {
    const problem = smallClinic(changes)
    const known = readOf(problem, days)
    const plans = planItinerary(known, 'P001', { limit: wanted })
    t.equal(provenWithin(known, 'P001', days, plans, wanted), proven, sentence)
  }
  const better = smallClinic(CASES[1]?.[1])
  t.same([costOf(readOf(better, 2)), costOf(better)], [32, 24], 'the better plan is there')
})

t.test('what is proven is the best of all days', async (t) => {
  let proofs = 0
  for (let seed = 0; seed < 160; seed++) {
    const problem = smallProblem(seed)
    const [patient] = problem.patients
    if (!patient) continue
    const ready = problem.days.findLastIndex((day) => day.start <= patient.ready)
    for (let days = 2; days < problem.days.length - 1; days++) {
      const known = readOf(problem, days)
      if (Object.values(patient.fixed ?? {}).some((f) => f.start >= known.horizon)) continue
      const plans = planItinerary(known, 'P001')
      if (!provenWithin(known, 'P001', days - ready, plans, 1)) continue
      proofs++
      if (plans[0]?.cost.total !== costOf(problem))
        t.equal(plans[0]?.cost.total, costOf(problem), `seed ${seed}, ${days} days`)
    }
  }
  t.ok(proofs > 60, `${proofs} proofs`)
})
