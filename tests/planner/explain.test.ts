import t from 'tap'
import { applyRelaxation, type Change } from '../../src/planner/explain/relax.ts'
import { type ExplainFacts, explain } from '../../src/planner/explain.ts'
import { planItinerary } from '../../src/planner/plan.ts'
import type { PlanningProblem, ProblemPatient, ProblemResource, Protocol } from '../../src/planner/problem.ts'
import { generateProblem } from '../support/generator.ts'
import { smallProblem } from '../support/small-problem.ts'

/** An empty region with staff on shift: an introductory program at its first clinic fits easily. */
const tiny = generateProblem({ preset: 'tiny', seed: 2, occupancy: 0 })
const { monday, introductory } = { monday: 480, introductory: tiny.protocols.introductory as Protocol }
const easy: PlanningProblem = {
  ...tiny,
  resources: tiny.resources.map((r) => ({ ...r, price: 0, busy: [] })),
  patients: [
    {
      id: 'P001',
      protocol: 'introductory',
      priority: 1,
      ready: monday,
      travel: { 'site-1': 0, 'site-2': null },
      unavailable: [],
    },
  ],
}
const forPatient = (change: Partial<ProblemPatient>): PlanningProblem => ({
  ...easy,
  patients: easy.patients.map((p) => ({ ...p, ...change })),
})
const forRole = (role: string, change: (r: ProblemResource) => Partial<ProblemResource>): PlanningProblem => ({
  ...easy,
  resources: easy.resources.map((r) => (r.role === role ? { ...r, ...change(r) } : r)),
})
const forProgram = (change: Partial<Protocol>): PlanningProblem => ({
  ...easy,
  protocols: { introductory: { ...introductory, ...change } },
})
const idsOf = (role: string) =>
  easy.resources
    .filter((r) => r.role === role)
    .map((r) => r.id)
    .sort()
const noTherapist = { 'prep-1': { therapist: [] }, 'dose-1': { therapist: [] } }
const leftOut = (reason: 'licence' | 'language' | 'precondition' | 'therapist'): ExplainFacts => ({
  excluded: { 'prep-1': { therapist: idsOf('therapist').map((id) => ({ id, reason })) } },
})
const lagTo = (at: number, lag: Protocol['lags'][number]): Protocol['lags'] =>
  introductory.lags.map((known) => (known.to === at ? lag : known))
const day = (index: number) => easy.days[index]?.start ?? 0

/** One therapist leaves, the next comes too late for the first preparation. */
const changeover: PlanningProblem = {
  ...forRole('therapist', (r) => ({
    shifts: r.shifts.filter((s) => (r.id === 'T01' ? s[0] < day(2) : r.id === 'T03' && s[0] > day(3))),
  })),
  patients: forPatient({ latest: { 'prep-1': day(2) } }).patients,
}

t.test('nothing is in the way of a plan that exists', async (t) => {
  t.equal(planItinerary(easy, 'P001').length, 1)
  t.same(explain(easy, 'P001'), [])
})

