/**
 * Mail to patients about their appointments (domain.md §7): changes come from the log, reminders from the calendar. Whether one may be sent is
 * judged when it is sent: wishes, consent and address as they are then. At least once: a second copy has the same Message-ID.
 */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { inviteText, type PatientResponse } from '../domain/calendar.ts'
import type { Enrolment } from '../domain/enrolment.ts'
import { letterWords, MAIL_PAUSES } from '../domain/letter.ts'
import type { Consent, Patient } from '../domain/patient.ts'
import type { Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Instant } from '../domain/time.ts'
import { pauseAfter } from '../domain/webhook.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import * as mails from '../repositories/mails.ts'
import * as patients from '../repositories/patients.ts'
import { patientEvents } from './compose-invite.ts'
import type { Deps, Letter } from './deps.ts'

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
    const found = await compose(tx, claimed, deps)
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
          resourceId: claimed.appointmentId,
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

/** The letter, or why there is none. */
async function compose(
  tx: Tx,
  claimed: ClaimedMail,
  { now, mailFrom }: Pick<Deps, 'now' | 'mailFrom'>,
): Promise<(Letter & { patientId: string }) | string> {
  const [current] = await appointments.byIds(tx, [claimed.appointmentId])
  const patient = current && (await patients.byId(tx, current.patientId))
  const enrolment = current && (await enrolments.byId(tx, current.enrolmentId))
  const [clinic] = await clinics.byIds(tx, [claimed.clinicId as Appointment['clinicId']])
  if (!current || !patient || !enrolment || !clinic) return 'gone'
  const given = await consents.ofPatient(tx, patient.id)
  const why = reasonNotTo(claimed, { appointment: current, patient, enrolment, consents: given }, now())
  if (why) return why
  const { kind, sequence, start, end, changedAt } = claimed
  const then: Appointment = {
    ...current,
    sequence,
    start,
    end,
    clinicId: clinic.id,
    timeZone: clinic.timeZone,
    status: kind === 'cancel' ? 'cancelled' : 'booked',
  }
  const [event] = await patientEvents(tx, [then], patient, { organizer: mailFrom })
  if (!event || patient.email === null) return 'gone'
  const method = kind === 'cancel' ? 'CANCEL' : 'REQUEST'
  const response = current.patientResponse as PatientResponse
  const text = inviteText({ ...event, stampedAt: changedAt, response, attendee: patient.email })
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(mailFrom)?.[1] ?? 'throughline.invalid'
  return {
    ...letterWords(kind, event, clinic.phone),
    patientId: patient.id,
    to: patient.email,
    language: event.lang,
    messageId: `<${current.uid}.${sequence}.${kind}@${domain}>`,
    ...(patient.contact.calendar && !kind.startsWith('reminder') ? { invite: { method, text } } : {}),
  }
}

type Standing = {
  readonly appointment: Appointment
  readonly patient: Patient
  readonly enrolment: Enrolment
  readonly consents: readonly Consent[]
}

/** A cancellation is told whatever else has ended: the patient would come in vain. */
function reasonNotTo(
  { kind, start }: ClaimedMail,
  { appointment, patient, enrolment, consents: given }: Standing,
  now: Instant,
) {
  if (patient.email === null) return 'no-address'
  if (!patient.contact.email) return 'not-wanted'
  if (start <= now) return 'past'
  if (kind === 'cancel') return undefined
  if (enrolment.status !== 'open') return `enrolment-${enrolment.status}`
  const treatment = given.filter((consent) => consent.kind === 'treatment')
  if (treatment.length > 0 && treatment.every(({ withdrawnAt }) => withdrawnAt !== null)) return 'consent-withdrawn'
  if (kind !== 'request' && (appointment.status !== 'booked' || appointment.start !== start)) return 'overtaken'
  return undefined
}
