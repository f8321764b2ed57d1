/** What a problem's names and numbers must agree on beyond their shapes: unknown names, order, lengths. Pure. */
import type { PlanningProblem, ProblemError, ProblemPatient, Protocol } from './problem.ts'

/** A start set is one list for all sites, or one list per site. */
const isList = (set: object): set is readonly number[] => Array.isArray(set)

type Report = (path: string, message: string) => void

/** Every disagreement in a well-formed problem, with its path; an empty list: the problem can be planned. */
export function unresolved(problem: PlanningProblem): ProblemError[] {
  const errors: ProblemError[] = []
  const report: Report = (path, message) => errors.push({ path, message })
  const sites = new Set(problem.sites)
  const resources = new Set(problem.resources.map((r) => r.id))

  repeated(problem.sites, (i) => report(`sites[${i}]`, 'is named twice'))
  problem.days.forEach((day, i) => {
    const before = problem.days[i - 1]
    if (before && (day.start <= before.start || day.date <= before.date)) report(`days[${i}].start`, 'days must ascend')
  })
  if ((problem.days.at(-1)?.start ?? 0) < problem.horizon) report('days', 'must reach the horizon')

  for (const [name, set] of Object.entries(problem.startSets ?? {}))
    if (!isList(set))
      for (const site of Object.keys(set)) if (!sites.has(site)) report(`startSets.${name}.${site}`, 'unknown site')

  for (const [name, protocol] of Object.entries(problem.protocols)) checkProtocol(protocol, `protocols.${name}`, report)

  repeated(
    problem.resources.map((r) => r.id),
    (i) => report(`resources[${i}].id`, 'is named twice'),
  )
  problem.resources.forEach((resource, i) => {
    resource.shifts.forEach(([, , site], k) => {
      if (!sites.has(site)) report(`resources[${i}].shifts[${k}][2]`, `unknown site ${site}`)
    })
  })
  for (const table of ['maxPerDay', 'dosesBooked'] as const)
    for (const id of Object.keys(problem[table] ?? {}))
      if (!resources.has(id)) report(`${table}.${id}`, 'unknown resource')

  repeated(
    problem.patients.map((p) => p.id),
    (i) => report(`patients[${i}].id`, 'is named twice'),
  )
  problem.patients.forEach((patient, i) => {
    const protocol = problem.protocols[patient.protocol]
    if (protocol) checkPatient(patient, protocol, `patients[${i}]`, sites, resources, report)
    else report(`patients[${i}].protocol`, `unknown protocol ${patient.protocol}`)
  })
  return errors
}

function repeated(names: readonly string[], each: (index: number) => void): void {
  const seen = new Set<string>()
  names.forEach((name, i) => {
    if (seen.has(name)) each(i)
    seen.add(name)
  })
}

function checkProtocol(protocol: Protocol, path: string, report: Report): void {
  const count = protocol.visits.length
  repeated(
    protocol.visits.map((v) => v.id),
    (i) => report(`${path}.visits[${i}].id`, 'is named twice'),
  )
  protocol.lags.forEach((lag, i) => {
    for (const end of ['from', 'to'] as const)
      if (lag[end] >= count) report(`${path}.lags[${i}].${end}`, `there are only ${count} visits`)
    if (lag.from >= lag.to) report(`${path}.lags[${i}].to`, 'a lag leads to a later visit: this one makes a cycle')
  })
  const { from = 0, to = count - 1 } = protocol.span
  if (from >= count) report(`${path}.span.from`, `there are only ${count} visits`)
  if (to >= count) report(`${path}.span.to`, `there are only ${count} visits`)
  else if (from > to) report(`${path}.span.to`, 'must not come before `from`')
}

function checkPatient(
  patient: ProblemPatient,
  protocol: Protocol,
  path: string,
  sites: ReadonlySet<string>,
  resources: ReadonlySet<string>,
  report: Report,
): void {
  const visits = new Map(protocol.visits.map((v) => [v.id, v]))
  for (const site of Object.keys(patient.travel)) if (!sites.has(site)) report(`${path}.travel.${site}`, 'unknown site')
  for (const id of Object.keys(patient.latest ?? {}))
    if (!visits.has(id)) report(`${path}.latest.${id}`, 'unknown visit')

  for (const [id, fixed] of Object.entries(patient.fixed ?? {})) {
    const visit = visits.get(id)
    if (!visit) report(`${path}.fixed.${id}`, 'unknown visit')
    if (!sites.has(fixed.site)) report(`${path}.fixed.${id}.site`, `unknown site ${fixed.site}`)
    if (visit && fixed.res && fixed.res.length !== visit.needs.length)
      report(`${path}.fixed.${id}.res`, `must name one resource per need (${visit.needs.length})`)
    fixed.res?.forEach((res, k) => {
      if (res !== null && !resources.has(res)) report(`${path}.fixed.${id}.res[${k}]`, `unknown resource ${res}`)
    })
  }

  for (const [id, claims] of Object.entries(patient.candidates ?? {})) {
    const visit = visits.get(id)
    if (!visit) {
      report(`${path}.candidates.${id}`, 'unknown visit')
      continue
    }
    const names = new Set(visit.needs.map((n) => n.as ?? n.roles[0]))
    for (const [as, list] of Object.entries(claims)) {
      if (!names.has(as)) report(`${path}.candidates.${id}.${as}`, 'no need of this visit goes by that name')
      list.forEach((candidate, k) => {
        const entry = `${path}.candidates.${id}.${as}[${k}]`
        if (!resources.has(candidate.id)) report(`${entry}.id`, `unknown resource ${candidate.id}`)
        candidate.sites?.forEach((site, n) => {
          if (!sites.has(site)) report(`${entry}.sites[${n}]`, `unknown site ${site}`)
        })
      })
    }
  }
}
