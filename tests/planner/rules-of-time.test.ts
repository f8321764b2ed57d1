import t from 'tap'
import { planItinerary } from '../../src/planner/plan.ts'
import { at, type Changes, shifts, shown, smallClinic } from '../support/small-clinic.ts'

/** One rule a line: what differs at the small clinic, and the plan that follows. */
type Rule = readonly [sentence: string, changes: Changes, expected: string]

const PLAIN = '12: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1'
const BY_T2 = '14: Mon 11 09:00 A T2 C1 | Tue 12 09:00 A T2 N1 N1 D1'
const LATER = '12: Mon 11 09:00 A T1 C1 | Tue 12 10:00 A T1 N1 N1 D1'
const DAY_LATER = '24: Mon 11 09:00 A T1 C1 | Wed 13 09:00 A T1 N1 N1 D1'

const TIMES: Rule[] = [
  ['days are local days', { program: { lags: [{ from: 0, to: 1, minDays: 2, maxDays: 2 }] } }, DAY_LATER],
  [
    'minutes count from end to start, inclusive',
    { program: { lags: [{ from: 0, to: 1, minMin: 1410, maxMin: 1410 }] } },
    '12: Mon 11 09:00 A T1 C1 | Tue 12 09:30 A T1 N1 N1 D1',
  ],
  [
    'all lags between two visits bind, to the last minute',
    {
      program: {
        lags: [
          { from: 0, to: 1, maxMin: 1380 },
          { from: 0, to: 1, minDays: 1 },
        ],
      },
      D1: { busy: [[at(1, 9), at(1, 9.5)]] },
    },
    '12: Mon 11 09:30 A T1 C1 | Tue 12 09:30 A T1 N1 N1 D1',
  ],
  ['a minute less than the least is too early', { program: { lags: [{ from: 0, to: 1, minMin: 1411 }] } }, LATER],
  [
    'a visit follows the end of the one before it',
    { program: { lags: [{ from: 0, to: 1 }] } },
    '0: Mon 11 09:00 A T1 C1 | Mon 11 10:00 A T1 N1 N1 D1',
  ],
  [
    'without a lag any order will do, but never both at once',
    {
      program: { lags: [] },
      more: [{ id: 'T3', role: 'therapist', capacity: 2 }],
      T1: { shifts: [] },
      T2: { shifts: [] },
    },
    '0: Mon 11 09:00 A T3 C1 | Mon 11 10:00 A T3 N1 N1 D1',
  ],
  [
    'and the later one first where that is better',
    {
      program: { lags: [] },
      more: [{ id: 'T3', role: 'therapist', capacity: 2 }],
      T1: { shifts: [] },
      T2: { shifts: [] },
      C1: { busy: [[at(0, 9), at(0, 9.5)]] },
    },
    '0: Mon 11 10:30 A T3 C1 | Mon 11 09:00 A T3 N1 N1 D1',
  ],
  [
    'the last of the template may come first',
    { program: { lags: [] }, C1: { busy: [[at(0, 9), at(0, 11)]] } },
    '0: Mon 11 11:00 A T1 C1 | Mon 11 09:00 A T1 N1 N1 D1',
  ],
  [
    'the span has a least',
    { program: { span: { minDays: 3, maxDays: 9 } } },
    '36: Mon 11 09:00 A T1 C1 | Thu 14 09:00 A T1 N1 N1 D1',
  ],
  [
    'the span has a most',
    {
      program: { lags: [{ from: 0, to: 1, minMin: 1440 }], span: { minDays: 0, maxDays: 1 } },
      D1: { busy: [[at(1, 0), at(3, 0)]] },
    },
    '36: Wed 13 09:00 A T1 C1 | Thu 14 10:00 A T1 N1 N1 D1',
  ],
  [
    'nothing before the patient is ready',
    { patient: { ready: at(1, 9) + 1 } },
    '12: Tue 12 09:30 A T1 C1 | Wed 13 09:00 A T1 N1 N1 D1',
  ],
  [
    'nothing in unavailable time',
    { patient: { unavailable: [[at(0, 9.75), at(1, 9.5) + 1]] } },
    '24: Tue 12 10:00 A T1 C1 | Wed 13 09:00 A T1 N1 N1 D1',
  ],
  ['though its end may meet it', { patient: { unavailable: [[at(0, 10), at(1, 9)]] } }, PLAIN],
  ['nothing after its latest start', { patient: { latest: { dose: at(1, 9) - 1 } } }, 'none'],
  ['which is inclusive', { patient: { latest: { dose: at(1, 9) } } }, PLAIN],
  ['nothing ends beyond the horizon', { problem: { horizon: at(1, 10.5) - 1 } }, 'none'],
  ['turnover may', { problem: { horizon: at(1, 10.5) } }, PLAIN],
  [
    'session times',
    { dose: { startSet: 'dosing' }, problem: { startSets: { dosing: [at(1, 9) + 10, at(1, 10), at(2, 9)] } } },
    LATER,
  ],
  [
    'session times of the clinic',
    { dose: { startSet: 'dosing' }, problem: { startSets: { dosing: { B: [at(1, 9)], A: [at(1, 10)] } } } },
    LATER,
  ],
  [
    'starts lie on the grid',
    { T1: { shifts: shifts('A', 9.25) } },
    '12: Mon 11 09:30 A T1 C1 | Tue 12 09:30 A T1 N1 N1 D1',
  ],
  [
    'a fixed visit is a date',
    { patient: { fixed: { talk: { start: at(2, 15), site: 'B', res: null } } } },
    '36: Wed 13 15:00 B - - | Thu 14 09:00 A T1 N1 N1 D1',
  ],
  [
    'nothing at the time of a fixed visit',
    {
      patient: { fixed: { talk: { start: at(0, 9), site: 'A', res: null } } },
      program: { lags: [], span: { minDays: 0, maxDays: 0 } },
    },
    '0: Mon 11 09:00 A - - | Mon 11 10:00 A T1 N1 N1 D1',
  ],
  [
    'nor can fixed visits be at once',
    {
      patient: { fixed: { talk: { start: at(2, 9), site: 'A' }, dose: { start: at(2, 9.5), site: 'A' } } },
      program: { lags: [] },
    },
    'none',
  ],
  [
    'whichever comes first',
    {
      patient: { fixed: { talk: { start: at(2, 9.5), site: 'A' }, dose: { start: at(2, 9), site: 'A' } } },
      program: { lags: [] },
    },
    'none',
  ],
  [
    'nothing later after a fixed visit than its lags allow',
    { patient: { fixed: { talk: { start: at(0, 9), site: 'A' } } }, D1: { busy: [[at(1, 0), at(4, 0)]] } },
    'none',
  ],
  [
    'not even at midnight',
    {
      patient: { fixed: { talk: { start: at(0, 9), site: 'A' } } },
      program: { lags: [{ from: 0, to: 1, minDays: 1, maxDays: 1 }] },
      T1: { shifts: shifts('A', 0) },
      N1: { shifts: shifts('A', 0) },
      D1: { shifts: shifts('A', 0), busy: [[at(1, 0), at(2, 0)]] },
    },
    'none',
  ],
  [
    'nor earlier before it',
    { patient: { fixed: { dose: { start: at(4, 9), site: 'A' } } } },
    '48: Tue 12 09:00 A T1 C1 | Fri 15 09:00 A - - - -',
  ],
  [
    'nor later before it',
    { patient: { fixed: { dose: { start: at(2, 9), site: 'A' } } }, C1: { busy: [[at(0, 0), at(2, 0)]] } },
    'none',
  ],
  ...(
    [
      ['too few days', 2, { minDays: 1 }],
      ['too many days', 6, { maxDays: 3 }],
      ['too few minutes', 2, { minMin: 241 }],
      ['too many minutes', 2, { maxMin: 239 }],
    ] as const
  ).map(
    ([how, day, lag]): Rule => [
      `fixed visits that break a lag leave nothing to plan: ${how}`,
      {
        patient: { fixed: { talk: { start: at(2, 9), site: 'A' }, dose: { start: at(day, 14), site: 'A' } } },
        program: { lags: [{ from: 0, to: 1, ...lag }] },
      },
      'none',
    ],
  ),
]

