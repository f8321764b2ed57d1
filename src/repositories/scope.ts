/** Who may see which record, as SQL conditions that every query carries (contract.md §2). Another clinic's record is simply not found. */
import { type AnyColumn, type SQL, sql } from 'drizzle-orm'
import { appointment, enrolment, groupSession, referral } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'

const ALL = sql`true`
const NONE = sql`false`
/** Still to come, under way or waiting to be replanned: a clinic with such a visit sees the patient. */
const AHEAD = sql`('booked', 'arrived', 'in-progress', 'recovering', 'needs-replanning')`

/** How far a caller sees: everything, the records of some clinics, those on one clinician's roster, or nothing. */
type Reach = 'all' | 'none' | { readonly clinics: SQL } | { readonly clinician: string }

function reachOf(caller: Caller): Reach {
  switch (caller.role) {
    case 'admin':
      return 'all'
    case 'scheduler':
    case 'integration':
      return caller.clinicIds === null ? 'all' : { clinics: sql`${sql.param([...caller.clinicIds])}::uuid[]` }
    case 'clinician':
      return caller.clinicianId === null ? 'none' : { clinician: caller.clinicianId }
    case 'privacy':
      return 'none'
  }
}

function within(caller: Caller, conditions: { clinics: (ids: SQL) => SQL; clinician: (id: string) => SQL }): SQL {
  const reach = reachOf(caller)
  if (reach === 'all') return ALL
  if (reach === 'none') return NONE
  return 'clinics' in reach ? conditions.clinics(reach.clinics) : conditions.clinician(reach.clinician)
}

/** A patient: taken in there, enrolled or allowed there, or with a visit ahead there; for a clinician: on the own roster. */
export const patientVisible = (caller: Caller, patientId: SQL | AnyColumn): SQL =>
  within(caller, {
    clinics: (ids) => sql`(
      exists (select 1 from patient p where p.id = ${patientId} and p.intake_clinic_ids && ${ids})
      or exists (select 1 from enrolment e where e.patient_id = ${patientId}
        and (e.clinic_id = any(${ids}) or e.allowed_clinic_ids && ${ids}))
      or exists (select 1 from appointment a where a.patient_id = ${patientId}
        and a.clinic_id = any(${ids}) and a.status in ${AHEAD})
      or exists (select 1 from group_member m join group_session g on g.id = m.session_id
        where m.patient_id = ${patientId} and m.status = 'seated' and g.clinic_id = any(${ids}) and g.ends_at > now()))`,
    clinician: (id) => sql`(exists (select 1 from appointment a join participant t on t.appointment_id = a.id
      where a.patient_id = ${patientId} and t.clinician_id = ${id} and a.status <> 'cancelled')
      or exists (select 1 from group_member m join group_staff t on t.session_id = m.session_id
        where m.patient_id = ${patientId} and m.status = 'seated' and t.clinician_id = ${id}))`,
  })

/** An enrolment of the query's `enrolment` table. */
export const enrolmentVisible = (caller: Caller): SQL =>
  within(caller, {
    clinics: (ids) => sql`(${enrolment.clinicId} = any(${ids}) or ${enrolment.allowedClinicIds} && ${ids}
      or exists (select 1 from appointment a where a.enrolment_id = ${enrolment.id}
        and a.clinic_id = any(${ids}) and a.status in ${AHEAD}))`,
    clinician: (id) => sql`exists (select 1 from appointment a join participant t on t.appointment_id = a.id
      where a.enrolment_id = ${enrolment.id} and t.clinician_id = ${id} and a.status <> 'cancelled')`,
  })

/** The same for reading: a clinic that it was transferred from reads its history. */
export const enrolmentReadable = (caller: Caller): SQL =>
  sql`(${enrolmentVisible(caller)} or ${within(caller, {
    clinics: (ids) => sql`${enrolment.formerClinicIds} && ${ids}`,
    clinician: () => NONE,
  })})`

/** A referral of the query's `referral` table: to one of the caller's clinics. */
export const referralVisible = (caller: Caller): SQL =>
  within(caller, { clinics: (ids) => sql`${referral.clinicId} = any(${ids})`, clinician: () => NONE })

/** An appointment of the query's `appointment` table: at the clinic, or of an enrolment whose home or allowed clinic it is. */
export const appointmentVisible = (caller: Caller): SQL =>
  within(caller, {
    clinics: (ids) => sql`(${appointment.clinicId} = any(${ids})
      or exists (select 1 from enrolment e where e.id = ${appointment.enrolmentId}
        and (e.clinic_id = any(${ids}) or e.allowed_clinic_ids && ${ids})))`,
    clinician: (id) => sql`exists (select 1 from participant t
      where t.appointment_id = ${appointment.id} and t.clinician_id = ${id})`,
  })

/** A group session of the query's `group_session` table: at the clinic; for a clinician, one of those who lead it. */
export const sessionVisible = (caller: Caller): SQL =>
  within(caller, {
    clinics: (ids) => sql`${groupSession.clinicId} = any(${ids})`,
    clinician: (id) => sql`exists (select 1 from group_staff t
      where t.session_id = ${groupSession.id} and t.clinician_id = ${id})`,
  })
