import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { planItinerary } from '../../src/planner/plan.ts'
import type { PlanningProblem } from '../../src/planner/problem.ts'
import { solve } from '../../src/planner/solve.ts'
import { solveFile } from '../../src/solve-file.ts'
import { generateProblem } from '../support/generator.ts'

const one = generateProblem({ preset: 'tiny', seed: 11, sessions: true })
const many = generateProblem({ preset: 'tiny', seed: 5, patients: 6, sessions: true })

/** Minutes at which a resource is claimed or booked more often than it has lanes. */
function overbooked(problem: PlanningProblem, answer: ReturnType<typeof solve>): string[] {
  const out: string[] = []
  for (const resource of problem.resources) {
    const claims = problem.patients.flatMap((patient) => {
      const visits = problem.protocols[patient.protocol]?.visits ?? []
      return (answer.patients[patient.id]?.visits ?? []).flatMap((held, i) =>
        (visits[i]?.needs ?? [])
          .filter((_, k) => held.res[k] === resource.id)
          .map((need): readonly [number, number] => [held.start + need.from, held.start + need.to]),
      )
    })
    const all = [...claims, ...resource.busy]
    for (const [start] of claims)
      if (all.filter(([s, e]) => s <= start && start < e).length > (resource.capacity ?? 1))
        out.push(`${resource.id} at ${start}`)
  }
  return out
}

t.test('one patient gets the optimum, which is its own bound', async (t) => {
  const answer = solve(one)
  const [plan] = planItinerary(one, 'P001')
  t.ok(plan)
  t.same(answer, {
    patients: { P001: { lead: plan?.lead, visits: plan?.visits } },
    cost: plan?.cost.total,
    optimal: true,
    bound: plan?.cost.total,
  })
})

t.test('several patients never share what has one lane, and the bound is not above the cost', async (t) => {
  const heard: string[] = []
  const answer = solve(many, (done, of, id, cost) => heard.push(`${done}/${of} ${id} ${cost === null ? '-' : '+'}`))
  t.equal(heard.length, many.patients.length)
  t.same(overbooked(many, answer), [])
  t.ok((answer.bound ?? Infinity) <= answer.cost)
  const planned = Object.values(answer.patients).filter((p) => p !== null)
  t.ok(planned.length > 1, `${planned.length} planned`)
  t.same(
    Object.keys(answer.patients),
    many.patients.map((p) => p.id),
  )
  t.same(
    Object.keys(answer.blockers ?? {}),
    many.patients.filter((p) => answer.patients[p.id] === null).map((p) => p.id),
  )
})

t.test('doses of earlier patients count toward the daily limit of the next', async (t) => {
  const nurses = many.resources.filter((r) => r.role === 'nurse').map((r) => [r.id, 1] as const)
  const limited = { ...many, maxPerDay: Object.fromEntries(nurses) }
  const answer = solve(limited)
  const doses = new Map<string, number>()
  for (const patient of limited.patients) {
    const visits = limited.protocols[patient.protocol]?.visits ?? []
    answer.patients[patient.id]?.visits.forEach((held, i) => {
      if (!visits[i]?.dose) return
      const date = limited.days.findLast((day) => day.start <= held.start)?.date
      for (const id of new Set(held.res)) doses.set(`${id} ${date}`, (doses.get(`${id} ${date}`) ?? 0) + 1)
    })
  }
  const most = Math.max(...[...doses].filter(([key]) => key.startsWith('N')).map(([, n]) => n))
  t.equal(most, 1)
})

t.test('a patient without an itinerary is null, counted, and explained', async (t) => {
  const patients = one.patients.map((p) => ({ ...p, priority: 2, unavailable: [[0, one.horizon] as const] }))
  const answer = solve({ ...one, patients })
  t.equal(answer.patients.P001, null)
  t.equal(answer.cost, 4000)
  t.equal(answer.optimal, true)
  t.equal(answer.blockers?.P001?.[0]?.kind, 'patient-time')
})

t.test('the command reads a file, writes an answer, and refuses with 2 and a path', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'throughline-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const run = async (...args: string[]) => {
    const said = { out: '', err: '' }
    const code = await solveFile(args, { out: (s) => (said.out += s), err: (s) => (said.err += s) })
    return { code, ...said }
  }
  const write = async (name: string, content: unknown) => {
    const path = join(folder, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
  const path = await write('one.json', one)
  const answered = await run(path)
  t.equal(answered.code, 0)
  t.equal(answered.err, '')
  t.same(JSON.parse(answered.out), JSON.parse(JSON.stringify(solve(one))))

  const out = join(folder, 'answer.json')
  t.same(await run(path, '--out', out), { code: 0, out: '', err: '' })
  t.equal(await readFile(out, 'utf8'), answered.out)

  const several = await run(await write('many.json', many), '--time-limit', '60')
  t.equal(several.code, 0)
  t.match(several.err, /^6\/6 P00\d /m)

  const lags = one.protocols.standard?.lags.map((lag, i) => (i === 3 ? { ...lag, to: 1 } : lag))
  const cycle = { ...one, protocols: { ...one.protocols, standard: { ...one.protocols.standard, lags } } }
  const refused: [args: string[], said: RegExp][] = [
    [[await write('cycle.json', cycle)], /protocols\.standard\.lags\[3\]\.to/],
    [[await write('text.json', 'not a problem')], /text\.json/],
    [[join(folder, 'absent.json')], /absent\.json/],
    [[path, '--out', join(folder, 'absent', 'answer.json')], /answer\.json/],
    [[], /usage/],
    [[path, '--fast'], /usage/],
  ]
  for (const [args, said] of refused) {
    const { code, out: nothing, err } = await run(...args)
    t.equal(code, 2)
    t.equal(nothing, '')
    t.match(err, said)
  }
})
