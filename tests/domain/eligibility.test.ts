/** The gates before a visit is booked: each rule at its bounds, each refusal with its reason (domain.md §3). */
import t from 'tap'
import { Policy } from '../../src/domain/clinic.ts'
import {
  type AssessedScreening,
  ageOn,
  clearanceUntil,
  type GatedVisit,
  type GateFacts,
  gates,
} from '../../src/domain/eligibility.ts'
import type { Instant, LocalDate } from '../../src/domain/time.ts'

const day = (text: string) => text as LocalDate
const policy = Policy.parse({ ageMin: 18, routes: ['rdt', 'im'] })
const licences = [
  { province: 'QC', college: 'CMQ', number: '1', validFrom: day('2020-01-01'), validUntil: day('2026-12-31') },
] as AssessedScreening['licences']

const cleared: AssessedScreening = {
  assessedOn: day('2026-11-20'),
  outcome: 'cleared',
  contraindications: [],
  routes: ['rdt'],
  validUntil: null,
  recordedAt: 0 as Instant,
  licences,
}
const dose: GatedVisit = {
  visitKey: 'dose-1',
  step: 'experience',
  requires: ['clearance', 'consent', 'escort'],
  modality: 'in-person',
  day: day('2027-01-20'),
  clinic: { province: 'QC', policy },
}
const prep: GatedVisit = { ...dose, visitKey: 'prep-1', step: 'prepare', requires: [] }
const ready: GateFacts = {
  patient: { birthDate: day('1985-05-05'), province: 'QC', residences: [], communitySupport: null },
  overrides: [],
  enrolment: { route: 'rdt' },
  clearanceDays: 90,
  screenings: [cleared],
  consents: ['treatment'],
  preconditions: [],
  standing: [],
  visits: [prep, dose],
}
const born = (birthDate: string | null): Partial<GateFacts> => ({
  patient: { ...ready.patient, birthDate: birthDate === null ? null : day(birthDate) },
})
const at = (over: Partial<GatedVisit>): Partial<GateFacts> => ({ visits: [{ ...dose, ...over }] })
const under = (over: Partial<Policy>): Partial<GateFacts> =>
  at({ clinic: { province: 'QC', policy: { ...policy, ...over } } })
const screened = (...list: Partial<AssessedScreening>[]): Partial<GateFacts> => ({
  screenings: list.map((over) => ({ ...cleared, ...over })),
})
const later = day('2026-11-21')

const approval = (over: Partial<GateFacts['preconditions'][number]>) => ({
  ...{ key: 'pre-authorisation', metOn: day('2026-12-01'), validUntil: null, visitsGranted: null },
  ...over,
})
const asking: GatedVisit = { ...dose, requires: [...dose.requires, 'pre-authorisation'] }
const approved: Partial<GateFacts> = { visits: [asking], preconditions: [approval({ visitsGranted: 2 })] }
const taken = (on: string) => ({ requires: asking.requires, day: day(on) })

