/** What the routes about availability share on the wire: subjects, windows, and how a change is to treat what stands in its way. */
import { z } from 'zod'
import { ClinicId, ClinicianId, RoomId } from '../domain/ids.ts'
import type { Affected } from '../domain/refusal.ts'
import { DAY, HOUR, type Instant, toWire } from '../domain/time.ts'
import type { ChangeMode } from '../services/change-availability.ts'
import { InstantIn, InstantOut, MAX_WINDOW_DAYS } from './wire.ts'

/** The filters that say whose. */
export const SubjectQuery = {
  clinicianId: ClinicianId.optional(),
  roomId: RoomId.optional(),
  clinicId: ClinicId.optional(),
}

/** A window in local days may hold one hour more than its days have elapsed hours. */
const LONGEST_WINDOW = MAX_WINDOW_DAYS * DAY + HOUR

type Window = { from?: Instant | undefined; to?: Instant | undefined }
/** In order and not too long, where both ends are given. */
export function checkWindow({ value: { from, to }, issues }: z.core.ParsePayload<Window>): void {
  if (from === undefined || to === undefined) return
  const found = { code: 'custom' as const, path: ['to'], input: to }
  if (to <= from) issues.push({ ...found, message: 'must be after from' })
  else if (to - from > LONGEST_WINDOW)
    issues.push({ ...found, message: `must be at most ${MAX_WINDOW_DAYS} days after from` })
}

export const WindowQuery = {
  from: InstantIn.optional().describe('those that end after it'),
  to: InstantIn.optional().describe('those that start before it'),
}

export const OnConflict = z
  .enum(['refuse', 'flag', 'reassign'])
  .describe('bookings in the way: refuse the change, flag them, or give them to others who are free')

/** `?preview=true` changes nothing and tells what would be affected. */
export const ModeQuery = {
  preview: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  onConflict: OnConflict.optional(),
}
export const modeOf = (
  query: { preview: boolean; onConflict?: ChangeMode['onConflict'] | undefined },
  inBody?: ChangeMode['onConflict'],
): ChangeMode => ({ preview: query.preview, onConflict: inBody ?? query.onConflict ?? 'refuse' })

export const AffectedOut = z.object({
  affected: z.array(
    z.object({
      appointmentId: z.string().optional(),
      itineraryId: z.string().optional(),
      groupSessionId: z.string().optional(),
      visitKey: z.string(),
      start: InstantOut,
      clinicId: z.string(),
    }),
  ),
})
export const presentAffected = (affected: readonly Affected[]): z.infer<typeof AffectedOut> => ({
  affected: affected.map(({ timeZone, ...entry }) => ({ ...entry, start: toWire(entry.start, timeZone) })),
})

/** What became of bookings and holds in the way: appointment ids, and itinerary ids of holds. */
export const SettledOut = {
  flagged: z.array(z.string()),
  reassigned: z.array(z.string()),
  released: z.array(z.string()),
}
