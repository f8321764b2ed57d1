import fc from 'fast-check'
import t from 'tap'
import { PROGRAMS } from '../../src/catalogue/programs.ts'
import { ProgramDraft } from '../../src/domain/program.ts'
import { infeasibilities } from '../../src/domain/program-feasibility.ts'
import { inconsistencies } from '../../src/domain/program-rules.ts'

type Lag = Record<string, string | number | undefined>
type Options = { minutes?: number; optional?: boolean; claims?: object[] }

/** A visit with one therapist; what a case is about is said, the rest is filled in. */
const visit = (key: string, after: Lag[] = [], { minutes = 60, optional = false, claims }: Options = {}) => ({
  key,
  step: 'prepare',
  title: { en: key, fr: key },
  minutes,
  modality: ['in-person'],
  optional,
  claims: claims ?? [{ as: 'therapist', role: 'therapist', from: 0, to: minutes }],
  after,
})
const draft = (visits: object[], more: object = {}): ProgramDraft =>
  ProgramDraft.parse({ key: 'p', name: { en: 'P', fr: 'P' }, visits, ...more })
const span = (minDays: number, maxDays: number) => ({ span: { from: 'a', to: 'c', minDays, maxDays } })

const impossible: [string, ProgramDraft, { path: string; message: RegExp }[]][] = [
  [
    'two visits that wait for each other are a cycle',
    draft([visit('a', [{ visit: 'b' }]), visit('b', [{ visit: 'a' }])]),
    [{ path: 'visits[0].after', message: /cyclic: a after b after a/ }],
  ],
  [
    'a longer cycle is named from its first visit',
    draft([visit('a'), visit('b', [{ visit: 'd' }]), visit('c', [{ visit: 'b' }]), visit('d', [{ visit: 'c' }])]),
    [{ path: 'visits[1].after', message: /cyclic: b after d after c after b/ }],
  ],
  [
    'lags whose least days pass another lag’s most',
    draft([
      visit('a'),
      visit('b', [{ visit: 'a', minDays: 5 }]),
      visit('c', [
        { visit: 'b', minDays: 5 },
        { visit: 'a', maxDays: 9 },
      ]),
    ]),
    [
      { path: 'visits[2].after[1].maxDays', message: /lag: "c" at most 9 days after "a": impossible together with/ },
      { path: 'visits[2].after[0].minDays', message: /at least 5 days/ },
      { path: 'visits[1].after[0].minDays', message: /at least 5 days/ },
    ],
  ],
  [
    'a span shorter than the lags need',
    draft([visit('a'), visit('b', [{ visit: 'a', minDays: 5 }]), visit('c', [{ visit: 'b', minDays: 5 }])], span(1, 9)),
    [{ path: 'span.maxDays', message: /span: "c" at most 9 days/ }],
  ],
  [
    'a span longer than the lags allow',
    draft(
      [visit('a'), visit('b', [{ visit: 'a', maxDays: 5 }]), visit('c', [{ visit: 'b', maxDays: 5 }])],
      span(11, 20),
    ),
    [{ path: 'span.minDays', message: /span: "c" at least 11 days/ }],
  ],
  [
    'two days later within 23 hours',
    draft([visit('a'), visit('b', [{ visit: 'a', minDays: 2, maxMinutes: 1380 }])]),
    [{ path: 'visits[1].after[0].minDays', message: /at most 1380 minutes/ }],
  ],
  [
    'the same day, but thirty hours later',
    draft([visit('a'), visit('b', [{ visit: 'a', maxDays: 0, minMinutes: 1800 }])]),
    [{ path: 'visits[1].after[0].minMinutes', message: /at most 0 days/ }],
  ],
  [
    'a gap that no start on the grid hits',
    draft([visit('a', [], { minutes: 50 }), visit('b', [{ visit: 'a', maxMinutes: 5 }])]),
    [{ path: 'visits[1].after[0].maxMinutes', message: /at most 5 minutes/ }],
  ],
  [
    'twenty-five hours of visits on one day',
    draft([
      visit('a', [], { minutes: 720 }),
      visit('b', [{ visit: 'a', maxDays: 0 }], { minutes: 720 }),
      visit('c', [
        { visit: 'b', maxDays: 0 },
        { visit: 'a', maxDays: 0 },
      ]),
    ]),
    [{ path: 'visits[2].after[1].maxDays', message: /at most 0 days/ }],
  ],
  [
    'two visits that both follow at once',
    draft([visit('a'), visit('b', [{ visit: 'a', maxMinutes: 15 }]), visit('c', [{ visit: 'a', maxMinutes: 15 }])]),
    [{ path: 'visits[2].after', message: /in "b" and "c" at the same time/ }],
  ],
  [
    'an optional visit that would never fit',
    draft([visit('a'), visit('b', [{ visit: 'a', minDays: 3, maxMinutes: 60 }], { optional: true })]),
    [{ path: 'visits[1].after[0].minDays', message: /at least 3 days/ }],
  ],
  [
    'one therapist who must turn the room over and be elsewhere',
    draft([
      visit('a', [], { claims: [{ as: 'therapist', role: 'therapist', from: 0, to: 120 }] }),
      visit('b', [{ visit: 'a', maxMinutes: 30 }]),
    ]),
    [{ path: 'visits[1].after[0].maxMinutes', message: /at most 30 minutes/ }],
  ],
]