/** Name, what differs from a patient who is ready, the refusal's code and rule; none: may be booked. */
const cases: [string, Partial<GateFacts>, string?, string?][] = [
  ['everything in order', {}],

  ['18 on the day of the dose', born('2009-01-20')],
  ['18 a day after the dose', born('2009-01-21'), 'not-eligible', 'age'],
  [
    '18 a day after the dose, prescriber’s override',
    { ...born('2009-01-21'), overrides: [{ rule: 'age' }] },
    'not-eligible',
    'age',
  ],
  ['17 where youth is allowed', { ...born('2010-01-01'), ...under({ youthAllowed: true }) }],
  ['14 that day where youth is allowed', { ...born('2013-01-20'), ...under({ youthAllowed: true }) }],
  ['13 where youth is allowed', { ...born('2013-01-21'), ...under({ youthAllowed: true }) }, 'not-eligible', 'age'],
  ['65, a day before the birthday', born('1961-01-21')],
  ['66 on the day of the dose', born('1961-01-20'), 'not-eligible', 'age'],
  ['66 with a prescriber’s override', { ...born('1961-01-20'), overrides: [{ rule: 'age' }] }],
  [
    '66 with an override of something else',
    { ...born('1961-01-20'), overrides: [{ rule: 'lag' }] },
    'not-eligible',
    'age',
  ],
  ['date of birth unknown', born(null), 'not-eligible', 'age'],
  ['17 at preparation only', { ...born('2010-01-01'), visits: [prep] }],

  ['resident of Alberta', { patient: { ...ready.patient, province: 'AB' } }, 'not-eligible', 'residence'],
  [
    'moves to Alberta on the day of the dose',
    {
      patient: {
        ...ready.patient,
        residences: [
          { province: 'QC', from: day('2020-01-01') },
          { province: 'AB', from: day('2027-01-20') },
        ],
      },
    },
    'not-eligible',
    'residence',
  ],
  [
    'moves to Alberta the day after',
    {
      patient: {
        ...ready.patient,
        residences: [
          { province: 'AB', from: day('2027-01-21') },
          { province: 'QC', from: day('2020-01-01') },
        ],
      },
    },
  ],

  [
    'community support asked for and missing',
    at({ requires: ['community-support'] }),
    'not-eligible',
    'community-support',
  ],
  [
    'community support asked for and on record',
    {
      ...at({ requires: ['community-support'] }),
      patient: { ...ready.patient, communitySupport: { name: 'A', profession: null, phone: null } },
    },
  ],

  ['no screening', { screenings: [] }, 'not-cleared', 'clearance'],
  ['no screening, no dose', { screenings: [], consents: [], visits: [prep] }],
  ['screened and not cleared', screened({ outcome: 'not-cleared' }), 'not-cleared', 'clearance'],
  ['needs management', screened({ outcome: 'needs-management' }), 'not-cleared', 'clearance'],
  ['not cleared, later cleared', screened({ assessedOn: later }, { outcome: 'not-cleared' })],
  ['cleared, later not', screened({}, { outcome: 'not-cleared', assessedOn: later }), 'not-cleared', 'clearance'],
  [
    'cleared and not on one day, not recorded last',
    screened({ outcome: 'not-cleared', recordedAt: 1 as Instant }, {}),
    'not-cleared',
    'clearance',
  ],
  ['on the last day of a clearance that names it', screened({ validUntil: day('2027-01-20') })],
  ['the day after', screened({ validUntil: day('2027-01-19') }), 'not-cleared', 'clearance'],
  ['the policy’s last day', at({ day: day('2027-02-18') })],
  ['the day after the policy’s last', at({ day: day('2027-02-19') }), 'not-cleared', 'clearance'],
  ['assessor licensed elsewhere', at({ clinic: { province: 'ON', policy } }), 'not-cleared', 'clearance'],
  [
    'assessor’s licence began after',
    screened({ assessedOn: day('2019-12-31'), validUntil: day('2028-01-01') }),
    'not-cleared',
    'clearance',
  ],
  ['a later clearance by someone licensed elsewhere', screened({}, { assessedOn: later, licences: [] })],
  [
    'a later refusal by someone licensed elsewhere',
    screened({}, { assessedOn: later, licences: [], outcome: 'not-cleared' }),
    'not-cleared',
    'clearance',
  ],
  [
    'a contraindication that excludes',
    screened({ contraindications: ['psychosis'] }),
    'not-cleared',
    'contraindication',
  ],
  [
    'a contraindication that is managed',
    {
      ...screened({ contraindications: ['untreated-hypertension'] }),
      ...under({ contraindications: { 'untreated-hypertension': 'manage' } }),
    },
  ],
  [
    'clearance asked for by another visit',
    { screenings: [], visits: [{ ...prep, requires: ['clearance'] }] },
    'not-cleared',
    'clearance',
  ],

  ['no consent', { consents: ['virtual-care'] }, 'consent-missing', 'consent'],
  [
    'virtual visit that asks for consent to it',
    { visits: [{ ...prep, modality: 'virtual', requires: ['virtual-care'] }] },
    'consent-missing',
    'consent',
  ],
  ['the same visit in person', { visits: [{ ...prep, requires: ['virtual-care'] }] }],

  ['route undecided', { enrolment: { route: null } }, 'route-not-permitted', 'route'],
  ['route undecided, no dose', { enrolment: { route: null }, visits: [prep] }],
  ['route not given at the clinic', { enrolment: { route: 'iv' } }, 'route-not-permitted', 'route'],
  ['route given but not cleared', { enrolment: { route: 'im' } }, 'route-not-permitted', 'route'],
  ['route given, screening names none', { enrolment: { route: 'im' }, ...screened({ routes: [] }) }],

  ['a precondition unmet', at({ requires: ['pre-authorisation'] }), 'precondition-missing', 'pre-authorisation'],
  [
    'a precondition met until the day',
    {
      ...at({ requires: ['pre-authorisation'] }),
      preconditions: [approval({ validUntil: dose.day })],
    },
  ],
  [
    'a precondition met too late',
    {
      ...at({ requires: ['pre-authorisation'] }),
      preconditions: [approval({ metOn: day('2027-01-21') })],
    },
    'precondition-missing',
    'pre-authorisation',
  ],
  ['the last of the visits granted', { ...approved, standing: [taken('2027-01-13')] }],
  [
    'one visit more than granted',
    { ...approved, standing: [taken('2027-01-13'), taken('2027-01-27')] },
    'precondition-missing',
    'pre-authorisation',
  ],
  [
    'visits taken from another approval',
    {
      ...approved,
      standing: [taken('2027-01-13'), taken('2027-01-15')],
      preconditions: [approval({ visitsGranted: 2 }), approval({ visitsGranted: 2, validUntil: day('2027-01-15') })],
    },
  ],
  [
    'two of three wanted at once',
    {
      preconditions: [approval({ visitsGranted: 2 })],
      visits: [27, 20, 13].map((d) => ({ ...asking, visitKey: `dose-${d}`, day: day(`2027-01-${d}`) })),
    },
    'precondition-missing',
    'pre-authorisation',
  ],

  [
    'several gates closed: the first one answers',
    { ...born(null), screenings: [], consents: [] },
    'not-eligible',
    'age',
  ],
]

