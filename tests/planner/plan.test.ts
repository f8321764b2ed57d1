import t from 'tap'
import { type Plan, planItinerary } from '../../src/planner/plan.ts'
import type { PlanningProblem, ProblemResource, Protocol } from '../../src/planner/problem.ts'
import { generateProblem } from '../support/generator.ts'
import { programs, talk } from '../support/generator-programs.ts'
import { localDays } from '../support/problem-days.ts'
import { at, doseNeeds, shown, smallClinic, talkNeeds } from '../support/small-clinic.ts'

/** An empty clinic: everybody works 08:00–18:00 on weekdays; the patient is ready on a Monday and screened already. */
function emptyClinic(program: Protocol, startDate = '2027-01-11', zone = 'America/Toronto'): PlanningProblem {
  const local = localDays(zone, startDate, 56)
  const open = local.days.flatMap((day, i): [number, number, string][] =>
    day.dow >= 1 && day.dow <= 5 && i < 56 ? [[local.at(i, 8), local.at(i, 18), 'A']] : [],
  )
  const resource = (id: string, role: string): ProblemResource => ({ id, role, price: 0, shifts: open, busy: [] })
  return {
    ...smallClinic(),
    ...{ grid: 15, tz: local.tz, epochUtc: local.epochUtc, days: local.days, horizon: local.at(56, 0), sites: ['A'] },
    protocols: { program: withoutScreening(program) },
    resources: [
      ...[resource('Nora', 'nurse'), resource('Tess', 'therapist'), resource('Suite 1', 'consult')],
      ...[resource('Suite 2', 'dosing'), { ...resource('Pia', 'supervision'), capacity: 4 }],
    ],
    patients: [{ id: 'P001', protocol: 'program', priority: 1, ready: 0, travel: { A: 0 }, unavailable: [] }],
  }
}

/** A recorded screening stands for the visit: the program from its first preparation on. */
function withoutScreening({ visits, lags, span }: Protocol): Protocol {
  return {
    visits: visits.slice(1),
    lags: lags.filter((l) => l.from > 0).map((l) => ({ ...l, from: l.from - 1, to: l.to - 1 })),
    span: { ...span, from: 0 },
  }
}

const lines = (problem: PlanningProblem, plan: Plan | undefined) =>
  shown(problem, plan)
    .split(/: | \| /)
    .map((line, i) => (i === 0 ? line : `${line.replace(/ A /, `  ${plan?.visits[i - 1]?.id}  `)}`))
const standard = programs(false, 'program').standard as Protocol
const introductory = programs(false, 'program').introductory as Protocol

t.test(
  'the Standard program at an empty clinic: two days to the first dose, twenty-eight to the last visit',
  async (t) => {
    const problem = emptyClinic(standard)
    const [plan] = planItinerary(problem, 'P001')
    t.same(plan?.cost, { total: 76, wait: 20, completion: 56, travel: 0, load: 0, preference: 0, handover: 0 })
    t.same(lines(problem, plan), [
      '76',
      'Mon 11 08:00  prep-1  Tess Suite 1',
      'Tue 12 08:00  prep-2  Tess Suite 1',
      'Wed 13 08:00  dose-1  Nora Nora Tess Pia Suite 2',
      'Thu 14 08:00  integration-1  Tess Suite 1',
      'Wed 20 08:00  dose-2  Nora Nora Tess Pia Suite 2',
      'Thu 21 08:00  integration-2  Tess Suite 1',
      'Wed 27 08:00  dose-3  Nora Nora Tess Pia Suite 2',
      'Thu 28 08:00  integration-3  Tess Suite 1',
      'Mon 08 08:00  closing  Tess Suite 1',
    ])
  },
)

t.test('the Introductory program at an empty clinic', async (t) => {
  const problem = emptyClinic(introductory)
  const [plan] = planItinerary(problem, 'P001')
  t.same(plan?.cost, { total: 24, wait: 10, completion: 14, travel: 0, load: 0, preference: 0, handover: 0 })
  t.same(lines(problem, plan), [
    '24',
    'Mon 11 08:00  prep-1  Tess Suite 1',
    'Tue 12 08:00  dose-1  Nora Nora Tess Pia Suite 2',
    'Wed 13 08:00  integration-1  Tess Suite 1',
    'Mon 18 08:00  closing  Tess Suite 1',
  ])
})

t.test('the same local dates and hours across a clock change, forward and back', async (t) => {
  for (const monday of ['2027-03-08', '2026-10-26']) {
    const problem = emptyClinic(standard, monday)
    const [plan] = planItinerary(problem, 'P001')
    t.equal(plan?.cost.total, 76, monday)
    for (const line of lines(problem, plan).slice(1)) t.match(line, / 08:00 /, monday)
  }
})

t.test('further plans differ in therapist or first day, in order of cost, each the best of its kind', async (t) => {
  const problem = smallClinic()
  const plans = planItinerary(problem, 'P001', { limit: 4 })
  t.same(
    plans.map((plan) => shown(problem, plan)),
    [
      '12: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1',
      '14: Mon 11 09:00 A T2 C1 | Tue 12 09:00 A T2 N1 N1 D1',
      '24: Tue 12 09:00 A T1 C1 | Wed 13 09:00 A T1 N1 N1 D1',
      '26: Tue 12 09:00 A T2 C1 | Wed 13 09:00 A T2 N1 N1 D1',
    ],
  )
  t.same(planItinerary(problem, 'P001', { limit: 100 }).length, 18, 'nine first days, two therapists')
})

