/** A patient's calendar text: one appointment's invite or cancellation, or all of an enrolment to keep (contract.md §6, domain.md §7). */
import { transact } from '../db/client.ts'
import { calendarText } from '../domain/calendar.ts'
import { REFRESH_EVERY, SHOWN_AFTERWARDS } from '../domain/calendar-feed.ts'
import type { Caller } from '../domain/caller.ts'
import type { AppointmentId, EnrolmentId } from '../domain/ids.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Lang } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patients from '../repositories/patients.ts'
import { type ComposedInvite, composeInvite, patientEvents } from './compose-invite.ts'
import type { Deps } from './deps.ts'

const AUDITED_READ = { isolation: 'repeatable read' } as const

/** @param lang absent: the patient's own */
export function readInvite(
  { db, mailFrom }: Deps,
  caller: Caller,
  id: AppointmentId,
  lang?: Lang,
): Promise<Result<ComposedInvite, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const appointment = await appointments.visibleById(tx, caller, id)
      const patient = appointment && (await patients.byId(tx, appointment.patientId))
      if (!appointment || !patient) return err(notFound)
      const invite = await composeInvite(tx, appointment, patient, { organizer: mailFrom, lang })
      if (!invite) return err(notFound)
      const { patientId, revision } = appointment
      await audit.record(tx, caller, [
        { action: 'read', resourceType: 'invite', resourceId: id, patientId, revision, fieldClasses: INVITE_CLASSES },
      ])
      return ok(invite)
    },
    AUDITED_READ,
  )
}

/** Every appointment of the enrolment; of cancelled ones those of the last 30 days. */
export function readEnrolmentCalendar(
  { db, mailFrom, now }: Deps,
  caller: Caller,
  id: EnrolmentId,
  lang?: Lang,
): Promise<Result<string, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const enrolment = await enrolments.visibleById(tx, caller, id)
      const patient = enrolment && (await patients.byId(tx, enrolment.patientId))
      if (!enrolment || !patient) return err(notFound)
      const list = await appointments.ofEnrolment(tx, id)
      const all = await patientEvents(tx, list, patient, { organizer: mailFrom, lang })
      const events = all.filter(
        ({ standing, stampedAt }) => standing !== 'cancelled' || stampedAt > now() - SHOWN_AFTERWARDS,
      )
      await audit.record(tx, caller, [
        {
          action: 'read',
          resourceType: 'enrolment-calendar',
          resourceId: id,
          patientId: enrolment.patientId,
          fieldClasses: ['schedule'],
        },
      ])
      return ok(calendarText(events, REFRESH_EVERY))
    },
    AUDITED_READ,
  )
}

const INVITE_CLASSES = ['schedule', 'contact']