t.test('a gate is closed exactly when its rule says so', async (t) => {
  for (const [name, over, code, rule] of cases) {
    const refused = gates({ ...ready, ...over })
    t.equal(refused?.code, code, name)
    if (code) t.match(refused, { reasons: [{ rule, visitKey: String, source: String, detail: String }] }, name)
  }
})

t.test('the answer names every visit that the closed gate stops, and nothing about the patient', async (t) => {
  const second = { ...dose, visitKey: 'dose-2', day: day('2027-01-28') }
  const refused = gates({ ...ready, ...born('1950-03-04'), visits: [prep, dose, second] })
  t.match(refused, { reasons: [{ visitKey: 'dose-1' }, { visitKey: 'dose-2' }] })
  t.notMatch(JSON.stringify(refused), /1950|03-04|76/)
})

t.test('years are full years', async (t) => {
  const ages: [string, string, number][] = [
    ['2008-02-29', '2026-02-28', 17],
    ['2008-02-29', '2026-03-01', 18],
    ['2008-02-29', '2028-02-29', 20],
    ['2000-12-31', '2026-01-01', 25],
  ]
  for (const [birth, on, years] of ages) t.equal(ageOn(day(birth), day(on)), years, `${birth} on ${on}`)
})

t.test('a clearance bounds doses only where it counts', async (t) => {
  t.equal(clearanceUntil([cleared], policy, 'QC'), '2027-02-18')
  t.equal(clearanceUntil([{ ...cleared, validUntil: day('2027-01-01') }], policy, 'QC'), '2027-01-01')
  t.equal(clearanceUntil([cleared], policy, 'ON'), undefined)
  t.equal(clearanceUntil([], policy, 'QC'), undefined)
  t.equal(clearanceUntil([{ ...cleared, outcome: 'not-cleared' }], policy, 'QC'), undefined)
})
