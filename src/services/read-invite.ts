/** A patient's calendar text: one appointment's invite or cancellation, or all of an enrolment to keep (contract.md §6, domain.md §7). */
import { type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { type CalendarEvent, calendarText, inviteText } from '../domain/calendar.ts'
import type { Caller } from '../domain/caller.ts'
import type { AppointmentId, EnrolmentId, PatientId } from '../domain/ids.ts'
import type { Patient } from '../domain/patient.ts'
import { visitOf } from '../domain/program.ts'
import { notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { DAY, type Lang } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as patients from '../repositories/patients.ts'
import * as programs from '../repositories/programs.ts'
import type { Deps } from './deps.ts'

/** How long a published calendar still shows what was cancelled, so that every copy hears of it (quality.md §5). */
const CANCELLED_SHOWN = 30 * DAY
/** RFC 5545 duration: how often a copy of a published calendar is fetched again. */
const REFRESH_EVERY = 'PT1H'

const AUDITED_READ = { isolation: 'repeatable read' } as const

export type InviteFile = { readonly method: 'REQUEST' | 'CANCEL'; readonly text: string }

/** @param lang absent: the patient's own */
export function readInvite(
  { db, mailFrom }: Deps,
  caller: Caller,
  id: AppointmentId,
  lang?: Lang,
): Promise<Result<InviteFile, Refusal>> {
  return transact(
    db,
    async (tx) => {
      const appointment = await appointments.visibleById(tx, caller, id)
      const patient = appointment && (await patients.byId(tx, appointment.patientId))
      if (!appointment || !patient) return err(notFound)
      const [entry] = await eventsOf(tx, [appointment], patient, mailFrom, lang)
      if (!entry) return err(notFound)
      const { patientId, revision } = appointment
      await audit.record(tx, caller, [
        { action: 'read', resourceType: 'invite', resourceId: id, patientId, revision, fieldClasses: INVITE_CLASSES },
      ])
      const method = entry.cancelled ? 'CANCEL' : 'REQUEST'
      return ok({ method, text: inviteText({ ...entry, method, attendee: patient.email }) })
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
      const all = await eventsOf(tx, await appointments.ofEnrolment(tx, id), patient, mailFrom, lang)
      const events = all.filter(({ cancelled, stampedAt }) => !cancelled || stampedAt > now() - CANCELLED_SHOWN)
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

type PatientEvent = CalendarEvent & { readonly cancelled: boolean }

async function eventsOf(
  tx: Tx,
  list: readonly Appointment[],
  patient: Patient,
  organizer: string,
  asked: Lang | undefined,
): Promise<PatientEvent[]> {
  const lang = asked ?? patient.preferredLanguage
  const places = await clinics.byIds(tx, [...new Set(list.map(({ clinicId }) => clinicId))])
  const stamps = await appointments.changedAt(
    tx,
    list.map(({ id }) => id),
  )
  const titles = (await allowsDetail(tx, patient.id)) ? await titlesOf(tx, list, lang) : undefined
  return list.flatMap((appointment) => {
    const clinic = places.find(({ id }) => id === appointment.clinicId)
    const stampedAt = stamps.get(appointment.id)
    if (!clinic || stampedAt === undefined) return []
    const title = titles?.get(appointment.id)
    return {
      uid: appointment.uid,
      sequence: appointment.sequence,
      stampedAt,
      start: appointment.start,
      end: appointment.end,
      zone: appointment.timeZone,
      modality: appointment.modality,
      joinUrl: appointment.joinUrl,
      cancelled: appointment.status === 'cancelled',
      lang,
      clinic,
      organizer,
      ...(title === undefined ? {} : { detail: { summary: title, lines: [clinic.name[lang], clinic.phone] } }),
    }
  })
}

const allowsDetail = async (tx: Tx, id: PatientId): Promise<boolean> =>
  (await consents.inForce(tx, id)).includes('detailed-invites')

/** The visits' titles by appointment, where their program still describes them. */
async function titlesOf(tx: Tx, list: readonly Appointment[], lang: Lang): Promise<Map<string, string>> {
  const titles = new Map<string, string>()
  for (const enrolmentId of new Set(list.map((appointment) => appointment.enrolmentId))) {
    const enrolment = await enrolments.byId(tx, enrolmentId)
    const program = enrolment && (await programs.version(tx, enrolment.program.key, enrolment.program.version))
    for (const { id, visitKey } of list.filter((appointment) => appointment.enrolmentId === enrolmentId)) {
      const visit = program && visitOf(program, visitKey)
      if (visit) titles.set(id, visit.title[lang])
    }
  }
  return titles
}
