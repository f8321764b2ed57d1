/** A roster as a page to print: one section a day, one row a phase, free time between. Pure; every value is escaped, the language is the reader's. */
import { dayByDay, idOf, initialsOf, type Roster, type RosterEntry, type RosterShift } from '../domain/roster.ts'
import {
  addDays,
  atLocal,
  dayInWords,
  dayOf,
  type Instant,
  type Lang,
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
  readonly roster: Roster
  readonly lang: Lang
  readonly names: 'initials' | 'full'
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
function whoOf({ patient, group }: RosterEntry, { lang, names }: RosterPrint): string {
  if (!patient) return group ? ROSTER_WORDS[lang].group(group.taken, group.seats) : ''
  return names === 'initials' ? initialsOf(patient.displayName) : patient.displayName
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
<td class="visit"><b>${whoOf(entry, print)}</b>${entry.title}${
    language !== lang && html`, ${words.languages[language]}`
  }${labels.length > 0 && html`<div class="flags">${labels.map((label) => html`<span>${label}</span>`)}</div>`}</td>
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

/** A complete document; its only style is ROSTER_STYLE. */
export function rosterPage(print: RosterPrint): string {
  const { roster, lang, printedAt, printedBy } = print
  const words = ROSTER_WORDS[lang]
  const { displayName } = roster.subject
  return html`${trusted('<!doctype html>')}
<html lang="${lang === 'fr' ? 'fr-CA' : 'en-CA'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${words.roster}, ${displayName}, ${roster.date}</title>
<style>${trusted(ROSTER_STYLE)}</style>
</head>
<body>
<header><h1>${displayName}</h1><p>${words.roster}, ${zoneInWords(roster.timeZone, lang)}</p></header>
<main>
${dayByDay(roster).map((day) => daySection(day, print))}</main>
<footer>${words.printed(readInWords(printedAt, roster.timeZone, lang), printedBy)}</footer>
</body>
</html>
`.markup
}
