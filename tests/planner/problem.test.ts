import t from 'tap'
import { parseProblem } from '../../src/planner/problem.ts'
import { generateProblem } from '../support/generator.ts'
import { smallProblem } from '../support/small-problem.ts'

type Node = { [key: string]: unknown }
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** A good problem as plain JSON, one member replaced or, with undefined, removed. */
function spoiled(path: string, value: unknown): unknown {
  const json: unknown = JSON.parse(
    JSON.stringify(generateProblem({ preset: 'tiny', seed: 3, rich: true, sessions: true })),
  )
  const steps = path.replaceAll('[', '.').replaceAll(']', '').split('.')
  const last = steps.pop() ?? ''
  const owner = steps.reduce<unknown>((at, step) => (isNode(at) ? at[step] : undefined), json)
  if (!isNode(owner)) throw new Error(`nothing at ${path}`)
  if (value === undefined) delete owner[last]
  else owner[last] = value
  return json
}

t.test('every generated problem is accepted, and reading it twice changes nothing', async (t) => {
  const problems = [
    generateProblem({ preset: 'region12', seed: 1, patients: 3 }),
    generateProblem({ preset: 'net20', seed: 2, rich: true }),
    ...Array.from({ length: 40 }, (_, seed) => smallProblem(seed)),
  ]
  for (const problem of problems) {
    const once = parseProblem(JSON.parse(JSON.stringify(problem)))
    t.ok(once.ok, problem.name)
    if (once.ok) t.same(parseProblem(once.value), once, problem.name)
  }
})

t.test('a member that is unknown is ignored, a weight that is absent is 0', async (t) => {
  t.ok(parseProblem(spoiled('stats', { tries: 1 })).ok)
  const parsed = parseProblem(spoiled('weights', { waitPerDay: 10 }))
  t.ok(parsed.ok)
  if (!parsed.ok) return
  const none = { completionPerDay: 0, unplanned: 0, overPerSlot: 0, offPreference: 0, handover: 0, inPerson: 0 }
  t.same(parsed.value.weights, { waitPerDay: 10, ...none })
})

t.test('a bad problem is refused with the path of what is wrong', async (t) => {
  const standard = 'protocols.standard'
  const closing = (res: string[]) => ({ closing: { start: 0, site: 'site-1', res } })
  const cases: [at: string, value: unknown, named?: string][] = [
    ['format', undefined],
    ['format', 'planning-problem/2'],
    ['grid', 0],
    ['epochUtc', 'yesterday'],
    ['days[3].start', 0],
    ['days', [{ date: '2026-09-07', dow: 1, start: 0 }]],
    ['horizon', undefined],
    ['sites[1]', 'site-1'],
    ['weights.handover', -1],
    [`${standard}.visits[3].dur`, undefined],
    [`${standard}.visits[3].dur`, -150],
    [`${standard}.visits[2].id`, 'prep-1'],
    [`${standard}.visits[3].needs[0].to`, 0],
    [`${standard}.visits[3].needs[0].from`, -5],
    [`${standard}.visits[3].needs[0].roles`, []],
    [`${standard}.lags[3].to`, undefined],
    [`${standard}.lags[3].to`, 1],
    [`${standard}.lags[3].to`, 99],
    [`${standard}.lags[1].minDays`, -1],
    [`${standard}.span`, undefined],
    [`${standard}.span.to`, 10],
    [`${standard}.span.to`, 0],
    [`${standard}.continuity`, 'none'],
    ['resources[1].id', 'T01'],
    ['resources[2].role', undefined],
    ['resources[0].shifts[2][2]', 'elsewhere'],
    ['resources[0].shifts[2][1]', 0, 'resources[0].shifts[2]'],
    ['resources[0].busy[0]', [90, 60]],
    ['resources[0].busy[0][1]', '100'],
    ['resources[0].capacity', 0],
    ['patients[0].protocol', 'other'],
    ['patients[0].ready', undefined],
    ['patients[0].priority', 0],
    ['patients[0].travel.moon', 3],
    ['patients[0].travel.site-1', -3],
    ['patients[0].unavailable', [[5, 4]], 'patients[0].unavailable[0]'],
    ['patients[0].latest', { 'dose-9': 4 }, 'patients[0].latest.dose-9'],
    ['patients[0].fixed', { tea: { start: 0, site: 'site-1' } }, 'patients[0].fixed.tea'],
    ['patients[0].fixed', { closing: { start: 0, site: 'moon' } }, 'patients[0].fixed.closing.site'],
    ['patients[0].fixed', closing(['T01', 'RC99']), 'patients[0].fixed.closing.res[1]'],
    ['patients[0].fixed', closing(['T01']), 'patients[0].fixed.closing.res'],
    ['patients[0].candidates', { tea: {} }, 'patients[0].candidates.tea'],
    ['patients[0].candidates', { closing: { nurse: [] } }, 'patients[0].candidates.closing.nurse'],
    [
      'patients[0].candidates',
      { closing: { therapist: [{ id: 'T01' }, { id: 'T99' }] } },
      'patients[0].candidates.closing.therapist[1].id',
    ],
    [
      'patients[0].candidates',
      { closing: { therapist: [{ id: 'T01', remote: 'often' }] } },
      'patients[0].candidates.closing.therapist[0].remote',
    ],
    [
      'patients[0].candidates',
      { closing: { therapist: [{ id: 'T01', sites: ['site-1', 'moon'] }] } },
      'patients[0].candidates.closing.therapist[0].sites[1]',
    ],
    ['startSets.dosing', { moon: [60] }, 'startSets.dosing.moon'],
    ['maxPerDay', { N99: 2 }, 'maxPerDay.N99'],
    ['dosesBooked', { N99: {} }, 'dosesBooked.N99'],
  ]
  for (const [at, value, named = at] of cases) {
    const parsed = parseProblem(spoiled(at, value))
    const errors = parsed.ok ? [] : parsed.error
    t.ok(
      errors.some((e) => e.path === named && e.message.length > 0),
      `${at} = ${JSON.stringify(value)} is refused at ${named}, got ${JSON.stringify(errors.slice(0, 2))}`,
    )
  }
  const twice = generateProblem({ preset: 'tiny', seed: 3 })
  const repeated = parseProblem({ ...twice, patients: [...twice.patients, ...twice.patients] })
  t.same(repeated.ok ? [] : repeated.error.map((e) => e.path), ['patients[1].id'])
  for (const json of [null, 7, 'problem', []]) t.notOk(parseProblem(json).ok)
})
