/** Rosters as pages to print, one begun for each subject: a section a day, one row a phase, free time between. Pure; every value is escaped, the language is the reader's. */
import { dayByDay, idOf, initialsOf, type Roster, type RosterEntry, type RosterShift } from '../domain/roster.ts'
import {
  addDays,
  atLocal,
  dayInWords,
  dayOf,
  type Instant,
  type Lang,
  type LocalDate,
  MINUTE,
  minutesBetween,
  readInWords,
  startOfDay,
  timeOf,
  toWire,
  transitions,
  zoneInWords,
} from '../domain/time.ts'
import { type Html, html, trusted } from './html.ts'
import { ROSTER_STYLE } from './roster-style.ts'
import { ROSTER_WORDS } from './roster-words.ts'

export type RosterPrint = {
  /** The one that was asked for. */
  readonly roster: Roster
  /** What begins a sheet each: of a clinic its people; empty: the roster itself. */
  readonly people: readonly Roster[]
  readonly lang: Lang
  /** `screen`: names on the screen, initials on paper. */
  readonly names: 'initials' | 'full' | 'screen'
  readonly printedAt: Instant
  readonly printedBy: string
  /** Of the shifts' clinics, by id. */
  readonly clinicNames: ReadonlyMap<string, string>
}

/** A local time on the page of `day`: midnight at its end is 24:00, another day's is marked, of two equal readings the second has its offset. */
function clock(at: Instant, { date, timeZone }: Roster): string {
  if (at === startOfDay(addDays(date, 1), timeZone)) return '24:00'
  const [day, time] = [dayOf(at, timeZone), timeOf(at, timeZone)]
  const first = atLocal(day, time, timeZone)
  const again = first.ok && at - first.value >= MINUTE ? ` (UTC${toWire(at, timeZone).slice(19)})` : ''
  const other = day === date ? '' : day < date ? ' −1' : ' +1'
  return `${time}${other}${again}`
}

const between = (start: Instant, end: Instant, day: Roster): string => `${clock(start, day)}–${clock(end, day)}`

/** 45 min; 2 h; 1 h 30. */
function lasting(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)]
  if (hours === 0) return `${rest} min`
  return rest === 0 ? `${hours} h` : `${hours} h ${String(rest).padStart(2, '0')}`
}

/** The patient; of a group how many of its seats are taken. */
function whoOf({ patient, group }: RosterEntry, { lang, names }: RosterPrint): Html | string {
  if (!patient) return group ? ROSTER_WORDS[lang].group(group.taken, group.seats) : ''
  if (names === 'full') return patient.displayName
  const initials = initialsOf(patient.displayName)
  return names === 'initials'
    ? initials
    : html`<span class="screen">${patient.displayName}</span><span class="paper">${initials}</span>`
}

function entryRow(entry: RosterEntry, day: Roster, print: RosterPrint): Html {
  const { lang } = print
  const words = ROSTER_WORDS[lang]
  const whole = entry.phaseStart === entry.start && entry.phaseEnd === entry.end
  const part = [
    ...(entry.role ? [`${words.roles[entry.role]}${entry.supervising ? `, ${words.supervises}` : ''}`] : []),
    ...(whole ? [] : [`${words.wholeVisit} ${between(entry.start, entry.end, day)}`]),
  ]
  const labels = [
    words.statuses[entry.status],
    ...entry.flags.filter((flag) => flag !== entry.status).map((flag) => words.flags[flag] ?? flag),
  ].filter((label) => label !== '')
  const language = entry.patient?.language ?? lang
  const tone =
    entry.status === 'needs-replanning' ? 'moved' : ['no-show', 'not-dosed'].includes(entry.status) ? 'off' : 'visit'
  return html`<tr class="${tone}">
<td class="time"><span>${between(entry.phaseStart, entry.phaseEnd, day)}</span>${part.map((line) => html`<small>${line}</small>`)}</td>
<td class="visit"><div><b>${whoOf(entry, print)}</b>${
    labels.length > 0 && html` <span class="flags">${labels.map((label) => html`<span>${label}</span>`)}</span>`
  }</div>${entry.title}${language !== lang && html`, ${words.languages[language]}`}</td>
<td class="room">${entry.room?.name ?? words.modalities[entry.modality]}</td>
<td class="with">${entry.with.map(({ role, displayName: who }) => html`<div>${who}<span>${words.roles[role]}</span></div>`)}</td>
<td class="notes"></td>
</tr>
`
}

const gapRow = (
  { start, end }: RosterShift,
  day: Roster,
  lang: Lang,
): Html => html`<tr class="gap"><td colspan="5"><span>${between(start, end, day)}</span>${ROSTER_WORDS[lang].free}, ${lasting(minutesBetween(start, end))}</td></tr>
`

