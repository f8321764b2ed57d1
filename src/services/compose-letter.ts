/** A mail to a patient about a visit or a seat (domain.md §7): with the time and place of the change, in the words and under the wishes of now. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { inviteText, type PatientEvent, type PatientResponse } from '../domain/calendar.ts'
import type { Clinic } from '../domain/clinic.ts'
import { letterWords } from '../domain/letter.ts'
import type { Patient } from '../domain/patient.ts'
import type { Instant } from '../domain/time.ts'
import * as appointments from '../repositories/appointments.ts'
import * as clinics from '../repositories/clinics.ts'
import * as consents from '../repositories/consents.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as members from '../repositories/group-members.ts'
import * as groups from '../repositories/group-sessions.ts'
import * as mails from '../repositories/mails.ts'
import * as patients from '../repositories/patients.ts'
import { memberEvents, patientEvents } from './compose-invite.ts'
import type { Deps, Letter } from './deps.ts'

/** What a mail is about, as it was then, and how that stands now. */
type Matter = {
  readonly patient: Patient
  readonly event: PatientEvent | undefined
  readonly response: PatientResponse
  readonly isNew: boolean
  /** The visit's or the session's. */
  readonly resourceId: string
  /** Whether there is still what a reminder reminds of. */
  readonly stands: boolean
  /** Of the enrolment that it belongs to, if any. */
  readonly enrolmentStatus: string | undefined
}
export type Composed = Letter & Pick<Matter, 'resourceId'> & { readonly patientId: string }

/** The letter, or why there is none. */
export async function composeLetter(
  tx: Tx,
  claimed: mails.ClaimedMail,
  { now, mailFrom }: Pick<Deps, 'now' | 'mailFrom'>,
): Promise<Composed | string> {
  const [clinic] = await clinics.byIds(tx, [claimed.clinicId as Clinic['id']])
  const matter = clinic && ((await visit(tx, claimed, clinic, mailFrom)) ?? (await seat(tx, claimed, mailFrom)))
  if (!matter) return 'gone'
  const { patient, event, response, isNew, resourceId } = matter
  const why = await reasonNotTo(tx, claimed, matter, now())
  if (why) return why
  if (!event || patient.email === null) return 'gone'
  const { kind, sequence, changedAt } = claimed
  const method = kind === 'cancel' ? 'CANCEL' : 'REQUEST'
  const text = inviteText({ ...event, stampedAt: changedAt, response, attendee: patient.email })
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(mailFrom)?.[1] ?? 'throughline.invalid'
  return {
    ...letterWords(kind, event, { isNew, phone: clinic.phone }),
    patientId: patient.id,
    resourceId,
    to: patient.email,
    language: event.lang,
    messageId: `<${event.uid}.${sequence}.${kind}@${domain}>`,
    ...(patient.contact.calendar && !kind.startsWith('reminder') ? { invite: { method, text } } : {}),
  }
}

async function visit(
  tx: Tx,
  { appointmentId, kind, sequence, start, end }: mails.ClaimedMail,
  clinic: Clinic,
  organizer: string,
): Promise<Matter | undefined> {
  const [current] = appointmentId ? await appointments.byIds(tx, [appointmentId]) : []
  const patient = current && (await patients.byId(tx, current.patientId))
  const enrolment = current && (await enrolments.byId(tx, current.enrolmentId))
  if (!current || !patient || !enrolment) return undefined
  const then: Appointment = {
    ...current,
    sequence,
    start,
    end,
    clinicId: clinic.id,
    timeZone: clinic.timeZone,
    status: kind === 'cancel' ? 'cancelled' : 'booked',
  }
  const [event] = await patientEvents(tx, [then], patient, { organizer })
  return {
    patient,
    event,
    response: current.patientResponse as PatientResponse,
    isNew: sequence === 0,
    resourceId: current.id,
    stands: current.status === 'booked' && current.start === start,
    enrolmentStatus: enrolment.status,
  }
}

/** Sequences count what was never mailed too, such as waiting: what the patient has heard is asked of the mails. */
async function seat(tx: Tx, claimed: mails.ClaimedMail, organizer: string): Promise<Matter | undefined> {
  const { groupMemberId, kind, sequence, start, end, changedAt } = claimed
  const member = groupMemberId ? await members.byId(tx, groupMemberId) : undefined
  const patient = member && (await patients.byId(tx, member.patientId))
  const session = member && (await groups.byId(tx, member.sessionId))
  if (!member || !patient || !session) return undefined
  const status = kind === 'cancel' ? ('left' as const) : ('seated' as const)
  const then = {
    uid: member.uid,
    sequence,
    status,
    updatedAt: changedAt,
    session: { ...session, start, end, status: 'scheduled' as const },
  }
  const [event] = await memberEvents(tx, [then], patient, { organizer })
  return {
    patient,
    event,
    response: 'needs-action',
    isNew: !(await mails.isExpected(tx, claimed)),
    resourceId: session.id,
    stands: member.status === 'seated' && session.status === 'scheduled' && session.start === start,
    enrolmentStatus: undefined,
  }
}

/** A cancellation is told whatever else has ended: the patient would come in vain. */
async function reasonNotTo(
  tx: Tx,
  { kind, start }: mails.ClaimedMail,
  { patient, stands, enrolmentStatus = 'open' }: Matter,
  now: Instant,
): Promise<string | undefined> {
  if (patient.email === null) return 'no-address'
  if (!patient.contact.email) return 'not-wanted'
  if (start <= now) return 'past'
  if (kind === 'cancel') return undefined
  if (enrolmentStatus !== 'open') return `enrolment-${enrolmentStatus}`
  const treatment = (await consents.ofPatient(tx, patient.id)).filter((consent) => consent.kind === 'treatment')
  if (treatment.length > 0 && treatment.every(({ withdrawnAt }) => withdrawnAt !== null)) return 'consent-withdrawn'
  return kind === 'request' || stands ? undefined : 'overtaken'
}
