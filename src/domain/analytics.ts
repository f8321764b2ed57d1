/** What the analytics count, in words and in columns, and which cells are too small to be told (contract.md §8). Pure. */
import type { Program, VisitTemplate } from './program.ts'

export const GROUPINGS = ['month', 'clinic', 'program', 'route'] as const
export type Grouping = (typeof GROUPINGS)[number]

/** Days that a window may have, both ends included: a leap year. */
export const MAX_ANALYTICS_DAYS = 366
/** A value that rests on fewer visits, referrals or doses than this is withheld: it could point at somebody. */
export const SMALLEST_CELL = 5
/** The group of what has no program or no route yet. */
export const UNKNOWN = 'unknown'

/** Rooms by kind and people by role, each beside all of them. */
export const RESOURCE_KINDS = [
  'rooms',
  'consultationRooms',
  'dosingRooms',
  'groupRooms',
  'clinicians',
  'therapists',
  'nurses',
  'prescribers',
  'navigators',
] as const
export type ResourceKind = (typeof RESOURCE_KINDS)[number]

/** The columns of each report, in their order; a dot is a level of the JSON. */
export const COLUMNS = {
  utilisation: RESOURCE_KINDS.flatMap((kind) => [
    `${kind}.availableMinutes`,
    `${kind}.claimedMinutes`,
    `${kind}.share`,
  ]),
  access: [
    'referrals',
    'contact.n',
    'contact.medianHours',
    'contact.p90Hours',
    'contact.shareWithin24h',
    'contact.shareWithinPolicy',
    'screening.n',
    'screening.medianDays',
    'screening.p90Days',
    'firstDose.n',
    'firstDose.medianDays',
    'firstDose.p90Days',
  ],
  outcomes: [
    'completed',
    'noShow',
    'lateCancels',
    'notDosed',
    'stopped',
    'cancelledByPatient',
    'cancelledByClinic',
    'voided',
    'integrationsDue',
    'integrationWithin24h',
  ],
  funnel: ['referred', 'contacted', 'accepted', 'screened', 'cleared', 'firstDose', 'completed'],
} as const satisfies Record<string, readonly string[]>
export type Report = keyof typeof COLUMNS

const SUPPRESSION =
  'A value that rests on fewer than 5 visits, referrals or doses, none included, is null, and `suppressed` names it. An answer gives no totals, so that nothing it withholds can be had from it by subtraction.'
const GROUPS =
  'month: that of the clinic’s own calendar; clinic: by slug; program, route: those of the enrolment, `unknown` without one.'
const WINDOW = 'from and to are whole days at each clinic, both included.'
const common = { window: WINDOW, group: GROUPS, suppressed: SUPPRESSION }
const MEDIANS = 'Median and 90th percentile, interpolated, to one decimal.'