t.test('a template that no clinic can ever plan is refused, naming path and rule', async (t) => {
  for (const [name, program, wanted] of impossible) {
    t.same(inconsistencies(program), [], `${name}: makes sense`)
    const found = infeasibilities(program)
    for (const { path, message } of wanted)
      t.match(found.find((fault) => fault.path === path)?.message ?? JSON.stringify(found), message, `${name}: ${path}`)
  }
})

const possible: [string, ProgramDraft][] = [
  ...PROGRAMS.map(({ version: _, ...program }): [string, ProgramDraft] => [`the ${program.key} program`, program]),
  ['one visit', draft([visit('a')])],
  [
    'the next day within half an hour, over midnight',
    draft([visit('a'), visit('b', [{ visit: 'a', minDays: 1, maxMinutes: 30 }])]),
  ],
  [
    'visits without any order, kept apart by the patient',
    draft(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => visit(key))),
  ],
  [
    'a fork that closes again',
    draft([
      visit('a'),
      visit('b', [{ visit: 'a', maxMinutes: 60 }]),
      visit('c', [{ visit: 'a', maxMinutes: 60 }]),
      visit('d', [{ visit: 'b' }, { visit: 'c', maxDays: 2 }]),
    ]),
  ],
  [
    'a span that the lags meet exactly',
    draft(
      [visit('a'), visit('b', [{ visit: 'a', minDays: 5 }]), visit('c', [{ visit: 'b', minDays: 5 }])],
      span(1, 10),
    ),
  ],
  [
    'a whole day of visits',
    draft([visit('a', [], { minutes: 720 }), visit('b', [{ visit: 'a', maxDays: 0 }], { minutes: 720 })]),
  ],
  [
    'the lead’s turnover, when nobody leads throughout',
    draft(
      [
        visit('a', [], { claims: [{ as: 'therapist', role: 'therapist', from: 0, to: 120 }] }),
        visit('b', [{ visit: 'a', maxMinutes: 30 }]),
      ],
      { continuity: 'none' },
    ),
  ],
  [
    'sixty visits in a row',
    draft(
      Array.from({ length: 60 }, (_, i) =>
        visit(`v${i}`, i === 0 ? [] : [{ visit: `v${i - 1}`, minDays: 1, maxMinutes: 1440 }]),
      ),
    ),
  ],
]

t.test('whatever some clinic could plan is accepted', async (t) => {
  for (const [name, program] of possible) t.same([...inconsistencies(program), ...infeasibilities(program)], [], name)
})