const T1_MOVES = { shifts: [...shifts('B', 9, 10), ...shifts('A', 10, 12)] } satisfies Changes['T1']
const POINTS: Rule[] = [
  [
    'another clinic costs travel',
    { C1: { shifts: shifts('B') }, T1: T1_MOVES },
    '27: Mon 11 09:00 B T1 C1 | Tue 12 10:00 A T1 N1 N1 D1',
  ],
  ['a clinic that is not allowed', { patient: { travel: { A: null, B: 0 } } }, 'none'],
  ['everybody is at the same clinic', { C1: { shifts: shifts('B') } }, 'none'],
  [
    'a remote visit needs no room and no travel',
    { talk: { remote: 'only' }, T1: T1_MOVES },
    '12: Mon 11 09:00 B remote T1 - | Tue 12 10:00 A T1 N1 N1 D1',
  ],
  ['in person is as good as remote unless it costs', { talk: { remote: 'may' } }, PLAIN],
  [
    'in person may cost',
    { talk: { remote: 'may' }, weights: { inPerson: 5 } },
    '12: Mon 11 09:00 A remote T1 - | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'outside preferred times costs points',
    { weights: { offPreference: 5 }, patient: { preferred: [[at(0, 9.5) + 10, at(0, 11) + 10]] } },
    '17: Mon 11 10:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'a visit lies inside one preferred window, not two',
    {
      weights: { offPreference: 1 },
      patient: {
        preferred: [
          [at(0, 9), at(0, 9.5)],
          [at(0, 9.5), at(0, 11)],
          [at(1, 9), at(1, 11)],
        ],
      },
    },
    '12: Mon 11 09:30 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  [
    'a window that is too short suits nothing',
    {
      weights: { offPreference: 1 },
      patient: {
        preferred: [
          [at(0, 9), at(0, 9) + 50],
          [at(1, 9), at(1, 11)],
        ],
      },
    },
    '13: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  ['without any window every time suits', { weights: { offPreference: 5 }, patient: { preferred: [] } }, PLAIN],
  [
    'who is urgent waits at a higher price',
    { patient: { priority: 4 } },
    '48: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N1 N1 D1',
  ],
  ['each claim costs its price', { N1: { price: 2 } }, '14: Mon 11 09:00 A T1 C1 | Tue 12 09:00 A T1 N2 N2 D1'],
  [
    'so a day’s wait may be cheaper',
    { N1: { price: 7 }, N2: { price: 0, busy: [[at(1, 0), at(2, 0)]] } },
    '24: Mon 11 09:00 A T1 C1 | Wed 13 09:00 A T1 N2 N2 D1',
  ],
  ['a day’s wait outweighs a price', { T1: { busy: [[at(0, 0), at(1, 0)]] } }, BY_T2],
  [
    'a fixed first dose before the ready date is no gain',
    {
      patient: { ready: at(2, 0), fixed: { dose: { start: at(1, 9), site: 'A' } } },
      program: { lags: [], span: { to: 0, minDays: 0, maxDays: 0 } },
    },
    '-2: Wed 13 09:00 A T1 C1 | Tue 12 09:00 A - - - -',
  ],
]

for (const [group, rules] of Object.entries({ TIMES, POINTS }))
  t.test(`each rule shows in the plan: ${group.toLowerCase()}`, async (t) => {
    for (const [sentence, changes, expected] of rules) {
      const problem = smallClinic(changes)
      t.equal(shown(problem, planItinerary(problem, 'P001')[0]), expected, sentence)
    }
  })