/** What each value means, as the answer says it. */
export const DEFINITIONS: Readonly<Record<Report | 'next-available', Readonly<Record<string, string>>>> = {
  utilisation: {
    ...common,
    availableMinutes:
      'Minutes of shifts (people) or opening hours (rooms) inside the window, without time off, closures and holidays. By program or route: those of everything, the same in each group.',
    claimedMinutes:
      'Minutes of these that visits have taken for themselves alone: each person’s own part, each room with its turnover; visits that took place, are under way or ahead. Cancelled, missed and not dosed ones have given their time back; supervision and holds are not counted.',
    share: 'claimedMinutes / availableMinutes; by program or route the shares add up to that of the whole.',
    clinicians: 'Everybody once; somebody with several roles counts in each of them.',
  },
  access: {
    ...common,
    referrals: 'Referrals received in the window; group, window and figures are by the day of receipt.',
    contact: `From receipt to the first contact that reached the patient, in elapsed hours. ${MEDIANS} n is how many were reached.`,
    'contact.shareWithin24h': 'Of all whose 24 hours are over or who were reached: reached within 24 elapsed hours.',
    'contact.shareWithinPolicy': 'Likewise, by the time that the clinic’s policy sets (elapsed or business hours).',
    screening: `From the day of receipt to the day of the first medical screening recorded since, in calendar days. ${MEDIANS}`,
    firstDose: `From the day of receipt to the day of the first dose begun since, in calendar days. ${MEDIANS}`,
  },
  outcomes: {
    ...common,
    completed:
      'Visits that began in the window, by what became of them; each counts at the clinic where it was booked.',
    noShow: 'Missed by the patient.',
    lateCancels:
      'Cancelled inside the notice of the clinic’s policy (lateCancelHours); also counted under who cancelled.',
    notDosed: 'The patient came, and the dose was not given.',
    stopped: 'Begun and broken off.',
    cancelledByPatient: 'Cancelled at the patient’s wish.',
    cancelledByClinic: 'Cancelled by the clinic.',
    voided: 'Cancelled because the dose they belong to did not take place.',
    integrationsDue:
      'Completed doses whose program asks for an integration within a bounded time, unless it is still ahead.',
    integrationWithin24h:
      'Share of integrationsDue whose integration took place at most 24 hours after the dose’s end.',
  },
  funnel: {
    ...common,
    referred: 'Referrals received in the window; every further count is of these, whenever it happened.',
    contacted: 'The patient was reached; whoever came further counts here too, as in every step.',
    accepted: 'Accepted, or enrolled at the clinic since.',
    screened: 'A medical screening was recorded since the referral.',
    cleared: 'One of these cleared the patient.',
    firstDose: 'A dose was begun since.',
    completed: 'An enrolment opened since was completed.',
  },
  'next-available': {
    window: `${WINDOW} Looked at from now on; without \`to\`, 26 weeks.`,
    group:
      'month, clinic, program: the earliest in each; route: at the clinics whose policy permits it. Unless by program, of the programs whose first dose takes a dosing room and a therapist. null: none in the window.',
    days: 'Calendar days from today at the clinic to the earliest start of a program’s first dose.',
    start:
      'The first start on the program’s grid (or of the clinic’s session times) at which a room, and for each role somebody licensed in the clinic’s province, is on shift and free for the whole of their part, turnover included, supervision within its lanes, nobody over the daily doses. Live holds count as taken. Each role is looked at by itself; language, preparation and the wishes of a patient are not.',
    suppressed: 'Nothing here is about patients; nothing is withheld.',
  },
}

/** A value, and how many visits, referrals or doses it rests on. */
export type Cell = { readonly value: number | null; readonly of: number }
export const count = (n: number): Cell => ({ value: n, of: n })
/** Not about patients. */
export const open = (value: number | null): Cell => ({ value, of: Number.POSITIVE_INFINITY })

export type Line = {
  readonly group: string
  readonly values: Readonly<Record<string, number | null>>
  /** Columns whose value is withheld. */
  readonly suppressed: readonly string[]
}

export function disclose(group: string, cells: Readonly<Record<string, Cell>>): Line {
  const suppressed = Object.keys(cells).filter((column) => (cells[column]?.of ?? 0) < SMALLEST_CELL)
  const values = Object.entries(cells).map(([column, { value }]) => [
    column,
    suppressed.includes(column) ? null : value,
  ])
  return { group, values: Object.fromEntries(values), suppressed }
}

/** The dose that no other dose comes before, directly or by way of other visits; the template's own order decides among several. */
export function firstDoseOf({ visits }: Program): VisitTemplate | undefined {
  const byKey = new Map(visits.map((visit) => [visit.key, visit]))
  const isDose = ({ step, optional }: VisitTemplate) => step === 'experience' && !optional
  const comesAfterDose = (visit: VisitTemplate): boolean =>
    visit.after.some((lag) => {
      const before = byKey.get(lag.visit)
      return before !== undefined && (isDose(before) || comesAfterDose(before))
    })
  return visits.find((visit) => isDose(visit) && !comesAfterDose(visit))
}