t.test('a therapist asked for leads everything, under either continuity; nobody else is offered', async (t) => {
  for (const continuity of ['program', 'pair'] as const) {
    const problem = smallClinic({ program: { continuity } })
    const plans = planItinerary(problem, 'P001', { lead: 'T2', limit: 2 })
    t.same(
      plans.map((plan) => [plan.lead, plan.cost.total]),
      [
        ['T2', 14],
        ['T2', 26],
      ],
    )
    t.same(planItinerary(problem, 'P001', { lead: 'N1' }), [])
  }
})

t.test('a cost limit is inclusive, and counts what fixed visits cost already', async (t) => {
  const problem = smallClinic({ patient: { fixed: { dose: { start: at(2, 9), site: 'A', res: null } } } })
  t.same(
    [23, 24].map((maxCost) => planItinerary(problem, 'P001', { maxCost }).length),
    [0, 1],
  )
})

t.test('everything fixed: the one plan is what is fixed', async (t) => {
  const fixed = { talk: { start: at(0, 9), site: 'A' }, dose: { start: at(1, 9), site: 'A' } }
  const problem = smallClinic({ patient: { fixed } })
  const plans = planItinerary(problem, 'P001', { limit: 3 })
  t.same(
    plans.map((plan) => shown(problem, plan)),
    ['12: Mon 11 09:00 A - - | Tue 12 09:00 A - - - -'],
  )
  t.equal(plans[0]?.lead, null)
})

t.test('two lead claims of one visit cannot be one therapist', async (t) => {
  const needs = [...talkNeeds, { roles: ['therapist'], as: 'second', lead: true, from: 0, to: 60 }]
  t.same(planItinerary(smallClinic({ talk: { needs } }), 'P001'), [])
  const problem = smallClinic({ talk: { needs }, program: { continuity: 'pair' } })
  const [plan] = planItinerary(problem, 'P001')
  t.equal(shown(problem, plan), '13: Mon 11 09:00 A T1 C1 T2 | Tue 12 09:00 A T1 N1 N1 D1')
  t.equal(plan?.lead, 'T2', 'the last lead claim is the one that continuity follows')
})

t.test('lags among distant visits bind, though no neighbour shares them', async (t) => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const lags = [
    ...[0, 1, 2].map((from) => ({ from, to: from + 3, minMin: 600 + from, maxDays: from })),
    ...[0, 1, 2, 3].map((from) => ({ from, to: from + 2, minDays: 1 })),
  ]
  const problem = emptyClinic(introductory)
  const distant: Protocol = { visits: ids.map((id) => talk(id, 60, false)), lags, span: { minDays: 2, maxDays: 9 } }
  t.same(planItinerary({ ...problem, protocols: { program: distant } }, 'P001'), [], 'a → d the same day')
  const wider = { ...distant, lags: lags.map((l) => ('maxDays' in l ? { ...l, maxDays: l.maxDays + 1 } : l)) }
  const [plan] = planItinerary({ ...problem, protocols: { program: wider } }, 'P001')
  t.same(lines(problem, plan), [
    '4',
    'Mon 11 08:00  a  Tess Suite 1',
    'Mon 11 09:15  b  Tess Suite 1',
    'Tue 12 08:00  c  Tess Suite 1',
    'Tue 12 09:15  d  Tess Suite 1',
    'Wed 13 08:00  e  Tess Suite 1',
    'Wed 13 09:15  f  Tess Suite 1',
  ])
})

t.test('a program without any lead has no lead', async (t) => {
  const unled = (needs: typeof talkNeeds) => needs.map(({ lead, ...need }) => need)
  const problem = smallClinic({ talk: { needs: unled(talkNeeds) }, dose: { needs: unled(doseNeeds) } })
  const [plan] = planItinerary(problem, 'P001')
  t.equal(plan?.lead, null)
  t.equal(plan?.cost.total, 12)
})

t.test('people who could swap places are assigned, not guessed', async (t) => {
  const needs = [...talkNeeds, { roles: ['x'], from: 0, to: 60 }, { roles: ['y', 'x'], from: 0, to: 60 }]
  const more = (busy: [number, number][]) => [
    { id: 'X1', role: 'x' },
    { id: 'X2', role: 'x', price: 1, busy },
    { id: 'Y1', role: 'y', price: 5 },
  ]
  const both = smallClinic({ talk: { needs }, more: more([]) })
  t.equal(shown(both, planItinerary(both, 'P001')[0]).slice(0, 32), '13: Mon 11 09:00 A T1 C1 X1 X2 |')
  const one = smallClinic({ talk: { needs }, more: more([[at(0, 0), at(14, 0)]]) })
  t.equal(shown(one, planItinerary(one, 'P001')[0]).slice(0, 32), '17: Mon 11 09:00 A T1 C1 X1 Y1 |')
})

t.test('a generated network: the same answer however the therapists are priced apart', async (t) => {
  const problem = generateProblem({ preset: 'net20', seed: 5 })
  const [plan] = planItinerary(problem, 'P001')
  if (!plan) throw new Error('seed 5 has a plan')
  const dearer = problem.resources.map((r) => (r.id === plan.lead ? r : { ...r, price: r.price + 1 }))
  t.same(planItinerary({ ...problem, resources: dearer }, 'P001')[0]?.lead, plan.lead)
})
