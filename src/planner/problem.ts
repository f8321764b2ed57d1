/**
 * The planning problem and its answer, file format `planning-problem/1` (README, "The planner by itself"). Pure.
 * Units: minutes elapsed since `epochUtc` (local midnight of day 0); local calendar days come from `days`; costs in points.
 */
import { z } from 'zod'
import { err, ok, type Result } from '../domain/result.ts'
import { unresolved } from './problem-references.ts'

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

const name = z.string().min(1)
const minute = z.int()
const length = z.int().min(0)
const points = z.int().min(0)
const index = z.int().min(0)
const backwards = (span: readonly [number, number]) => span[0] <= span[1]
/** `[start, end)`. */
const minutes = z.tuple([minute, minute]).refine(backwards, 'ends before it starts')

const need = z
  .object({
    roles: z.array(name).min(1),
    /** Needs with the same `as` are one resource, needs without or with another are different people. */
    as: name.optional(),
    /** Binds therapist continuity. */
    lead: z.boolean().optional(),
    from: length,
    to: length,
  })
  .refine((n) => n.from < n.to, { error: 'must come after `from`', path: ['to'] })

const visit = z.object({
  id: name,
  dur: z.int().min(1),
  dose: z.boolean().optional(),
  /** Names an entry of `startSets`; without that entry every grid point is a start. */
  startSet: name.optional(),
  remote: z.enum(['only', 'may']).optional(),
  needs: z.array(need),
})

/** From the end of visit `from` to the start of visit `to` (indices, `from < to`); days count between the two starts. */
const lag = z.object({
  from: index,
  to: index,
  minMin: length.optional(),
  maxMin: length.optional(),
  minDays: length.optional(),
  maxDays: length.optional(),
})

const protocol = z.object({
  visits: z.array(visit).min(1),
  lags: z.array(lag),
  /** Local days between the starts of two visits (default: the first and the last). */
  span: z.object({ from: index.optional(), to: index.optional(), minDays: length, maxDays: length }),
  continuity: z.enum(['program', 'pair']).optional(),
})

const resource = z.object({
  id: name,
  role: name,
  /** Points per claim. */
  price: points,
  /** Lanes; more than one: that many claims at once. */
  capacity: z.int().min(1).optional(),
  target: z.number().min(0).optional(),
  /** The person behind a resource that stands for a part of somebody (their supervision): one visit's different `as` are different persons. */
  person: name.optional(),
  shifts: z.array(z.tuple([minute, minute, name]).refine((s) => s[0] <= s[1], 'ends before it starts')),
  busy: z.array(minutes),
})

const fixed = z.object({ start: minute, site: name, res: z.array(name.nullable()).nullable().optional() })
/**
 * Who may serve a claim; `since` and `until` bound the visit's start, inclusive (a licence). `remote`: only where the visit is remote, or
 * never then; `sites`: only there. Somebody may be listed several times.
 */
const candidate = z.object({
  id: name,
  since: minute.optional(),
  until: minute.optional(),
  remote: z.enum(['only', 'never']).optional(),
  sites: z.array(name).optional(),
})

const patient = z.object({
  id: name,
  protocol: name,
  priority: z.int().min(1),
  ready: minute,
  /** Points per site; a site that is null or missing is not visited. */
  travel: z.record(name, points.nullable()),
  unavailable: z.array(minutes),
  preferred: z.array(minutes).optional(),
  fixed: z.record(name, fixed).optional(),
  /** visit → `as` (or the need's first role) → who may serve it; a claim that is not named takes anyone of its roles. */
  candidates: z.record(name, z.record(name, z.array(candidate))).optional(),
  /** Last allowed start of a visit, inclusive (clearance ends). */
  latest: z.record(name, minute).optional(),
})

const weight = points.default(0)
const weights = z.object({
  waitPerDay: weight,
  completionPerDay: weight,
  unplanned: weight,
  overPerSlot: weight,
  offPreference: weight,
  handover: weight,
  /** For a visit held in person that could be remote. */
  inPerson: weight,
})

const problem = z.object({
  format: z.literal('planning-problem/1'),
  name: z.string(),
  tz: name,
  epochUtc: z.iso.datetime({ offset: true }),
  grid: z.int().min(1),
  days: z.array(z.object({ date: z.iso.date(), dow: z.int().min(0).max(6), start: minute })).min(1),
  horizon: z.int().min(1),
  sites: z.array(name).min(1),
  weights,
  startSets: z.record(name, z.union([z.array(minute), z.record(name, z.array(minute))])).optional(),
  protocols: z.record(name, protocol),
  resources: z.array(resource),
  patients: z.array(patient),
  /** Doses per local day and resource. */
  maxPerDay: z.record(name, z.int().min(0)).optional(),
  /** Doses that `busy` already holds, per resource and local date: they count toward `maxPerDay`. */
  dosesBooked: z.record(name, z.record(z.iso.date(), length)).optional(),
})

export type PlanningProblem = DeepReadonly<z.infer<typeof problem>>
export type Protocol = DeepReadonly<z.infer<typeof protocol>>
export type ProtocolVisit = DeepReadonly<z.infer<typeof visit>>
export type Need = DeepReadonly<z.infer<typeof need>>
export type ProtocolLag = DeepReadonly<z.infer<typeof lag>>
/** The whole's length in local days, between two visits. */
export type Span = Protocol['span']
export type ProblemResource = DeepReadonly<z.infer<typeof resource>>
export type ProblemPatient = DeepReadonly<z.infer<typeof patient>>
export type ProblemDay = PlanningProblem['days'][number]
export type FixedVisit = DeepReadonly<z.infer<typeof fixed>>
export type Candidate = DeepReadonly<z.infer<typeof candidate>>

export type ProblemError = { path: string; message: string }

/** One visit of an answer; `res` holds one resource per need, null for the rooms of a remote visit. */
export type AnswerVisit = { id: string; start: number; site: string; remote?: true; res: (string | null)[] }
export type AnswerItinerary = { lead: string | null; visits: AnswerVisit[] }
/** `bound`: no answer costs less. `blockers`: per patient without an itinerary, what stands in the way. */
export type Answer<Blocker = unknown> = {
  patients: Record<string, AnswerItinerary | null>
  cost: number
  optimal: boolean
  bound?: number
  blockers?: Record<string, Blocker[]>
}

/** Roles that rooms have: a remote visit skips the needs that ask for one. */
const ROOM_ROLES: ReadonlySet<string> = new Set(['room', 'consult', 'consultation', 'dosing', 'group'])
export const isRoomNeed = (n: Need): boolean => n.roles.every((role) => ROOM_ROLES.has(role))

/** Whether an entry of `candidates` speaks of a visit held at the site, in person or remotely. */
export const servesAt = ({ remote, sites }: Candidate, site: string, remotely: boolean): boolean =>
  (remote === undefined || (remote === 'only') === remotely) && (sites?.includes(site) ?? true)

/** The key of a need in `candidates`. */
export const claimName = (n: Need): string => n.as ?? n.roles[0] ?? ''

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')

/** Reads a problem; every error names its path (`protocols.standard.lags[3].to`). */
export function parseProblem(json: unknown): Result<PlanningProblem, ProblemError[]> {
  const parsed = problem.safeParse(json)
  if (!parsed.success)
    return err(parsed.error.issues.map((issue) => ({ path: pathText(issue.path), message: issue.message })))
  const errors = unresolved(parsed.data)
  return errors.length > 0 ? err(errors) : ok(parsed.data)
}