/** Shift bounds with their clinic, how many visits, a change of clocks. */
function dayLine(day: Roster, { lang, clinicNames }: RosterPrint): Html {
  const words = ROSTER_WORDS[lang]
  const person = day.subject.kind === 'clinician'
  const shifts = day.shifts.map(({ start, end, clinicId }) => {
    const where = person ? `, ${clinicNames.get(clinicId) ?? ''}` : ''
    return html`<strong>${person ? words.onShift : words.open} ${between(start, end, day)}</strong>${where}`
  })
  const none = html`<strong>${person ? words.offShift : words.closed}</strong>`
  const count = new Set(day.entries.map(idOf)).size
  const [change] = transitions(
    day.timeZone,
    startOfDay(day.date, day.timeZone),
    startOfDay(addDays(day.date, 1), day.timeZone),
  )
  const parts = [
    ...(shifts.length > 0 ? shifts : [none]),
    ...(count > 0 ? [html`${words.visits(count)}`] : []),
    ...(change ? [html`${change.after > change.before ? words.clocksForward : words.clocksBack}`] : []),
  ]
  return html`<p class="day">${parts.map((part, i) => html`${i > 0 && ' · '}${part}`)}</p>`
}

function daySection(day: Roster, print: RosterPrint): Html {
  const words = ROSTER_WORDS[print.lang]
  // an entry that began the day before stands before any free time of this one
  const rows = [
    ...day.entries.map((entry) => ({ at: entry.phaseStart, row: entryRow(entry, day, print) })),
    ...day.gaps.map((gap) => ({ at: gap.start, row: gapRow(gap, day, print.lang) })),
  ].sort((a, b) => a.at - b.at)
  const table = html`<table>
<colgroup><col class="time"><col class="visit"><col class="room"><col class="with"><col class="notes"></colgroup>
<thead><tr><th>${words.time}</th><th>${words.patient}, ${words.visit.toLowerCase()}</th><th>${words.room}</th><th>${words.with}</th><th class="notes">${words.notes}</th></tr></thead>
<tbody>
${rows.map(({ row }) => row)}</tbody>
</table>`
  return html`<section>
<h2>${dayInWords(day.date, print.lang)}</h2>
${dayLine(day, print)}
${day.entries.length > 0 ? table : html`<p class="nothing">${words.nothing}</p>`}
</section>
`
}

/** What is only for the screen: other days, names or initials, the way out. */
function navigation({ roster, lang, names }: RosterPrint): Html {
  const words = ROSTER_WORDS[lang]
  const { kind, id } = roster.subject
  const link = (text: string, date: LocalDate, by: RosterPrint['names']) => {
    const more = [
      ...(roster.days > 1 ? [`days=${roster.days}`] : []),
      ...(by === 'screen' ? [] : [`names=${by}`]),
      ...['format=html', `lang=${lang}`],
    ]
    return html`<a href="/v1/rosters/${kind}s/${id}?${[`date=${date}`, ...more].join('&')}">${text}</a>`
  }
  return html`<nav class="screen">
${link(words.previous, addDays(roster.date, -roster.days), names)}
${link(words.next, addDays(roster.date, roster.days), names)}
${names === 'full' ? link(words.withInitials, roster.date, 'initials') : link(words.withNames, roster.date, 'full')}
<a href="/">${words.rosters}</a>
<form method="post" action="/sign-out"><button type="submit">${words.signOut}</button></form>
</nav>
`
}

function sheet(roster: Roster, print: RosterPrint): Html {
  const { lang, printedAt, printedBy } = print
  const words = ROSTER_WORDS[lang]
  const place = roster.subject.id === print.roster.subject.id ? '' : `, ${print.roster.subject.displayName}`
  return html`<article>
<header><h1>${roster.subject.displayName}</h1><p>${words.roster}${place}, ${zoneInWords(roster.timeZone, lang)}</p></header>
${dayByDay(roster).map((day) => daySection(day, print))}<footer>${words.printed(readInWords(printedAt, roster.timeZone, lang), printedBy)}</footer>
</article>
`
}

/** A complete document; its only style is ROSTER_STYLE. */
export function rosterPage(print: RosterPrint): string {
  const { roster, people, lang } = print
  const sheets = people.length > 0 ? people : [roster]
  return html`${trusted('<!doctype html>')}
<html lang="${lang === 'fr' ? 'fr-CA' : 'en-CA'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${ROSTER_WORDS[lang].roster}, ${roster.subject.displayName}, ${roster.date}</title>
<style>${trusted(ROSTER_STYLE)}</style>
</head>
<body>
${navigation(print)}<main>
${sheets.map((one) => sheet(one, print))}</main>
</body>
</html>
`.markup
}
