/** A roster as CSV (RFC 4180), for a spreadsheet: one line an entry. Pure. */
import { idOf, initialsOf, type Roster, type RosterEntry } from '../domain/roster.ts'
import { dayOf, timeOf, toWire } from '../domain/time.ts'

/** A spreadsheet runs what begins like a formula; a leading apostrophe makes it text. */
const guarded = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
const cell = (value: string): string => {
  const text = guarded(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The patient; of a group how many. */
const whoOf = ({ patient, group }: RosterEntry, names: 'initials' | 'full'): string => {
  if (!patient) return group ? `${group.taken}/${group.seats}` : ''
  return names === 'initials' ? initialsOf(patient.displayName) : patient.displayName
}

const COLUMNS = 'date,from,to,start,end,timeZone,patient,visit,step,room,role,with,status,flags,appointmentId'

/** Local times and, beside them, instants with their offset. */
export function rosterCsv({ entries, timeZone }: Roster, names: 'initials' | 'full'): string {
  const lines = entries.map((entry) =>
    [
      dayOf(entry.phaseStart, timeZone),
      timeOf(entry.phaseStart, timeZone),
      timeOf(entry.phaseEnd, timeZone),
      toWire(entry.start, timeZone),
      toWire(entry.end, timeZone),
      timeZone,
      whoOf(entry, names),
      entry.title,
      entry.step ?? '',
      entry.room?.name ?? '',
      entry.role ?? '',
      entry.with.map(({ role, displayName }) => `${displayName} (${role})`).join('; '),
      entry.status,
      entry.flags.join(' '),
      idOf(entry),
    ]
      .map(cell)
      .join(','),
  )
  return `${[COLUMNS, ...lines].join('\r\n')}\r\n`
}
