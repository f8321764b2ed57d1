import t from 'tap'
import { planItinerary } from '../../src/planner/plan.ts'
import type { Candidate, Need, PlanningProblem, Protocol } from '../../src/planner/problem.ts'
import { type BruteForceAnswer, bruteForce } from '../support/brute-force.ts'
import { generateProblem } from '../support/generator.ts'
import { seeded } from '../support/seeded.ts'
import { smallProblem } from '../support/small-problem.ts'

type Shown = { start: number; site: string; remote?: true; res: (string | null)[] }
const text = (visits: readonly Shown[]) =>
  visits.map((v) => `${v.start} ${v.site}${v.remote ? ' remote' : ''} ${v.res.join(' ')}`).join(' | ')

/** A dose with a led visit after it, and therapists who may change: where the rule of pairs can be broken. */
function hasPair(seed: number): boolean {
  const protocol = smallProblem(seed).protocols.program
  const led = protocol?.visits.filter((v) => v.needs.some((n) => n.lead)) ?? []
  return protocol?.continuity === 'pair' && led.some((v, i) => v.dose === true && i + 1 < led.length)
}
const SEEDS = Array.from({ length: 700 }, (_, seed) => seed).filter((seed) => seed < 240 || hasPair(seed))
const answers = new Map<number, BruteForceAnswer>(
  SEEDS.map((seed) => [seed, bruteForce(smallProblem(seed), 'P001', 60_000)]),
)

t.test('the planner finds what trying everything finds, ties included, and proves what cannot be', async (t) => {
  let compared = 0
  for (const [seed, expected] of answers) {
    if (expected.kind === 'too-large') continue
    compared++
    const [plan] = planItinerary(smallProblem(seed), 'P001')
    const found = plan ? `${plan.cost.total}: ${text(plan.visits)}` : 'none'
    const wanted = expected.kind === 'best' ? `${expected.cost}: ${text(expected.visits)}` : 'none'
    if (found !== wanted) t.equal(found, wanted, `seed ${seed}`)
  }
  t.ok(compared > 200, `${compared} problems compared`)
})

/** Who may serve a visit in person may not be who may remotely, nor be the same at every clinic; many plans cost the same. */
function withLicences(seed: number): PlanningProblem {
  const random = seeded(seed + 10_000)
  const problem = smallProblem(seed)
  const protocol = problem.protocols.program as Protocol
  const visits = protocol.visits.map((v) => ({ ...v, remote: random.pick(['may', 'may', 'only'] as const) }))
  const way = (): Omit<Candidate, 'id'>[] =>
    random.pick([
      [{}],
      [{}],
      [{ remote: 'only' }],
      [{ remote: 'never' }],
      [{ remote: 'never', sites: [random.pick(problem.sites)] }, { remote: 'only' }],
      [
        { remote: 'only', since: 2880 },
        { remote: 'never', until: 4320 },
      ],
    ] as const)
  const listed = (need: Need) =>
    problem.resources.filter((r) => need.roles.includes(r.role)).flatMap(({ id }) => way().map((w) => ({ id, ...w })))
  const candidates = Object.fromEntries(
    visits.map((v) => [v.id, Object.fromEntries(v.needs.map((n) => [n.as ?? n.roles[0] ?? '', listed(n)]))]),
  )
  return {
    ...problem,
    protocols: { program: { ...protocol, visits } },
    weights: { ...problem.weights, inPerson: seed % 3 === 0 ? 5 : 0 },
    resources: problem.resources.map((r) => (seed % 2 ? { ...r, price: 0 } : r)),
    patients: problem.patients.map((p) => ({ ...p, candidates })),
  }
}

