import t from 'tap'
import { planItinerary } from '../../src/planner/plan.ts'
import { at, type Changes, doseNeeds, shifts, shown, smallClinic, talkNeeds } from '../support/small-clinic.ts'

/** One rule a line: what differs at the small clinic, and the plan that follows. */
type Rule = readonly [sentence: string, changes: Changes, expected: string]

const PLAIN = '12: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1'
const BY_T2 = '14: Mon 11 09:00 A T2 C1 | Tue 12 09:00 A T2 N1 N1 D1'
const LATER = '12: Mon 11 09:00 A T1 C1 | Tue 12 10:00 A T1 N1 N1 D1'
const DAY_LATER = '24: Mon 11 09:00 A T1 C1 | Wed 13 09:00 A T1 N1 N1 D1'
const T1_LEAVES = { busy: [[at(1, 0), at(5, 0)]] } satisfies Changes['T1']
const supervision = (as: string) => ({ roles: ['supervision'], as, from: 0, to: 90 })
const turnedOver = talkNeeds.with(1, { roles: ['dosing'], from: 0, to: 90 })
const supervisedBy = (person: string) => [{ id: 'S1', role: 'supervision', capacity: 4, person }]

const CLAIMS: Rule[] = [
  ['nothing differs: the earliest dates, the cheapest people', {}, PLAIN],
  ['a claim lies inside one shift', { D1: { shifts: shifts('A', 9, 10) } }, 'none'],
  ['shifts that touch at a clinic are one', { D1: { shifts: [...shifts('A', 9, 10), ...shifts('A', 10, 12)] } }, PLAIN],
  ['at different clinics they are two', { D1: { shifts: [...shifts('A', 9, 10), ...shifts('B', 10, 12)] } }, 'none'],
  ['nobody is claimed while busy', { N1: { busy: [[at(1, 9.5), at(1, 10.5)]] }, N2: { shifts: [] } }, DAY_LATER],
  [
    'an end may meet a start',
    {
      C1: {
        busy: [
          [at(0, 8), at(0, 9)],
          [at(0, 10), at(0, 12)],
        ],
      },
    },
    PLAIN,
  ],
  [
    'a booking of no length is still in the way',
    { N1: { busy: [[at(1, 9.25), at(1, 9.25)]] } },
    '12: Mon 11 09:00 A T1 C1 | Tue 12 09:30 A T1 N1 N1 D1',
  ],
  ['turnover is claimed too', { D1: { busy: [[at(1, 10.5), at(1, 12)]] } }, DAY_LATER],
  ['between her two claims a nurse may do something else', { N1: { busy: [[at(1, 9.5), at(1, 10)]] } }, PLAIN],
  [
    'the same `as` is the same person',
    { N1: { busy: [[at(1, 10), at(1, 10.5)]] }, N2: { busy: [[at(1, 9), at(1, 9.5)]] } },
    '12: Mon 11 09:00 A T1 C1 | Tue 12 09:30 A T1 N1 N1 D1',
  ],
  [
    'different `as` are different people',
    { dose: { needs: doseNeeds.with(2, { roles: ['nurse'], as: 'other', from: 60, to: 90 }) } },
    '13: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N2 D1',
  ],
  ['the role fits', { D1: { role: 'consult' } }, 'none'],
  [
    'a need may name several roles',
    { talk: { needs: talkNeeds.with(1, { roles: ['consult', 'dosing'], from: 0, to: 60 }) }, C1: { shifts: [] } },
    '12: Mon 11 09:00 A T1 D1 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  ['a shared resource has lanes', { D1: { capacity: 2, busy: [[at(1, 9), at(1, 12)]] } }, PLAIN],
  [
    'and no more than that',
    {
      D1: {
        capacity: 2,
        busy: [
          [at(1, 9), at(1, 10)],
          [at(1, 9.5), at(1, 12)],
        ],
      },
    },
    LATER,
  ],
  [
    'overlapping parts of one person take two lanes',
    { dose: { needs: doseNeeds.with(2, { roles: ['nurse'], as: 'nurse', from: 15, to: 90 }) } },
    'none',
  ],
  [
    'a supervisor is another person than the therapist',
    { dose: { needs: [...doseNeeds, supervision('prescriber')] }, more: supervisedBy('T1') },
    '14: Mon 11 09:00 A T2 C1 | Tue 12 09:00 A T2 N1 N1 D1 S1',
  ],
  [
    'supervision by somebody else is no obstacle',
    { dose: { needs: [...doseNeeds, supervision('prescriber')] }, more: supervisedBy('P1') },
    '12: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1 S1',
  ],
  [
    'the same `as` over a person and their supervision is that person',
    { dose: { needs: [...doseNeeds, supervision('therapist')] }, more: supervisedBy('T2') },
    '14: Mon 11 09:00 A T2 C1 | Tue 12 09:00 A T2 N1 N1 D1 S1',
  ],
  [
    'a room is not given twice while it is turned over',
    {
      talk: { needs: turnedOver },
      program: { lags: [{ from: 0, to: 1, maxMin: 0 }] },
      more: [{ id: 'D2', role: 'dosing', price: 2 }],
    },
    '2: Mon 11 09:00 A T1 D1 | Mon 11 10:00 A T1 N1 N1 D2',
  ],
  [
    'whichever of two visits can take the other room does',
    {
      talk: { needs: turnedOver },
      program: { lags: [{ from: 0, to: 1, maxMin: 0 }] },
      more: [{ id: 'D2', role: 'dosing', price: 2, shifts: shifts('A', 9, 10.5) }],
    },
    '2: Mon 11 09:00 A T1 D2 | Mon 11 10:00 A T1 N1 N1 D1',
  ],
  [
    'nor is the last lane of a shared one',
    {
      talk: { needs: turnedOver },
      program: { lags: [{ from: 0, to: 1, maxMin: 0 }] },
      D1: { capacity: 2, busy: [[at(0, 9), at(0, 12)]] },
      more: [{ id: 'D2', role: 'dosing', price: 2 }],
    },
    '2: Mon 11 09:00 A T1 D1 | Mon 11 10:00 A T1 N1 N1 D2',
  ],
  [
    'nor one that somebody has booked while both run',
    {
      talk: { needs: turnedOver },
      program: { lags: [{ from: 0, to: 1, maxMin: 0 }] },
      D1: { capacity: 2, busy: [[at(0, 10.25), at(0, 12)]] },
      more: [{ id: 'D2', role: 'dosing', price: 2 }],
    },
    '2: Mon 11 09:00 A T1 D1 | Mon 11 10:00 A T1 N1 N1 D2',
  ],
  [
    'bookings before, between and after take no lane that both need',
    {
      talk: { needs: turnedOver },
      program: { lags: [{ from: 0, to: 1, maxMin: 0 }] },
      D1: {
        capacity: 2,
        busy: [
          [at(0, 8), at(0, 8.5)],
          [at(0, 9.5), at(0, 10)],
          [at(0, 10.5), at(0, 12)],
          ...[1, 2, 3].map((): [number, number] => [at(3, 9), at(3, 12)]),
        ],
      },
      more: [{ id: 'D2', role: 'dosing', price: 2 }],
    },
    '0: Mon 11 09:00 A T1 D1 | Mon 11 10:00 A T1 N1 N1 D1',
  ],
  [
    'a room that is cleaned after the visit is not free when it ends',
    {
      talk: { needs: [...talkNeeds, { roles: ['dosing'], from: 60, to: 90 }] },
      program: { lags: [{ from: 0, to: 1, maxMin: 0 }] },
      more: [{ id: 'D2', role: 'dosing', price: 2 }],
    },
    '2: Mon 11 09:00 A T1 C1 D1 | Mon 11 10:00 A T1 N1 N1 D2',
  ],
  [
    'where there is no other room the visit waits until it is turned over',
    { talk: { needs: turnedOver }, program: { lags: [{ from: 0, to: 1 }] }, D1: { shifts: shifts('A', 9, 13) } },
    '0: Mon 11 09:00 A T1 D1 | Mon 11 10:30 A T1 N1 N1 D1',
  ],
  [
    'of equal people the first by id, wherever they are listed',
    { more: [{ id: 'N0', role: 'nurse' }] },
    '12: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N0 N0 D1',
  ],
  [
    'of equal plans the first by clinic, then by people and rooms',
    {
      patient: { travel: { A: 0, B: 0 } },
      T1: { shifts: [...shifts('B', 9, 10), ...shifts('A', 10, 12)] },
      T2: { price: 0, shifts: [...shifts('A', 9, 10, [0]), ...shifts('A', 10, 12)] },
      more: [{ id: 'C2', role: 'consult', shifts: shifts('B') }],
    },
    '12: Mon 11 09:00 A T2 C1 | Tue 12 10:00 A T2 N1 N1 D1',
  ],
]

const PEOPLE: Rule[] = [
  ['only candidates serve', { patient: { candidates: { talk: { therapist: [{ id: 'T2' }] } } } }, BY_T2],
  [
    'a licence may end on the very minute',
    { patient: { candidates: { dose: { therapist: [{ id: 'T1', until: at(1, 9) }, { id: 'T2' }] } } } },
    PLAIN,
  ],
  [
    'but not before',
    { patient: { candidates: { dose: { therapist: [{ id: 'T1', until: at(1, 9) - 1 }, { id: 'T2' }] } } } },
    BY_T2,
  ],
  [
    'a licence may begin later',
    { patient: { candidates: { dose: { nurse: [{ id: 'N1', since: at(1, 9.5) + 1 }] } } } },
    LATER,
  ],
  [
    'a licence may be for remote visits only',
    { talk: { remote: 'may' }, patient: { candidates: { talk: { therapist: [{ id: 'T1', remote: 'only' }] } } } },
    '12: Mon 11 09:00 A remote T1 - | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'or never for them',
    {
      talk: { remote: 'may' },
      weights: { inPerson: 1 },
      patient: { candidates: { talk: { therapist: [{ id: 'T1', remote: 'never' }] } } },
    },
    '13: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'or for some clinics',
    { patient: { candidates: { talk: { therapist: [{ id: 'T1', sites: ['B'] }, { id: 'T2' }] } } } },
    BY_T2,
  ],
  [
    'whoever comes first by id serves, remotely if that costs nothing',
    {
      talk: { remote: 'may', needs: [...talkNeeds, { roles: ['nurse'], from: 0, to: 30 }] },
      N2: { price: 0 },
      patient: {
        candidates: {
          talk: {
            nurse: [
              { id: 'N1', remote: 'only' },
              { id: 'N2', remote: 'never' },
            ],
          },
        },
      },
    },
    '12: Mon 11 09:00 A T1 C1 N2 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'before the room is looked at, too',
    {
      talk: { remote: 'may', needs: [{ roles: ['nurse'], from: 0, to: 30 }, ...talkNeeds] },
      N2: { price: 0 },
      patient: {
        candidates: {
          talk: {
            nurse: [
              { id: 'N1', remote: 'only' },
              { id: 'N2', remote: 'never' },
            ],
          },
        },
      },
    },
    '12: Mon 11 09:00 A remote N1 T1 - | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'doses per day are limited',
    { problem: { maxPerDay: { N1: 2 }, dosesBooked: { N1: { '2027-01-12': 2 } } } },
    '14: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N2 N2 D1',
  ],
  [
    'below the limit one more is given',
    { problem: { maxPerDay: { N1: 2 }, dosesBooked: { N1: { '2027-01-12': 1 } } } },
    PLAIN,
  ],
  [
    'of that day alone',
    {
      problem: { maxPerDay: { N1: 1 }, dosesBooked: { N1: { '2027-01-12': 1 } } },
      N1: { shifts: shifts('A', 0) },
      N2: { shifts: [] },
      T1: { shifts: shifts('A', 0) },
      D1: { shifts: shifts('A', 0) },
    },
    '24: Mon 11 09:00 A T1 C1 | Wed 13 00:00 A T1 N1 N1 D1',
  ],
  [
    'a visit that is no dose needs none of them',
    { problem: { maxPerDay: { T1: 1 }, dosesBooked: { T1: { '2027-01-11': 1 } } } },
    PLAIN,
  ],
  [
    'the patient’s own doses count on their own days',
    { problem: { maxPerDay: { T1: 1 } }, talk: { dose: true } },
    '2: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'up to the limit',
    { problem: { maxPerDay: { T1: 2 } }, program: { lags: [{ from: 0, to: 1, maxDays: 0 }] }, talk: { dose: true } },
    '0: Mon 11 09:00 A T1 C1 | Mon 11 10:00 A T1 N1 N1 D1',
  ],
  [
    'with those that are booked',
    {
      problem: { maxPerDay: { T1: 2 }, dosesBooked: { T1: { '2027-01-11': 1 } } },
      program: { lags: [{ from: 0, to: 1, maxDays: 0 }] },
      talk: { dose: true },
    },
    '2: Mon 11 09:00 A T2 C1 | Mon 11 10:00 A T2 N1 N1 D1',
  ],
  [
    'only doses count',
    { problem: { maxPerDay: { T1: 1 } }, program: { lags: [{ from: 0, to: 1, maxDays: 0 }] } },
    '0: Mon 11 09:00 A T1 C1 | Mon 11 10:00 A T1 N1 N1 D1',
  ],
  [
    'the patient’s own doses of a day count',
    { problem: { maxPerDay: { T1: 1 } }, program: { lags: [{ from: 0, to: 1, maxDays: 0 }] }, talk: { dose: true } },
    '2: Mon 11 09:00 A T2 C1 | Mon 11 10:00 A T2 N1 N1 D1',
  ],
  ['one therapist leads the whole program', { T1: T1_LEAVES }, BY_T2],
  [
    'under `pair` another may take over',
    { program: { continuity: 'pair' }, T1: T1_LEAVES },
    '13: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T2 N1 N1 D1',
  ],
  ['which costs a handover', { program: { continuity: 'pair' }, weights: { handover: 40 }, T1: T1_LEAVES }, BY_T2],
  [
    'unless that is cheaper, or as cheap and earlier by name',
    { program: { continuity: 'pair' }, weights: { handover: 1 }, T1: T1_LEAVES },
    '14: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T2 N1 N1 D1',
  ],
  [
    'but not between a dose and the visit led after it',
    { program: { continuity: 'pair' }, talk: { dose: true }, T1: T1_LEAVES },
    '4: Mon 11 09:00 A T2 C1 | Tue 12 09:00 A T2 N1 N1 D1',
  ],
]

for (const [group, rules] of Object.entries({ CLAIMS, PEOPLE }))
  t.test(`each rule shows in the plan: ${group.toLowerCase()}`, async (t) => {
    for (const [sentence, changes, expected] of rules) {
      const problem = smallClinic(changes)
      t.equal(shown(problem, planItinerary(problem, 'P001')[0]), expected, sentence)
    }
  })
