/**
 * Mail to patients about their visits and seats (domain.md §7): changes come from the log, reminders from the calendar. Whether one may be sent
 * is judged when it is sent: wishes, consent and address as they are then. At least once: a second copy has the same Message-ID.
 */
import { type Tx, transact } from '../db/client.ts'
import { MAIL_PAUSES } from '../domain/letter.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import { pauseAfter } from '../domain/webhook.ts'
import * as audit from '../repositories/audit.ts'
import * as events from '../repositories/events.ts'
import * as mails from '../repositories/mails.ts'
import { composeLetter } from './compose-letter.ts'
import type { Deps } from './deps.ts'

/** Milliseconds; a killed worker's mail is back after it. */
const LEASE = 30_000

export type ClaimedMail = mails.ClaimedMail

/** What happens from now on is mailed; what happened before is not. */
export const beginMailing = ({ db, outbound }: Pick<Deps, 'db' | 'outbound'>): Promise<Result<void, Refusal>> =>
  transact(db, async (tx) => {
    if (outbound.sendMail) await mails.beginAfter(tx, await events.settled(tx))
    return ok(undefined)
  })

/** → how many reminders are to be sent now; a task for every minute */
export const planReminders = ({ db, now, outbound }: Deps): Promise<Result<number, Refusal>> =>
  transact(db, async (tx) => ok(outbound.sendMail ? await mails.addReminders(tx, now()) : 0))

export function claimMails(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  limit: number,
): Promise<Result<ClaimedMail[], Refusal>> {
  return transact(db, async (tx) => {
    const read = await mails.readUpTo(tx)
    const upTo = await events.settled(tx)
    if (read !== undefined && read < upTo) while (await mails.takeFromLog(tx, upTo, now())) {}
    return ok(await mails.claim(tx, limit, now(), (now() + LEASE) as Instant))
  })
}

/** Sends one, or skips it and says why. What the server refuses for good is not tried again; refuses `unavailable` for whoever keeps the log. */
export async function sendMail(
  deps: Pick<Deps, 'db' | 'now' | 'outbound' | 'mailFrom'>,
  claimed: ClaimedMail,
): Promise<Result<void, Refusal>> {
  const { db, now, outbound } = deps
  const composed = await transact(db, async (tx) => {
    const found = await composeLetter(tx, claimed, deps)
    if (typeof found === 'string') await mails.finish(tx, claimed.id, 'skipped', found, now())
    return ok(found)
  })
  if (!composed.ok) return composed
  const letter = composed.value
  if (typeof letter === 'string' || !outbound.sendMail) return ok(undefined)
  const mailed = await outbound.sendMail(letter)
  const noted = await transact(db, async (tx) => {
    if (mailed === 'sent') {
      await mails.finish(tx, claimed.id, 'sent', null, now())
      await audit.record(tx, audit.SYSTEM, [
        {
          action: 'disclose',
          resourceType: 'invite',
          resourceId: letter.resourceId,
          patientId: letter.patientId,
          fieldClasses: ['schedule', 'contact'],
          recipient: 'mail',
        },
      ])
    } else if ('refused' in mailed) await mails.finish(tx, claimed.id, 'failed', mailed.refused, now())
    else await postpone(tx, claimed, mailed.failed, now())
    return ok(undefined)
  })
  if (!noted.ok || mailed === 'sent') return noted
  return err({ code: 'unavailable', detail: 'failed' in mailed ? mailed.failed : mailed.refused })
}

/** What has been overtaken while the mail server was away is not sent late. */
async function postpone(tx: Tx, claimed: ClaimedMail, why: string, now: Instant): Promise<void> {
  const pause = pauseAfter(claimed.attempts, MAIL_PAUSES, Math.random())
  if (await mails.hasLater(tx, claimed)) await mails.finish(tx, claimed.id, 'skipped', 'overtaken', now)
  else if (pause === undefined) await mails.finish(tx, claimed.id, 'failed', why, now)
  else await mails.tryAgain(tx, claimed.id, why, (now + pause) as Instant)
}