t.test('the first visit that cannot be reached is named with what stands in its way', async (t) => {
  const cases: [
    what: string,
    problem: PlanningProblem,
    visit: string,
    kind: string,
    ids?: string[] | undefined,
    facts?: ExplainFacts,
  ][] = [
    ['no nurse works', forRole('nurse', () => ({ shifts: [] })), 'dose-1', 'no-shift', idsOf('nurse')],
    ['nobody supervises', forRole('supervision', () => ({ shifts: [] })), 'dose-1', 'no-shift', idsOf('supervision')],
    ['nurses are booked', forRole('nurse', () => ({ busy: [[0, easy.horizon]] })), 'dose-1', 'all-busy'],
    ['rooms are booked', forRole('dosing', () => ({ busy: [[0, easy.horizon]] })), 'dose-1', 'room'],
    ['no dosing room', forRole('dosing', () => ({ shifts: [] })), 'dose-1', 'room', idsOf('dosing')],
    [
      'the clinic is closed',
      forRole('consult', () => ({ shifts: [] })),
      'medical-screening',
      'closure',
      undefined,
      { closures: [{ site: 'site-1', start: 0, end: easy.horizon }] },
    ],
    [
      'a holiday, and no dosing room at all',
      { ...easy, resources: easy.resources.filter((r) => r.role !== 'dosing') },
      'dose-1',
      'room',
      [],
      { closures: [{ site: 'site-1', start: 0, end: 1440 }] },
    ],
    [
      'a holiday, and dosing rooms elsewhere only',
      forRole('dosing', (r) => ({ shifts: r.shifts.map(([start, end]) => [start, end, 'elsewhere']) })),
      'dose-1',
      'room',
      idsOf('dosing'),
      { closures: [{ site: 'site-1', start: 0, end: 1440 }] },
    ],
    ['nobody is a candidate', forPatient({ candidates: noTherapist }), 'prep-1', 'licence'],
    [
      'not licensed',
      forPatient({ candidates: noTherapist }),
      'prep-1',
      'licence',
      idsOf('therapist'),
      leftOut('licence'),
    ],
    [
      'no common language',
      forPatient({ candidates: noTherapist }),
      'prep-1',
      'language',
      undefined,
      leftOut('language'),
    ],
    ['a wish', forPatient({ candidates: noTherapist }), 'prep-1', 'therapist', undefined, leftOut('therapist')],
    [
      'licences end',
      forPatient({ candidates: { 'dose-1': { therapist: [{ id: 'T01', until: monday }] } } }),
      'dose-1',
      'licence',
    ],
    ['clearance ends', forPatient({ latest: { 'dose-1': monday } }), 'dose-1', 'clearance', []],
    ['the patient is away', forPatient({ unavailable: [[0, easy.horizon]] }), 'medical-screening', 'patient-time', []],
    ['no session times', { ...easy, startSets: { dosing: [] } }, 'dose-1', 'session-time', []],
    [
      'no more doses a day',
      { ...easy, maxPerDay: Object.fromEntries(idsOf('nurse').map((id) => [id, 0])) },
      'dose-1',
      'limit',
      idsOf('nurse'),
    ],
    [
      'lags contradict',
      forProgram({ lags: lagTo(2, { from: 1, to: 2, minDays: 1, maxMin: 60 }) }),
      'dose-1',
      'lag',
      [],
    ],
    [
      'lags are shorter than the span',
      forProgram({ span: { from: 1, minDays: 30, maxDays: 40 } }),
      'closing',
      'span',
      [],
    ],
    ['the horizon is too near', { ...easy, horizon: day(2) }, 'dose-1', 'span', []],
    ['therapists change over', changeover, 'dose-1', 'therapist'],
  ]
  for (const [what, problem, visit, kind, ids, facts] of cases) {
    t.same(planItinerary(problem, 'P001'), [], what)
    const [first] = explain(problem, 'P001', facts)
    t.equal(`${first?.visitKey} ${first?.kind}`, `${visit} ${kind}`, `${what}: ${first?.detail}`)
    if (ids) t.same(first?.resourceIds, ids, what)
    t.ok(first && first.from <= first.to, what)
  }
})

t.test('a visit that could not be placed by itself is named too', async (t) => {
  const problem = forPatient({
    unavailable: [[0, day(1)]],
    latest: { 'medical-screening': day(1) },
    candidates: { closing: { therapist: [] } },
  })
  t.same(
    explain(problem, 'P001').map((b) => `${b.visitKey} ${b.kind}`),
    ['medical-screening clearance', 'closing licence'],
  )
})

t.test('each kind of relaxation is offered where it helps, and gives the cost it states', async (t) => {
  const onlyFar = forRole('dosing', (r) => ({ shifts: r.shifts.filter((s) => s[2] === 'site-2') }))
  const loneNurse = forRole('nurse', (r) => ({ shifts: r.id === 'N01' ? r.shifts.filter((s) => s[0] > day(20)) : [] }))
  const roomless = forRole('consult', (r) => ({ shifts: r.shifts.filter((s) => s[2] === 'site-2') }))
  const talks = introductory.visits.filter((v) => !v.dose).map((v) => v.id)
  const cases: [kind: Change['kind'], problem: PlanningProblem, facts?: ExplainFacts][] = [
    ['later', { ...easy, horizon: day(6) }],
    ['allow-site', onlyFar],
    ['allow-site', onlyFar, { travel: { 'site-2': 7 } }],
    ['virtual', roomless, { couldBeRemote: talks }],
    ['handover', changeover],
    ['extra-shift', { ...loneNurse, horizon: day(20) }],
  ]
  for (const [kind, problem, facts] of cases) {
    const offered = explain(problem, 'P001', facts)[0]?.relaxations ?? []
    t.ok(
      offered.some((r) => r.kind === kind),
      `${kind} among ${offered.map((r) => r.kind)}`,
    )
    for (const { cost, change, detail } of offered)
      t.equal(planItinerary(applyRelaxation(problem, change), 'P001')[0]?.cost.total, cost, detail)
  }
  const far = explain(onlyFar, 'P001', { travel: { 'site-2': 7 } })[0]?.relaxations[0]
  t.same(far?.change, { kind: 'allow-site', patientId: 'P001', site: 'site-2', points: 7 })
})

t.test('a longer horizon is the shortest that helps, an extra shift as short as its visit', async (t) => {
  const short = { ...easy, horizon: day(6) }
  const later = explain(short, 'P001')[0]?.relaxations.find((r) => r.kind === 'later')
  t.ok(later?.change.kind === 'later')
  if (later?.change.kind === 'later')
    t.same(planItinerary({ ...short, horizon: later.change.horizon - 1440 }, 'P001'), [])

  const nurseless = forRole('nurse', () => ({ shifts: [] }))
  const shift = explain(nurseless, 'P001')[0]?.relaxations.find((r) => r.kind === 'extra-shift')?.change
  t.ok(shift?.kind === 'extra-shift')
  if (shift?.kind === 'extra-shift') {
    t.equal(shift.end - shift.start, 150)
    t.same(planItinerary(applyRelaxation(nurseless, { ...shift, end: shift.end - 15 }), 'P001'), [])
  }
})

