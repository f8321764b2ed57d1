/**
 * One fetch of a calendar by its secret link. What has not changed is told from one fingerprint, without reading an event; what a patient or
 * clinic has withdrawn is obeyed at once. A fetch that discloses events is in the audit log, one entry per patient (decision 26).
 */
import { createHash } from 'node:crypto'
import { type Tx, transact } from '../db/client.ts'
import { calendarText, entriesText, TEXT_VERSION } from '../domain/calendar.ts'
import { busyEntry, REFRESH_EVERY, staffEntry } from '../domain/calendar-feed.ts'
import type { ClinicianId, PatientId } from '../domain/ids.ts'
import { recordDay } from '../domain/patient.ts'
import { visitOf } from '../domain/program.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type Instant, type Lang, tzVersion } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as feeds from '../repositories/calendar-feeds.ts'
import * as feedEvents from '../repositories/feed-events.ts'
import * as feedGroups from '../repositories/feed-groups.ts'
import * as patients from '../repositories/patients.ts'
import * as programs from '../repositories/programs.ts'
import { memberEvents, patientEvents } from './compose-invite.ts'
import type { Deps } from './deps.ts'
import { hashToken } from './token-hash.ts'

export type FeedFetch = {
  readonly token: string
  /** Absent: the patient's own; of a clinician English, unless they speak none. */
  readonly lang: Lang | undefined
  readonly ifNoneMatch: string | undefined
  readonly requestId: string
}
/** `text` undefined: the reader has it already. */
export type ReadFeed = { readonly etag: string; readonly text: string | undefined }

type Written = { readonly text: string; readonly seen: readonly PatientId[] }

export function readFeed(
  { db, now, mailFrom }: Deps,
  { token, lang, ifNoneMatch, requestId }: FeedFetch,
): Promise<Result<ReadFeed, Refusal>> {
  return transact<ReadFeed>(
    db,
    async (tx) => {
      const feed = await feeds.findLive(tx, hashToken(token))
      const at = now()
      if (!feed || isStopped(feed, at)) return err(notFound)
      const etag = tagOf([feed.id, feed.detail, lang ?? '', await fingerprintOf(tx, feed, at)])
      if (matches(ifNoneMatch, etag)) return ok({ etag, text: undefined })
      const written =
        feed.clinicianId === null
          ? await patientText(tx, feed, feed.patientId as PatientId, { at, lang, organizer: mailFrom })
          : await staffText(tx, feed, feed.clinicianId, { at, lang: lang ?? languageOf(feed) })
      if (!written) return err(notFound)
      await noteRead(tx, feed, written.seen, requestId)
      return ok({ etag, text: written.text })
    },
    { isolation: 'repeatable read' },
  )
}

function isStopped({ activeUntil, shutOut, wanted, withdrawn }: feeds.LiveFeed, at: Instant): boolean {
  return shutOut || wanted === false || withdrawn === true || (activeUntil !== null && activeUntil < recordDay(at))
}

const languageOf = ({ languages }: feeds.LiveFeed): Lang =>
  languages?.includes('fr') && !languages.includes('en') ? 'fr' : 'en'

/** The feed sees what its maker saw. */
const readerOf = ({ clinicIds, clinicianId }: feeds.LiveFeed) =>
  clinicIds === null
    ? { role: 'admin' as const, clinicIds, clinicianId }
    : { role: 'scheduler' as const, clinicIds, clinicianId }

const fingerprintOf = (tx: Tx, feed: feeds.LiveFeed, at: Instant): Promise<string> =>
  feed.clinicianId === null
    ? feedEvents.patientFingerprint(tx, readerOf(feed), feed.patientId as PatientId, at)
    : feedEvents.staffFingerprint(tx, readerOf(feed), feed.clinicianId, at)

/** Also of the code and the zone rules that make the text. */
const tagOf = (parts: readonly string[]): string =>
  `"${createHash('sha256')
    .update(JSON.stringify([TEXT_VERSION, tzVersion, ...parts]))
    .digest('base64url')
    .slice(0, 27)}"`

/** RFC 9110 §13.1.2: weak comparison. */
const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag))

async function staffText(
  tx: Tx,
  feed: feeds.LiveFeed,
  id: ClinicianId,
  { at, lang }: { at: Instant; lang: Lang },
): Promise<Written> {
  const parts = await feedEvents.staffParts(tx, readerOf(feed), id, at)
  const programOf = new Map<string, Awaited<ReturnType<typeof programs.version>>>()
  for (const { program, version } of parts) {
    const key = `${program} ${version}`
    if (!programOf.has(key)) programOf.set(key, await programs.version(tx, program, version))
  }
  const visits = parts.map(({ program, version, visitKey, ...part }) => {
    const found = programOf.get(`${program} ${version}`)
    const title = (found && visitOf(found, visitKey)?.title) ?? { en: visitKey, fr: visitKey }
    return { ...part, title }
  })
  const sessions = await feedGroups.staffSessions(tx, readerOf(feed), id, at)
  const all = [...visits, ...sessions].sort((a, b) => a.start - b.start)
  const entries = all.map((part) => staffEntry(part, feed.detail, lang))
  return {
    text: entriesText(entries, REFRESH_EVERY),
    seen: feed.detail === 'busy' ? [] : [...new Set(parts.map(({ patientId }) => patientId))],
  }
}

async function patientText(
  tx: Tx,
  feed: feeds.LiveFeed,
  id: PatientId,
  { at, lang, organizer }: { at: Instant; lang: Lang | undefined; organizer: string },
): Promise<Written | undefined> {
  const patient = await patients.byId(tx, id)
  if (!patient) return undefined
  const list = await appointments.byIds(tx, await feedEvents.patientAppointments(tx, readerOf(feed), id, at))
  const composing = { organizer, lang, plain: feed.detail !== 'full' }
  const sessions = await feedGroups.memberSessions(tx, readerOf(feed), id, at)
  const events = [
    ...(await patientEvents(tx, list, patient, composing)),
    ...(await memberEvents(tx, sessions, patient, composing)),
  ].sort((a, b) => a.start - b.start)
  const text =
    feed.detail === 'busy'
      ? entriesText(
          events.map((event) => busyEntry(event, event.lang)),
          REFRESH_EVERY,
        )
      : calendarText(events, REFRESH_EVERY)
  return { text, seen: [id] }
}

function noteRead(tx: Tx, feed: feeds.LiveFeed, seen: readonly PatientId[], requestId: string): Promise<void> {
  const note = { action: 'read', resourceType: 'calendar-feed', resourceId: feed.id, recipient: 'feed' }
  const classes = feed.detail === 'full' && feed.clinicianId !== null ? ['name', 'schedule'] : ['schedule']
  return audit.record(
    tx,
    { ...audit.SYSTEM, requestId },
    seen.length === 0 ? [note] : seen.map((patientId) => ({ ...note, patientId, fieldClasses: classes })),
  )
}
