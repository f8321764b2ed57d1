/** What a lost visit takes with it (contract.md §5). Pure. */
import { type Appointment, isLive } from './appointment.ts'
import type { Program } from './program.ts'

/** Voided: they have lost their reason. Flagged: they must be replanned, and keep their claims until then. */
export type Cascade = { voided: Appointment[]; flagged: Appointment[] }

/** Only a lost dose has consequences: lags to any other lost visit simply no longer bind. */
export function cascadeOf(program: Program, lost: Appointment, booked: readonly Appointment[]): Cascade {
  if (lost.step !== 'experience') return { voided: [], flagged: [] }
  const integrations = integrationsOf(program, lost.visitKey)
  const ahead = booked.filter(
    (a) => a.id !== lost.id && a.start >= lost.start && (isLive(a.status) || a.status === 'needs-replanning'),
  )
  const voided = ahead.filter((a) => integrations.has(a.visitKey))
  return { voided, flagged: ahead.filter((a) => !voided.includes(a) && a.status === 'booked') }
}

/** The integration visits of a dose: those that must follow it within a bounded time. */
function integrationsOf(program: Program, dose: string): ReadonlySet<string> {
  return new Set(
    program.visits
      .filter((v) => v.step === 'integrate' && v.after.some((lag) => lag.visit === dose && lag.maxMinutes != null))
      .map((v) => v.key),
  )
}