const nurse = (more: object) => ({ as: 'nurse', role: 'nurse', from: 0, to: 30, ...more })
const senseless: [string, ProgramDraft, string, RegExp][] = [
  ['a visit key twice', draft([visit('a'), visit('a')]), 'visits[1].key', /a second visit "a"/],
  ['a lag to nothing', draft([visit('a', [{ visit: 'x' }])]), 'visits[0].after[0].visit', /no visit "x"/],
  ['a lag to itself', draft([visit('a', [{ visit: 'a' }])]), 'visits[0].after[0].visit', /cannot follow itself/],
  [
    'two lags to one visit',
    draft([visit('a'), visit('b', [{ visit: 'a' }, { visit: 'a' }])]),
    'visits[1].after[1].visit',
    /second lag/,
  ],
  [
    'days the wrong way round',
    draft([visit('a'), visit('b', [{ visit: 'a', minDays: 3, maxDays: 2 }])]),
    'visits[1].after[0].minDays',
    /above maxDays/,
  ],
  [
    'minutes the wrong way round',
    draft([visit('a'), visit('b', [{ visit: 'a', minMinutes: 3, maxMinutes: 2 }])]),
    'visits[1].after[0].minMinutes',
    /above maxMinutes/,
  ],
  [
    'a claim on nothing',
    draft([visit('a', [], { claims: [{ as: 'x', from: 0, to: 5 }] })]),
    'visits[0].claims[0].role',
    /exactly one/,
  ],
  [
    'a claim on a person and a room',
    draft([visit('a', [], { claims: [nurse({ roomKind: 'dosing' })] })]),
    'visits[0].claims[0].role',
    /exactly one/,
  ],
  [
    'a claim that ends before it starts',
    draft([visit('a', [], { claims: [nurse({ from: 30, to: 30 })] })]),
    'visits[0].claims[0].to',
    /after from/,
  ],
  [
    'one person in two roles',
    draft([visit('a', [], { claims: [nurse({}), nurse({ role: 'therapist', from: 30, to: 60 })] })]),
    'visits[0].claims[1].as',
    /one role/,
  ],
  [
    'one person twice at once',
    draft([visit('a', [], { claims: [nurse({}), nurse({ from: 15, to: 45 })] })]),
    'visits[0].claims[1]',
    /overlaps/,
  ],
  [
    'two leads',
    draft([visit('a', [], { claims: [nurse({ lead: true }), nurse({ as: 'other', lead: true })] })]),
    'visits[0].claims',
    /one person leads/,
  ],
  [
    'a room that leads',
    draft([visit('a', [], { claims: [{ as: 'room', roomKind: 'dosing', from: 0, to: 60, lead: true }] })]),
    'visits[0].claims[0].lead',
    /not a room/,
  ],
  [
    'a shared room',
    draft([visit('a', [], { claims: [{ as: 'room', roomKind: 'dosing', from: 0, to: 60, mode: 'shared' }] })]),
    'visits[0].claims[0].mode',
    /never shared/,
  ],
  [
    'two rooms',
    draft([visit('a', [], { claims: ['r1', 'r2'].map((as) => ({ as, roomKind: 'dosing', from: 0, to: 60 })) })]),
    'visits[0].claims',
    /one room/,
  ],
  ['a span to nothing', draft([visit('a')], span(1, 2)), 'span.to', /no visit "c"/],
  ['a span the wrong way round', draft([visit('a'), visit('c')], span(3, 2)), 'span.minDays', /above maxDays/],
  [
    'a span to an optional visit',
    draft([visit('a'), visit('c', [], { optional: true })], span(1, 2)),
    'span.to',
    /optional/,
  ],
  ['only optional visits', draft([visit('a', [], { optional: true })]), 'visits', /every visit is optional/],
]

t.test('a template that makes no sense is refused, naming the field', async (t) => {
  for (const [name, program, path, message] of senseless)
    t.match(inconsistencies(program).find((fault) => fault.path === path)?.message ?? 'accepted', message, name)
})

/** Every way to put three visits on the hours of a week, the first one's day fixed: the definition, read literally. */
function someWayWorks(program: ProgramDraft): boolean {
  const starts: number[] = []
  const fits = (i: number, at: number): boolean => {
    const day = (minute: number) => Math.floor(minute / 1440)
    const visit = program.visits[i]
    return starts.every((other, j) => {
      const before = program.visits[j]
      if (!visit || !before) return false
      if (at < other + before.minutes && other < at + visit.minutes) return false
      const lag = visit.after.find((l) => l.visit === before.key)
      if (!lag) return true
      const [days, minutes] = [day(at) - day(other), at - other - before.minutes]
      return (
        days >= (lag.minDays ?? 0) &&
        days <= (lag.maxDays ?? Infinity) &&
        minutes >= (lag.minMinutes ?? 0) &&
        minutes <= (lag.maxMinutes ?? Infinity)
      )
    })
  }
  const place = (i: number): boolean => {
    if (i === program.visits.length) return true
    for (let at = (i === 0 ? 3 : 2) * 1440; at < (i === 0 ? 4 : 9) * 1440; at += 60) {
      if (!fits(i, at)) continue
      starts.push(at)
      if (place(i + 1)) return true
      starts.pop()
    }
    return false
  }
  return place(0)
}

t.test('small templates: refused exactly when trying everything finds nothing', async (t) => {
  const some = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: undefined })
  const lag = (visit: string) =>
    fc.option(
      fc.record({
        visit: fc.constant(visit),
        minDays: some(0, 2),
        maxDays: some(0, 3),
        minMinutes: some(0, 1500),
        maxMinutes: some(0, 3000),
      }),
      { nil: undefined },
    )
  const minutes = fc.constantFrom(45, 60, 90, 600, 720)
  const templates = fc.tuple(minutes, minutes, minutes, lag('a'), lag('a'), lag('b'))
  let [refused, tried] = [0, 0]
  fc.assert(
    fc.property(templates, ([a, b, c, ab, ac, bc]) => {
      const program = draft(
        [
          visit('a', [], { minutes: a }),
          visit('b', ab ? [ab] : [], { minutes: b }),
          visit(
            'c',
            [ac, bc].flatMap((l) => (l ? [l] : [])),
            { minutes: c },
          ),
        ],
        { grid: 60 },
      )
      const faults = [...inconsistencies(program), ...infeasibilities(program)]
      tried++
      if (faults.length > 0) refused++
      return (faults.length === 0) === someWayWorks(program)
    }),
    { numRuns: 60, seed: 7 },
  )
  t.ok(refused > tried / 10 && refused < tried * 0.9, `${refused} of ${tried} refused`)
})
