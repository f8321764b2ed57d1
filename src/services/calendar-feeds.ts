/** Keeping calendar feeds: made, listed, revoked. The token is shown once and stored as a hash. */
import { transact } from '../db/client.ts'
import type { CalendarFeed, FeedDetail, FeedSubject } from '../domain/calendar-feed.ts'
import type { Caller } from '../domain/caller.ts'
import { CalendarFeedId } from '../domain/ids.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as audit from '../repositories/audit.ts'
import * as feeds from '../repositories/calendar-feeds.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as patients from '../repositories/patients.ts'
import type { Deps } from './deps.ts'
import { seesClinician } from './sees-clinician.ts'
import { hashToken, newToken } from './token-hash.ts'

export type FeedWish = { readonly subject: FeedSubject; readonly detail: FeedDetail }
export type MadeFeed = { readonly feed: CalendarFeed; readonly token: string }

const about = (action: string, { id, patientId }: CalendarFeed): audit.AuditNote => ({
  action,
  resourceType: 'calendar-feed',
  resourceId: id,
  ...(patientId === null ? {} : { patientId, fieldClasses: ['schedule'] }),
})

/** Refuses `forbidden` to a clinician who wants another's or a patient's, `consent-missing` for a patient who wants no calendar. */
export function addFeed(
  { db, newId, now }: Deps,
  caller: Caller,
  { subject, detail }: FeedWish,
): Promise<Result<MadeFeed, Refusal>> {
  return transact(db, async (tx) => {
    if ('patientId' in subject) {
      if (caller.role === 'clinician') return err({ code: 'forbidden' })
      const patient = await patients.visibleById(tx, caller, subject.patientId)
      if (!patient) return err(notFound)
      if (!patient.contact.calendar)
        return err({ code: 'consent-missing', reasons: [{ rule: 'calendar', source: 'patient', detail: NO_CALENDAR }] })
    } else if (
      !(await clinicians.exist(tx, [subject.clinicianId])) ||
      !(await seesClinician(tx, caller, subject.clinicianId))
    )
      return err(notFound)
    const token = newToken()
    const feed: CalendarFeed = {
      id: CalendarFeedId.parse(newId()),
      clinicianId: 'clinicianId' in subject ? subject.clinicianId : null,
      patientId: 'patientId' in subject ? subject.patientId : null,
      detail,
      clinicIds: caller.clinicIds,
      createdAt: now(),
    }
    await feeds.insert(tx, { ...feed, hash: hashToken(token), createdBy: caller.userId })
    await audit.record(tx, caller, [about('create', feed)])
    return ok({ feed, token })
  })
}

const NO_CALENDAR = 'the patient is not to be reached by calendar'

/** Live ones. */
export const listFeeds = (
  { db }: Deps,
  caller: Caller,
  page: { limit: number; after: string | undefined },
): Promise<Result<{ items: CalendarFeed[]; more: boolean }, Refusal>> =>
  transact(db, async (tx) => {
    const found = await feeds.list(tx, caller, { ...page, limit: page.limit + 1 })
    const items = found.slice(0, page.limit)
    await audit.record(
      tx,
      caller,
      items.filter(({ patientId }) => patientId !== null).map((feed) => about('read', feed)),
    )
    return ok({ items, more: found.length > page.limit })
  })

/** From the next fetch on it is not there. */
export const revokeFeed = ({ db, now }: Deps, caller: Caller, id: CalendarFeedId): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    const feed = await feeds.revoke(tx, caller, id, now())
    if (!feed) return err(notFound)
    await audit.record(tx, caller, [about('revoke', feed)])
    return ok(undefined)
  })
