import t from 'tap'
import { rosterOf } from '../../src/domain/roster.ts'
import { type Lang, LocalDate } from '../../src/domain/time.ts'
import { rosterCsv } from '../../src/web/roster-csv.ts'
import { type RosterPrint, rosterPage } from '../../src/web/roster-page.ts'
import { CLINIC, dose, local, PEOPLE, patientOf, ROOM, rosterVisit, TORONTO } from '../support/roster-day.ts'

const DATE = '2026-12-01'
const rosterFor = (
  visits: ReturnType<typeof dose>[],
  { date = DATE, days = 1, lang = 'en' as Lang, name = 'Naomi Roy' } = {},
) =>
  rosterOf(
    {
      date: LocalDate.parse(date),
      days,
      timeZone: TORONTO,
      subject: { kind: 'clinician', id: PEOPLE.therapist.id, displayName: name },
      visits,
      shifts: [{ start: local(`${date} 08:30`), end: local(`${date} 17:30`), clinicId: CLINIC }],
      turnover: [],
    },
    lang,
  )
const page = (
  visits: ReturnType<typeof dose>[],
  {
    names = 'full' as RosterPrint['names'],
    by = 'Ada Admin',
    ...more
  }: Parameters<typeof rosterFor>[1] & { names?: RosterPrint['names']; by?: string } = {},
) =>
  rosterPage({
    roster: rosterFor(visits, more),
    people: [],
    lang: more.lang ?? 'en',
    names,
    printedAt: local('2026-11-30 17:05'),
    printedBy: by,
    clinicNames: new Map([[CLINIC, 'Montreal – 397 Laurier West']]),
  })
const text = (markup: string): string =>
  markup
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')

t.test(
  'the page tells times, patient, visit, room, who with, phase, gaps, flags, and who printed it when',
  async (t) => {
    const said = text(page([dose(local(`${DATE} 09:00`), { escortNamed: false, first: true })]))
    for (const wanted of [
      'Naomi Roy',
      'Tuesday 1 December 2026',
      'On shift 08:30–17:30 , Montreal – 397 Laurier West',
      '1 visit',
      '09:15–11:30',
      'Therapist',
      'visit 09:00–11:30',
      'Marie-Ève Tremblay',
      'Dose 1',
      'Dosing 1',
      'Luc Gagnon Nurse',
      'Dr. Inès Haddad Prescriber',
      'No escort named',
      'First visit',
      '08:30–09:15 free, 45 min',
      '11:30–17:30 free, 6 h',
      'Toronto time',
      'Printed Monday 30 November 2026, 17:05, Toronto time, by Ada Admin',
    ])
      t.match(said, wanted)
    t.notMatch(said, /\b(undefined|null|NaN)\b/)
  },
)

t.test('in French it is French throughout', async (t) => {
  const markup = page([dose(local(`${DATE} 09:00`), { status: 'needs-replanning' })], { lang: 'fr' })
  t.match(markup, '<html lang="fr-CA">')
  for (const wanted of [
    'mardi 1er décembre 2026',
    'En poste',
    'Thérapeute',
    'À replanifier',
    'libre',
    'heure de Toronto',
    'en anglais',
  ])
    t.match(text(markup), wanted)
})

t.test('initials leave no name on the paper', async (t) => {
  const markup = page([dose(local(`${DATE} 09:00`))], { names: 'initials' })
  t.match(markup, 'M.-È. T.')
  t.notMatch(markup, /Tremblay|Marie/)
})

t.test('unless told otherwise names are for the screen, and initials for paper', async (t) => {
  const markup = page([dose(local(`${DATE} 09:00`))], { names: 'screen' })
  t.match(markup, '<span class="screen">Marie-Ève Tremblay</span><span class="paper">M.-È. T.</span>')
  t.match(markup, /@media print \{[^}]*\}[^@]*\.screen, nav \{ display: none \} \.paper \{ display: inline \}/)
})

t.test('whatever people write is text, never markup', async (t) => {
  const nasty = `<script>alert("1")</script> & 'x' </title>`
  const markup = page(
    [
      rosterVisit(local(`${DATE} 09:00`), 50, [['therapist', 0, 50]], {
        title: { en: nasty, fr: nasty },
        room: { ...ROOM, name: nasty },
        patient: { ...patientOf(1), givenName: nasty, familyName: nasty },
        flags: [nasty],
      }),
    ],
    { name: nasty, by: nasty },
  )
  t.notMatch(markup, /<script/i)
  t.equal(markup.match(/<\/title>/g)?.length, 1)
  t.match(markup, '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;')
})

t.test('a day on which the clocks change says so, and tells two equal readings apart', async (t) => {
  const visits = [
    rosterVisit(local('2026-11-01 00:45'), 60, [['therapist', 0, 60]]),
    rosterVisit(local('2026-11-01 00:45'), 90, [['therapist', 30, 90]]),
  ]
  const said = text(page(visits, { date: '2026-11-01' }))
  t.match(said, 'The clocks go back today.')
  t.match(said, '00:45–01:45')
  t.match(said, '01:15–01:15 (UTC-05:00)')
  t.match(text(page([], { date: '2027-03-14' })), 'The clocks go forward today.')
  t.notMatch(text(page([])), 'clocks')
})

t.test('midnight ends a day as 24:00; the day before is marked', async (t) => {
  const visits = [rosterVisit(local(`${DATE} 23:00`), 60, [['therapist', 0, 60]])]
  t.match(text(page(visits)), '23:00–24:00')
  const over = text(page([rosterVisit(local(`${DATE} 23:30`), 60, [['therapist', 0, 60]])], { days: 2 }))
  t.match(over, '23:30–00:30 +1')
  t.match(over, '23:30 −1–00:30')
})

t.test('an empty day is a page too', async (t) => {
  t.match(text(page([], { days: 2 })), /No visits\. Wednesday 2 December 2026 Not on shift No visits\./)
})

t.test('CSV quotes what needs it and starts no formula', async (t) => {
  const visit = rosterVisit(local(`${DATE} 09:00`), 50, [['therapist', 0, 50]], {
    title: { en: '=HYPERLINK("x")', fr: 'x' },
    room: { ...ROOM, name: 'A, "B"\r\nC' },
  })
  const [head, ...lines] = rosterCsv(rosterFor([visit]), 'full').split('\r\n')
  t.equal(head, 'date,from,to,start,end,timeZone,patient,visit,step,room,role,with,status,flags,appointmentId')
  t.match(
    lines.join('\r\n'),
    `2026-12-01,09:00,09:50,2026-12-01T09:00:00-05:00,2026-12-01T09:50:00-05:00,America/Toronto,Marie-Ève Tremblay,"'=HYPERLINK(""x"")",prepare,"A, ""B""\r\nC",therapist,,booked,,`,
  )
  t.notMatch(rosterCsv(rosterFor([visit]), 'initials'), 'Tremblay')
})
