/** Rules, people and rooms that, set aside one at a time, let a visit be planned with those before it: tried by planning again. Pure. */

import type { Calendar } from '../calendar.ts'
import type { PlanningProblem, ProtocolVisit } from '../problem.ts'
import { firstVisits, patientProtocol, plannable, withPatient, withProtocol } from './beginnings.ts'
import { type Party, partiesOf, servers } from './open-starts.ts'
import { type Obstacle, obstacle, type Scene } from './scene.ts'

/** Rules that, dropped alone, let the visits up to this one be planned. */
export function byTrial(scene: Scene): Obstacle[] {
  const { compiled, patient, visit, at } = scene
  const problem = firstVisits(scene.problem, patient, at + 1, false)
  const protocol = patientProtocol(problem, patient)
  const found: Obstacle[] = []
  const changedVisit = (changed: ProtocolVisit): PlanningProblem =>
    withProtocol(problem, patient, { ...protocol, visits: [...protocol.visits.slice(0, at), changed] })
  const opens = (changed: PlanningProblem) => plannable(changed, patient)

  const known = problem.days.at(-1)?.start ?? 0
  if (known > problem.horizon && opens({ ...problem, horizon: known }))
    found.push(obstacle(scene, 'span', [], 'everybody is free together only after the end of the period'))
  const { latest, ...anyDate } = patient
  if (latest?.[visit.id] !== undefined && opens(withPatient(problem, anyDate)))
    found.push(obstacle(scene, 'clearance', [], 'clearance ends before everybody else is free'))
  if (patient.unavailable.length > 0 && opens(withPatient(problem, { ...patient, unavailable: [] })))
    found.push(obstacle(scene, 'patient-time', [], 'the patient is unavailable whenever everybody else is free'))
  const { startSet, ...anyTime } = visit
  if (startSet !== undefined && problem.startSets?.[startSet] && opens(changedVisit(anyTime)))
    found.push(obstacle(scene, 'session-time', [], 'everybody is free at times that are no session times'))
  const { maxPerDay, ...unlimited } = problem
  const mine = new Set(
    partiesOf(visit).flatMap((party) => servers(compiled, patient, visit, party).map((c) => c.resource.id)),
  )
  if (visit.dose && maxPerDay && opens(unlimited))
    found.push(
      obstacle(
        scene,
        'limit',
        Object.keys(maxPerDay).filter((id) => mine.has(id)),
        'who is free has the most doses of the day already',
      ),
    )
  for (const party of partiesOf(visit)) {
    const needs = visit.needs.filter((need) => !party.needs.includes(need))
    if (!opens(changedVisit({ ...visit, needs }))) continue
    const able = servers(compiled, patient, visit, party)
    found.push(trialOfParty(scene, problem, party, able, opens))
  }
  if (
    found.length === 0 &&
    (protocol.continuity ?? 'program') === 'program' &&
    opens(withProtocol(problem, patient, { ...protocol, continuity: 'pair' }))
  )
    found.push(obstacle(scene, 'therapist', [], 'no single therapist is free for every visit up to this one'))
  return found
}

function trialOfParty(
  scene: Scene,
  problem: PlanningProblem,
  party: Party,
  able: readonly Calendar[],
  opens: (changed: PlanningProblem) => boolean,
): Obstacle {
  const { patient, visit, at } = scene
  const who = party.claim
  // With one therapist throughout, only those count who could serve the visits before.
  const before = firstVisits(scene.problem, patient, at, false)
  const single = party.lead && (patientProtocol(problem, patient).continuity ?? 'program') === 'program' && at > 0
  const concerned = able.map((c) => c.resource.id).filter((id) => !single || plannable(before, patient, id))
  const free = problem.resources.map((r) => (concerned.includes(r.id) ? { ...r, busy: [] } : r))
  if (opens({ ...problem, resources: free }))
    return party.room
      ? obstacle(scene, 'room', concerned, `every ${who} room is taken whenever everybody else is free`)
      : obstacle(scene, 'all-busy', concerned, `every ${who} is busy whenever everybody else is free`)
  const { [party.claim]: _, ...others } = patient.candidates?.[visit.id] ?? {}
  if (patient.candidates?.[visit.id]?.[party.claim]) {
    const anyone = { ...patient, candidates: { ...patient.candidates, [visit.id]: others } }
    const excluded = scene.facts.excluded?.[visit.id]?.[party.claim]
    if (opens(withPatient(problem, anyone)))
      return obstacle(
        scene,
        excluded?.[0]?.reason ?? 'licence',
        excluded?.map((e) => e.id) ?? [],
        `only a ${who} who may not serve this visit is free`,
      )
  }
  if (single && opens(withProtocol(problem, patient, { ...patientProtocol(problem, patient), continuity: 'pair' })))
    return obstacle(scene, 'therapist', concerned, `no single ${who} is free for every visit up to this one`)
  return party.room
    ? obstacle(scene, 'room', concerned, `no ${who} room is open when everybody else is free`)
    : obstacle(
        scene,
        'no-shift',
        concerned,
        `no ${who} who could serve the visits before is on shift when everybody else is free`,
      )
}
