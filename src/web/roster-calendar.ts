/** A roster as iCalendar, METHOD:PUBLISH: one event an entry, for a calendar program that does not subscribe. Pure. */
import { type CalendarEntry, entriesText } from '../domain/calendar.ts'
import { REFRESH_EVERY } from '../domain/calendar-feed.ts'
import { standingOf } from '../domain/calendar-wording.ts'
import { idOf, initialsOf, type Roster, type RosterEntry } from '../domain/roster.ts'
import { type Instant, type Lang, minutesBetween, readInWords } from '../domain/time.ts'
import { ROSTER_WORDS } from './roster-words.ts'

type Wish = { readonly lang: Lang; readonly names: 'initials' | 'full'; readonly at: Instant }

function whoOf({ patient, group }: RosterEntry, { lang, names }: Wish): string[] {
  if (patient) return [names === 'initials' ? initialsOf(patient.displayName) : patient.displayName]
  return group ? [ROSTER_WORDS[lang].group(group.taken, group.seats)] : []
}

/** The place of a part in its visit stays when the visit moves: that makes its UID. */
function eventOf(entry: RosterEntry, { timeZone, subject }: Roster, wish: Wish): CalendarEntry {
  const words = ROSTER_WORDS[wish.lang]
  const part = entry.role ? `${words.roles[entry.role]}${entry.supervising ? `, ${words.supervises}` : ''}` : ''
  const people = entry.with.map(({ role, displayName }) => `${words.roles[role]}: ${displayName}`)
  const flags = entry.flags.map((flag) => words.flags[flag] ?? flag)
  const lines = [
    readInWords(entry.phaseStart, timeZone, wish.lang),
    part,
    ...people,
    words.statuses[entry.status],
    ...flags.filter((flag) => flag !== words.statuses[entry.status]),
  ]
  return {
    uid: `${idOf(entry)}-${subject.kind}-${entry.role ?? 'visit'}-${minutesBetween(entry.start, entry.phaseStart)}`,
    sequence: 0,
    stampedAt: wish.at,
    start: entry.phaseStart,
    end: entry.phaseEnd,
    zone: timeZone,
    standing: standingOf(entry.status),
    summary: [entry.title, ...whoOf(entry, wish)].join(', '),
    location: entry.room?.name ?? (words.modalities[entry.modality] || null),
    description: lines.filter((line) => line !== '').join('\n'),
  }
}

export const rosterCalendar = (roster: Roster, wish: Wish): string =>
  entriesText(
    roster.entries.map((entry) => eventOf(entry, roster, wish)),
    REFRESH_EVERY,
  )
