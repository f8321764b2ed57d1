/** Appointments as events of their patient's calendar: whoever sends, shows or publishes one gets its words, language and bytes here. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { inviteText, methodOf, type PatientEvent, type PatientResponse } from '../domain/calendar.ts'
import { PREPARATION, standingOf } from '../domain/calendar-wording.ts'
import type { GroupMember, GroupSession } from '../domain/group-session.ts'
import type { AppointmentId, PatientId } from '../domain/ids.ts'
import type { Patient } from '../domain/patient.ts'
import { type VisitTemplate, visitOf } from '../domain/program.ts'
import type { Lang } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as programs from '../repositories/programs.ts'

export type Composing = {
  readonly organizer: string
  /** Absent: the patient's own. */
  readonly lang?: Lang | undefined
  /** Private words, whatever the patient consented to. */
  readonly plain?: boolean
}
export type ComposedInvite = {
  readonly method: 'REQUEST' | 'CANCEL'
  readonly text: string
  /** For words beside the file: calendar-wording.ts's `wordsOf`. */
  readonly event: PatientEvent
}
export type AppointmentEvent = PatientEvent & { readonly appointmentId: AppointmentId }

/** Undefined for an appointment that is not there any more. */
export async function composeInvite(
  tx: Tx,
  appointment: Appointment,
  patient: Patient,
  composing: Composing,
): Promise<ComposedInvite | undefined> {
  const [event] = await patientEvents(tx, [appointment], patient, composing)
  const response = appointment.patientResponse as PatientResponse
  return event && { method: methodOf(event), text: inviteText({ ...event, response, attendee: patient.email }), event }
}

/** All of one patient, in the same order; detail only while the consent to it is in force. */
export async function patientEvents(
  tx: Tx,
  list: readonly Appointment[],
  patient: Patient,
  { organizer, lang = patient.preferredLanguage, plain = false }: Composing,
): Promise<AppointmentEvent[]> {
  const places = await clinics.byIds(tx, [...new Set(list.map(({ clinicId }) => clinicId))])
  const stamps = await appointments.changedAt(
    tx,
    list.map(({ id }) => id),
  )
  const visits = !plain && (await allowsDetail(tx, patient.id)) ? await visitsOf(tx, list) : undefined
  return list.flatMap((appointment) => {
    const clinic = places.find(({ id }) => id === appointment.clinicId)
    const stampedAt = stamps.get(appointment.id)
    if (!clinic || stampedAt === undefined) return []
    const visit = visits?.get(appointment.id)
    const standing = standingOf(appointment.status)
    const preparation = visit?.step === 'experience' && standing !== 'cancelled' ? PREPARATION[lang] : []
    const lines = [clinic.name[lang], clinic.phone, ...preparation]
    return {
      appointmentId: appointment.id,
      uid: appointment.uid,
      sequence: appointment.sequence,
      stampedAt,
      start: appointment.start,
      end: appointment.end,
      zone: appointment.timeZone,
      modality: appointment.modality,
      joinUrl: appointment.joinUrl,
      standing,
      lang,
      clinic,
      organizer,
      ...(visit ? { detail: { summary: visit.title[lang], lines } } : {}),
    }
  })
}

/** A patient's place in a group session as their calendar has it: nothing tells of the others, or that there are any (domain.md §7). */
export type MemberSession = Pick<GroupMember, 'uid' | 'sequence' | 'status' | 'updatedAt'> & {
  readonly session: Pick<GroupSession, 'start' | 'end' | 'timeZone' | 'status' | 'title' | 'clinicId'>
}

export async function memberEvents(
  tx: Tx,
  list: readonly MemberSession[],
  patient: Patient,
  { organizer, lang = patient.preferredLanguage, plain = false }: Composing,
): Promise<PatientEvent[]> {
  if (list.length === 0) return []
  const places = await clinics.byIds(tx, [...new Set(list.map(({ session }) => session.clinicId))])
  const detailed = !plain && (await allowsDetail(tx, patient.id))
  return list.flatMap(({ uid, sequence, status, updatedAt, session }) => {
    const clinic = places.find(({ id }) => id === session.clinicId)
    if (!clinic) return []
    const going = session.status === 'needs-replanning' ? 'tentative' : 'confirmed'
    return {
      uid,
      sequence,
      stampedAt: updatedAt,
      start: session.start,
      end: session.end,
      zone: session.timeZone,
      modality: 'in-person' as const,
      standing: status === 'seated' ? going : 'cancelled',
      lang,
      clinic,
      organizer,
      ...(detailed ? { detail: { summary: session.title[lang], lines: [clinic.name[lang], clinic.phone] } } : {}),
    }
  })
}

const allowsDetail = async (tx: Tx, id: PatientId): Promise<boolean> =>
  (await consents.inForce(tx, id)).includes('detailed-invites')

/** The visits as their programs describe them, by appointment, where they still do. */
async function visitsOf(tx: Tx, list: readonly Appointment[]): Promise<Map<string, VisitTemplate>> {
  const visits = new Map<string, VisitTemplate>()
  for (const enrolmentId of new Set(list.map((appointment) => appointment.enrolmentId))) {
    const enrolment = await enrolments.byId(tx, enrolmentId)
    const program = enrolment && (await programs.version(tx, enrolment.program.key, enrolment.program.version))
    for (const { id, visitKey } of list.filter((appointment) => appointment.enrolmentId === enrolmentId)) {
      const visit = program && visitOf(program, visitKey)
      if (visit) visits.set(id, visit)
    }
  }
  return visits
}