t.test('licences in person and remotely: what trying everything finds, ties included', async (t) => {
  const count = { compared: 0, found: 0, both: 0 }
  for (let seed = 1; seed <= 120; seed++) {
    const problem = withLicences(seed)
    const expected = bruteForce(problem, 'P001', 15_000)
    if (expected.kind === 'too-large') continue
    count.compared++
    const [plan] = planItinerary(problem, 'P001')
    const found = plan ? `${plan.cost.total}: ${text(plan.visits)}` : 'none'
    const wanted = expected.kind === 'best' ? `${expected.cost}: ${text(expected.visits)}` : 'none'
    if (found !== wanted) t.equal(found, wanted, `seed ${seed}`)
    if (!plan) continue
    count.found++
    if (new Set(plan.visits.map((v) => v.remote ?? false)).size === 2) count.both++
  }
  t.ok(count.compared > 80 && count.found > 20 && count.both > 5, JSON.stringify(count))
})

t.test('the parts of a cost add up, and the same problem read twice gives the same plan', async (t) => {
  for (const seed of SEEDS.slice(0, 60)) {
    const [plan] = planItinerary(smallProblem(seed), 'P001')
    t.same(planItinerary(smallProblem(seed), 'P001')[0], plan)
    if (!plan) continue
    const { total, ...parts } = plan.cost
    t.equal(
      Object.values(parts).reduce((sum, part) => sum + part, 0),
      total,
    )
  }
})

t.test('the order of resources, shifts and busy times in the file does not matter', async (t) => {
  for (const seed of SEEDS.slice(0, 60)) {
    const problem = smallProblem(seed)
    const turned = problem.resources
      .map((r) => ({ ...r, shifts: [...r.shifts].reverse(), busy: [...r.busy].reverse() }))
      .reverse()
    t.same(planItinerary({ ...problem, resources: turned }, 'P001'), planItinerary(problem, 'P001'), `seed ${seed}`)
  }
})

t.test('what is added can only help: more time, a later horizon; what is taken can only hurt', async (t) => {
  for (const seed of SEEDS.slice(0, 80)) {
    const problem = smallProblem(seed)
    const cost = planItinerary(problem, 'P001')[0]?.cost.total ?? Infinity
    const freed = { ...problem, resources: problem.resources.map((r) => ({ ...r, busy: [] })) }
    t.ok((planItinerary(freed, 'P001')[0]?.cost.total ?? Infinity) <= cost, `free ${seed}`)
    const shorter = { ...problem, horizon: problem.horizon - 1440 }
    t.ok((planItinerary(shorter, 'P001')[0]?.cost.total ?? Infinity) >= cost, `shorter ${seed}`)
  }
})

t.test('alternatives differ in therapist or first day, each the best of its kind, cheapest first', async (t) => {
  const problem = generateProblem({ preset: 'tiny', seed: 11, sessions: true })
  const plans = planItinerary(problem, 'P001', { limit: 6 })
  t.ok(plans.length > 1)
  const kinds = plans.map((p) => {
    const first = p.visits[0]?.start ?? 0
    return `${p.lead} ${problem.days.findLast((day) => day.start <= first)?.date}`
  })
  t.equal(new Set(kinds).size, plans.length)
  const costs = plans.map((p) => p.cost.total)
  t.same(
    costs,
    [...costs].sort((a, b) => a - b),
  )
  for (const plan of plans) {
    const [asked] = plan.lead === null ? [] : planItinerary(problem, 'P001', { lead: plan.lead })
    t.ok((asked?.cost.total ?? Infinity) <= plan.cost.total)
  }
})

t.test('a limit on the cost keeps the optimum that costs as much and drops what costs more', async (t) => {
  for (const [seed, expected] of answers) {
    if (expected.kind !== 'best' || seed > 80) continue
    const problem = smallProblem(seed)
    t.equal(planItinerary(problem, 'P001', { maxCost: expected.cost })[0]?.cost.total, expected.cost, `seed ${seed}`)
    t.same(planItinerary(problem, 'P001', { maxCost: expected.cost - 1 }), [], `seed ${seed}`)
  }
})