t.test('an extra shift opens what stands for a part of the person too', async (t) => {
  const unsupervised = forRole('supervision', () => ({ shifts: [] }))
  const shift = explain(unsupervised, 'P001')[0]?.relaxations.find((r) => r.kind === 'extra-shift')?.change
  t.ok(shift?.kind === 'extra-shift' && idsOf('prescriber').includes(shift.resourceId))
})

t.test(
  'nobody is given a shift in their time off, on a day at another clinic, or where they may not serve',
  async (t) => {
    const nurseless = forRole('nurse', () => ({ shifts: [] }))
    const helpers = (problem: PlanningProblem, facts: ExplainFacts = {}) =>
      (explain(problem, 'P001', facts)[0]?.relaxations ?? []).flatMap(({ change }) =>
        change.kind === 'extra-shift' ? [change.resourceId] : [],
      )
    t.same(helpers(nurseless).sort(), ['N01', 'N02'])
    t.same(helpers(nurseless, { away: { N01: [[0, easy.horizon]] } }), ['N02'])
    const elsewhere = forRole('nurse', (r) => ({
      shifts: r.id === 'N01' ? easy.days.map((d) => [d.start + 420, d.start + 430, 'site-2'] as const) : [],
    }))
    t.same(helpers(elsewhere), ['N02'])
    const only = { 'dose-1': { nurse: [{ id: 'N01' }] } }
    t.same(helpers({ ...nurseless, patients: forPatient({ candidates: only }).patients }), ['N01'])
  },
)

t.test('who serves the dose may open the integration after it', async (t) => {
  const onFriday = (at: number) => easy.days.some((d) => d.dow === 5 && d.start <= at && at < d.start + 1440)
  const fridays = forRole('nurse', (r) => ({ shifts: r.shifts.filter((s) => onFriday(s[0])) }))
  const [first] = explain(fridays, 'P001')
  t.equal(first?.visitKey, 'integration-1')
  const nurses = first?.relaxations.flatMap(({ change }) => (change.kind === 'extra-shift' ? [change.resourceId] : []))
  t.ok(nurses?.length && nurses.every((id) => idsOf('nurse').includes(id)), `${nurses}`)
})

t.test('the cost stated is that of the problem as it will be put', async (t) => {
  const nurseless = forRole('nurse', () => ({ shifts: [] }))
  const dearer = (change: Change): PlanningProblem => {
    const opened = applyRelaxation(nurseless, change)
    return { ...opened, resources: opened.resources.map((r) => (r.role === 'nurse' ? { ...r, price: 5 } : r)) }
  }
  const cost = (facts: ExplainFacts) =>
    explain(nurseless, 'P001', facts)[0]?.relaxations.find((r) => r.kind === 'extra-shift')?.cost ?? 0
  t.equal(cost({ changed: dearer }), cost({}) + 10)
})

t.test('a therapist who was asked for and cannot is a reason of its own', async (t) => {
  const [plan] = planItinerary(easy, 'P001')
  const problem = forRole('therapist', (r) => (r.id === 'T01' ? { busy: [[0, easy.horizon]] } : {}))
  t.ok(planItinerary(problem, 'P001').length > 0)
  t.same(explain(problem, 'P001'), [])
  const [first] = explain(problem, 'P001', { lead: 'T01' })
  t.equal(`${first?.visitKey} ${first?.kind}`, 'prep-1 therapist')
  t.match(first?.relaxations[0], { kind: 'any-therapist', cost: planItinerary(problem, 'P001')[0]?.cost.total })
  t.ok(plan)
  t.same(explain(easy, 'P001', { lead: plan?.lead ?? undefined }), [])
})

t.test('every infeasible problem is explained, and every relaxation holds', async (t) => {
  let explained = 0
  const problems = [
    ...Array.from({ length: 120 }, (_, seed) => smallProblem(seed)),
    ...[1, 2, 3, 4].map((seed) => generateProblem({ preset: 'tiny', seed, occupancy: 0.7, rich: seed % 2 === 0 })),
  ]
  for (const problem of problems) {
    const [plan] = planItinerary(problem, 'P001')
    const blockers = explain(problem, 'P001')
    if (plan) {
      t.same(blockers, [], problem.name)
      continue
    }
    explained++
    if (blockers.length === 0) t.fail(`${problem.name} is not explained`)
    for (const { cost, change } of blockers.flatMap((b) => b.relaxations)) {
      const opened = planItinerary(applyRelaxation(problem, change), 'P001')[0]
      if (opened?.cost.total !== cost) t.equal(opened?.cost.total, cost, `${problem.name} ${JSON.stringify(change)}`)
    }
  }
  t.ok(explained > 50, `${explained} explained`)
})
